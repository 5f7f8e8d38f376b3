"""What has been told of a segment in one target, and the events that tell it."""

from collections.abc import Iterator
from dataclasses import dataclass

from translator.engine.request import RequestTiming
from translator.policy.steady import SteadyDraft
from translator.session.events import AlignedRange, Binding, TargetEvent
from translator.session.filed import Filed
from translator.session.segment import Segment
from translator.session.tail import Tail
from translator.text.integrity import Issue

__all__ = ["NO_CHANGE", "Change", "SegmentText"]


@dataclass(frozen=True, slots=True)
class Change:
    """What a hypothesis adds.

    Attributes:
        committed: Text to commit.
        draft: The draft after it.
        source_range: Where the text to commit comes from, in code points of the segment's source.
        covered: Code points of the source that all committed text covers.
        alignments: Where each word of the text to commit comes from.
    """

    committed: str
    draft: str
    source_range: tuple[int, int] | None
    covered: int
    alignments: tuple[AlignedRange, ...]


NO_CHANGE = Change("", "", None, 0, ())


class SegmentText:
    """The text of one segment in one target, as far as it has been told.

    Attributes:
        committed: The committed text.
        draft: The draft after it.
        head_draft: The draft without the sentences that follow in the tentative tail.
    """

    def __init__(self) -> None:
        # What is shown stays calm from one segment to the next.
        self._steady = SteadyDraft()
        self.begin()

    def begin(self) -> None:
        """Begin a segment of which nothing has been told."""
        self.committed = self.draft = self.head_draft = ""
        # Source that the committed text comes from, and what of the client's that is; and the last
        # update that was reflected.
        self._reached = self._covered = 0
        self._told_sequence = 0

    @property
    def shows_ahead(self) -> bool:
        """Whether a draft of this segment was shown before it began."""
        return bool(self._steady.shown)

    def event(
        self,
        segment: Segment,
        filed: Filed,
        change: Change,
        timing: RequestTiming,
        binding: Binding,
        tail: Tail | None,
        *,
        steadies: bool,
    ) -> TargetEvent | None:
        """Make the event that tells a change; None if there is nothing to tell.

        Args:
            segment: The segment.
            filed: What the change answers.
            change: What is new.
            timing: What the answer cost.
            binding: The target.
            tail: The sentences after this one that are shown with it, if any.
            steadies: Whether drafts of tentative source are kept steady.
        """
        drafts = segment.config.drafts
        draft = change.draft if drafts else ""
        self.head_draft = draft
        if drafts and segment.tentative and tail is not None:
            tail.cut(segment)
            draft += tail.text
            if not (self.committed or change.committed):
                draft = draft.lstrip()
        if drafts and steadies:
            draft = self._steady.show(
                change.committed,
                draft,
                sequence=filed.sequence,
                is_settled=not segment.tentative.strip() or segment.is_resting,
                is_closed=filed.is_complete,
                is_first=not (self.committed or change.committed),
            )
        is_news = drafts and (draft != self.draft or filed.sequence > self._told_sequence)
        if not (change.committed or filed.is_complete or is_news):
            return None
        self.draft = draft
        self._told_sequence = filed.sequence
        self.committed += change.committed
        self._covered = max(self._covered, segment.covered(change.covered))
        if filed.is_complete:
            self._covered = segment.length
        origin = self._origin(filed, change)
        start_s, end_s = segment.media_time(*origin)
        self._reached = max(self._reached, change.covered, origin[1])
        return TargetEvent(
            target=binding.target,
            segment_id=segment.id,
            committed=change.committed,
            draft=draft,
            committed_length=len(self.committed),
            closed=filed.is_complete,
            source_start=segment.start,
            source_sequence=filed.sequence,
            source_committed_length=self._covered,
            alignments=tuple(self._told(segment, change.alignments)),
            start_s=start_s,
            end_s=end_s,
            timing=timing,
            num_source_words=filed.num_words,
            arrivals_s=tuple(segment.arrivals_s()) if filed.is_complete else (),
            issues=self._issues(segment, filed, binding) if filed.is_complete else (),
        )

    def _origin(self, filed: Filed, change: Change) -> tuple[int, int]:
        """Where the text to commit comes from; if no alignment says, the source that is new."""
        if change.source_range is not None or not change.committed:
            return change.source_range or (0, 0)
        end = len(filed.text.rstrip())
        return max(0, min(self._reached, end - 1)), end

    def _issues(self, segment: Segment, filed: Filed, binding: Binding) -> tuple[Issue, ...]:
        """What of a closed segment's source its text lacks; not through another language."""
        protected = filed.source.protected
        if protected is None or binding.pivoted or binding is segment.config.pivot:
            return ()
        return tuple(filed.source.issues_in(self.committed))

    @staticmethod
    def _told(segment: Segment, alignments: tuple[AlignedRange, ...]) -> Iterator[AlignedRange]:
        """Alignments of the text the client has with the source it sent."""
        for aligned in alignments:
            origin = segment.origin(aligned.source_start, aligned.source_end)
            if origin is not None:
                yield AlignedRange(*origin, aligned.target_start, aligned.target_end)
