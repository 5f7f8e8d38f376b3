"""HTML as texts to translate, and the page with their translations in it.

Whatever is no text is copied from the source by its place, so nothing else can change. A page in
which nothing was translated is the source, byte for byte. White space, tags and directives at the
ends of a text stay outside of it; tags inside are marks (``marks.py``), which come out once each,
nested as they were; code and what must not be translated is opaque.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from translator.documents.html_elements import OpenElements
from translator.documents.html_rules import VOID, is_text_attribute
from translator.documents.html_tokens import Token, TokenKind, attributes, tokenize
from translator.documents.marks import Mark, MarkedText, MarkKind, Opaque, PieceKind, Translated, place
from translator.documents.template import Directive, DirectiveKind, find_directives

__all__ = ["Page", "mask", "parse"]

_SPACES = " \t\n\r\f"
_REFERENCE = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);?")
_SEPARATORS = frozenset("|/·•›»>,–—-:;")
_ALWAYS = re.compile("[&<>\xa0]")
# Also what a template could begin or end with.
_ALL = re.compile(r"[^\w\s.,;!?'\"()-]|_|\xa0")
_UNQUOTED = re.compile("[\t\n\f\r \"'=`]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# A letter with which no element's and no reference's name is made longer by chance.
_FILLER = "z"


def parse(html: str, *, templates: Collection[str] = ()) -> "Page":
    """Find the texts of a page, or of a piece of one.

    Args:
        html: Any text: what is no HTML is text.
        templates: Template syntaxes in it, see ``template.find_directives``.

    Raises:
        InvalidRequestError: There is no such template syntax.
    """
    return _Reader(html, templates).page()


def mask(html: str, directives: Sequence[Directive]) -> str:
    """``html`` with letters for what the directives hold, which are no HTML."""
    parts: list[str] = []
    at = 0
    for start, end, _ in directives:
        parts += [html[at:start], _FILLER * (end - start)]
        at = end
    return "".join([*parts, html[at:]])


@dataclass(frozen=True, slots=True)
class _Region:
    """Where a text is in the source.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        marks: The range of each mark.
        opaque: The range of each opaque part.
        nbsp: How a no-break space is written.
        quote: What must not stand in it: a quote, or a space for a value without quotes.
    """

    start: int
    end: int
    marks: tuple[tuple[int, int], ...]
    opaque: tuple[tuple[int, int], ...]
    nbsp: str
    quote: str


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
        regions: Sequence[_Region],
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
        regions: Sequence[_Region],
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
        self._translations = translations
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

    def _copy(
        self, start: int, end: int, changed: Sequence[tuple[int, int, int]]
    ) -> Iterator[str]:
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
        region, translation = self._regions[index], self._translations[index]
        assert translation is not None
        for piece in place(self._texts[index], translation):
            if piece.kind is PieceKind.TEXT:
                yield self._escape(piece.text, region)
            elif piece.kind is PieceKind.OPAQUE:
                yield self._source[slice(*region.opaque[piece.index])]
            else:
                yield from self._tag(*region.marks[piece.index])

    def _escape(self, text: str, region: _Region) -> str:
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


class _Item:
    """A piece of a run of text and inline tags.

    ``data`` is what a reader reads of it; ``kind`` is None for that, else a mark's.
    ``untouched`` is: not to be translated.
    """

    __slots__ = ("data", "end", "is_directive", "kind", "name", "partner", "start", "untouched")

    def __init__(
        self,
        start: int,
        end: int,
        kind: MarkKind | None,
        data: str = "",
        *,
        name: str = "",
        untouched: bool = False,
        is_directive: bool = False,
    ) -> None:
        self.start = start
        self.end = end
        self.kind = kind
        self.data = data
        self.name = name
        self.untouched = untouched
        self.is_directive = is_directive
        self.partner = -1

    @property
    def is_literal(self) -> bool:
        """Whether it is text as it stands in the source."""
        is_text = self.kind is None and not self.is_directive
        return is_text and len(self.data) == self.end - self.start

    @property
    def is_space(self) -> bool:
        return self.kind is None and not self.is_directive and self.data.isspace()


class _Reader:
    """Goes through the tokens of a page once."""

    def __init__(self, html: str, templates: Collection[str]) -> None:
        self._html = html
        self._templates = tuple(templates)
        self._directives = find_directives(html, self._templates) if self._templates else []
        self._starts = [each.start for each in self._directives]
        self._masked = mask(html, self._directives)
        self._stack = OpenElements()
        self._items: list[_Item] = []
        self._run = 0
        self._found: list[tuple[MarkedText, _Region]] = []

    def page(self) -> Page:
        for token in tokenize(self._masked):
            self._take(token)
        self._flush()
        self._found.sort(key=lambda each: each[1].start)
        texts = [text for text, _ in self._found]
        return Page(self._html, texts, [region for _, region in self._found], self._templates)

    # Tokens to items

    def _take(self, token: Token) -> None:
        if token.kind in (TokenKind.TEXT, TokenKind.REFERENCE):
            self._take_text(token)
        elif token.kind is TokenKind.OPEN:
            self._take_open(token)
        elif token.kind is TokenKind.CLOSE:
            self._take_close(token)
        else:
            self._add(token, MarkKind.FIXED)

    def _add(self, token: Token, kind: MarkKind, *, untouched: bool | None = None) -> _Item:
        untouched = not self._stack.translate if untouched is None else untouched
        item = _Item(token.start, token.end, kind, name=token.name, untouched=untouched)
        self._items.append(item)
        return item

    def _take_text(self, token: Token) -> None:
        for start, end, directive in self._split(token.start, token.end):
            if directive is DirectiveKind.BLOCK and self._stack.translate:
                self._flush()
                continue
            data = self._html[start:end]
            if token.kind is TokenKind.REFERENCE and (start, end) == (token.start, token.end):
                data = token.data
            self._items.append(
                _Item(
                    start,
                    end,
                    None,
                    "" if self._stack.raw else data,
                    untouched=not self._stack.translate,
                    is_directive=directive is not None,
                )
            )

    def _split(self, start: int, end: int) -> Iterator[tuple[int, int, DirectiveKind | None]]:
        """A range as pieces that are a directive or none."""
        k = max(0, bisect_right(self._starts, start) - 1)
        while k < len(self._directives) and self._directives[k].start < end:
            directive = self._directives[k]
            low, high = max(start, directive.start), min(end, directive.end)
            if low < high:
                if start < low:
                    yield start, low, None
                yield low, high, directive.kind
                start = high
            k += 1
        if start < end:
            yield start, end, None

    def _take_open(self, token: Token) -> None:
        name, attrs = token.name, dict(token.attrs)
        is_block = self._stack.is_block(name)
        if is_block:
            self._flush()
        self._stack.close_before(name)
        element = self._stack.element(name, attrs)
        if self._stack.reads_attributes(name, attrs):
            self._take_attributes(token, attrs)
        if name in VOID:
            if not is_block:
                # A void element has no text that must not be translated.
                self._add(token, MarkKind.VOID, untouched=not self._stack.translate)
            return
        if not is_block:
            element.run, element.item = self._run, len(self._items)
            self._add(token, MarkKind.OPEN, untouched=not element.translate)
        self._stack.push(element)

    def _take_close(self, token: Token) -> None:
        name = token.name
        if self._stack.is_block(name):
            self._flush()
            self._stack.close(name, is_block=True)
            return
        element = self._stack.close(name, is_block=False)
        if element is None:
            self._add(token, MarkKind.FIXED)
            return
        item = self._add(token, MarkKind.CLOSE, untouched=not element.translate)
        if element.run == self._run:
            item.partner = element.item
            self._items[element.item].partner = len(self._items) - 1

    # Attributes

    def _take_attributes(self, token: Token, attrs: dict[str, str]) -> None:
        if not any(is_text_attribute(token.name, name, attrs) for name in attrs):
            return
        tag = self._masked[token.start : token.end]
        seen: set[str] = set()
        for attribute in attributes(tag):
            name = attribute.name
            if name in seen or not is_text_attribute(token.name, name, attrs):
                continue
            seen.add(name)
            if attribute.start < attribute.end:
                start, end = token.start + attribute.start, token.start + attribute.end
                self._take_value(start, end, attribute.quote or " ")

    def _take_value(self, start: int, end: int, quote: str) -> None:
        items: list[_Item] = []
        for low, high, directive in self._split(start, end):
            if directive is DirectiveKind.BLOCK:
                self._region(items, quote)
                items = []
            elif directive is not None:
                items.append(_Item(low, high, None, self._html[low:high], is_directive=True))
            else:
                items.extend(self._value_items(low, high))
        self._region(items, quote)

    def _value_items(self, start: int, end: int) -> Iterator[_Item]:
        at = start
        for match in _REFERENCE.finditer(self._html, start, end):
            if at < match.start():
                yield _Item(at, match.start(), None, self._html[at : match.start()])
            yield _Item(match.start(), match.end(), None, unescape(match[0]))
            at = match.end()
        if at < end:
            yield _Item(at, end, None, self._html[at:end])

    # Items to texts

    def _flush(self) -> None:
        """End a run, and make texts of it."""
        items, self._items = self._items, []
        self._run += 1
        if any(item.kind is None and not item.is_space for item in items):
            for part in _without_untouched(items, self._html):
                for each in _without_menus(part):
                    self._region(each, "")

    def _region(self, items: list[_Item], quote: str) -> None:
        first, last = _peeled(items)
        if not any(
            item.kind is None
            and not item.is_directive
            and not item.untouched
            and any(map(str.isalpha, item.data))
            for item in items[first:last]
        ):
            return
        region = _TextBuilder(self._html, items, first, last)
        self._found.append(region.build(quote))


def _without_untouched(items: list[_Item], html: str) -> Iterator[list[_Item]]:
    """The run with an opaque part for each element in it that is not to be translated.

    Where such an element is not whole in the run, the run is parted.
    """
    part: list[_Item] = []
    numbers: dict[int, int] = {}
    index = 0

    def add(item: _Item, number: int) -> None:
        numbers[number] = len(part)
        partner = item.partner
        item.partner = -1
        if item.kind is MarkKind.CLOSE and partner in numbers:
            opening = numbers[partner]
            item.partner = opening
            part[opening].partner = len(part)
        part.append(item)

    while index < len(items):
        item = items[index]
        if not item.untouched:
            add(item, index)
            index += 1
            continue
        end = index
        while end < len(items) and items[end].untouched:
            end += 1
        if _is_whole(items, index, end):
            # An element that says nothing, or one that a reader sees a text of.
            data = " ".join("".join(each.data for each in items[index:end]).split())
            opaque = _Item(
                item.start, items[end - 1].end, None if data else MarkKind.VOID, data,
                untouched=True, is_directive=bool(data),
            )
            add(opaque, index)
        else:
            yield part
            part = []
            numbers = {}
        index = end
    yield part


def _is_whole(items: list[_Item], start: int, end: int) -> bool:
    """Whether a range of items is pairs of tags with what is in them, and nothing else."""
    depth = 0
    for item in items[start:end]:
        if item.kind is MarkKind.OPEN:
            if not start <= item.partner < end:
                return False
            depth += 1
        elif depth == 0 or (item.kind is MarkKind.CLOSE and not start <= item.partner < end):
            return False
        elif item.kind is MarkKind.CLOSE:
            depth -= 1
    return True


def _without_menus(items: list[_Item]) -> Iterator[list[_Item]]:
    """The run itself, or its links if it is nothing but a row of links."""
    links: list[tuple[int, int]] = []
    index = 0
    is_glued = False
    while index < len(items):
        item = items[index]
        if item.kind is MarkKind.OPEN and item.name == "a" and item.partner >= 0:
            if links and is_glued:
                break
            links.append((index, item.partner + 1))
            index = item.partner + 1
            is_glued = True
        elif item.kind is None and not item.is_directive and _is_separator(item.data):
            is_glued = False
            index += 1
        elif item.kind is MarkKind.FIXED:
            index += 1
        else:
            break
    if index < len(items) or len(links) < 2:
        yield items
        return
    for start, end in links:
        part = items[start:end]
        for item in part:
            if item.partner >= 0:
                item.partner -= start
        yield part


def _is_separator(text: str) -> bool:
    return all(c.isspace() or c in _SEPARATORS for c in text)


def _peeled(items: list[_Item]) -> tuple[int, int]:
    """The range of items without what can stay outside at both ends; empty if there is no text."""
    texts = [k for k, item in enumerate(items) if item.kind is None and not item.is_space]
    if not texts:
        return 0, 0
    first, last = 0, len(items)
    while True:
        item, end = items[first], items[last - 1]
        if first < texts[0] and (
            item.kind is not MarkKind.OPEN or not texts[0] < item.partner < last
        ):
            # A pair without text goes tag by tag.
            first += 1
        elif last - 1 > texts[-1] and (
            end.kind is not MarkKind.CLOSE or not first <= end.partner < texts[-1]
        ):
            last -= 1
        elif item.kind is MarkKind.OPEN and item.partner == last - 1:
            first, last = first + 1, last - 1
        else:
            return first, last


class _TextBuilder:
    """Makes one text, with marks, of a range of items."""

    def __init__(self, html: str, items: list[_Item], first: int, last: int) -> None:
        self._html = html
        self._items = items
        self._first = first
        self._last = last
        self._parts: list[str] = []
        self._length = 0
        self._ends_with_space = True
        self._marks: list[Mark] = []
        self._ranges: list[tuple[int, int]] = []
        self._numbers: dict[int, int] = {}
        self._opaque: list[Opaque] = []
        self._nbsp = "\xa0"

    def build(self, quote: str) -> tuple[MarkedText, _Region]:
        self._trim()
        items = self._items[self._first : self._last]
        start, end = items[0].start, items[-1].end
        for number, item in enumerate(items, start=self._first):
            if item.kind is not None:
                self._mark(number, item)
            elif item.is_directive:
                self._take_opaque(item)
            else:
                self._words(item)
        text = MarkedText(
            "".join(self._parts), tuple(self._marks), tuple(self._opaque), bool(quote)
        )
        opaque = tuple((each.start, each.end) for each in self._opaque)
        ranges = self._opaque_ranges
        region = _Region(start, end, tuple(self._ranges), tuple(ranges), self._nbsp, quote)
        assert len(ranges) == len(opaque)
        return text, region

    def _trim(self) -> None:
        """Give the white space at both ends to the marks there, or leave it outside."""
        items = self._items
        texts = [
            k
            for k in range(self._first, self._last)
            if items[k].kind is None and not items[k].is_space
        ]
        head, tail = items[texts[0]], items[texts[-1]]
        if head.is_literal:
            head.start += _spaces(head.data)
            head.data = head.data.lstrip()
        if tail.is_literal:
            tail.end -= _spaces(tail.data[::-1])
            tail.data = tail.data.rstrip()
        at = head.start
        for k in range(texts[0] - 1, self._first - 1, -1):
            items[k].end = at
            if items[k].kind is None:
                items[k].data = ""
            else:
                at = items[k].start
        at = tail.end
        for k in range(texts[-1] + 1, self._last):
            items[k].start = at
            if items[k].kind is None:
                items[k].data = ""
            else:
                at = items[k].end

    @property
    def _opaque_ranges(self) -> list[tuple[int, int]]:
        return [
            (item.start, item.end)
            for item in self._items[self._first : self._last]
            if item.kind is None and item.is_directive
        ]

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _mark(self, number: int, item: _Item) -> None:
        kind, partner = item.kind, -1
        assert kind is not None
        if kind is MarkKind.CLOSE and item.partner in self._numbers:
            partner = self._numbers[item.partner]
            self._marks[partner] = self._marks[partner]._replace(partner=len(self._marks))
        elif kind is MarkKind.CLOSE or (
            kind is MarkKind.OPEN and not number < item.partner < self._last
        ):
            kind = MarkKind.FIXED
        self._numbers[number] = len(self._marks)
        self._marks.append(Mark(self._length, kind, self._html[item.start : item.end], partner))
        self._ranges.append((item.start, item.end))

    def _take_opaque(self, item: _Item) -> None:
        start = self._length
        self._write(item.data)
        self._opaque.append(Opaque(start, self._length, self._html[item.start : item.end]))
        self._ends_with_space = False

    def _words(self, item: _Item) -> None:
        data = item.data
        if data == "\xa0" != self._html[item.start : item.end]:
            self._nbsp = self._html[item.start : item.end]
        words = re.split(f"[{_SPACES}]+", data)
        if len(words) > 1 and not words[0] and self._ends_with_space:
            self._widen(item.start, item.start + _spaces(data))
        for k, word in enumerate(words):
            if k and not self._ends_with_space:
                self._write(" ")
                self._ends_with_space = True
            if word:
                self._write(word)
                self._ends_with_space = False

    def _widen(self, start: int, end: int) -> None:
        """White space on both sides of a lone mark: that behind it becomes part of it."""
        if self._ranges and self._ranges[-1][1] == start:
            mark = self._marks[-1]
            if mark.kind in (MarkKind.VOID, MarkKind.FIXED):
                low = self._ranges[-1][0]
                self._ranges[-1] = (low, end)
                self._marks[-1] = mark._replace(source=self._html[low:end])


def _spaces(text: str) -> int:
    """How many characters of white space a text begins with."""
    return len(text) - len(text.lstrip())
