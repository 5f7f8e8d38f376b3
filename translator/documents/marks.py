"""A text with marks, such as inline tags, and what its translation has to say.

A mark has no width: the text that is translated does not hold it. ``placement.py`` puts the marks
into the translation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

__all__ = ["Alignment", "Mark", "MarkKind", "MarkedText", "Opaque", "Translated"]

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
        has_tags: It is an element, and stays in the element that it is in.
    """

    start: int
    end: int
    source: str
    has_tags: bool = False


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
