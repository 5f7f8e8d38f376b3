"""What a client knows about one target."""

from dataclasses import dataclass, field

from translator.v1.streaming_pb2 import ResumedTarget, TargetUpdate

__all__ = ["StreamMismatchError", "TargetProgress"]


class StreamMismatchError(Exception):
    """An update does not continue the client's state; something was lost on the way."""


@dataclass(slots=True)
class TargetProgress:
    """Committed text and draft of one target, and the place of its open segment.

    Attributes:
        segment_id: The first segment that is not closed.
        revision: Revision of the last update applied.
        source_start: Code points of committed source before that segment.
        committed: That segment's committed text.
        draft: That segment's draft.
        closed_texts: Texts of the closed segments.
        is_open: Whether an update of that segment has come.
        is_placed: Whether ``source_start`` is known. For a target that joined late it is unknown
            until another target comes to the same segment.
    """

    segment_id: int = 0
    revision: int = 0
    source_start: int = 0
    committed: str = ""
    draft: str = ""
    closed_texts: list[str] = field(default_factory=list)
    is_open: bool = False
    is_placed: bool = True

    def join(self, segment_id: int) -> None:
        """Begin with a segment of which nothing has come, for the first time or again."""
        self.segment_id = segment_id
        self.is_placed = False

    def place(self, segment_id: int, source_start: int) -> None:
        """Note where a segment begins, if it is the next one of this target."""
        if segment_id == self.segment_id and not self.is_open:
            known = self.source_start if self.is_placed else 0
            self.source_start = max(known, source_start)
            self.is_placed = True

    def apply(self, update: TargetUpdate, source_length: int) -> str:
        """Apply an update, and return the segment's committed text after it.

        Args:
            update: The server's message.
            source_length: Code points of committed source sent so far.

        Raises:
            StreamMismatchError: The update does not fit; nothing has changed.
        """
        self._check(update)
        # Its source is already given up where an update says less than the one before it did.
        known = self.source_start if self.is_placed else 0
        start = max(known, update.segment_source_start)
        end = start + update.source_committed_length
        if end > source_length:
            raise StreamMismatchError(f"source position {end} of {source_length} sent")

        text = self.committed + update.committed
        self.is_open = self.is_placed = True
        self.revision = update.revision
        self.source_start = start
        self.committed = text
        self.draft = update.draft
        if update.segment_closed:
            self.closed_texts.append(text)
            self.segment_id += 1
            self.source_start = end
            self.committed = self.draft = ""
            self.is_open = False
        return text

    def resumed(self, target: str) -> ResumedTarget:
        """Where this target broke off. The source itself is sent again in source updates."""
        return ResumedTarget(
            target_language_code=target,
            segment_id=self.segment_id,
            revision=self.revision,
            segment_source_start=self.source_start,
            target_committed=self.committed,
        )

    def transcript(self, separator: str) -> str:
        """All committed text; the separator goes where neither side has white space."""
        text = ""
        for segment in (*self.closed_texts, self.committed):
            if text and segment and not (text[-1].isspace() or segment[0].isspace()):
                text += separator
            text += segment
        return text

    def _check(self, update: TargetUpdate) -> None:
        if update.segment_id != self.segment_id:
            raise StreamMismatchError(f"segment {update.segment_id} after {self.segment_id}")
        if update.revision != self.revision + 1:
            raise StreamMismatchError(f"revision {update.revision} after {self.revision}")
        length = len(self.committed) + len(update.committed)
        if length != update.committed_length:
            raise StreamMismatchError(f"length {length} instead of {update.committed_length}")
