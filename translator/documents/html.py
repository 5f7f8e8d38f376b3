"""HTML as texts to translate, and the page with their translations in it.

Whatever is no text is copied from the source by its place, so nothing else can change. A page in
which nothing was translated is the source, byte for byte. White space, tags and directives at the
ends of a text stay outside of it; tags inside are marks (``marks.py``), which come out once each,
nested as they were; code and what must not be translated is opaque.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import partial

from translator.documents.html_reader import read_texts
from translator.documents.html_runs import Region
from translator.documents.marks import MarkedText, Translated
from translator.documents.page_writer import PageWriter
from translator.documents.template import find_directives

__all__ = ["Page", "escaped", "parse"]

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
        result = self._written(wanted, everything=False)
        if not self._templates:
            return result
        directives = self._directives(self._source)
        if self._directives(result) == directives:
            return result
        result = self._written(wanted, everything=True)
        return result if self._directives(result) == directives else self._source

    def parts(self) -> Iterator[tuple[MarkedText, Region]]:
        """Each text that is not in a tag of another one, with its place."""
        end = 0
        for text, region in zip(self.texts, self._regions, strict=True):
            if region.start >= end:
                end = region.end
                yield text, region

    def _written(self, wanted: Sequence[Translated | None], *, everything: bool) -> str:
        escape = partial(escaped, everything=everything)
        return PageWriter(self._source, self.texts, self._regions, wanted, escape).page()

    def _directives(self, html: str) -> Counter[str]:
        return Counter(html[start:end] for start, end, _ in find_directives(html, self._templates))


def escaped(text: str, region: Region, *, everything: bool) -> str:
    """Characters as they are written in a text or an attribute."""

    def written(match: re.Match[str]) -> str:
        character = match[0]
        if character == "\xa0":
            return region.nbsp
        return _NAMED.get(character) or f"&#{ord(character)};"

    text = (_ALL if everything else _ALWAYS).sub(written, text)
    if region.quote == " ":
        return _UNQUOTED.sub(written, text)
    return text.replace(region.quote, f"&#{ord(region.quote)};") if region.quote else text
