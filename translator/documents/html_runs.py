"""Turns a run of inline content, words with tags between them, into texts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from translator.documents.marks import Mark, MarkedText, MarkKind, Opaque

__all__ = ["Item", "Region", "text_of", "texts_of_run"]

_SPACES = " \t\n\r\f"
# How deep a row of tags may be inside another; a deeper one is a single text.
_MAX_ROWS = 8
# The most tags and pieces of text in a note.
_MAX_NOTE = 16
_SEPARATORS = frozenset("|/·•›»>,–—-:;")


@dataclass(frozen=True, slots=True)
class Region:
    """The place of a text in the source.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        marks: The range of each mark.
        opaque: The range of each opaque part.
        references: How the source writes characters that it does not write as they are.
        quote: The character that it must not contain: the quote, or a space if there are no quotes.
    """

    start: int
    end: int
    marks: tuple[tuple[int, int], ...]
    opaque: tuple[tuple[int, int], ...]
    references: Mapping[str, str]
    quote: str


class Item:
    """A piece of a run of text and inline tags.

    ``data`` is the text that people read. ``kind`` is None for text, else the kind of the mark.
    ``untouched`` means that it must not be translated.
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
        """Whether the source has this text as it is."""
        is_text = self.kind is None and not self.is_directive
        return is_text and len(self.data) == self.end - self.start

    @property
    def is_space(self) -> bool:
        return self.kind is None and not self.is_directive and self.data.isspace()


def texts_of_run(items: list[Item], html: str) -> Iterator[tuple[MarkedText, Region]]:
    """The texts of a run between blocks or directives."""
    if not any(item.kind is None and not item.is_space for item in items):
        return
    for part in _without_untouched(items):
        todo = [(0, len(part), 0)]
        while todo:
            first, last, depth = todo.pop()
            first, last = _peeled(part, first, last)
            row = _row(part, first, last) if depth < _MAX_ROWS else []
            todo.extend((start, end, depth + 1) for start, end in reversed(row))
            if not row and _has_words(part, first, last):
                yield _TextBuilder(html, part, first, last).build("")


def text_of(items: list[Item], html: str, quote: str) -> Iterator[tuple[MarkedText, Region]]:
    """Make a text of items; None if there is nothing to translate in them.

    Args:
        items: The whole text, with anything that may be at its ends.
        html: The source.
        quote: For the value of an attribute; see ``Region``.
    """
    first, last = _peeled(items, 0, len(items))
    if _has_words(items, first, last):
        yield _TextBuilder(html, items, first, last).build(quote)


def _has_words(items: list[Item], first: int, last: int) -> bool:
    return any(
        item.kind is None and not item.is_directive and any(map(str.isalpha, item.data))
        for item in items[first:last]
    )


def _without_untouched(items: list[Item]) -> Iterator[list[Item]]:
    """Replace each element that must not be translated by an opaque part.

    If such an element is not entirely in the run, split the run there.
    """
    part: list[Item] = []
    numbers: dict[int, int] = {}
    index = 0

    def add(item: Item, number: int) -> None:
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
            end = _note(items, index)
            if end:
                add(Item(item.start, items[end - 1].end, MarkKind.VOID), index)
            else:
                add(item, index)
            index = end or index + 1
            continue
        end = index
        while end < len(items) and items[end].untouched:
            end += 1
        if _is_whole(items, index, end):
            # With text, people read it as it is; without, it is only a mark.
            data = " ".join("".join(each.data for each in items[index:end]).split())
            opaque = Item(
                item.start,
                items[end - 1].end,
                None if data else MarkKind.VOID,
                data,
                untouched=True,
                is_directive=bool(data),
            )
            add(opaque, index)
        else:
            yield part
            part = []
            numbers = {}
        index = end
    yield part


