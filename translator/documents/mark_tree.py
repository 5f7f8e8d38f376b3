"""The marks of a text as a tree that shows how pairs are nested."""

from bisect import bisect_left, bisect_right
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from translator.documents.aligned_units import AlignedUnits
from translator.documents.marks import MarkKind

__all__ = ["Item", "fixed_marks", "nested"]

# Pairs that are nested deeper are placed as fixed marks, so that the cost stays linear.
_MAX_DEPTH = 8


@dataclass(slots=True)
class Item:
    """Something to place: a pair, a mark that stands alone, or an opaque part that was lost.

    ``first`` and ``last`` are marks. ``slot`` and ``end`` are the range of source units. ``low``
    and ``high`` are the range of target units, once it is placed.
    """

    first: int
    last: int
    slot: int
    end: int
    fixed: bool = False
    opaque: int = -1
    inside: list["Item"] = field(default_factory=list)
    low: int = 0
    high: int = 0

    @property
    def is_pair(self) -> bool:
        return self.end > self.slot


def nested(aligned: AlignedUnits, moved: AbstractSet[int]) -> Item:
    """Everything to place, nested as in the source.

    Args:
        aligned: The text and its translation.
        moved: Opaque parts to place as if they were not in the translation.
    """
    marks = aligned.source.marks
    found = {unit.opaque for unit in aligned.targets} - moved
    lost = [
        Item(-1, -1, i, i, opaque=unit.opaque)
        for i, unit in enumerate(aligned.units)
        if unit.opaque >= 0 and unit.opaque not in found
    ]
    lost.reverse()
    root = Item(-1, -1, 0, len(aligned.units))
    open_items = [root]
    index = 0
    while index < len(marks):
        mark = marks[index]
        slot = bisect_right(aligned.ends, mark.position)
        while lost and lost[-1].slot < slot:
            open_items[-1].inside.append(lost.pop())
        if mark.kind is MarkKind.CLOSE and open_items[-1].last == index:
            open_items.pop()
        elif mark.kind is not MarkKind.OPEN or not index < mark.partner < len(marks):
            fixed = mark.kind is not MarkKind.VOID
            open_items[-1].inside.append(Item(index, index, slot, slot, fixed))
        else:
            end = bisect_left(aligned.starts, marks[mark.partner].position)
            if end <= slot:
                # It contains no word, so it is moved as a whole.
                open_items[-1].inside.append(Item(index, mark.partner, slot, slot))
                index = mark.partner
            elif len(open_items) > _MAX_DEPTH:
                open_items[-1].inside.append(Item(index, index, slot, slot, fixed=True))
            else:
                item = Item(index, mark.partner, slot, end)
                open_items[-1].inside.append(item)
                open_items.append(item)
        index += 1
    root.inside.extend(reversed(lost))
    return root


def fixed_marks(root: Item) -> set[int]:
    """The marks in a tree that are placed as fixed marks."""
    found: set[int] = set()
    todo = [root]
    while todo:
        item = todo.pop()
        found.update(each.first for each in item.inside if each.fixed)
        todo.extend(item.inside)
    return found
