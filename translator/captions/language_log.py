"""One language of a room: its pieces by number, the lines that they make, and its drafts."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from translator.captions.events import Drafts, DraftText, Line, Piece, Segment

__all__ = ["LanguageLog"]


class LanguageLog:
    """What there is of one language.

    Attributes:
        language: The language.
        pieces: Those that are kept, in order.
        lines: By the number of their segment.
        drafts: All of them, as they are now.
        floor: Number of the last piece that was dropped.
        whole_pages: Pages before this one are closed, as the room that is mirrored says.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.pieces: list[Piece] = []
        self.lines: dict[int, Line] = {}
        self.drafts = Drafts(language)
        self.floor = 0
        self.whole_pages = 0

    @property
    def length(self) -> int:
        """Code points of all lines."""
        return sum(len(line.text) for line in self.lines.values())

    def after(self, n: int) -> Sequence[Piece]:
        """The pieces after the ``n``-th of the room."""
        return self.pieces[bisect_right(self.pieces, n, key=lambda piece: piece.n) :]

    def add(
        self,
        n: int,
        segment: Segment,
        text: str,
        *,
        closed: bool,
        whole: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> Piece:
        """Add the ``n``-th piece of the room, which is later than all that are here."""
        line = self.lines.setdefault(segment.segment_id, Line(first=n))
        line.text += text
        line.closed = closed
        line.start_s = start_s if line.start_s is None else line.start_s
        line.end_s = line.end_s if end_s is None else end_s
        line.last = n
        piece = Piece(
            n, segment, self.language, text, len(line.text), closed, whole, start_s, end_s
        )
        self.pieces.append(piece)
        return piece

    def show(self, texts: Iterable[DraftText]) -> None:
        """Replace all drafts."""
        self.drafts = Drafts(self.language, tuple(texts), self.drafts.revision + 1)

    def draft(self, segment: Segment, text: str) -> bool:
        """Replace a segment's draft; "" takes it away. Says whether that changed anything."""
        number = segment.segment_id
        line = self.lines.get(number)
        if line is not None and line.closed:
            text = ""
        texts = {draft.segment.segment_id: draft for draft in self.drafts.texts}
        former = texts.pop(number).text if number in texts else ""
        if text == former:
            return False
        if text:
            texts[number] = DraftText(segment, text)
        self.show(texts[each] for each in sorted(texts))
        return True

    def drop(self, segment: Segment) -> int:
        """Forget a segment's line and draft. Returns the code points of the line.

        Its pieces go with ``trim``, all at once.
        """
        self.draft(segment, "")
        line = self.lines.pop(segment.segment_id, None)
        if line is None:
            return 0
        self.floor = max(self.floor, line.last)
        return len(line.text)

    def trim(self) -> None:
        """Forget the pieces up to the floor."""
        self.pieces = list(self.after(self.floor))
