"""Markdown as blocks and inline tokens with their places: the only module that knows markdown-it.

markdown-it-py follows CommonMark, and here GitHub's tables and strikethrough. It tells lines of
blocks, but no places in them, so its states are made to keep them.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

__all__ = [
    "Block",
    "BlockKind",
    "Inline",
    "Line",
    "block_types",
    "inlines",
    "outer_blocks",
    "read_blocks",
    "used_references",
]

# What is nested deeper is left as it is.
_MAX_NESTING = 60
_NEWLINE = re.compile(r"\r\n?|\n")
_SPACE = " \t\n\v\f\r"
_LABEL = re.compile(r"\[((?:[^\[\]\\]|\\.)+)\]", re.DOTALL)

_PARSER = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING})
_PARSER.enable(["table", "strikethrough"])
# It would join texts whose places are not known then.
_PARSER.inline.ruler2.disable("fragments_join")


class BlockKind(Enum):
    """What a block with text is."""

    PARAGRAPH = "paragraph"
    # Its text has one line.
    HEADING = "heading"
    CELL = "cell"
    HTML = "html"


class Line(NamedTuple):
    """Where a piece of a block's content is in the document."""

    start: int
    source: int


@dataclass(frozen=True, slots=True)
class Block:
    """A block with text. Positions are code points of the document.

    Attributes:
        kind: What it is.
        content: Its text with inline markup, without what begins each line in a quote or a list.
        pieces: Where each piece of the content begins, in it and in the document.
        start: Where the content begins in the document.
        end: Where it ends.
        in_list: It is the first thing in an item of a list.
    """

    kind: BlockKind
    content: str
    pieces: Sequence[Line]
    start: int
    end: int
    in_list: bool = False


@dataclass(slots=True)
class Inline:
    """An inline token.

    Attributes:
        type: As markdown-it calls it; "autolink" is one token.
        start: Where it begins in the content.
        end: Where it ends.
        content: What people read of it, or of HTML its source.
        attrs: Of a link or an image.
    """

    type: str
    start: int
    end: int
    content: str = ""
    attrs: Mapping[str, Any] = field(default_factory=dict)


class _BlockState(StateBlock):
    """Keeps where each line of a block's text begins."""

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        token = super().push(ttype, tag, nesting)
        if ttype == "tr_open":
            self._row = token
        elif ttype == "inline":
            opener = self.tokens[-2]
            first, last = (self._row if opener.type in ("th_open", "td_open") else opener).map or (
                0,
                0,
            )
            token.meta["starts"] = [
                self.bMarks[line] + self.tShift[line] for line in range(first, last)
            ]
            token.meta["cell"] = opener.type in ("th_open", "td_open")
            token.meta["heading"] = opener.type == "heading_open" and opener.markup[:1] == "#"
        return token


class _InlineState(StateInline):
    """Keeps where each token begins."""

    _text_at = 0
    _is_fresh = True

    def append_pending(self, text: str) -> None:
        if self._is_fresh:
            self._text_at, self._is_fresh = self.pos, False
        super().append_pending(text)

    def pushPending(self) -> Token:  # noqa: N802
        token = super().pushPending()
        token.meta["at"] = self._text_at
        self._is_fresh = True
        return token

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        token = super().push(ttype, tag, nesting)
        self._is_fresh = True
        at = self.pos
        if len(self.tokens) > 1 and ttype == "text":
            # Markers of a run come one by one.
            before = self.tokens[-2]
            if before.type == "text" and before.meta["at"] + len(before.content) > at:
                at = before.meta["at"] + len(before.content)
        token.meta["at"] = at
        return token


