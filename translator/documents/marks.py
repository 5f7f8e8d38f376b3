"""A text with marks, such as inline tags, and its translation.

A mark has no width: it is not part of the text that is translated. ``placement.py`` puts the marks
into the translation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

__all__ = ["Alignment", "Mark", "MarkKind", "MarkedText", "Opaque", "Translated"]

Alignment = tuple[int, int, int, int]


class MarkKind(Enum):
    """The kind of a mark.

    OPEN and CLOSE are a pair; VOID stands alone and stays beside its neighbours; FIXED stands alone
    too, and nothing moves past it.
    """

    OPEN = "open"
    CLOSE = "close"
    VOID = "void"
    FIXED = "fixed"


class Mark(NamedTuple):
    """A mark in a text.

    Attributes:
        position: The code point of the text that it stands before.
        kind: Its kind.
        source: Its source in the document, verbatim.
        partner: The index of the other mark of its pair; -1 if it stands alone.
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
        source: Its source in the document, verbatim.
        has_tags: Whether it is an element, which stays in the element around it.
    """

    start: int
    end: int
    source: str
    has_tags: bool = False


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text to translate, with marks.

    Attributes:
        text: The text that people read, without white space at its ends.
        marks: The marks, in the order of the document.
        opaque: The opaque parts, in order, without overlaps.
        is_attribute: Whether it is the value of an attribute.
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
            there are none, words are assumed to be in the same order.
        opaque: The range of each opaque part in the target, or None if it is lost; the target's
            text there is replaced by the part's source. If this is missing, a part is where an
            alignment of exactly its range says, else where its text is found.
    """

    text: str
    alignments: Sequence[Alignment] = ()
    opaque: Sequence[tuple[int, int] | None] | None = None
