"""The open elements at a place in a page, as far as a translator needs to know them."""

from collections.abc import Mapping
from dataclasses import dataclass

from translator.documents.html_rules import BLOCKS, CLOSED_BY, RAW, UNTOUCHED, VOID, says_translate

__all__ = ["Element", "OpenElements"]

# Their content is not touched, but people read their attributes.
_READ = frozenset({"iframe", "textarea"})
_FOREIGN = frozenset({"math", "svg"})


@dataclass(slots=True, eq=False)
class Element:
    """An element that is open.

    Attributes:
        name: The tag name.
        is_block: Whether it ends segments.
        translate: Whether its content is to be translated.
        raw: Whether its content is nothing that people read.
        foreign: Whether it is SVG or MathML.
        enters: Whether it is to be translated although what is around it is not.
        run: The run of inline content that its tag is in; the reader uses it.
        item: The index of the tag in this run.
    """

    name: str
    is_block: bool
    translate: bool
    raw: bool
    foreign: bool
    enters: bool = False
    run: int = -1
    item: int = -1


class OpenElements:
    """A stack of open elements. It builds no tree, and each step takes constant time on average.

    As in a browser, an inline end tag does not close a block, and some blocks need no end tag.
    """

    def __init__(self) -> None:
        self._elements: list[Element] = []
        self._places: dict[str, list[int]] = {}
        self._blocks: list[int] = []
        # How many of them are to be translated inside of what is not.
        self.num_entered = 0

    @property
    def translate(self) -> bool:
        """Whether text here is to be translated."""
        return not self._elements or self._elements[-1].translate

    @property
    def raw(self) -> bool:
        """Whether text here is nothing that people read."""
        return bool(self._elements) and self._elements[-1].raw

    @property
    def _foreign(self) -> bool:
        return bool(self._elements) and self._elements[-1].foreign

    def is_block(self, name: str) -> bool:
        """Whether the tag of such an element ends a segment here."""
        # The title of a drawing.
        return name in BLOCKS and not (name == "title" and self.raw)

    def element(self, name: str, attrs: Mapping[str, str]) -> Element:
        """The element that an opening tag would open here."""
        said = says_translate(attrs)
        raw = self.raw or name in RAW
        translate = self.translate and name not in UNTOUCHED if said is None else said
        foreign = self._foreign or name in _FOREIGN
        translate = translate and not raw
        enters = translate and not self.translate
        return Element(name, self.is_block(name), translate, raw, foreign, enters)

    def is_void(self, name: str, *, self_closing: bool) -> bool:
        """Whether such a tag opens nothing here that has to be closed."""
        return name in VOID or (self_closing and (self._foreign or name in _FOREIGN))

    def reads_attributes(self, name: str, attrs: Mapping[str, str]) -> bool:
        """Whether the text attributes of such a tag are to be translated here."""
        if name in _READ and not self.raw:
            return self.translate and says_translate(attrs) is not False
        return self.element(name, attrs).translate

    def push(self, element: Element) -> None:
        self._places.setdefault(element.name, []).append(len(self._elements))
        if element.is_block:
            self._blocks.append(len(self._elements))
        self.num_entered += element.enters
        self._elements.append(element)

    def close_before(self, name: str) -> None:
        """Close the blocks that the opening tag of such an element closes."""
        closed = CLOSED_BY.get(name)
        while closed and self._blocks and self._elements[self._blocks[-1]].name in closed:
            self._pop_to(self._blocks[-1])

    def close(self, name: str, *, is_block: bool) -> Element | None:
        """Close the innermost element of this name; an inline one only inside the current block."""
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
            self.num_entered -= element.enters
            if element.is_block:
                self._blocks.pop()
