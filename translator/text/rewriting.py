"""A text with some of its parts written otherwise, and where each place of it comes from."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

__all__ = ["AS_IT_IS", "Edit", "Rewording", "Rewritten", "in_order", "rewrite"]


@dataclass(frozen=True, slots=True)
class Edit:
    """A part ``[start, end)`` of a text, and what stands in its place."""

    start: int
    end: int
    text: str


def in_order(edits: Iterable[Edit]) -> Iterator[Edit]:
    """Edits in order; of two that overlap, the one that begins first, or else the longer one."""
    reached = 0
    for edit in sorted(edits, key=lambda each: (each.start, -each.end)):
        if edit.start >= reached:
            yield edit
            reached = edit.end


@dataclass(frozen=True, slots=True)
class Rewording:
    """What a model gets other words for, since it knows those better.

    Attributes:
        edits: In order; none overlap.
        open_from: Where at the end begins what more words may turn into another; None if nothing
            may.
    """

    edits: tuple[Edit, ...] = ()
    open_from: int | None = None

    def with_others(self, edits: Iterable[Edit], open_from: int | None = None) -> "Rewording":
        """With further edits, where they do not overlap these."""
        ours = self.edits
        ends = [edit.end for edit in ours]
        more = []
        for edit in edits:
            # The first that ends after it begins.
            number = bisect_right(ends, edit.start)
            if number == len(ours) or ours[number].start >= edit.end:
                more.append(edit)
        places = [place for place in (self.open_from, open_from) if place is not None]
        if not more and open_from is None:
            return self
        together = tuple(sorted([*ours, *more], key=lambda e: e.start))
        return Rewording(together, min(places, default=None))

    def in_characters(self, writes: Callable[[str], bool]) -> "Rewording":
        """With those edits alone whose characters a model reads."""
        ours = tuple(edit for edit in self.edits if all(map(writes, edit.text.replace(" ", ""))))
        return self if len(ours) == len(self.edits) else Rewording(ours, self.open_from)

    def beside(self, ranges: Sequence[tuple[int, int]]) -> tuple[Edit, ...]:
        """The edits that neither overlap nor follow one of some ranges, which are in order."""
        ends = [end for _, end in ranges]

        def is_free(edit: Edit) -> bool:
            number = bisect_left(ends, edit.start)
            return number == len(ends) or ranges[number][0] >= edit.end

        return tuple(filter(is_free, self.edits))


AS_IT_IS = Rewording()


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A text after some edits. Positions are code points.

    Attributes:
        text: The text as it is now.
        _starts: Where each edited part and each part between two edits begins now.
        _origins: The range of the original text that each of those comes from.
        _is_edit: Which of them are edited.
    """

    text: str
    _starts: tuple[int, ...]
    _origins: tuple[tuple[int, int], ...]
    _is_edit: tuple[bool, ...]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original text that ``[start, end)`` comes from.

        An edited part comes from all of what it replaces.
        """
        if not self._starts:
            return start, end
        first = max(bisect_right(self._starts, start) - 1, 0)
        # An empty range at a border belongs to what is before it.
        last = max(bisect_right(self._starts, max(end - 1, start)) - 1, 0)
        begin, _ = self._origins[first]
        if not self._is_edit[first]:
            begin += start - self._starts[first]
        if self._is_edit[last]:
            return begin, max(begin, self._origins[last][1])
        return begin, max(begin, self._origins[last][0] + end - self._starts[last])


def rewrite(text: str, edits: Iterable[Edit]) -> Rewritten:
    """Apply edits that are in order and do not overlap."""
    pieces: list[str] = []
    starts: list[int] = []
    origins: list[tuple[int, int]] = []
    is_edit: list[bool] = []
    reached = length = 0

    def put(piece: str, start: int, end: int, *, edited: bool) -> None:
        nonlocal length
        if piece or not edited:
            pieces.append(piece)
            starts.append(length)
            origins.append((start, end))
            is_edit.append(edited)
            length += len(piece)

    for edit in edits:
        if edit.start > reached:
            put(text[reached : edit.start], reached, edit.start, edited=False)
        put(edit.text, edit.start, edit.end, edited=True)
        reached = edit.end
    if not starts:
        return Rewritten(text[reached:], (0,), ((reached, len(text)),), (False,))
    if reached < len(text):
        put(text[reached:], reached, len(text), edited=False)
    return Rewritten("".join(pieces), tuple(starts), tuple(origins), tuple(is_edit))
