"""A segment: the source that is translated as one, shared by all targets."""

from dataclasses import dataclass, field

from translator.session.events import SessionConfig

__all__ = ["Chunk", "Segment"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of committed source as it came.

    Attributes:
        start: First code point in the segment.
        end: Code point after it.
        arrived_s: When it came, on the session's clock.
        start_s: Media time of its beginning, or None.
        end_s: Media time of its end, or None.
    """

    start: int
    end: int
    arrived_s: float
    start_s: float | None
    end_s: float | None


@dataclass(slots=True)
class Segment:
    """Source from one segment end to the next.

    Attributes:
        id: 0, 1, … in a session.
        start: Code points of committed source before it.
        config: What was in force when it began; it stays in force to its end.
        committed: Its source for good.
        tentative: What the client may still revise; only the open segment has any.
        closed: Whether no more source will come.
        sequence: The last source update or flush that it reflects.
    """

    id: int
    start: int
    config: SessionConfig
    committed: str = ""
    tentative: str = ""
    closed: bool = False
    sequence: int = 0
    chunks: list[Chunk] = field(default_factory=list)

    def append(
        self, text: str, arrived_s: float, start_s: float | None, end_s: float | None
    ) -> None:
        """Add committed source."""
        if text:
            begin = len(self.committed)
            self.committed += text
            self.chunks.append(Chunk(begin, len(self.committed), arrived_s, start_s, end_s))

    def split(self, end: int) -> "Segment":
        """End this segment at ``end``; returns the segment that goes on with the rest."""
        rest = Segment(self.id + 1, self.start + end, self.config, sequence=self.sequence)
        for chunk in self.chunks:
            if chunk.end > end:
                text = self.committed[max(chunk.start, end) : chunk.end]
                rest.append(text, chunk.arrived_s, chunk.start_s, chunk.end_s)
        self.chunks = [chunk for chunk in self.chunks if chunk.start < end]
        self.committed = self.committed[:end]
        self.closed = True
        return rest

    def drop(self, end: int) -> None:
        """Begin after the first ``end`` code points, which are forgotten."""
        rest = self.split(end)
        self.start, self.committed, self.chunks = rest.start, rest.committed, rest.chunks
        self.closed = False

    @property
    def is_blank(self) -> bool:
        """Whether its committed source is nothing but white space."""
        return not self.committed.strip()

    def arrivals_s(self) -> list[float]:
        """When the first character of each word of committed source came."""
        arrivals: list[float] = []
        position = 0
        chunks = iter(self.chunks)
        chunk = next(chunks, None)
        for word in self.committed.split():
            position = self.committed.index(word, position)
            while chunk is not None and chunk.end <= position:
                chunk = next(chunks, None)
            if chunk is not None:
                arrivals.append(chunk.arrived_s)
            position += len(word)
        return arrivals

    def media_time(self, start: int, end: int) -> tuple[float | None, float | None]:
        """Media times at which the source ``[start, end)`` begins and ends, as far as known."""
        overlapping = [c for c in self.chunks if c.start < end and c.end > start]
        starts = [c.start_s for c in overlapping if c.start_s is not None]
        ends = [c.end_s for c in overlapping if c.end_s is not None]
        return min(starts, default=None), max(ends, default=None)
