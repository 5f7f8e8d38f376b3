"""Checks that a translated page differs from its source in its texts only."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from translator.documents.html_elements import OpenElements
from translator.documents.html_rules import is_text_attribute
from translator.documents.html_tokens import Token, TokenKind, attributes, tokenize
from translator.documents.template import DirectiveKind, find_directives, mask

__all__ = ["verify"]


def verify(before: str, after: str, *, templates: Collection[str] = ()) -> list[str]:
    """Find out what differs between a page and its translation, apart from texts.

    Compares the tags with every attribute that is not text, byte for byte; the nesting of elements,
    and the order of blocks, comments and tags without a partner; the text that must not be
    translated; and the template directives, with the order of block directives.

    Returns:
        Which of "tags", "nesting", "untouched" and "directives" differ; empty if nothing does.
    """
    first, second = _Content(before, templates), _Content(after, templates)
    differences = {
        "tags": first.tags != second.tags,
        "nesting": first.nesting != second.nesting,
        "untouched": first.untouched != second.untouched,
        "directives": first.directives != second.directives or first.steering != second.steering,
    }
    return [name for name, differs in differences.items() if differs]


@dataclass(slots=True)
class _Node:
    """A pair of inline tags, or the page.

    ``parts`` holds things whose order matters, and between them lists of things whose order does
    not.
    """

    key: str
    parts: list[object] = field(default_factory=list)
    section: list[int] = field(default_factory=list)

    def add_fixed(self, key: object) -> None:
        self.parts += [tuple(sorted(self.section)), key]
        self.section = []

    def digest(self) -> int:
        return hash((self.key, *self.parts, tuple(sorted(self.section))))


class _Content:
    """Everything that must be the same in both pages."""

    def __init__(self, html: str, templates: Collection[str]) -> None:
        self._html = html
        found = find_directives(html, templates) if templates else []
        self.directives = Counter(html[each.start : each.end] for each in found)
        self.steering = [
            html[each.start : each.end] for each in found if each.kind is DirectiveKind.BLOCK
        ]
        self.tags: Counter[str] = Counter()
        self.untouched: Counter[str] = Counter()
        self._masked = mask(html, found)
        # Inline tags without a partner, by their numbers.
        self._lone: set[int] = set()
        tokens = list(tokenize(self._masked))
        self.nesting = self._nesting(tokens, self._pairs(tokens))

    def _pairs(self, tokens: list[Token]) -> dict[int, int]:
        """For each inline opening tag the number of its closing tag."""
        pairs: dict[int, int] = {}
        stack = OpenElements()
        for number, token in enumerate(tokens):
            if token.kind is TokenKind.OPEN:
                stack.close_before(token.name)
                element = stack.element(token.name, dict(token.attrs))
                element.item = number
                if not stack.is_void(token.name, self_closing=token.self_closing):
                    stack.push(element)
                elif not element.is_block:
                    self._lone.add(number)
            elif token.kind is TokenKind.CLOSE:
                is_block = stack.is_block(token.name)
                closed = stack.close(token.name, is_block=is_block)
                if closed is not None and not is_block:
                    pairs[closed.item] = number
            elif token.kind in (TokenKind.TEXT, TokenKind.REFERENCE) and not stack.translate:
                self.untouched.update(self._html[token.start : token.end])
        return pairs

    def _nesting(self, tokens: list[Token], pairs: dict[int, int]) -> int:
        nodes = [_Node("")]
        closing = set(pairs.values())
        for number, token in enumerate(tokens):
            if token.kind in (TokenKind.TEXT, TokenKind.REFERENCE):
                continue
            key = self._key(token)
            self.tags[key] += 1
            if number in pairs:
                nodes.append(_Node(key))
            elif number in closing:
                node = nodes.pop()
                nodes[-1].section.append(node.digest())
            elif number in self._lone:
                nodes[-1].section.append(hash(key))
            else:
                nodes[-1].add_fixed(key)
        return nodes[0].digest()

    def _key(self, token: Token) -> str:
        """The source of a tag, without the values of attributes that are texts."""
        source = self._html[token.start : token.end]
        attrs = dict(token.attrs)
        names = {name for name in attrs if is_text_attribute(token.name, name, attrs)}
        if not names:
            return source
        parts: list[str] = []
        at = 0
        for attribute in attributes(self._masked[token.start : token.end]):
            if attribute.name in names:
                parts.append(source[at : attribute.start])
                at = attribute.end
                names.remove(attribute.name)
        return "".join([*parts, source[at:]])
