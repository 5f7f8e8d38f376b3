"""What a client knows of one target."""

from dataclasses import dataclass, field

from translator.v1.streaming_pb2 import ResumedTarget, TargetUpdate

__all__ = ["StreamMismatchError", "TargetProgress"]


class StreamMismatchError(Exception):
    """An update does not continue what the client has: something was lost on the way."""


@dataclass(slots=True)
class TargetProgress:
    """Committed text and draft of one target, and where its open segment stands.

    Attributes:
        segment_id: The first segment that is not closed.
        revision: Of the last update applied.
        source_start: Code points of committed source before that segment.
        committed: That segment's committed text.
        draft: That segment's draft.
        closed_texts: Texts of the closed segments.
        is_placed: False between joining and the first update: where the server begins is then not
            known, only that it is at ``segment_id`` or later.
    """

    segment_id: int = 0
    revision: int = 0
    source_start: int = 0
    committed: str = ""
    draft: str = ""
    closed_texts: list[str] = field(default_factory=list)
    is_placed: bool = True

    def join(self, segment_id: int, source_start: int) -> None:
        """Begin, or begin again, with a segment not before ``segment_id``."""
        if self.committed:
            self.closed_texts.append(self.committed)
        self.segment_id = segment_id
        self.source_start = source_start
        self.committed = self.draft = ""
        self.is_placed = False

    def apply(self, update: TargetUpdate, source_length: int) -> str:
        """Apply an update and return the segment's committed text after it.

        Args:
            update: The server's message.
            source_length: Code points of committed source sent so far.

        Raises:
            StreamMismatchError: The update does not fit; nothing has changed.
        """
        self._check(update)
        # Its source is already given up where an update says less than the one before it did.
        start = max(self.source_start, update.segment_source_start)
        end = start + update.source_committed_length
        if end > source_length:
            raise StreamMismatchError(f"source position {end} of {source_length} sent")

        text = self.committed + update.committed
        self.is_placed = True
        self.revision = update.revision
        self.segment_id = update.segment_id
        self.source_start = start
        self.committed = text
        self.draft = update.draft
        if update.segment_closed:
            self.closed_texts.append(text)
            self.segment_id += 1
            self.source_start = end
            self.committed = self.draft = ""
        return text

    def resumed(self, target: str) -> ResumedTarget:
        """Where this target broke off; the source itself is sent again in source updates."""
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
        if self.is_placed:
            fits = update.segment_id == self.segment_id
            revisions = {self.revision + 1}
        else:
            fits = update.segment_id >= self.segment_id
            # The contract counts a target's revisions from 1; one that comes back may go on.
            revisions = {1, self.revision + 1}
        if not fits:
            raise StreamMismatchError(f"segment {update.segment_id} after {self.segment_id}")
        if update.revision not in revisions:
            raise StreamMismatchError(f"revision {update.revision} after {self.revision}")
        length = len(self.committed) + len(update.committed)
        if length != update.committed_length:
            raise StreamMismatchError(f"length {length} instead of {update.committed_length}")