def _note(items: list[Item], index: int) -> int:
    """The end of a ``<sup>`` without letters that begins here, or 0. It is no part of a word.

    People do not read ``level<sup>2</sup>`` as "level2", nor 10² as "102".
    """
    item = items[index]
    end = item.partner + 1
    if item.name != "sup" or item.kind is not MarkKind.OPEN or not 0 < end - index <= _MAX_NOTE:
        return 0
    inside = items[index:end]
    if any(each.untouched or each.is_directive for each in inside):
        return 0
    return 0 if any(map(str.isalpha, "".join(each.data for each in inside))) else end


def _is_whole(items: list[Item], start: int, end: int) -> bool:
    """Whether a range of items is made of pairs of tags with their content, and nothing else."""
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


def _row(items: list[Item], first: int, last: int) -> list[tuple[int, int]]:
    """The pairs of tags in a range, if it is nothing but a row of them; else nothing.

    A row is a list of links, perhaps with white space or marks such as "|" between them, or of any
    pairs on separate lines: menus and teasers, which nobody reads as one sentence.
    """
    pairs: list[tuple[int, int]] = []
    only_links = on_lines = True
    gap = "\n"
    index = first
    while index < last:
        item = items[index]
        if item.kind is MarkKind.OPEN and index < item.partner < last:
            only_links = only_links and item.name == "a"
            on_lines = on_lines and "\n" in gap
            pairs.append((index, item.partner + 1))
            index, gap = item.partner, ""
        elif item.kind is None and not item.is_directive and _is_separator(item.data):
            gap += item.data.replace("\r", "\n")
        elif item.kind is not MarkKind.FIXED:
            return []
        index += 1
    return pairs if len(pairs) > 1 and (only_links or on_lines) else []


def _is_separator(text: str) -> bool:
    return all(c.isspace() or c in _SEPARATORS for c in text)


def _peeled(items: list[Item], first: int, last: int) -> tuple[int, int]:
    """The range without the items that can stay outside at both ends; empty if it has no text."""
    texts = [k for k in range(first, last) if items[k].kind is None and not items[k].is_space]
    if not texts:
        return first, first
    while True:
        item, end = items[first], items[last - 1]
        if first < texts[0] and (
            item.kind is not MarkKind.OPEN or not texts[0] < item.partner < last
        ):
            # The tags of a pair without text go one by one.
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
    """Makes one text with marks from a range of items."""

    def __init__(self, html: str, items: list[Item], first: int, last: int) -> None:
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
        self._opaque_ranges: list[tuple[int, int]] = []
        self._references: dict[str, str] = {}

    def build(self, quote: str) -> tuple[MarkedText, Region]:
        self._trim()
        items = self._items[self._first : self._last]
        start, end = items[0].start, items[-1].end
        for number, item in enumerate(items, start=self._first):
            if item.kind is not None:
                self._mark(number, item, item.kind)
            elif item.is_directive:
                self._take_opaque(item)
            else:
                self._words(item)
        text = MarkedText(
            "".join(self._parts), tuple(self._marks), tuple(self._opaque), bool(quote)
        )
        region = Region(
            start, end, tuple(self._ranges), tuple(self._opaque_ranges), self._references, quote
        )
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

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _mark(self, number: int, item: Item, kind: MarkKind) -> None:
        partner = -1
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

    def _take_opaque(self, item: Item) -> None:
        start = self._length
        self._write(item.data)
        source = self._html[item.start : item.end]
        self._opaque.append(Opaque(start, self._length, source, item.untouched))
        self._opaque_ranges.append((item.start, item.end))
        self._ends_with_space = False

    def _words(self, item: Item) -> None:
        data = item.data
        if len(data) == 1 and self._html[item.start] == "&" and item.end > item.start + 1:
            self._references[data] = self._html[item.start : item.end]
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
        """If a lone mark has white space on both sides, make the space after it part of it."""
        if self._ranges and self._ranges[-1][1] == start:
            mark = self._marks[-1]
            if mark.kind in (MarkKind.VOID, MarkKind.FIXED):
                low = self._ranges[-1][0]
                self._ranges[-1] = (low, end)
                self._marks[-1] = mark._replace(source=self._html[low:end])


def _spaces(text: str) -> int:
    """How much white space a text begins with, in characters."""
    return len(text) - len(text.lstrip())
