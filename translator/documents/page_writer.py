"""Puts translations into the source that their texts were found in."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from translator.documents.html_runs import Region
from translator.documents.marks import MarkedText, Translated
from translator.documents.placement import PieceKind, place

__all__ = ["PageWriter"]


class PageWriter:
    """Writes a page with the translations of some of its texts.

    Args:
        source: The page.
        texts: What was found in it.
        regions: Where each text is.
        translations: Of each text; None: it stays as it is.
        escape: How characters of a translation are written in the region of its text.
        replaced: Further ranges of the source, in order, and what becomes of them. They are in no
            text, or are a mark of one.
    """

    def __init__(
        self,
        source: str,
        texts: Sequence[MarkedText],
        regions: Sequence[Region],
        translations: Sequence[Translated | None],
        escape: Callable[[str, Region], str],
        replaced: Sequence[tuple[int, int, str]] = (),
    ) -> None:
        self._source = source
        self._texts = texts
        self._regions = regions
        self._escape = escape
        self._wanted = dict(enumerate(translations))
        # Each with the number of its text, or what it becomes.
        self._changed: list[tuple[int, int, int | str]] = [
            (region.start, region.end, index)
            for index, (region, each) in enumerate(zip(regions, translations, strict=True))
            if each is not None
        ]
        self._changed += replaced
        self._changed.sort(key=lambda each: (each[0], -each[1]))
        # Attributes may be inside of other texts' tags.
        self._in_tags = [
            each
            for each in self._changed
            if isinstance(each[2], str) or texts[each[2]].is_attribute
        ]
        self._starts = [each[0] for each in self._in_tags]

    def page(self) -> str:
        """The page."""
        outermost: list[tuple[int, int, int | str]] = []
        for each in self._changed:
            if not outermost or each[0] >= outermost[-1][1]:
                outermost.append(each)
        return "".join(self._copy(0, len(self._source), outermost))

    def _copy(
        self, start: int, end: int, changed: Sequence[tuple[int, int, int | str]]
    ) -> Iterator[str]:
        """The source of a range, with what is ``changed`` in it."""
        at = start
        for low, high, what in changed:
            yield self._source[at:low]
            if isinstance(what, str):
                yield what
            else:
                yield from self._text(what)
            at = high
        yield self._source[at:end]

    def _tag(self, start: int, end: int) -> Iterator[str]:
        """The source of a mark, with what is changed in it."""
        low = bisect_left(self._starts, start)
        high = bisect_left(self._starts, end)
        return self._copy(start, end, self._in_tags[low:high])

    def _text(self, index: int) -> Iterator[str]:
        region, translated = self._regions[index], self._wanted[index]
        assert translated is not None  # noqa: S101
        if region.quote == " " and not translated.text:
            # Nothing at all would make the next attribute the value.
            yield "&#32;"
        for piece in place(self._texts[index], translated):
            if piece.kind is PieceKind.TEXT:
                yield self._escape(piece.text, region)
            elif piece.kind is PieceKind.OPAQUE:
                yield self._source[slice(*region.opaque[piece.number])]
            else:
                yield from self._tag(*region.marks[piece.number])
