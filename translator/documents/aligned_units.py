"""A text and its translation as words, and how the words are aligned."""

import re
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple
from unicodedata import combining

from translator.documents.marks import Alignment, MarkedText, Translated
from translator.text.identifiers import find_identifiers

__all__ = ["AlignedUnits", "Unit"]

# How many different opaque texts are searched for in a target that does not say where they are.
_MAX_SOUGHT = 100
# The most links for one alignment. If its ranges are too long for that, their words are assumed to
# be in the same order.
_MAX_LINKS = 64

# An ending in brackets belongs to its word: "file(s)".
_UNIT = re.compile(r"\w+(?:\([^\W\d_]{1,4}\)(?!\w))?|[^\w\s]")


class Unit(NamedTuple):
    """A word, a punctuation mark or an opaque part."""

    start: int
    end: int
    opaque: int = -1


class AlignedUnits:
    """The words of a text and of its translation.

    A word with a mark inside is split into several units, and so is the word aligned with it.

    Attributes:
        source: The text.
        text: Its translation.
        units: The words and punctuation marks of the text.
        targets: Those of the translation.
        links: For each unit of the text the ranges of targets that are aligned with it.
        starts: Where the units of the text begin.
        ends: Where they end.
    """

    def __init__(self, source: MarkedText, target: Translated) -> None:
        self.source = source
        self.text = target.text
        self.units = _units(source.text, [(o.start, o.end) for o in source.opaque])
        self.targets = _units(target.text, _opaque_in_target(source, target))
        self.links = self._link(target.alignments)
        self._split_words()
        self.starts = [unit.start for unit in self.units]
        self.ends = [unit.end for unit in self.units]

    def linked(self, index: int, low: int, high: int) -> tuple[int, int] | None:
        """The longest range between ``low`` and ``high`` that is aligned with a source unit."""
        if not 0 <= index < len(self.links):
            return None
        best: tuple[int, int] | None = None
        for start, end in self.links[index]:
            a, b = max(start, low), min(end, high)
            if a < b and (best is None or b - a > best[1] - best[0]):
                best = a, b
        return best

    def before_space(self, slot: int) -> int:
        """The end of the unit before the slot."""
        return self.targets[slot - 1].end if slot else 0

    def after_space(self, slot: int) -> int:
        """The start of the unit after the slot."""
        units = self.targets
        return units[slot].start if slot < len(units) else len(self.text)

    def _link(self, alignments: Sequence[Alignment]) -> list[list[tuple[int, int]]]:
        units, targets = self.units, self.targets
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
                start = self.source.opaque[target.opaque].start
                links[bisect_left(source_starts, start)] = [(j, j + 1)]
        return links

    def _link_words(
        self, links: list[list[tuple[int, int]]], first: int, after: int, low: int, high: int
    ) -> None:
        """Link the units of one alignment: words with words, and marks with the same marks."""
        n, m = after - first, high - low
        if n * m > _MAX_LINKS:
            for i in range(n):
                start = low + i * m // n
                links[first + i].append((start, low + max(i * m // n + 1, (i + 1) * m // n)))
            return
        if n == 1 or m == 1:
            words, goals = list(range(first, after)), list(range(low, high))
        else:
            words = [i for i in range(first, after) if not self.is_source_mark(i)]
            goals = [j for j in range(low, high) if not self.is_mark(j)]
            # The last one first, so that the same mark again is the next one.
            marks: dict[str, list[int]] = {}
            for j in range(high - 1, low - 1, -1):
                if self.is_mark(j):
                    marks.setdefault(self._target(j), []).append(j)
            for i in range(first, after):
                unit = self.units[i]
                same = marks.get(self.source.text[unit.start : unit.end], [])
                if same and self.is_source_mark(i):
                    j = same.pop() if len(same) > 1 else same[0]
                    links[i].append((j, j + 1))
        if len(words) == len(goals):
            for i, j in zip(words, goals, strict=True):
                links[i].append((j, j + 1))
        else:
            for i in words:
                links[i].extend((j, j + 1) for j in goals)

    def _target(self, index: int) -> str:
        unit = self.targets[index]
        return self.text[unit.start : unit.end]

    def is_source_mark(self, index: int) -> bool:
        return _is_mark(self.units[index], self.source.text)

    def is_mark(self, index: int) -> bool:
        return _is_mark(self.targets[index], self.text)

    def _split_words(self) -> None:
        """Split each word that has a mark inside, and the word that it is linked with."""
        inside = self._marks_in_words()
        if not inside:
            return
        partners, cuts = self._partners(inside)
        # Where each target unit, and each of its parts, is after the cuts.
        moved: list[int] = []
        targets: list[Unit] = []
        parts_at: dict[int, list[int]] = {}
        for j, target in enumerate(self.targets):
            moved.append(len(targets))
            if j not in cuts:
                targets.append(target)
                continue
            parts_at[j] = []
            for low, high in pairwise([0, *cuts[j], target.end - target.start]):
                parts_at[j].append(len(targets) if low < high else -1)
                if low < high:
                    targets.append(Unit(target.start + low, target.start + high))
        moved.append(len(targets))
        units: list[Unit] = []
        links: list[list[tuple[int, int]]] = []
        for index, unit in enumerate(self.units):
            own = [(moved[low], moved[high]) for low, high in self.links[index]]
            bounds = [unit.start, *(unit.start + n for n in inside.get(index, ())), unit.end]
            for k, (low, high) in enumerate(pairwise(bounds)):
                units.append(Unit(low, high, unit.opaque))
                if index in partners:
                    at = parts_at[partners[index]][k]
                    links.append([(at, at + 1)] if at >= 0 else [])
                else:
                    links.append(own)
        self.units, self.targets, self.links = units, targets, links

    def _marks_in_words(self) -> dict[int, list[int]]:
        """For each word of the source that has marks inside, where in it they are, in order."""
        inside: dict[int, set[int]] = {}
        ends = [unit.end for unit in self.units]
        for mark in self.source.marks:
            index = bisect_right(ends, mark.position)
            if index < len(self.units):
                unit = self.units[index]
                if unit.start < mark.position < unit.end and unit.opaque < 0:
                    inside.setdefault(index, set()).add(mark.position - unit.start)
        return {index: sorted(offsets) for index, offsets in inside.items()}

    def _partners(
        self, inside: Mapping[int, Sequence[int]]
    ) -> tuple[dict[int, int], dict[int, list[int]]]:
        """The word of the target that is cut for each word of the source, and where it is cut.

        It is the longest that the word is linked with and that no other word has.
        """
        partners: dict[int, int] = {}
        cuts: dict[int, list[int]] = {}
        for index, offsets in inside.items():
            words = [
                j
                for low, high in self.links[index]
                for j in range(low, min(high, low + 8))
                if j not in cuts and not self.is_mark(j) and self.targets[j].opaque < 0
            ]
            if words:
                longest = max(words, key=lambda j: self.targets[j].end - self.targets[j].start)
                unit = self.units[index]
                word = self.source.text[unit.start : unit.end]
                cuts[longest] = _cut(word, self._target(longest), offsets)
                partners[index] = longest
        return partners, cuts


def _is_mark(unit: Unit, text: str) -> bool:
    is_one = unit.end - unit.start == 1
    return unit.opaque < 0 and is_one and not text[unit.start].isalnum()


def _units(text: str, opaque: Sequence[tuple[int, int] | None]) -> list[Unit]:
    """The units of a text. What stands for itself, such as ``{{name}}``, is one."""
    units: list[Unit] = []
    at = 0
    named = deque(sorted(find_identifiers(text)))
    parts = sorted((part, index) for index, part in enumerate(opaque) if part is not None)
    for (start, end), index in [*parts, ((len(text), len(text)), -1)]:
        while named and named[0][0] < start:
            first, last = named.popleft()
            if at <= first and last <= start:
                units.extend(Unit(*match.span()) for match in _UNIT.finditer(text, at, first))
                units.append(Unit(first, last))
                at = last
        units.extend(Unit(*match.span()) for match in _UNIT.finditer(text, at, start))
        if index >= 0:
            units.append(Unit(start, end, index))
        at = end
    return units


def _opaque_in_target(source: MarkedText, target: Translated) -> list[tuple[int, int] | None]:
    """The place of each opaque part in the target, without overlaps; None if it is lost."""
    text = target.text
    if target.opaque is not None:
        wanted = [*target.opaque, *([None] * len(source.opaque))][: len(source.opaque)]
    else:
        exact = {each[:2]: each[2:] for each in target.alignments}
        # A mark beside it may be in its word, or a word of the same place: what it says counts.
        for start, end, first, last in target.alignments:
            own = source.text[start:end]
            at = text.find(own, first, last)
            if at >= 0:
                exact[start, end] = at, at + len(own)
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
    used = sorted(part for part in taken if part is not None)
    places: dict[str, int] = {}
    for index, opaque in enumerate(source.opaque):
        own = source.text[opaque.start : opaque.end]
        if found[index] is not None or (own not in places and len(places) >= _MAX_SOUGHT):
            continue
        at = text.find(own, places.get(own, 0))
        while at >= 0 and not _is_free(text, at, at + len(own), used):
            at = text.find(own, at + 1)
        places[own] = len(text) if at < 0 else at + len(own)
        if at >= 0:
            found[index] = (at, at + len(own))
            insort(used, (at, at + len(own)))
    return found


def _is_free(text: str, start: int, end: int, used: list[tuple[int, int]]) -> bool:
    """Whether a range is whole words, and overlaps none of those that are sorted in ``used``."""
    for place in (start, end):
        if 0 < place < len(text) and text[place - 1].isalnum() and text[place].isalnum():
            return False
    k = bisect_left(used, (start, end))
    return (k == 0 or used[k - 1][1] <= start) and (k == len(used) or end <= used[k][0])


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


def _cut(source: str, target: str, offsets: Sequence[int]) -> list[int]:
    """Where a target word is cut, for places inside the source word that it translates."""
    cuts: list[int] = []
    at = 0
    for offset in offsets:
        cut = offset if source == target else round(offset * len(target) / len(source))
        if source.startswith("(", offset) and "(" in target:
            cut = target.index("(")
        cut = max(at, min(len(target), cut))
        if cut == at and cut < len(target):
            cut += 1
        while cut < len(target) and combining(target[cut]):
            cut += 1
        cuts.append(cut)
        at = cut
    return cuts
