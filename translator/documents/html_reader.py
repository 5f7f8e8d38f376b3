"""Reads the tokens of a page once and finds its texts."""

import re
from collections.abc import Collection, Iterator
from html import unescape

from translator.documents.html_elements import OpenElements
from translator.documents.html_rules import is_text_attribute
from translator.documents.html_runs import Item, Region, text_of, texts_of_run
from translator.documents.html_tokens import Token, TokenKind, attributes, tokenize
from translator.documents.marks import MarkedText, MarkKind
from translator.documents.template import DirectiveKind, Directives, find_directives, mask

__all__ = ["read_texts"]

_REFERENCE = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);?")


def read_texts(html: str, templates: Collection[str]) -> list[tuple[MarkedText, Region]]:
    """Find the texts of a page with their places, in the order in which they begin."""
    return _Reader(html, templates).texts()


class _Reader:
    """Reads the tokens of a page once."""

    def __init__(self, html: str, templates: Collection[str]) -> None:
        self._html = html
        self._templates = tuple(templates)
        found = find_directives(html, self._templates) if self._templates else []
        self._directives = Directives(found)
        self._masked = mask(html, found)
        self._stack = OpenElements()
        self._items: list[Item] = []
        self._run = 0
        self._found: list[tuple[MarkedText, Region]] = []

    def texts(self) -> list[tuple[MarkedText, Region]]:
        for token in tokenize(self._masked):
            self._take(token)
        self._flush()
        return sorted(self._found, key=lambda each: each[1].start)

    # Tokens to items

    def _take(self, token: Token) -> None:
        if token.kind in (TokenKind.TEXT, TokenKind.REFERENCE):
            self._take_text(token)
        elif token.kind is TokenKind.OPEN:
            self._take_open(token)
        elif token.kind is TokenKind.CLOSE:
            self._take_close(token)
        else:
            self._add(token, MarkKind.FIXED)

    def _add(self, token: Token, kind: MarkKind, *, untouched: bool | None = None) -> Item:
        untouched = not self._stack.translate if untouched is None else untouched
        item = Item(token.start, token.end, kind, name=token.name, untouched=untouched)
        self._items.append(item)
        return item

    def _take_text(self, token: Token) -> None:
        for start, end, directive in self._directives.split(token.start, token.end):
            if directive is DirectiveKind.BLOCK and self._stack.translate:
                self._flush()
                continue
            data = self._html[start:end]
            if token.kind is TokenKind.REFERENCE and (start, end) == (token.start, token.end):
                data = token.data
            self._items.append(
                Item(
                    start,
                    end,
                    None,
                    "" if self._stack.raw else data,
                    untouched=not self._stack.translate,
                    is_directive=directive is not None,
                )
            )

    def _take_open(self, token: Token) -> None:
        name, attrs = token.name, dict(token.attrs)
        is_block = self._stack.is_block(name)
        if is_block:
            self._flush()
        self._stack.close_before(name)
        element = self._stack.element(name, attrs)
        if self._stack.reads_attributes(name, attrs):
            self._take_attributes(token, attrs)
        if self._stack.is_void(name, self_closing=token.self_closing):
            if not is_block:
                # A void element has no content that could be kept untranslated.
                self._add(token, MarkKind.VOID, untouched=not self._stack.translate)
            return
        if not is_block:
            if element.enters:
                # No word of it may get out of it, where nothing is translated.
                self._flush()
            element.run, element.item = self._run, len(self._items)
            self._add(token, MarkKind.OPEN, untouched=not element.translate)
            if element.enters:
                self._flush()
        self._stack.push(element)

    def _take_close(self, token: Token) -> None:
        name = token.name
        if self._stack.is_block(name):
            self._flush()
            self._stack.close(name, is_block=True)
            return
        num_entered, was_untouched = self._stack.num_entered, not self._stack.translate
        element = self._stack.close(name, is_block=False)
        # What was not to be translated has ended with an element around it.
        is_cut = element is not None and element.translate and was_untouched
        if is_cut or self._stack.num_entered != num_entered:
            self._flush()
        if element is None:
            self._add(token, MarkKind.FIXED)
            return
        item = self._add(token, MarkKind.CLOSE, untouched=not element.translate)
        if element.run == self._run:
            item.partner = element.item
            self._items[element.item].partner = len(self._items) - 1

    # Attributes

    def _take_attributes(self, token: Token, attrs: dict[str, str]) -> None:
        if not any(is_text_attribute(token.name, name, attrs) for name in attrs):
            return
        tag = self._masked[token.start : token.end]
        seen: set[str] = set()
        for attribute in attributes(tag):
            name = attribute.name
            if name in seen or not is_text_attribute(token.name, name, attrs):
                continue
            seen.add(name)
            if attribute.start < attribute.end:
                start, end = token.start + attribute.start, token.start + attribute.end
                self._take_value(start, end, attribute.quote or " ")

    def _take_value(self, start: int, end: int, quote: str) -> None:
        items: list[Item] = []
        for low, high, directive in self._directives.split(start, end):
            if directive is DirectiveKind.BLOCK:
                self._found.extend(text_of(items, self._html, quote))
                items = []
            elif directive is not None:
                items.append(Item(low, high, None, self._html[low:high], is_directive=True))
            else:
                items.extend(self._value_items(low, high))
        self._found.extend(text_of(items, self._html, quote))

    def _value_items(self, start: int, end: int) -> Iterator[Item]:
        at = start
        for match in _REFERENCE.finditer(self._html, start, end):
            if at < match.start():
                yield Item(at, match.start(), None, self._html[at : match.start()])
            yield Item(match.start(), match.end(), None, unescape(match[0]))
            at = match.end()
        if at < end:
            yield Item(at, end, None, self._html[at:end])

    def _flush(self) -> None:
        """End a run and turn it into texts."""
        items, self._items = self._items, []
        self._run += 1
        self._found.extend(texts_of_run(items, self._html))
