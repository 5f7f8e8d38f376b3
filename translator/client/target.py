"""What a client knows about one target."""

from collections import deque
from dataclasses import dataclass, field

from translator.client import convert
from translator.client.events import Segment
from translator.client.source_log import SourceLog
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
        start_s: Media time at which the source of its committed text begins; None if unknown.
        end_s: Media time at which that ends; None if unknown.
        closed: The segments that were closed last, as many as are kept.
        is_open: Whether an update of that segment has come.
        is_placed: Whether ``source_start`` is known. For a target that joined late it is unknown
            until another target comes to the same segment.
        segment: The segment of the last update, after it.
        absences: Configs that leave it out: the first segment of each, and the first one in which
            it is back, None until that is known. The answer to a config may come before the last
            updates of earlier segments, so these are still owed.
    """

    segment_id: int = 0
    revision: int = 0
    source_start: int = 0
    committed: str = ""
    draft: str = ""
    start_s: float | None = None
    end_s: float | None = None
    closed: deque[Segment] = field(default_factory=deque)
    is_open: bool = False
    is_placed: bool = True
    segment: Segment | None = None
    absences: deque[tuple[int, int | None]] = field(default_factory=deque)

    @property
    def owes(self) -> bool:
        """Whether updates of segments from before it was left out are still to come."""
        return self.is_open or bool(self.absences and self.segment_id < self.absences[0][0])

    def join(self, segment_id: int) -> None:
        """Begin with a segment of which nothing has come, for the first time or again."""
        if self.owes and not self.absences:
            return
        if self.absences:
            left, _ = self.absences[-1]
            if self.owes:
                self.absences[-1] = (left, segment_id)
                return
            self.absences.clear()
        self.segment_id = segment_id
        self.is_placed = False

    def leave(self, segment_id: int) -> None:
        """Be left out from this segment on."""
        self.absences.append((segment_id, None))

    def place(self, segment_id: int, source_start: int) -> None:
        """Note where a segment begins, if it is the next one of this target."""
        if segment_id == self.segment_id and not self.is_open:
            known = self.source_start if self.is_placed else 0
            self.source_start = max(known, source_start)
            self.is_placed = True

    def apply(self, update: TargetUpdate, source: SourceLog) -> Segment:
        """Apply an update, and return its segment after it.

        Args:
            update: The server's message.
            source: What was sent.

        Raises:
            StreamMismatchError: The update does not fit; nothing has changed.
        """
        self._check(update)
        # Its source is already given up where an update says less than the one before it did.
        known = self.source_start if self.is_placed else 0
        start = max(known, update.segment_source_start)
        end = start + update.source_committed_length
        if end > source.length:
            raise StreamMismatchError(f"source position {end} of {source.length} sent")

        text = self.committed + update.committed
        self.is_open = self.is_placed = True
        self.revision = update.revision
        self.source_start = start
        self.committed = text
        self.draft = update.draft
        if update.HasField("start_offset"):
            start_s = convert.seconds(update.start_offset)
            self.start_s = start_s if self.start_s is None else min(self.start_s, start_s)
        if update.HasField("end_offset"):
            end_s = convert.seconds(update.end_offset)
            self.end_s = end_s if self.end_s is None else max(self.end_s, end_s)
        self.segment = segment = Segment(
            id=self.segment_id,
            text=text,
            closed=update.segment_closed,
            speaker=source.speaker(start, end if update.segment_closed else source.length),
            source=source.text(start, end),
            start_s=self.start_s,
            end_s=self.end_s,
        )
        if update.segment_closed:
            # Of one without either there was a draft alone, which was taken back.
            if segment.text or segment.source:
                self.closed.append(segment)
            self.segment_id += 1
            self.source_start = end
            self.committed = self.draft = ""
            self.start_s = self.end_s = None
            self.is_open = False
            self._skip()
        return segment

    def _skip(self) -> None:
        """Go on behind the segments in which it was left out."""
        while self.absences and self.segment_id >= self.absences[0][0]:
            back = self.absences[0][1]
            if back is None:
                return
            self.absences.popleft()
            if back > self.segment_id:
                self.segment_id = back
                self.is_placed = False

    def segments(self) -> list[Segment]:
        """The closed segments that are kept, and the open one once it has committed text."""
        open_ones = [self.segment] if self.committed and self.segment is not None else []
        return [*self.closed, *open_ones]

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
        """The text that is kept; the separator goes where neither side has white space."""
        text = ""
        for segment in (*(closed.text for closed in self.closed), self.committed):
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
