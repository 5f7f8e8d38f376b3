"""The elements that are open at a place of a page, as far as a translator needs to know them."""

from collections.abc import Mapping
from dataclasses import dataclass

from translator.documents.html_rules import BLOCKS, CLOSED_BY, RAW, UNTOUCHED, VOID, says_translate

__all__ = ["Element", "OpenElements"]

# What is in them is not touched, but people read their own attributes.
_READ = frozenset({"iframe", "textarea"})
_FOREIGN = frozenset({"math", "svg"})


@dataclass(slots=True, eq=False)
class Element:
    """An element that is open.

    Attributes:
        name: Its tag's name.
        is_block: It ends segments.
        translate: What is in it is to be translated.
        raw: What is in it is nothing to read.
        foreign: It is SVG or MathML.
        run: For the reader: in which run of inline content its tag is.
        item: For the reader: which item of the run its tag is.
    """

    name: str
    is_block: bool
    translate: bool
    raw: bool
    foreign: bool
    run: int = -1
    item: int = -1


class OpenElements:
    """A stack of open elements. No tree is built, and every step takes constant time on average.

    As in a browser, an inline end tag does not close a block, and the end tags of some blocks may
    be left out.
    """

    def __init__(self) -> None:
        self._elements: list[Element] = []
        self._places: dict[str, list[int]] = {}
        self._blocks: list[int] = []

    @property
    def translate(self) -> bool:
        """Whether text here is to be translated."""
        return not self._elements or self._elements[-1].translate

    @property
    def raw(self) -> bool:
        """Whether text here is nothing to read."""
        return bool(self._elements) and self._elements[-1].raw

    @property
    def _foreign(self) -> bool:
        return bool(self._elements) and self._elements[-1].foreign

    def is_block(self, name: str) -> bool:
        """Whether the tag of such an element, here, ends a segment."""
        # The title of a drawing.
        return name in BLOCKS and not (name == "title" and self.raw)

    def element(self, name: str, attrs: Mapping[str, str]) -> Element:
        """What an opening tag here would open."""
        said = says_translate(attrs)
        raw = self.raw or name in RAW
        translate = self.translate and name not in UNTOUCHED if said is None else said
        foreign = self._foreign or name in _FOREIGN
        return Element(name, self.is_block(name), translate and not raw, raw, foreign)

    def is_void(self, name: str, *, self_closing: bool) -> bool:
        """Whether such a tag, here, opens nothing that has to be closed."""
        return name in VOID or (self_closing and (self._foreign or name in _FOREIGN))

    def reads_attributes(self, name: str, attrs: Mapping[str, str]) -> bool:
        """Whether people read the text attributes of such a tag here, in their own language."""
        if name in _READ and not self.raw:
            return self.translate and says_translate(attrs) is not False
        return self.element(name, attrs).translate

    def push(self, element: Element) -> None:
        self._places.setdefault(element.name, []).append(len(self._elements))
        if element.is_block:
            self._blocks.append(len(self._elements))
        self._elements.append(element)

    def close_before(self, name: str) -> None:
        """Close the blocks whose end tags may be left out before the tag of such an element."""
        closed = CLOSED_BY.get(name)
        while closed and self._blocks and self._elements[self._blocks[-1]].name in closed:
            self._pop_to(self._blocks[-1])

    def close(self, name: str, *, is_block: bool) -> Element | None:
        """Close the innermost element of this name; an inline one not past a block."""
        places = self._places.get(name)
        if not places or (not is_block and self._blocks and places[-1] < self._blocks[-1]):
            return None
        element = self._elements[places[-1]]
        self._pop_to(places[-1])
        return element

    def _pop_to(self, size: int) -> None:
        while len(self._elements) > size:
            element = self._elements.pop()
            self._places[element.name].pop()
            if element.is_block:
                self._blocks.pop()
