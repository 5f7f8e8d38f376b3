"""A segment: source that is translated as one piece, shared by all targets."""

from dataclasses import dataclass, field, replace

from translator.session.events import SessionConfig
from translator.text.case import is_capitals
from translator.text.words import count_words

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

    @property
    def is_timed(self) -> bool:
        """Whether anything is known of when it was said; of typed text, nothing is."""
        return self.start_s is not None or self.end_s is not None


@dataclass(slots=True)
class Segment:
    """Source from one segment end to the next.

    Attributes:
        id: 0, 1, … in a session.
        start: Code points of committed source before it.
        config: The configuration that was in force when it began; it holds to the end.
        committed: Its committed source.
        tentative: Source that the client may still revise; only the open segment has any.
        closed: Whether no more source will come.
        in_sentence: Whether it was closed in the middle of a sentence.
        continues: Whether it goes on with the sentence of the segment before.
        is_ended: Whether its committed source seems to be a complete sentence, as far as one can
            tell before more comes.
        has_rested: Whether nothing new has come for so long that it is shown whole.
        speaker: The client's label for who speaks.
        sequence: The last source update or flush that it reflects.
        is_determined: Whether its language has been determined, if the stream needs that.
        is_told: Whether a client has been told of it, so that it has to be told of its end too.
    """

    id: int
    start: int
    config: SessionConfig
    committed: str = ""
    tentative: str = ""
    closed: bool = False
    in_sentence: bool = False
    continues: bool = False
    is_ended: bool = False
    has_rested: bool = False
    speaker: str = ""
    sequence: int = 0
    chunks: list[Chunk] = field(default_factory=list)
    is_determined: bool = False
    is_told: bool = False

    def append(
        self, text: str, arrived_s: float, start_s: float | None, end_s: float | None
    ) -> None:
        """Append a chunk of committed source."""
        if text:
            begin = len(self.committed)
            self.committed += text
            self.chunks.append(Chunk(begin, len(self.committed), arrived_s, start_s, end_s))

    def split(self, end: int, *, in_sentence: bool = False) -> "Segment":
        """End this segment at ``end``, and return a new one with the rest."""
        rest = Segment(
            self.id + 1,
            self.start + end,
            self.config,
            committed=self.committed[end:],
            continues=in_sentence,
            speaker=self.speaker,
            sequence=self.sequence,
        )
        for chunk in self.chunks:
            if chunk.end > end:
                start_s = chunk.start_s if chunk.start >= end else self._time_at(chunk, end)[1]
                start = max(chunk.start - end, 0)
                rest.chunks.append(
                    replace(chunk, start=start, end=chunk.end - end, start_s=start_s)
                )
        self.chunks = [
            chunk
            if chunk.end <= end
            else replace(chunk, end=end, end_s=self._time_at(chunk, end)[0])
            for chunk in self.chunks
            if chunk.start < end
        ]
        self.committed = self.committed[:end]
        self.closed = True
        self.in_sentence = in_sentence
        return rest

    def drop(self, end: int) -> None:
        """Drop the first ``end`` code points from the beginning."""
        rest = self.split(end)
        self.start, self.committed, self.chunks = rest.start, rest.committed, rest.chunks
        self.closed = False
        self.is_ended = False

    def is_in_capitals(self, text: str, *, former: bool) -> bool:
        """Whether ``text``, a part of its source, is all in capitals.

        ``former`` says whether the segment before was.
        """
        return is_capitals(text, self.config.segmenter.language, former=former)

    @property
    def is_resting(self) -> bool:
        """Whether it is shown whole because nothing new has come for a while."""
        return self.has_rested

    @property
    def is_undetermined(self) -> bool:
        """Whether its language is not known yet; until then, nothing of it is committed."""
        return self.config.follows and not self.is_determined

    @property
    def is_blank(self) -> bool:
        """Whether its committed source is only white space."""
        return not self.committed.strip()

    # What updates say of it: always of the text that the client sent.

    @property
    def length(self) -> int:
        """Code points of committed source."""
        return len(self.committed)

    @property
    def num_words(self) -> int:
        """Words of committed source."""
        return count_words(self.committed)

    def origin(self, start: int, end: int) -> tuple[int, int] | None:
        """The client's source that ``[start, end)`` of the text comes from; None if unknown."""
        return start, end

    def covered(self, end: int) -> int:
        """Code points of the client's source that the first ``end`` of the text reflect."""
        return min(end, self.length)

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

    # Media time

    def media_time(self, start: int, end: int) -> tuple[float | None, float | None]:
        """Media times at which the source ``[start, end)`` begins and ends, as far as known.

        Time is assumed to pass evenly over the text of a chunk, without the white space around it.
        Where speakers overlap, the end is that of who speaks longest.
        """
        overlapping = [c for c in self.chunks if c.is_timed and c.start < end and c.end > start]
        begins = (self._time_at(c, max(start, c.start))[1] for c in overlapping)
        ends = (self._time_at(c, min(end, c.end))[0] for c in overlapping)
        start_s = next((s for s in begins if s is not None), None)
        # What ends before the beginning is measured by a clock that was started again.
        later = (s for s in ends if s is not None and (start_s is None or s >= start_s))
        return start_s, max(later, default=None)

    def pause_before(self, position: int) -> float:
        """Seconds of silence before the word that begins at ``position``; 0 if unknown."""
        later = next((c for c in self.chunks if c.start <= position < c.end), None)
        earlier = next(
            (
                c
                for c in reversed(self.chunks)
                if c.end <= position and self.committed[c.start : c.end].strip()
            ),
            None,
        )
        if later is None or earlier is None or later.start_s is None or earlier.end_s is None:
            return 0.0
        if self.committed[later.start : position].strip():
            return 0.0
        return max(0.0, later.start_s - earlier.end_s)

    def _time_at(self, chunk: Chunk, position: int) -> tuple[float | None, float | None]:
        """The latest end of what is before ``position``, and the first beginning of what follows.

        Inside a chunk with known times, the two are equal. If one of its times is missing, what is
        before ends with the chunk, and what follows begins with it.
        """
        text = self.committed[chunk.start : chunk.end]
        first = chunk.start + len(text) - len(text.lstrip())
        last = chunk.start + len(text.rstrip())
        if position <= first:
            return chunk.start_s, chunk.start_s
        if position >= last:
            return chunk.end_s, chunk.end_s
        if chunk.start_s is None or chunk.end_s is None:
            return chunk.end_s, chunk.start_s
        part = (position - first) / (last - first)
        time_s = chunk.start_s + part * (chunk.end_s - chunk.start_s)
        return time_s, time_s
