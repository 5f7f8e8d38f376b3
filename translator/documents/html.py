"""HTML as texts to translate, and the page with their translations in it.

Whatever is no text is copied from the source by its place, so nothing else can change. A page in
which nothing was translated is the source, byte for byte. White space, tags and directives at the
ends of a text stay outside of it; tags inside are marks (``marks.py``), which come out once each,
nested as they were; code and what must not be translated is opaque.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from translator.documents.html_reader import read_texts
from translator.documents.html_runs import Region
from translator.documents.marks import MarkedText, Translated
from translator.documents.placement import PieceKind, place
from translator.documents.template import find_directives

__all__ = ["Page", "parse"]

_ALWAYS = re.compile("[&<>\xa0]")
# Also what a template could begin or end with.
_ALL = re.compile(r"[^\w\s.,;!?'\"()-]|_|\xa0")
_UNQUOTED = re.compile("[\t\n\f\r \"'=`]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def parse(html: str, *, templates: Collection[str] = ()) -> "Page":
    """Find the texts of a page, or of a piece of one.

    Args:
        html: Any text: what is no HTML is text.
        templates: Template syntaxes in it, see ``template.find_directives``.

    Raises:
        InvalidRequestError: There is no such template syntax.
    """
    found = read_texts(html, templates)
    return Page(html, [text for text, _ in found], [region for _, region in found], templates)


class Page:
    """A page whose texts are known.

    Attributes:
        texts: What is to be translated, in the order of the page. A text of a tag's attribute
            comes after the text that the tag stands in.
    """

    def __init__(
        self,
        source: str,
        texts: Sequence[MarkedText],
        regions: Sequence[Region],
        templates: Collection[str],
    ) -> None:
        self.texts = tuple(texts)
        self._source = source
        self._regions = tuple(regions)
        self._templates = templates

    def render(self, translations: Sequence[Translated | None]) -> str:
        """The page with these translations of ``texts``; None leaves a text as it is.

        A text that is its own translation is left as it is too. Characters of a translation that
        would make a template directive of it are written as references.

        Raises:
            ValueError: There are not as many translations as texts.
        """
        if len(translations) != len(self.texts):
            raise ValueError(f"{len(translations)} translations of {len(self.texts)} texts")
        wanted = [
            None if each is None or each.text == text.text else each
            for text, each in zip(self.texts, translations, strict=True)
        ]
        result = _Writer(self._source, self.texts, self._regions, wanted).page(escaped=False)
        if not self._templates:
            return result
        directives = self._directives(self._source)
        if self._directives(result) == directives:
            return result
        result = _Writer(self._source, self.texts, self._regions, wanted).page(escaped=True)
        return result if self._directives(result) == directives else self._source

    def _directives(self, html: str) -> Counter[str]:
        return Counter(html[start:end] for start, end, _ in find_directives(html, self._templates))


class _Writer:
    """Puts translations into a page."""

    def __init__(
        self,
        source: str,
        texts: Sequence[MarkedText],
        regions: Sequence[Region],
        translations: Sequence[Translated | None],
    ) -> None:
        self._source = source
        self._texts = texts
        self._changed = [
            (region.start, region.end, index)
            for index, (region, each) in enumerate(zip(regions, translations, strict=True))
            if each is not None
        ]
        self._regions = regions
        self._wanted = {index: each for index, each in enumerate(translations) if each is not None}
        # Attributes may be inside of other texts' tags.
        self._attributes = [each for each in self._changed if texts[each[2]].is_attribute]

    def page(self, *, escaped: bool) -> str:
        self._escaped = escaped
        return "".join(self._copy(0, len(self._source), self._outermost()))

    def _outermost(self) -> list[tuple[int, int, int]]:
        kept: list[tuple[int, int, int]] = []
        for each in sorted(self._changed, key=lambda each: (each[0], -each[1])):
            if not kept or each[0] >= kept[-1][1]:
                kept.append(each)
        return kept

    def _copy(self, start: int, end: int, changed: Sequence[tuple[int, int, int]]) -> Iterator[str]:
        """The source of a range, with the texts that are ``changed`` in it."""
        at = start
        for low, high, index in changed:
            yield self._source[at:low]
            yield from self._text(index)
            at = high
        yield self._source[at:end]

    def _tag(self, start: int, end: int) -> Iterator[str]:
        """The source of a mark, with the attributes that are changed in it."""
        low = bisect_left(self._attributes, (start,))
        high = bisect_left(self._attributes, (end,))
        return self._copy(start, end, self._attributes[low:high])

    def _text(self, index: int) -> Iterator[str]:
        region = self._regions[index]
        if region.quote == " " and not self._wanted[index].text:
            # Nothing at all would make the next attribute the value.
            yield "&#32;"
        for piece in place(self._texts[index], self._wanted[index]):
            if piece.kind is PieceKind.TEXT:
                yield self._escape(piece.text, region)
            elif piece.kind is PieceKind.OPAQUE:
                yield self._source[slice(*region.opaque[piece.number])]
            else:
                yield from self._tag(*region.marks[piece.number])

    def _escape(self, text: str, region: Region) -> str:
        def written(match: re.Match[str]) -> str:
            character = match[0]
            if character == "\xa0":
                return region.nbsp
            return _NAMED.get(character) or f"&#{ord(character)};"

        text = (_ALL if self._escaped else _ALWAYS).sub(written, text)
        if region.quote == " ":
            text = _UNQUOTED.sub(written, text)
        elif region.quote:
            text = text.replace(region.quote, f"&#{ord(region.quote)};")
        return text
