"""The source of a session as segments: the open one, and the closed ones that are still needed."""

import math
from collections import deque
from collections.abc import Callable

from translator.session.events import ResumeState, SessionConfig, SourceUpdate, Warned
from translator.session.inspector import SourceInspector
from translator.session.segment import Segment
from translator.session.silence import Silence
from translator.session.turns import Aside, Turns
from translator.text.segmenter import SegmentEnd
from translator.text.words import count_words

__all__ = ["Segments"]

# Segments without source that a resume may tell of at one place. There is one for each config that
# left out a target while a draft was shown, and nothing was committed since.
_MAX_EMPTY = 64


class Segments:
    """Cuts source into segments: at the ends of sentences, when the speaker changes, in a silence.

    Args:
        config: The first configuration.
        resume: Where an earlier stream broke off; empty if there was none.
        clock: Seconds, monotonic.
        warn: Called with each warning.
        on_config: Called when the open segment is the first one of a new configuration.
    """

    def __init__(
        self,
        config: SessionConfig,
        resume: ResumeState,
        clock: Callable[[], float],
        warn: Callable[[Warned], None],
        on_config: Callable[[], None],
    ) -> None:
        # The newest configuration, and the first segment that it applies to.
        self.config = config
        first = resume.first
        self.open = Segment(
            first.segment_id if first else 0, first.source_start if first else 0, config
        )
        self.config_begins = self.open.id
        # Closed segments that some target has not finished.
        self.closed: deque[Segment] = deque()
        self.num_closed = 0
        # The last source update or flush.
        self.sequence = 0
        self._closed_words = 0
        # Where segments begin that some target of the earlier stream had reached.
        self._known_starts = {t.segment_id: t.source_start for t in resume.targets.values()}
        self._clock = clock
        self._warn = warn
        self._on_config = on_config
        self._silence = Silence(clock)
        self._turns = Turns()
        # What another speaker said inside the sentence of the open segment.
        self._aside: Aside | None = None
        self._inspector = SourceInspector(warn)
        self._spend_known()

    @property
    def num_words(self) -> int:
        """Words of committed source so far."""
        return self._closed_words + count_words(self.open.committed)

    def since(self, segment_id: int) -> tuple[Segment, ...]:
        """The segments that are kept, from this one on; the open one is always the last."""
        segments = (*self.closed, self.open)
        # Ids grow by one.
        return segments[max(0, segment_id - segments[0].id) :]

    def drop_before(self, segment_id: int) -> None:
        """Forget closed segments, so that cost does not grow with the session's age."""
        while self.closed and self.closed[0].id < segment_id:
            self.closed.popleft()

    # Configurations

    def reconfigure(self, config: SessionConfig) -> bool:
        """Put a new configuration in force from the next segment on.

        Returns:
            Whether that is the open segment, because it has no source yet.
        """
        self.config = config
        is_held = self.open.is_undetermined and self.open.config.awaits_language
        # A tail that may be taken back decides nothing that is committed.
        has_begun = bool(self.open.committed) and not is_held
        self.config_begins = self.open.id + has_begun
        targets = {binding.target for binding in config.bindings}
        if (
            not has_begun
            and self.open.is_told
            and (
                self.open.tentative
                or any(binding.target not in targets for binding in self.open.config.bindings)
            )
        ):
            # A draft was shown, which nobody would take back, or not for a target that goes. Its
            # segment ends here, without text; what is tentative begins the next one.
            self.config_begins += 1
            self._close(spends=True)
            return False
        if not has_begun:
            self.open.config = config
        return not has_begun

    def reconfigure_from(self, segment: Segment, config: SessionConfig) -> None:
        """Put a new configuration in force from this segment on, which may be closed."""
        self.config = config
        self.config_begins = segment.id
        for later in self.since(segment.id):
            later.config = config

    # Source

    def flush(self) -> None:
        """Close the open segment."""
        self._settle_aside()
        self.open.sequence = self.sequence
        self._close()

    def end(self) -> None:
        """Close the open segment for good; a tentative tail is dropped with a warning."""
        self._settle_aside()
        if self.open.tentative.strip():
            self._warn(
                Warned(
                    "TENTATIVE_SOURCE_DROPPED",
                    "the source ended with a tentative tail, which was never committed; "
                    "it is not translated",
                )
            )
        self.open.tentative = ""
        self._close(spends=self.open.is_told)

    def take(self, update: SourceUpdate) -> None:
        """Take source, with regard to who speaks.

        When another speaker begins, a sentence that has ended is closed. Inside a sentence, a new
        label counts only after some words or a whole sentence: recognisers give single words to the
        wrong speaker, and people say "yeah" in between.
        """
        segment, aside = self.open, self._aside
        last = aside.speaker if aside is not None else segment.speaker
        speaker = update.speaker or last
        if segment.config.client_segmentation or not (update.committed.strip() or aside):
            # The speaker does not matter, or is unknown until there is a committed word.
            self._append(update)
        elif speaker == segment.speaker or segment.is_blank or not segment.speaker:
            self._join_aside()
            if not segment.speaker or segment.is_blank:
                self._begin_turn(speaker)
            self._append(update)
        elif segment.is_ended and aside is None:
            self._close()
            self._begin_turn(speaker)
            self._append(update)
        else:
            if aside is not None and aside.speaker != speaker:
                self._join_aside()
                aside = None
            if aside is None:
                aside = self._aside = Aside(speaker)
            aside.add(update, self._clock())
            segmenter = self.open.config.segmenter
            is_sentence = speaker not in self._turns.joined and segmenter.is_ended(aside.text)
            if aside.is_turn or is_sentence or update.end_of_segment:
                self._settle_aside()
            else:
                self._silence.committed(update.committed, update.start_s, update.end_s)
                self.open.sequence = self.sequence
                self.open.tentative = aside.text + update.tentative
                self.open.has_rested = False

    def _begin_turn(self, speaker: str) -> None:
        """Give the open segment, which has no committed words yet, to this speaker."""
        self.open.speaker = speaker
        self.open.continues = self._turns.goes_on(speaker)

    def _join_aside(self) -> None:
        """Join what another speaker seemed to say to the sentence that it interrupts."""
        aside, self._aside = self._aside, None
        if aside is not None:
            self._turns.joined.add(aside.speaker)
            self._inspector.ignore_speaker()
            for update, arrived_s in aside.updates:
                self._append(update, arrived_s)

    def _settle_aside(self) -> None:
        """Make what another speaker said a turn of their own, unless two speak word by word."""
        aside = self._aside
        if aside is not None and aside.speaker in self._turns.joined and not aside.is_turn:
            self._join_aside()
            return
        self._aside = None
        if aside is not None:
            self.open.tentative = ""
            self._close(in_sentence=not self.open.is_ended)
            self._begin_turn(aside.speaker)
            for update, arrived_s in aside.updates:
                self._append(update, arrived_s)

    def _append(self, update: SourceUpdate, arrived_s: float | None = None) -> None:
        """Add source to the open segment, and close it wherever it ends."""
        now = self._clock() if arrived_s is None else arrived_s
        start_s, end_s = self._inspector.offsets(update)
        if (
            self._inspector.clock_has_restarted
            and not self.open.config.client_segmentation
            and _joins(self.open.committed, update.committed)
        ):
            # Two connections of a recogniser do not make one word.
            self._close(in_sentence=not self.open.is_ended)
        former = self.open.tentative
        scanned = len(self.open.committed)
        self.open.append(update.committed, now, start_s, end_s)
        self.open.sequence = self.sequence
        self.open.tentative = ""
        self._close_where_it_ends(scanned)
        if update.end_of_segment:
            self._close()
        tentative = self._inspector.tentative(update.tentative, self.open.committed)
        self.open.tentative = tentative if tentative.strip() else ""
        self._silence.committed(update.committed, update.start_s, update.end_s)
        if self.open.tentative.strip() != former.strip():
            self._silence.revised()
            self.open.has_rested = False
        if update.committed.strip():
            self.open.has_rested = False
            segmenter = self.open.config.segmenter
            self.open.is_ended = segmenter.is_ended(self.open.committed)

    # The ends of segments

    def _close_where_it_ends(self, scanned: int = 0) -> None:
        """Close the open segment at each end in it, after the first ``scanned`` code points."""
        while end := self._find_end(scanned):
            self._close(end.position, in_sentence=end.in_sentence)
            scanned = 0

    def _find_end(self, scanned: int) -> SegmentEnd | None:
        """The end of the open segment; after a resume, where the earlier stream ended it."""
        segment = self.open
        end = segment.config.segmenter.find_end(segment.committed, scanned, segment.pause_before)
        known = self._known_starts.get(segment.id + 1, 0) - segment.start
        if not 0 < known <= segment.config.segmenter.limits.max_length:
            return end
        if end is not None and end.position == known:
            return end
        # What has no other reason to end there was cut for its translation.
        return SegmentEnd(known, in_sentence=True) if len(segment.committed) > known else None

    @property
    def num_overlong(self) -> int:
        """How many times too long the open segment is for one without a mark; see ``cut``."""
        if self.open.id + 1 in self._known_starts:
            return 0
        return self.open.config.segmenter.num_overlong(self.open.committed)

    def cut(self, position: int) -> None:
        """Cut the open segment in the middle of its sentence, and close the rest where it ends."""
        tentative = self.open.tentative
        self._close(position, in_sentence=True)
        self._close_where_it_ends()
        self.open.tentative = tentative

    def _close(
        self, end: int | None = None, *, in_sentence: bool = False, spends: bool = False
    ) -> None:
        """Close the open segment after ``end`` code points; the rest begins the next one.

        Nothing happens where it is blank, unless it ``spends`` an id even so.
        """
        segment = self.open
        tentative = segment.tentative
        if end is None and segment.is_blank and not spends:
            return
        if end is not None and not segment.committed[:end].strip():
            # White space longer than a segment: nothing to translate, and no id is spent on it.
            segment.drop(end)
            return
        segment.tentative = ""
        length = len(segment.committed) if end is None else end
        rest = segment.split(length, in_sentence=in_sentence)
        rest.tentative = tentative
        self._turns.closed(segment.speaker, segment.id, in_sentence=in_sentence)
        self._known_starts.pop(rest.id, None)
        self.num_closed += 1
        self._closed_words += count_words(segment.committed)
        self.closed.append(segment)
        self.open = rest
        self._spend_known()
        if self.open.config is not self.config:
            self.open.config = self.config
            self._on_config()

    def _spend_known(self) -> None:
        """Close what the earlier stream closed without source here: some target was told of it."""
        for number in sorted(self._known_starts):
            gap = number - self.open.id
            if self._known_starts[number] != self.open.start or not 0 < gap <= _MAX_EMPTY:
                continue
            for _ in range(gap):
                empty = self.open
                self.open = empty.split(0)
                self.open.continues, self.open.tentative = empty.continues, empty.tentative
                empty.continues, empty.tentative = False, ""
                self.num_closed += 1
                self.closed.append(empty)
            self._known_starts.pop(number)

    # Silence

    @property
    def rests_at_s(self) -> float:
        """When ``rest`` has something to do; infinite means never."""
        return min(self._silence.shows_at_s(self.open), self._closes_at_s)

    def rest(self, now: float) -> None:
        """Close the open segment, or show it whole, if the silence is long enough."""
        if self._closes_at_s <= now:
            if self._aside is not None:
                self._settle_aside()
            else:
                self._close(in_sentence=not self.open.is_ended)
        if self._silence.shows_at_s(self.open) <= now:
            self.open.has_rested = True

    def put_off_rest(self) -> None:
        """Note that more source is there but was not read; the silence begins once it is."""
        self._silence.put_off()

    @property
    def _closes_at_s(self) -> float:
        if self.open.id + 1 in self._known_starts:
            # The source that is sent again ends where it ended for the earlier stream.
            return math.inf
        if self._aside is not None:
            return self._silence.turns_at_s(self.open)
        return self._silence.closes_at_s(self.open)


def _joins(before: str, after: str) -> bool:
    """Whether joining two texts would make one word out of two."""
    return before[-1:].isalnum() and after[:1].isalnum()
