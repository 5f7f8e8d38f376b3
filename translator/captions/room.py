"""What is said in a room of this gateway. Pure: no I/O."""

from collections.abc import Callable, Iterable

from translator.captions.events import ORIGINAL, Drafts, Line, Piece, Segment
from translator.captions.transcript import Transcript

__all__ = ["Room"]

# Numbers that segments without committed text may have had before a room was restored.
_UNSEEN = 16


class Room(Transcript):
    """A transcript that is written here: it gives segments and pieces their numbers.

    Args:
        wall_clock: Seconds since 1970.
        epoch, clock, max_length, max_age_s, max_snapshot_length: See ``Transcript``.

    Attributes:
        on_piece: Called with each piece that is committed or inserted.
    """

    def __init__(
        self,
        epoch: str,
        *,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
        max_length: int = 400_000,
        max_age_s: float = 4 * 3600.0,
        max_snapshot_length: int = 12_000,
    ) -> None:
        super().__init__(
            epoch,
            clock=clock,
            max_length=max_length,
            max_age_s=max_age_s,
            max_snapshot_length=max_snapshot_length,
        )
        self.on_piece: Callable[[Piece], None] = lambda _: None
        self._wall_clock = wall_clock

    def open(self, key: str, source_language: str, speaker: str = "") -> Segment:
        """Begin a segment."""
        segment = Segment(
            self._next_segment, key, source_language, speaker, self._clock(), self._wall_clock()
        )
        return self._adopt(segment)

    def commit(
        self,
        language: str,
        segment_id: int,
        text: str,
        *,
        closed: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> Piece | None:
        """Append to a segment's text. Returns None where nothing changes.

        A segment that is no longer kept takes no text.

        Raises:
            ValueError: The line is closed.
        """
        segment = self._segments.get(segment_id)
        if segment is None or not (text or closed):
            return None
        line = self.line(language, segment_id)
        if line is not None and line.closed:
            raise ValueError(f"segment {segment_id} is closed in {language}")
        piece = self._add(
            self.n + 1, segment, language, text, closed=closed, start_s=start_s, end_s=end_s
        )
        if closed:
            self.draft(language, segment_id, "")
        self.on_piece(piece)
        self.expire()
        return piece

    def insert(self, language: str, segment_id: int, text: str) -> Piece | None:
        """Add a whole line that was translated late.

        Returns None where the segment has a line already or is no longer kept.
        """
        segment = self._segments.get(segment_id)
        if segment is None or self.line(language, segment_id) is not None:
            return None
        original = self.line(ORIGINAL, segment_id) or Line()
        piece = self._add(
            self.n + 1,
            segment,
            language,
            text,
            closed=True,
            whole=True,
            start_s=original.start_s,
            end_s=original.end_s,
        )
        self.on_piece(piece)
        self.expire()
        return piece

    def draft(self, language: str, segment_id: int, text: str) -> bool:
        """Replace a segment's draft; "" takes it away. Says whether that changed anything."""
        segment = self._segments.get(segment_id)
        return segment is not None and self._log(language).draft(segment, text)

    def restore(self, pieces: Iterable[Piece]) -> None:
        """Have what a former life of this room had, in an empty one of the same epoch. What was
        open is closed as it is, in pieces that follow.

        Args:
            pieces: In order. Where the oldest are gone, so is the rest of their lines.
        """
        first = None
        for piece in pieces:
            first = piece.n if first is None else first
            line = self.line(piece.language, piece.segment.segment_id) or Line()
            if len(line.text) + len(piece.text) != piece.length or line.closed:
                # Whoever has the beginning of this line gets a snapshot.
                log = self._log(piece.language)
                log.floor = piece.n
                log.pieces.clear()
            else:
                self.append(
                    piece.n,
                    piece.segment,
                    piece.language,
                    piece.text,
                    closed=piece.closed,
                    whole=piece.whole,
                    start_s=piece.start_s,
                    end_s=piece.end_s,
                )
            self.n = max(self.n, piece.n)
        for log in self._logs.values():
            log.floor = max(log.floor, (first or 1) - 1)
            # Viewers may have drafts, which are void.
            log.drafts = Drafts(log.language, (), 1)
            for number in [number for number, line in log.lines.items() if not line.closed]:
                self.commit(log.language, number, "", closed=True)
        self._next_segment += _UNSEEN