def read_blocks(markdown: str) -> tuple[list[Block], dict[str, Any]]:
    """The blocks with text of a document, and its link references."""
    source, own, lines = _normal(markdown)
    place = partial(_place, lines, own)
    tokens: list[Token] = []
    env: dict[str, Any] = {}
    state = _BlockState(source, _PARSER, env, tokens)
    _PARSER.block.tokenize(state, state.line, state.lineMax)
    blocks: list[Block] = []
    cells: dict[int, Iterator[tuple[int, int]]] = {}
    for number, token in enumerate(tokens):
        if token.type == "html_block" and token.map:
            first, last = token.map
            start = lines[first]
            end = lines[last] if last < len(lines) else len(source)
            # In a quote or a list, its lines begin with something else.
            if source[start:end] == token.content:
                pieces = [
                    Line(lines[line] - start, own[line])
                    for line in range(first, max(first + 1, last))
                ]
                raw = markdown[place(start) : place(end)]
                blocks.append(
                    Block(
                        BlockKind.HTML, raw, [Line(0, pieces[0].source)], place(start), place(end)
                    )
                )
        elif token.type == "inline":
            starts: list[int] = token.meta["starts"]
            if token.meta["cell"]:
                if starts[0] not in cells:
                    cells[starts[0]] = _cells(source, starts[0])
                cell = next(cells[starts[0]], None)
                found = _cell_pieces(source, token.content, *cell) if cell else None
                kind = BlockKind.CELL
            elif token.meta["heading"]:
                at = starts[0]
                while source[at : at + 1] == "#":
                    at += 1
                found = _line_pieces(source, token.content, [at])
                kind = BlockKind.HEADING
            else:
                found = _line_pieces(source, token.content, starts)
                kind = BlockKind.PARAGRAPH
            if found is None or not token.content:
                continue
            pieces, end = found
            in_list = number > 1 and tokens[number - 2].type == "list_item_open"
            blocks.append(
                Block(
                    kind,
                    token.content,
                    [Line(each.start, place(each.source)) for each in pieces],
                    place(pieces[0].source),
                    place(end),
                    in_list,
                )
            )
    return blocks, env


def _normal(markdown: str) -> tuple[str, list[int], list[int]]:
    """A document as markdown-it reads it, and where lines begin in it and in that."""
    source = _NEWLINE.sub("\n", markdown).replace("\0", "\ufffd")
    own = [0, *(match.end() for match in _NEWLINE.finditer(markdown))]
    return source, own, [0, *(match.end() for match in re.finditer("\n", source))]


def _place(lines: Sequence[int], own: Sequence[int], at: int) -> int:
    """Where a place of the document as markdown-it reads it is in the document."""
    line = bisect_right(lines, at) - 1
    return own[line] + at - lines[line]


def _line_pieces(source: str, content: str, starts: Sequence[int]) -> tuple[list[Line], int] | None:
    """Where each line of a content is, and where the last ends; None if it is not where it was."""
    pieces: list[Line] = []
    at = end = 0
    for line, start in zip(content.split("\n"), starts, strict=False):
        words = line.lstrip(_SPACE)
        while source[start : start + 1] in (" ", "\t", "\v", "\f") and source[start : start + 1]:
            start += 1
        if not source.startswith(words, start):
            return None
        pieces.append(Line(at + len(line) - len(words), start))
        end = start + len(words)
        at += len(line) + 1
    return (pieces, end) if at == len(content) + 1 else None


def _cells(source: str, start: int) -> Iterator[tuple[int, int]]:
    """The cells of a table's row, as ranges."""
    end = source.find("\n", start)
    end = len(source) if end < 0 else end
    while end > start and source[end - 1] in _SPACE:
        end -= 1
    borders = [
        match.start()
        for match in re.finditer(r"\|", source[start:end])
        if source[start + match.start() - 1 : start + match.start()] != "\\"
    ]
    edges = [-1, *borders, end - start]
    ranges = [(start + low + 1, start + high) for low, high in pairwise(edges)]
    if ranges and ranges[0][0] == ranges[0][1]:
        ranges = ranges[1:]
    yield from ranges


