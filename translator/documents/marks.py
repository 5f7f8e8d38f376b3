"""Marks in a text, such as inline tags, and their places in the text's translation.

A mark has no width: the text that is translated does not hold it. Afterwards each pair of marks is
put around the longest run of target words that are aligned with the words in it (cf. Müller,
"Treatment of Markup in Statistical Machine Translation", DiscoMT 2017). The nesting is the
source's: a pair stays inside the pair that it was in, and marks that are *fixed* keep their order
among each other and to the rest. Each mark comes out exactly once, whatever the alignments say.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple
from unicodedata import combining

__all__ = ["Mark", "MarkKind", "MarkedText", "Opaque", "Piece", "PieceKind", "Translated", "place"]

# Pairs that are nested deeper in one text are placed as fixed marks: the cost is linear then.
_MAX_DEPTH = 32
# Different opaque texts that are looked for in a target which does not say where they are.
_MAX_SOUGHT = 100
# Of one alignment; if it is of longer ranges, their words are taken to be in the same order.
_MAX_LINKS = 64

_UNIT = re.compile(r"\w+|[^\w\s]")

Alignment = tuple[int, int, int, int]


class MarkKind(Enum):
    """What a mark does.

    OPEN and CLOSE are a pair; VOID stands alone and stays beside its neighbours; FIXED stands alone
    too, and nothing is moved past it.
    """

    OPEN = "open"
    CLOSE = "close"
    VOID = "void"
    FIXED = "fixed"


class Mark(NamedTuple):
    """A mark in a text.

    Attributes:
        position: Before which code point of the text it stands.
        kind: What it does.
        source: What it is in the document, verbatim.
        partner: Of a pair, the index of the other mark; else -1.
    """

    position: int
    kind: MarkKind
    source: str
    partner: int = -1


class Opaque(NamedTuple):
    """A part of a text that must come back as it is.

    Attributes:
        start: Where it begins in the text, in code points.
        end: Where it ends.
        source: What it is in the document, verbatim.
    """

    start: int
    end: int
    source: str


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text to translate, with marks.

    Attributes:
        text: What a reader reads, without white space at its ends.
        marks: In the order of the document.
        opaque: In order; none overlap.
        is_attribute: It is the value of an attribute.
    """

    text: str
    marks: tuple[Mark, ...] = ()
    opaque: tuple[Opaque, ...] = ()
    is_attribute: bool = False


@dataclass(frozen=True, slots=True)
class Translated:
    """The translation of a marked text.

    Attributes:
        text: The target text.
        alignments: Ranges (source_start, source_end, target_start, target_end) in code points. If
            there are none, words are taken to be in the same order.
        opaque: Where each opaque part of the source is in the target, or None where it is lost;
            what stands there is replaced by the part's source. Without it, a part is where an
            alignment of exactly its range says, else where its text is.
    """

    text: str
    alignments: Sequence[Alignment] = ()
    opaque: Sequence[tuple[int, int] | None] | None = None


class PieceKind(Enum):
    """What a piece of a result is."""

    TEXT = "text"
    MARK = "mark"
    OPAQUE = "opaque"


class Piece(NamedTuple):
    """A piece of a translation with its marks.

    Attributes:
        kind: What it is.
        text: Of TEXT: the target text.
        index: Of MARK and OPAQUE: which of the source's it is.
    """

    kind: PieceKind
    text: str = ""
    index: int = -1


class _Unit(NamedTuple):
    """A word, a punctuation mark or an opaque part."""

    start: int
    end: int
    opaque: int = -1


@dataclass(slots=True)
class _Item:
    """What is to be placed: a pair, a mark that stands alone, or an opaque part that was lost.

    ``first`` and ``last`` are marks. ``slot`` and ``end`` are the range of source units; ``low``
    and ``high``, once it is placed, that of target units.
    """

    first: int
    last: int
    slot: int
    end: int
    fixed: bool = False
    opaque: int = -1
    inside: list["_Item"] = field(default_factory=list)
    low: int = 0
    high: int = 0

    @property
    def is_pair(self) -> bool:
        return self.end > self.slot


