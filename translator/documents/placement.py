"""Puts the marks of a text into its translation.

Each pair of marks is put around the longest run of target words that are aligned with the words
inside it (cf. Müller, "Treatment of Markup in Statistical Machine Translation", DiscoMT 2017). The
nesting is that of the source: a pair stays inside the pair that it was in. *Fixed* marks keep their
order among themselves and to all others. Each mark comes out exactly once, whatever the alignments
say.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from translator.documents.aligned_units import AlignedUnits
from translator.documents.mark_tree import Item, fixed_marks, nested
from translator.documents.marks import MarkedText, MarkKind, Translated

__all__ = ["Piece", "PieceKind", "place"]

# How many words an element inside a pair counts for in the search for the pair's longest run.
_ELEMENT_WEIGHT = 10.0


class PieceKind(Enum):
    """What a piece of a result is."""

    TEXT = "text"
    MARK = "mark"
    OPAQUE = "opaque"


class Piece(NamedTuple):
    """A piece of a translation with its marks.

    Attributes:
        kind: What it is.
        text: For TEXT, the target text.
        number: For MARK and OPAQUE, the index in the source.
    """

    kind: PieceKind
    text: str = ""
    number: int = -1


# No sign, such as a dollar's, that belongs to a number.
_PUNCTUATION = frozenset(",;:.!?…。，、；：！？")

_SPACE = Piece(PieceKind.TEXT, " ")


def place(source: MarkedText, target: Translated) -> list[Piece]:
    """Put the marks and opaque parts of ``source`` into its translation."""
    if not source.marks and not source.opaque:
        return [Piece(PieceKind.TEXT, target.text)] if target.text else []
    return _Placement(source, target).pieces()


class _Free:
    """The target units that belong to no pair."""

    def __init__(self, taken: list[Item]) -> None:
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
        self._aligned = AlignedUnits(source, target)
        # Opaque parts that may not stand where the target has them, and are moved.
        self._moved: set[int] = set()
        self._root = nested(self._aligned, self._moved)
        self._place_all()

    # Places

    def _place_all(self) -> None:
        self._root.high = len(self._aligned.targets)
        todo = [self._root]
        while todo:
            item = todo.pop()
            low, first, section = item.low, item.slot, list[Item]()
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

    def _in_order(self, items: list[Item]) -> list[Item]:
        """The items in the order of the target; fixed ones keep their place."""
        ordered: list[Item] = []
        section: list[Item] = []
        for item in items:
            if item.fixed:
                ordered.extend(sorted(section, key=_by_place))
                ordered.append(item)
                section = []
            else:
                section.append(item)
        ordered.extend(sorted(section, key=_by_place))
        return ordered

    def _fixed_place(self, item: Item, low: int, high: int) -> int:
        """The place between target units for a mark that divides the text before and after it."""
        before = self._aligned.linked(item.slot - 1, low, high)
        after = self._aligned.linked(item.slot, low, high)
        if before and self._clings(item):
            return before[1]
        if after:
            return after[0]
        return before[1] if before else low if item.slot == 0 else high

    def _place_section(
        self, items: list[Item], first: int, after: int, low: int, high: int
    ) -> None:
        """Place everything between two fixed marks, among the target units ``low`` to ``high``."""
        pairs = [item for item in items if item.is_pair]
        taken: list[Item] = []
        if pairs:
            owner, linked = self._owners(pairs, first, after, low, high)
            runs: dict[int, list[int]] = {}
            for j in sorted(owner):
                runs.setdefault(owner[j], []).append(j)
            for number, item in enumerate(pairs):
                best = self._run(runs.get(number, []), owner, linked)
                if best is not None:
                    item.low, item.high = self._trimmed(item, *best)
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
        self, pairs: list[Item], taken: list[Item], first: int, after: int, low: int, high: int
    ) -> list[Item]:
        """Give each pair without target words its neighbour's word, if that is free.

        The alignment of a short word often goes to its neighbour ("do not" → "não"), and a link
        that holds no word cannot be clicked.
        """
        free = _Free(taken)
        found: list[Item] = []
        placed = {id(item) for item in taken}
        for item in pairs:
            # The lost parts of it are put in again.
            if id(item) in placed or any(each.opaque >= 0 for each in item.inside):
                continue
            for index in (item.slot - 1, item.end):
                linked = self._aligned.linked(index, low, high) if first <= index < after else None
                if linked is None:
                    continue
                j = linked[1] - 1 if index < item.slot else linked[0]
                if not self._aligned.is_mark(j) and free.take(j):
                    item.low, item.high = j, j + 1
                    found.append(item)
                    break
        return found

    def _owners(
        self, pairs: list[Item], first: int, after: int, low: int, high: int
    ) -> tuple[dict[int, int], set[int]]:
        """The pair that each target unit belongs to, and the units that are linked at all."""
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
        for start, end in self._aligned.links[index]:
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
            weight += self._weight(j)
            if weight > most:
                best, most = (own[start], j + 1), weight
        return best

    def _trimmed(self, item: Item, low: int, high: int) -> tuple[int, int]:
        """A pair's run without a mark at an end where the source has none: "<b>Hi</b>" → "Olá,"."""
        first, last = low, high
        if not self._aligned.is_source_mark(item.slot):
            while first < last and self._is_punctuation(first):
                first += 1
        if not self._aligned.is_source_mark(item.end - 1):
            while first < last and self._is_punctuation(last - 1):
                last -= 1
        return (first, last) if first < last else (low, high)

    def _is_punctuation(self, unit: int) -> bool:
        target = self._aligned.targets[unit]
        return target.opaque < 0 and self._aligned.text[target.start] in _PUNCTUATION

    def _weight(self, unit: int) -> float:
        """How much a target unit counts: an element has to be in the run."""
        number = self._aligned.targets[unit].opaque
        if number >= 0 and self._aligned.source.opaque[number].has_tags:
            return _ELEMENT_WEIGHT
        return 0.1 if self._aligned.is_mark(unit) else 1.0

    def _joined(self, left: int, right: int, owner: dict[int, int], linked: set[int]) -> bool:
        if right - left > 4:
            return False
        between = range(left + 1, right)
        if any(j in owner for j in between):
            return False
        return sum(j in linked for j in between) <= 1

    def _slot(
        self,
        item: Item,
        first: int,
        after: int,
        low: int,
        high: int,
        taken: list[Item],
        lows: list[int],
    ) -> int:
        """The place between target units for an item that has no words."""
        end = max(item.end, item.slot)
        if item.opaque >= 0:
            end += 1
        before = self._aligned.linked(item.slot - 1, low, high) if item.slot > first else None
        behind = self._aligned.linked(end, low, high) if end < after else None
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

    def _clings(self, item: Item) -> bool:
        """Whether it directly follows a word, and does not directly precede one."""
        if item.opaque >= 0:
            return True
        text, marks = self._aligned.source.text, self._aligned.source.marks
        start, end = marks[item.first].position, marks[item.last].position
        after_word = start > 0 and not text[start - 1].isspace()
        before_word = end < len(text) and not text[end].isspace()
        return after_word and not before_word

    # The result

    def pieces(self) -> list[Piece]:
        """The target text with all marks and opaque parts in their places."""
        tagged = {n for n, each in enumerate(self._aligned.source.opaque) if each.has_tags}
        pieces = list(self._pieces())
        if not tagged:
            return self._spaced(pieces)
        wanted = self._contexts(self._source_pieces())
        while True:
            there = self._contexts(pieces)
            wrong = {n for n in tagged if there[n] != wanted[n]} - self._moved
            if not wrong:
                return self._spaced(pieces)
            self._moved |= wrong
            self._root = nested(self._aligned, self._moved)
            self._place_all()
            pieces = list(self._pieces())

    def _spaced(self, pieces: list[Piece]) -> list[Piece]:
        """Add spaces around inserted opaque parts where the source has spaces."""
        found = {unit.opaque for unit in self._aligned.targets} - self._moved
        spaced: list[Piece] = []
        # What is before, and how many opening tags are after it; whether a space is due, and where.
        before, num_open, due = "", 0, -1
        for piece in pieces:
            kind = piece.kind
            if kind is PieceKind.MARK:
                mark = self._aligned.source.marks[piece.number].kind
                num_open = num_open + 1 if mark is MarkKind.OPEN else 0
                due = due + 1 if mark is MarkKind.CLOSE and due == len(spaced) else due
                spaced.append(piece)
                continue
            starts_word = kind is PieceKind.OPAQUE or piece.text[0].isalnum()
            if due >= 0 and starts_word:
                spaced.insert(due, _SPACE)
            elif kind is PieceKind.OPAQUE and piece.number not in found:
                start = self._aligned.source.opaque[piece.number].start
                if (
                    before.strip()
                    and self._aligned.source.text[max(0, start - 1) : start].isspace()
                ):
                    spaced.insert(len(spaced) - num_open, _SPACE)
            spaced.append(piece)
            before, num_open, due = piece.text[-1:] or "x", 0, -1
            if kind is PieceKind.OPAQUE and piece.number not in found:
                end = self._aligned.source.opaque[piece.number].end
                if self._aligned.source.text[end : end + 1].isspace():
                    due = len(spaced)
        return spaced

    def _source_pieces(self) -> list[Piece]:
        """The marks and opaque parts of the source."""
        source = self._aligned.source
        marks = [(mark.position, 0, number) for number, mark in enumerate(source.marks)]
        opaque = [(each.start, 1, number) for number, each in enumerate(source.opaque)]
        kinds = (PieceKind.MARK, PieceKind.OPAQUE)
        return [Piece(kinds[kind], number=number) for _, kind, number in sorted(marks + opaque)]

    def _contexts(self, pieces: list[Piece]) -> dict[int, tuple[int, int]]:
        """For each opaque part, the pair around it, and how many fixed marks in it come before."""
        found: dict[int, tuple[int, int]] = {}
        fixed = fixed_marks(self._root)
        stack = [(-1, 0)]
        for piece in pieces:
            if piece.kind is PieceKind.OPAQUE:
                found[piece.number] = stack[-1]
            elif piece.kind is PieceKind.MARK:
                kind = self._aligned.source.marks[piece.number].kind
                if piece.number in fixed:
                    pair, count = stack[-1]
                    stack[-1] = (pair, count + 1)
                elif kind is MarkKind.OPEN:
                    stack.append((piece.number, 0))
                elif kind is MarkKind.CLOSE:
                    stack.pop()
        return found

    def _pieces(self) -> Iterator[Piece]:
        at = 0
        for position, piece in self._events():
            if position > at:
                yield from self._text_pieces(at, position)
                at = position
            yield piece
        yield from self._text_pieces(at, len(self._aligned.text))

    def _text_pieces(self, start: int, end: int) -> Iterator[Piece]:
        units = self._aligned.targets
        at = start
        for k in range(bisect_left(units, (start,)), len(units)):
            unit = units[k]
            if unit.start >= end:
                break
            if unit.opaque >= 0:
                if unit.start > at:
                    yield Piece(PieceKind.TEXT, self._aligned.text[at : unit.start])
                if unit.opaque not in self._moved:
                    yield Piece(PieceKind.OPAQUE, number=unit.opaque)
                at = unit.end
        if at < end:
            yield Piece(PieceKind.TEXT, self._aligned.text[at:end])

    def _events(self) -> Iterator[tuple[int, Piece]]:
        """Each mark with its position in the target, in the order of the result."""
        todo: list[tuple[Item, bool]] = [(item, False) for item in reversed(self._root.inside)]
        while todo:
            item, closes = todo.pop()
            if closes:
                closing = 0 if item.low == item.high else self._closing(item.last, item.high)
                yield closing, Piece(PieceKind.MARK, number=item.last)
            elif item.opaque >= 0:
                place = self._aligned.before_space(item.low)
                yield place, Piece(PieceKind.OPAQUE, number=item.opaque)
            elif item.is_pair:
                is_empty = item.low == item.high
                opening = self._alone(item) if is_empty else self._opening(item.first, item.low)
                yield opening, Piece(PieceKind.MARK, number=item.first)
                todo.append((item, True))
                todo.extend((child, False) for child in reversed(item.inside))
            else:
                position = self._alone(item)
                for index in range(item.first, item.last + 1):
                    yield position, Piece(PieceKind.MARK, number=index)

    def _opening(self, index: int, slot: int) -> int:
        position = self._aligned.source.marks[index].position
        text = self._aligned.source.text
        spaced = position < len(text) and text[position].isspace()
        return self._aligned.before_space(slot) if spaced else self._aligned.after_space(slot)

    def _closing(self, index: int, slot: int) -> int:
        position = self._aligned.source.marks[index].position
        spaced = position > 0 and self._aligned.source.text[position - 1].isspace()
        return self._aligned.after_space(slot) if spaced else self._aligned.before_space(slot)

    def _alone(self, item: Item) -> int:
        mark = self._aligned.source.marks[item.first]
        if mark.kind is MarkKind.CLOSE:
            return self._closing(item.first, item.low)
        if mark.position and not self._aligned.source.text[mark.position - 1].isspace():
            return self._aligned.before_space(item.low)
        return self._aligned.after_space(item.low)


def _by_place(item: Item) -> tuple[int, bool, int]:
    return item.low, item.low < item.high, item.first
