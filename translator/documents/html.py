"""Finds the texts of an HTML page, and puts their translations into the page.

Everything that is not text is copied from the source, so it cannot change. A page without any
translations is the source, byte for byte. White space, tags and directives at the ends of a text
stay outside of it. Tags inside a text are marks (``marks.py``): each comes out once, nested as
before. Code and everything else that must not be translated is opaque.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache, partial

from translator.documents.html_reader import read_texts
from translator.documents.html_runs import Region
from translator.documents.html_verify import verify
from translator.documents.marks import MarkedText, Translated
from translator.documents.page_writer import PageWriter
from translator.documents.template import find_directives

__all__ = ["Page", "escaped", "parse"]

# How often a page is put together, at most, to find what it cannot take.
_MAX_ATTEMPTS = 64
_ALWAYS = "&<>"
# These include the characters that a template directive could begin or end with.
_ALL = r"[^\w\s.,;!?'\"()-]|_"
_UNQUOTED = re.compile("[\t\n\f\r \"'=`]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def parse(html: str, *, templates: Collection[str] = ()) -> "Page":
    """Find the texts of a page, or of a piece of one.

    Args:
        html: Any text; whatever is no HTML counts as text.
        templates: Template syntaxes in it; see ``template.find_directives``.

    Raises:
        InvalidRequestError: There is no such template syntax.
    """
    found = read_texts(html, templates)
    return Page(html, [text for text, _ in found], [region for _, region in found], templates)


class Page:
    """A page whose texts are known.

    Attributes:
        texts: The texts to translate, in the order of the page. The text of a tag's attribute comes
            after the text that contains the tag.
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
        """Render the page with translations of ``texts``; None leaves a text as it is.

        A translation that equals its text leaves it as it is, too. Characters that would turn a
        translation into a template directive are written as references. If there are too many
        directives all the same, or some are lost, the page stays as it is.

        Raises:
            ValueError: The number of translations is not the number of texts.
        """
        page = self.render_whole(translations)
        return self._source if page is None else page

    def render_whole(self, translations: Sequence[Translated | None]) -> str | None:
        """As ``render``; None if the directives would not be the same."""
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
        return result if self._directives(result) == directives else None

    def render_kept(
        self, translations: Sequence[Translated | None]
    ) -> tuple[str, list[tuple[int, int]]]:
        """Render the page with those translations that leave its markup as it is.

        Returns:
            The page, and where in the source the texts are that stay because theirs did not.

        Raises:
            ValueError: The number of translations is not the number of texts.
        """
        # In halves: few of them are to blame.
        taken: list[Translated | None] = [None] * len(translations)
        result, attempts = self._source, 0
        left: list[int] = []
        groups = [[k for k, each in enumerate(translations) if each is not None]]
        while groups:
            group = groups.pop()
            trial = list(taken)
            for number in group:
                trial[number] = translations[number]
            attempts += 1
            page = self._verified(trial) if attempts <= _MAX_ATTEMPTS else None
            if page is not None:
                taken, result = trial, page
            elif len(group) <= 1 or attempts > _MAX_ATTEMPTS:
                left += group
            else:
                half = len(group) // 2
                groups += [group[half:], group[:half]]
        return result, [(self._regions[k].start, self._regions[k].end) for k in sorted(left)]

    def _verified(self, translations: Sequence[Translated | None]) -> str | None:
        """The page with translations; None if its markup would not be the same."""
        page = self.render_whole(translations)
        if page is None or verify(self._source, page, templates=self._templates):
            return None
        return page

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
    references = region.references

    def written(match: re.Match[str]) -> str:
        character = match[0]
        return references.get(character) or _NAMED.get(character) or f"&#{ord(character)};"

    text = _pattern("".join(references), everything).sub(written, text)
    if region.quote == " ":
        return _UNQUOTED.sub(written, text)
    return text.replace(region.quote, f"&#{ord(region.quote)};") if region.quote else text


@lru_cache(maxsize=256)
def _pattern(characters: str, everything: bool) -> re.Pattern[str]:
    """What is written as a reference, besides some characters that the source writes so."""
    return re.compile(f"[{re.escape(_ALWAYS + characters)}]" + f"|{_ALL}" * everything)