def place(source: MarkedText, target: Translated) -> list[Piece]:
    """Put the marks and opaque parts of ``source`` into its translation."""
    if not source.marks and not source.opaque:
        return [Piece(PieceKind.TEXT, target.text)] if target.text else []
    return list(_Placement(source, target).pieces())


class _Free:
    """Which target units no pair has."""

    def __init__(self, taken: list[_Item]) -> None:
        self._lows = [item.low for item in taken]
        self._highs = [item.high for item in taken]
        self._used: set[int] = set()

    def take(self, unit: int) -> bool:
        """Take a unit, if it is free."""
        k = bisect_right(self._lows, unit) - 1
        if unit in self._used or (k >= 0 and unit < self._highs[k]):
            return False
        self._used.add(unit)
        return True


class _Placement:
    def __init__(self, source: MarkedText, target: Translated) -> None:
        self._source = source
        self._text = target.text
        self._found = _opaque_in_target(source, target)
        self._units = _units(source.text, [(o.start, o.end) for o in source.opaque])
        self._target_units = _units(target.text, self._found)
        # For each source unit the ranges of target units that are aligned with it.
        self._links = self._link(target.alignments)
        self._split_words()
        self._starts = [unit.start for unit in self._units]
        self._ends = [unit.end for unit in self._units]
        self._root = self._tree()
        self._place_all()

    # From alignments of characters to links of words

    def _link(self, alignments: Sequence[Alignment]) -> list[list[tuple[int, int]]]:
        units, targets = self._units, self._target_units
        links: list[list[tuple[int, int]]] = [[] for _ in units]
        if not alignments and units and targets:
            n, m = len(units), len(targets)
            for i in range(n):
                links[i].append((i * m // n, max(i * m // n + 1, (i + 1) * m // n)))
            alignments = ()
        source_starts, source_ends = [u.start for u in units], [u.end for u in units]
        target_starts, target_ends = [u.start for u in targets], [u.end for u in targets]
        for source_start, source_end, target_start, target_end in alignments:
            first = bisect_right(source_ends, source_start)
            after = bisect_left(source_starts, source_end)
            low = bisect_right(target_ends, target_start)
            high = bisect_left(target_starts, target_end)
            if first < after and low < high:
                self._link_words(links, first, after, low, high)
        for j, target in enumerate(targets):
            if target.opaque >= 0:
                start = self._source.opaque[target.opaque].start
                links[bisect_left(source_starts, start)] = [(j, j + 1)]
        return links

    def _link_words(
        self, links: list[list[tuple[int, int]]], first: int, after: int, low: int, high: int
    ) -> None:
        """Link words with words, and punctuation with punctuation."""
        # Punctuation at the ends of a range of words.
        while low < high - 1 and self._is_mark(low):
            low += 1
        while low < high - 1 and self._is_mark(high - 1):
            high -= 1
        n, m = after - first, high - low
        if n * m > _MAX_LINKS:
            for i in range(n):
                links[first + i].append((low + i * m // n, low + max(i * m // n + 1, (i + 1) * m // n)))
            return
        only_mark = self._is_mark(low) and high == low + 1
        for i in range(first, after):
            unit = self._units[i]
            is_mark = not self._source.text[unit.start].isalnum() and unit.opaque < 0
            if is_mark == only_mark or after == first + 1:
                links[i].append((low, high))

    def _is_mark(self, index: int) -> bool:
        unit = self._target_units[index]
        return unit.opaque < 0 and not self._text[unit.start].isalnum()

    def _split_words(self) -> None:
        """Where a mark stands inside a word, split the word and the one that it is linked with."""
        text = self._source.text
        inside: dict[int, list[int]] = {}
        ends = [unit.end for unit in self._units]
        for mark in self._source.marks:
            index = bisect_right(ends, mark.position)
            if index < len(self._units):
                unit = self._units[index]
                if unit.start < mark.position < unit.end and unit.opaque < 0:
                    inside.setdefault(index, []).append(mark.position - unit.start)
        if not inside:
            return
        cuts: dict[int, tuple[int, list[int]]] = {}
        partner: dict[int, int] = {}
        for index, offsets in inside.items():
            unit = self._units[index]
            words = [
                j
                for low, high in self._links[index]
                for j in range(low, min(high, low + 8))
                if j not in cuts and not self._is_mark(j) and self._target_units[j].opaque < 0
            ]
            if words:
                longest = max(words, key=lambda j: self._target_units[j].end - self._target_units[j].start)
                target = self._target_units[longest]
                goal = self._text[target.start : target.end]
                cuts[longest] = (index, _cut(text[unit.start : unit.end], goal, sorted(set(offsets))))
                partner[index] = longest
        # Where each target unit, and each of its parts, is after the cuts.
        moved: list[int] = []
        targets: list[_Unit] = []
        parts_at: dict[int, list[int]] = {}
        for j, target in enumerate(self._target_units):
            moved.append(len(targets))
            if j not in cuts:
                targets.append(target)
                continue
            bounds = [0, *cuts[j][1], target.end - target.start]
            parts_at[j] = []
            for low, high in zip(bounds, bounds[1:], strict=False):
                parts_at[j].append(len(targets) if low < high else -1)
                if low < high:
                    targets.append(_Unit(target.start + low, target.start + high))
        moved.append(len(targets))
        units: list[_Unit] = []
        links: list[list[tuple[int, int]]] = []
        for index, unit in enumerate(self._units):
            own = [(moved[low], moved[high]) for low, high in self._links[index]]
            offsets = sorted(set(inside.get(index, ())))
            bounds = [unit.start, *(unit.start + offset for offset in offsets), unit.end]
            for k, (low, high) in enumerate(zip(bounds, bounds[1:], strict=False)):
                units.append(_Unit(low, high, unit.opaque))
                if index in partner:
                    at = parts_at[partner[index]][k]
                    links.append([(at, at + 1)] if at >= 0 else [])
                else:
                    links.append(own)
        self._units, self._target_units, self._links = units, targets, links

    # The nesting

    def _tree(self) -> _Item:
        """Everything that is to be placed, nested as in the source."""
        marks = self._source.marks
        found = {unit.opaque for unit in self._target_units}
        lost = [
            _Item(-1, -1, i, i, opaque=unit.opaque)
            for i, unit in enumerate(self._units)
            if unit.opaque >= 0 and unit.opaque not in found
        ]
        lost.reverse()
        root = _Item(-1, -1, 0, len(self._units))
        open_items = [root]
        index = 0
        while index < len(marks):
            mark = marks[index]
            slot = bisect_right(self._ends, mark.position)
            while lost and lost[-1].slot < slot:
                open_items[-1].inside.append(lost.pop())
            if mark.kind is MarkKind.CLOSE and open_items[-1].last == index:
                open_items.pop()
            elif mark.kind is not MarkKind.OPEN or not index < mark.partner < len(marks):
                fixed = mark.kind is not MarkKind.VOID
                open_items[-1].inside.append(_Item(index, index, slot, slot, fixed))
            else:
                end = bisect_left(self._starts, marks[mark.partner].position)
                if end <= slot:
                    # There is no word in it: it is moved as a whole.
                    open_items[-1].inside.append(_Item(index, mark.partner, slot, slot))
                    index = mark.partner
                elif len(open_items) > _MAX_DEPTH:
                    open_items[-1].inside.append(_Item(index, index, slot, slot, fixed=True))
                else:
                    item = _Item(index, mark.partner, slot, end)
                    open_items[-1].inside.append(item)
                    open_items.append(item)
            index += 1
        root.inside.extend(reversed(lost))
        return root

    # Places

    def _place_all(self) -> None:
        self._root.high = len(self._target_units)
        todo = [self._root]
        while todo:
            item = todo.pop()
            low, first, section = item.low, item.slot, list[_Item]()
            for child in item.inside:
                if not child.fixed:
                    section.append(child)
                    continue
                child.low = child.high = self._fixed_place(child, low, item.high)
                self._place_section(section, first, child.slot, low, child.low)
                low, first, section = child.low, child.slot, []
            self._place_section(section, first, item.end, low, item.high)
            item.inside = self._in_order(item.inside)
            todo.extend(child for child in item.inside if child.is_pair)

    def _in_order(self, items: list[_Item]) -> list[_Item]:
        """As they stand in the target; fixed ones where they were."""
        ordered: list[_Item] = []
        section: list[_Item] = []
        for item in items:
            if item.fixed:
                ordered.extend(sorted(section, key=_by_place))
                ordered.append(item)
                section = []
            else:
                section.append(item)
        ordered.extend(sorted(section, key=_by_place))
        return ordered

    def _fixed_place(self, item: _Item, low: int, high: int) -> int:
        """Between target units, for a mark that parts the text before it from the text after it."""
        before = self._linked(item.slot - 1, low, high)
        after = self._linked(item.slot, low, high)
        if before and self._clings(item):
            return before[1]
        if after:
            return after[0]
        return before[1] if before else low if item.slot == 0 else high

    def _linked(self, index: int, low: int, high: int) -> tuple[int, int] | None:
        """The longest range of target units from ``low`` to ``high`` that a source unit has."""
        if not 0 <= index < len(self._links):
            return None
        best: tuple[int, int] | None = None
        for start, end in self._links[index]:
            a, b = max(start, low), min(end, high)
            if a < b and (best is None or b - a > best[1] - best[0]):
                best = a, b
        return best

    def _place_section(
        self, items: list[_Item], first: int, after: int, low: int, high: int
    ) -> None:
        """Place what stands between two fixed marks, among the target units ``low`` to ``high``."""
        pairs = [item for item in items if item.is_pair]
        taken: list[_Item] = []
        if pairs:
            owner, linked = self._owners(pairs, first, after, low, high)
            runs: dict[int, list[int]] = {}
            for j in sorted(owner):
                runs.setdefault(owner[j], []).append(j)
            for number, item in enumerate(pairs):
                best = self._run(runs.get(number, []), owner, linked)
                if best is not None:
                    item.low, item.high = best
                    taken.append(item)
            taken.sort(key=lambda item: item.low)
            if len(taken) < len(pairs):
                taken += self._borrowed(pairs, taken, first, after, low, high)
        taken.sort(key=lambda item: item.low)
        lows = [item.low for item in taken]
        placed = {id(item) for item in taken}
        for item in items:
            if id(item) not in placed:
                item.low = item.high = self._slot(item, first, after, low, high, taken, lows)

    def _borrowed(
        self, pairs: list[_Item], taken: list[_Item], first: int, after: int, low: int, high: int
    ) -> list[_Item]:
        """Give pairs without target words the word of the neighbour, if it is free.

        The alignment of a short word often goes to its neighbour ("do not" → "não"), and a link
        that holds no word cannot be clicked.
        """
        free = _Free(taken)
        found: list[_Item] = []
        placed = {id(item) for item in taken}
        for item in pairs:
            if id(item) in placed:
                continue
            for index in (item.slot - 1, item.end):
                linked = self._linked(index, low, high) if first <= index < after else None
                if linked is None:
                    continue
                j = linked[1] - 1 if index < item.slot else linked[0]
                if not self._is_mark(j) and free.take(j):
                    item.low, item.high = j, j + 1
                    found.append(item)
                    break
        return found

    def _owners(
        self, pairs: list[_Item], first: int, after: int, low: int, high: int
    ) -> tuple[dict[int, int], set[int]]:
        """Which pair each target unit belongs to, and which units are linked with anything."""
        weights: dict[int, dict[int, int]] = {}
        at = first
        for number, item in enumerate([*pairs, None]):
            stop = item.slot if item else after
            for i in range(at, stop):
                self._weigh(weights, i, -1, low, high)
            if item:
                for i in range(item.slot, item.end):
                    self._weigh(weights, i, number, low, high)
                at = item.end
        owner: dict[int, int] = {}
        for j, each in weights.items():
            best = max(each, key=lambda number: (each[number], number >= 0, -number))
            if best >= 0:
                owner[j] = best
        return owner, set(weights)

    def _weigh(
        self, weights: dict[int, dict[int, int]], index: int, number: int, low: int, high: int
    ) -> None:
        for start, end in self._links[index]:
            for j in range(max(start, low), min(end, high)):
                each = weights.setdefault(j, {})
                each[number] = each.get(number, 0) + 1

    def _run(
        self, own: list[int], owner: dict[int, int], linked: set[int]
    ) -> tuple[int, int] | None:
        """The longest run of a pair's target units; units linked with nothing do not break it."""
        best: tuple[int, int] | None = None
        most = 0.0
        start = 0
        weight = 0.0
        for k, j in enumerate(own):
            if k and not self._joined(own[k - 1], j, owner, linked):
                start, weight = k, 0.0
            weight += 0.1 if self._is_mark(j) else 1.0
            if weight > most:
                best, most = (own[start], j + 1), weight
        return best

    def _joined(self, left: int, right: int, owner: dict[int, int], linked: set[int]) -> bool:
        if right - left > 4:
            return False
        between = range(left + 1, right)
        if any(j in owner for j in between):
            return False
        return sum(j in linked for j in between) <= 1

    def _slot(
        self,
        item: _Item,
        first: int,
        after: int,
        low: int,
        high: int,
        taken: list[_Item],
        lows: list[int],
    ) -> int:
        """Between which target units something without words of its own stands."""
        end = max(item.end, item.slot)
        if item.opaque >= 0:
            end += 1
        before = self._linked(item.slot - 1, low, high) if item.slot > first else None
        behind = self._linked(end, low, high) if end < after else None
        slot = high if item.slot >= after else low
        if before and (behind is None or self._clings(item)):
            slot = before[1]
        elif behind:
            slot = behind[0]
        k = bisect_right(lows, slot) - 1
        if k >= 0 and taken[k].low < slot < taken[k].high:
            inside = taken[k]
            slot = inside.high if inside.slot < item.slot else inside.low
        return slot

    def _clings(self, item: _Item) -> bool:
        """Whether it stands right behind a word, and not as close before one."""
        if item.opaque >= 0:
            return True
        text, marks = self._source.text, self._source.marks
        start, end = marks[item.first].position, marks[item.last].position
        after_word = start > 0 and not text[start - 1].isspace()
        before_word = end < len(text) and not text[end].isspace()
        return after_word and not before_word

    # The result

    def pieces(self) -> Iterator[Piece]:
        """The target text with everything in its place."""
        at = 0
        for position, piece in self._events():
            if position > at:
                yield from self._text_pieces(at, position)
                at = position
            yield piece
        yield from self._text_pieces(at, len(self._text))

    def _text_pieces(self, start: int, end: int) -> Iterator[Piece]:
        units = self._target_units
        at = start
        for k in range(bisect_left(units, (start,)), len(units)):
            unit = units[k]
            if unit.start >= end:
                break
            if unit.opaque >= 0:
                if unit.start > at:
                    yield Piece(PieceKind.TEXT, self._text[at : unit.start])
                yield Piece(PieceKind.OPAQUE, index=unit.opaque)
                at = unit.end
        if at < end:
            yield Piece(PieceKind.TEXT, self._text[at:end])

    def _events(self) -> Iterator[tuple[int, Piece]]:
        """Each mark with its position in the target, in the order of the result."""
        todo: list[tuple[_Item, bool]] = [(item, False) for item in reversed(self._root.inside)]
        while todo:
            item, closes = todo.pop()
            if closes:
                closing = 0 if item.low == item.high else self._closing(item.last, item.high)
                yield closing, Piece(PieceKind.MARK, index=item.last)
            elif item.opaque >= 0:
                yield from self._lost(item)
            elif item.is_pair:
                is_empty = item.low == item.high
                opening = self._alone(item) if is_empty else self._opening(item.first, item.low)
                yield opening, Piece(PieceKind.MARK, index=item.first)
                todo.append((item, True))
                todo.extend((child, False) for child in reversed(item.inside))
            else:
                position = self._alone(item)
                for index in range(item.first, item.last + 1):
                    yield position, Piece(PieceKind.MARK, index=index)

    def _lost(self, item: _Item) -> Iterator[tuple[int, Piece]]:
        position = self._before_space(item.low)
        opaque = self._source.opaque[item.opaque]
        if opaque.start and self._source.text[opaque.start - 1].isspace():
            yield position, Piece(PieceKind.TEXT, " ")
        yield position, Piece(PieceKind.OPAQUE, index=item.opaque)

    def _before_space(self, slot: int) -> int:
        """The end of the unit before the slot."""
        return self._target_units[slot - 1].end if slot else 0

    def _after_space(self, slot: int) -> int:
        """The start of the unit after the slot."""
        units = self._target_units
        return units[slot].start if slot < len(units) else len(self._text)

    def _opening(self, index: int, slot: int) -> int:
        position = self._source.marks[index].position
        text = self._source.text
        spaced = position < len(text) and text[position].isspace()
        return self._before_space(slot) if spaced else self._after_space(slot)

    def _closing(self, index: int, slot: int) -> int:
        position = self._source.marks[index].position
        spaced = position > 0 and self._source.text[position - 1].isspace()
        return self._after_space(slot) if spaced else self._before_space(slot)

    def _alone(self, item: _Item) -> int:
        mark = self._source.marks[item.first]
        if mark.kind is MarkKind.CLOSE:
            return self._closing(item.first, item.low)
        if mark.position and not self._source.text[mark.position - 1].isspace():
            return self._before_space(item.low)
        return self._after_space(item.low)


def _by_place(item: _Item) -> tuple[int, bool, int]:
    return item.low, item.low < item.high, item.first


def _units(text: str, opaque: Sequence[tuple[int, int] | None]) -> list[_Unit]:
    units: list[_Unit] = []
    at = 0
    parts = sorted((part, index) for index, part in enumerate(opaque) if part is not None)
    for (start, end), index in parts:
        units.extend(_Unit(*match.span()) for match in _UNIT.finditer(text, at, start))
        units.append(_Unit(start, end, index))
        at = end
    units.extend(_Unit(*match.span()) for match in _UNIT.finditer(text, at))
    return units


def _opaque_in_target(source: MarkedText, target: Translated) -> list[tuple[int, int] | None]:
    """Where each opaque part of the source is in the target; none overlap."""
    text = target.text
    if target.opaque is not None:
        wanted = [*target.opaque, *([None] * len(source.opaque))][: len(source.opaque)]
    else:
        exact = {each[:2]: each[2:] for each in target.alignments}
        wanted = [exact.get((opaque.start, opaque.end)) for opaque in source.opaque]
    taken = _without_overlaps(wanted, len(text))
    if target.opaque is None and None in taken:
        taken = _without_overlaps(_sought(source, text, taken), len(text))
    return taken


def _sought(
    source: MarkedText, text: str, taken: Sequence[tuple[int, int] | None]
) -> list[tuple[int, int] | None]:
    """Where those that are not found yet stand in the target: the first place not taken."""
    found = list(taken)
    used = {part for part in taken if part is not None}
    places: dict[str, int] = {}
    for index, opaque in enumerate(source.opaque):
        own = source.text[opaque.start : opaque.end]
        if found[index] is not None or (own not in places and len(places) >= _MAX_SOUGHT):
            continue
        at = text.find(own, places.get(own, 0))
        while at >= 0 and (at, at + len(own)) in used:
            at = text.find(own, at + len(own))
        places[own] = len(text) if at < 0 else at + len(own)
        if at >= 0:
            found[index] = (at, at + len(own))
    return found


def _without_overlaps(
    parts: Sequence[tuple[int, int] | None], length: int
) -> list[tuple[int, int] | None]:
    kept: list[tuple[int, int] | None] = [None] * len(parts)
    at = 0
    for part, index in sorted((part, i) for i, part in enumerate(parts) if part is not None):
        start, end = part
        if at <= start < end <= length:
            kept[index] = part
            at = end
    return kept


def _cut(source: str, target: str, offsets: list[int]) -> list[int]:
    """Where a target word is cut, for places inside the source word that it translates."""
    cuts: list[int] = []
    at = 0
    for offset in offsets:
        cut = offset if source == target else round(offset * len(target) / len(source))
        cut = max(at, min(len(target), cut))
        if cut == at and cut < len(target):
            cut += 1
        while cut < len(target) and combining(target[cut]):
            cut += 1
        cuts.append(cut)
        at = cut
    return cuts