def _cell_pieces(source: str, content: str, start: int, end: int) -> tuple[list[Line], int] | None:
    """Where each piece of a cell's content is: escaped bars are written with two characters."""
    cell = source[start:end]
    start += len(cell) - len(cell.lstrip(_SPACE))
    cell = cell.strip(_SPACE)
    pieces = [Line(0, start)]
    length = 0
    parts = cell.split("\\|")
    for number, part in enumerate(parts):
        if number:
            pieces += [Line(length, start), Line(length + 1, start + 2)]
            length, start = length + 1, start + 2
        length, start = length + len(part), start + len(part)
    return (pieces, start) if "|".join(parts) == content else None


def inlines(content: str, env: Mapping[str, Any]) -> list[Inline]:
    """The inline tokens of a block's content; together they are all of it, in order."""
    tokens: list[Token] = []
    state = _InlineState(content, _PARSER, dict(env), tokens)
    _PARSER.inline.tokenize(state)
    for rule in _PARSER.inline.ruler2.getRules(""):
        rule(state)
    tokens.sort(key=lambda token: token.meta["at"] - (token.type == "link_open" and not token.info))
    found: list[Inline] = []
    in_autolink = False
    for token in tokens:
        if token.info == "auto":
            in_autolink = token.type == "link_open"
        if in_autolink and token.type == "text":
            continue
        start: int = token.meta["at"]
        end = start + len(token.content if token.type == "text" else token.markup)
        if token.type == "link_open" and not token.info:
            start -= 1
        if token.info != "auto":
            found.append(Inline(token.type, start, end, token.content, token.attrs))
        elif token.type == "link_open":
            url = content[start + 1 : content.index(">", start)]
            found.append(Inline("autolink", start, end, url))
    return _whole(found, content)


def _whole(tokens: list[Inline], content: str) -> list[Inline]:
    """The tokens with their ends, and with both markers of strong text."""
    found: list[Inline] = []
    is_closing = False
    for number, token in enumerate(tokens):
        following = tokens[number + 1].start if number + 1 < len(tokens) else len(content)
        if token.type == "text" and not token.content:
            # One of two markers, that is before an opening one or after a closing one.
            if found and found[-1].type == "strong_close" and is_closing:
                found[-1].end = following
                is_closing = False
                continue
            if number + 1 < len(tokens):
                tokens[number + 1].start = token.start
            continue
        is_closing = token.type == "strong_close"
        if token.type == "text":
            token.end = token.start + len(token.content)
        else:
            token.end = following
        if token.type in ("softbreak", "hardbreak") and found:
            # With the spaces before it.
            before = found[-1]
            if before.type != "text":
                before.end = before.start + len(content[before.start : before.end].rstrip(" "))
            token.start = before.end
        found.append(token)
    return found


def outer_blocks(markdown: str) -> list[tuple[int, int]]:
    """Where each block that is in no other begins and ends, without the line break after it."""
    source, own, lines = _normal(markdown)
    tokens: list[Token] = []
    state = StateBlock(source, _PARSER, {}, tokens)
    _PARSER.block.tokenize(state, state.line, state.lineMax)
    found: list[tuple[int, int]] = []
    for token in tokens:
        if token.level == 0 and token.nesting >= 0 and token.map:
            first, last = token.map
            end = lines[last] if last < len(lines) else len(source)
            text = source[lines[first] : end].rstrip("\n")
            found.append((own[first], _place(lines, own, lines[first] + len(text))))
    return found


def used_references(content: str, env: Mapping[str, Any]) -> list[str]:
    """The labels of the link references that a piece of Markdown may use."""
    labels = map(normalizeReference, _LABEL.findall(content))
    return [label for label in dict.fromkeys(labels) if label in env.get("references", ())]


def block_types(markdown: str) -> list[tuple[str, str, str]]:
    """What a piece of Markdown is by itself: each block's type and tag, and the text in it."""
    tokens: list[Token] = []
    state = StateBlock(_NEWLINE.sub("\n", markdown), _PARSER, {}, tokens)
    _PARSER.block.tokenize(state, state.line, state.lineMax)
    return [(token.type, token.tag, token.content) for token in tokens]
