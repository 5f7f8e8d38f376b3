"""Markdown as texts to translate, and the document with their translations in it.

CommonMark with GitHub's tables, strikethrough, check boxes and notes. As with HTML, whatever is no
text is copied from the source by its place. A paragraph, heading or cell in which something was
translated is written with its own marks around the words that theirs have become, and is then read
again: if it would say something else, characters that Markdown knows are escaped, then emphasis is
written as HTML, and if even that does not help it stays as it was.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import partial
from typing import Any

from translator.documents.html import escaped
from translator.documents.html_reader import read_texts
from translator.documents.html_runs import Region
from translator.documents.html_verify import verify
from translator.documents.markdown_check import EMPHASIS, Reading, expected, outline, signature
from translator.documents.markdown_reader import Reference, read_block, untouched_parts
from translator.documents.markdown_tokens import (
    Block,
    BlockKind,
    Inline,
    Line,
    inlines,
    outer_blocks,
    read_blocks,
    used_references,
)
from translator.documents.marks import MarkedText, Translated
from translator.documents.page_writer import PageWriter
from translator.documents.template import find_directives, mask

__all__ = ["MarkdownPage", "parse", "sections"]

_FRONT_MATTER = re.compile(
    r"\ufeff?(?:(---)[ \t]*(?:\r\n?|\n)(?:(?!---|\.\.\.)[^\r\n]*(?:\r\n?|\n))*?(?:---|\.\.\.)"
    r"|(\+\+\+)[ \t]*(?:\r\n?|\n)(?:(?!\+\+\+)[^\r\n]*(?:\r\n?|\n))*?\+\+\+)[ \t]*(?:\r\n?|\n|\Z)"
)
# What makes something else of a line that begins with it.
_LINE_START = re.compile(r"[-+>=#|]|(?<=\d)[.)](?=[ \t]|\Z)")
_NUMBER = re.compile(r"\d{1,9}")
_BACKSLASH = re.compile(r"\\(?=[!-/:-@\[-`{-~]|\n|\Z)")
_SPECIAL = re.compile(
    r"[\\`\[\]]|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_|_(?![^\W_])|~(?=~)|(?<=~)~|<(?=[A-Za-z/!?])"
    r"|&(?=#?\w+;)|!(?=\[)"
)
_TITLE_SPECIAL = re.compile(r"[\\\"'()<>&\[\]`*_]")
_CLOSING_HASHES = re.compile(r"(?<=[ \t])#+\Z|\A#+\Z")
# No line of a wrapped paragraph begins with it.
_NO_START = re.compile(r"[-+*>#=~`|<:\[]|\d+[.)]")
_NARROWEST = 40
_GAP = re.compile(r"(?<! ) (?! )")
_HEADING = [("heading_open", "h1", False), ("inline", "", True), ("heading_close", "h1", False)]


class _Level(IntEnum):
    """What is done so that a block says what it should."""

    PLAIN = 0
    ESCAPED = 1
    HTML_EMPHASIS = 2


@dataclass(frozen=True, slots=True)
class _Found:
    """A block of which texts are known.

    Attributes:
        block: Where it is.
        content: Its content, in which the regions are.
        texts: What is to be translated.
        regions: Where each is.
        references: Links that are found by their texts.
        untouched: What no parser of Markdown is to see.
    """

    block: Block
    content: str
    texts: Sequence[MarkedText]
    regions: Sequence[Region]
    references: Sequence[Reference]
    untouched: Sequence[str] = ()


def parse(markdown: str, *, templates: Collection[str] = ()) -> "MarkdownPage":
    """Find the texts of a Markdown document.

    Args:
        markdown: Any text.
        templates: Template syntaxes in it, see ``template.find_directives``.

    Raises:
        InvalidRequestError: There is no such template syntax.
    """
    directives = find_directives(markdown, templates) if templates else []
    masked = mask(markdown, directives)
    start = _start(masked)
    blocks, env = read_blocks(masked[start:])
    blocks = [_moved(block, start) for block in blocks]
    found = [_read(markdown, each, env, templates) for each in blocks]
    return MarkdownPage(markdown, found, env, templates)


def sections(markdown: str, *, templates: Collection[str] = ()) -> Iterator[tuple[int, int, str]]:
    """Cut a document into blocks that can be translated one by one.

    Yields:
        Where a block begins, where it ends, and what has to stand behind it so that its links are
        found: definitions, which no translation changes.
    """
    masked = mask(markdown, find_directives(markdown, templates)) if templates else markdown
    start = _start(masked)
    _, env = read_blocks(masked[start:])
    for first, last in outer_blocks(masked[start:]):
        block = markdown[start + first : start + last]
        labels = used_references(block, env)
        definitions = "".join(f"\n[{label}]: /" for label in labels)
        yield start + first, start + last, "\n" + definitions if definitions else ""


def _start(markdown: str) -> int:
    """Where a document begins, behind its front matter."""
    front = _FRONT_MATTER.match(markdown)
    return front.end() if front else len(markdown) - len(markdown.lstrip("\ufeff"))


def _moved(block: Block, by: int) -> Block:
    if not by:
        return block
    pieces = [Line(each.start, each.source + by) for each in block.pieces]
    return replace(block, pieces=pieces, start=block.start + by, end=block.end + by)


def _read(
    markdown: str, block: Block, env: Mapping[str, Any], templates: Collection[str]
) -> _Found:
    if block.kind is BlockKind.HTML:
        content = markdown[block.start : block.end]
        found = read_texts(content, templates)
        return _Found(block, content, [t for t, _ in found], [r for _, r in found], ())
    content = _unmasked(markdown, block) if templates else block.content
    untouched = untouched_parts(content, templates)
    if untouched:
        block = replace(block, content=mask(content, untouched))
    read = read_block(block, content, env, untouched)
    texts, regions = [t for t, _ in read.found], [r for _, r in read.found]
    parts = [content[each.start : each.end] for each in untouched]
    return _Found(block, content, texts, regions, read.references, parts)


def _unmasked(markdown: str, block: Block) -> str:
    """A block's content as it is in the document."""
    parts: list[str] = []
    starts = [piece.start for piece in block.pieces]
    for piece, end in zip(block.pieces, [*starts[1:], len(block.content)], strict=True):
        own = block.content[piece.start : end]
        # A line break and what begins the next line, or an escaped bar, are no directive.
        line, newline, rest = own.partition("\n")
        length = len(line)
        own_line = markdown[piece.source : piece.source + length]
        parts += [line if line in ("|",) else own_line, newline, rest]
    return block.content[: starts[0]] + "".join(parts) if starts else block.content


class MarkdownPage:
    """A document whose texts are known.

    Attributes:
        texts: What is to be translated, in the order of the document.
    """

    def __init__(
        self,
        source: str,
        found: Sequence[_Found],
        env: Mapping[str, Any],
        templates: Collection[str],
    ) -> None:
        self._source = source
        self._templates = templates
        self._found = tuple(found)
        self._env = env
        self.texts = tuple(text for each in found for text in each.texts)

    def render(self, translations: Sequence[Translated | None]) -> str:
        """The document with these translations of ``texts``; None leaves a text as it is.

        A text that is its own translation is left as it is too.

        Raises:
            ValueError: There are not as many translations as texts.
        """
        return self.render_kept(translations)[0]

    def render_kept(
        self, translations: Sequence[Translated | None]
    ) -> tuple[str, list[tuple[int, int]]]:
        """As ``render``, and where in the source the blocks are that stay, as no way is right.

        Raises:
            ValueError: There are not as many translations as texts.
        """
        if len(translations) != len(self.texts):
            raise ValueError(f"{len(translations)} translations of {len(self.texts)} texts")
        left: list[tuple[int, int]] = []
        return "".join(self._pieces(translations, left)), left

    def _pieces(
        self, translations: Sequence[Translated | None], left: list[tuple[int, int]]
    ) -> Iterator[str]:
        at = number = 0
        for each in self._found:
            given = translations[number : number + len(each.texts)]
            number += len(each.texts)
            wanted = [
                None if target is None or target.text == text.text else target
                for text, target in zip(each.texts, given, strict=True)
            ]
            if any(target is not None for target in wanted):
                written = self._written(each, wanted)
                if written is None:
                    left.append((each.block.start, each.block.end))
                    continue
                yield self._source[at : each.block.start]
                yield written
                at = each.block.end
        yield self._source[at:]

    def _inlines(self, found: _Found, content: str) -> list[Inline]:
        """The tokens of what a block has become, in which what is untouched is masked."""
        if not found.untouched:
            return inlines(content, self._env)
        longest = sorted(set(found.untouched), key=len, reverse=True)
        parts = re.compile("|".join(map(re.escape, longest)))
        return inlines(parts.sub(lambda match: "z" * len(match[0]), content), self._env)

    def _directives(self, content: str) -> Counter[str]:
        found = find_directives(content, self._templates) if self._templates else ()
        return Counter(content[each.start : each.end] for each in found)

    # One block

    def _written(self, found: _Found, wanted: Sequence[Translated | None]) -> str | None:
        """A block with its translations; None if it would not say what it should."""
        own = self._source[found.block.start : found.block.end]
        if found.block.kind is BlockKind.HTML:
            escape = partial(escaped, everything=False)
            html = PageWriter(found.content, found.texts, found.regions, wanted, escape).page()
            return None if verify(own, html, templates=self._templates) else html
        for level in _Level:
            content = self._content(found, wanted, level)
            if self._is_right(found, wanted, content, level):
                return self._in_place(found, content, own)
        return None

    def _content(self, found: _Found, wanted: Sequence[Translated | None], level: _Level) -> str:
        retold = {each.start: each for each in _retold(found, wanted)}
        replaced = [(each.start, each.end, each.closing) for each in retold.values()]
        if level is _Level.HTML_EMPHASIS:
            replaced += [
                (token.start, token.end, EMPHASIS[token.type])
                for token in self._inlines(found, found.content)
                if token.type in EMPHASIS
            ]
        escape = partial(_escaped, kind=found.block.kind, level=level)
        writer = PageWriter(found.content, found.texts, found.regions, wanted, escape, replaced)
        return writer.page()

    def _is_right(
        self, found: _Found, wanted: Sequence[Translated | None], content: str, level: _Level
    ) -> bool:
        """Whether a block that is written so says what it should, and nothing else."""
        kind = found.block.kind
        if kind is BlockKind.PARAGRAPH and outline(content) != outline(found.content):
            return False
        if kind is BlockKind.HEADING and outline(f"# {content}", content) != _HEADING:
            return False
        before, after = self._inlines(found, found.content), self._inlines(found, content)
        if self._directives(content) != self._directives(found.content):
            return False
        with_emphasis = level is not _Level.HTML_EMPHASIS
        if signature(before, with_emphasis=with_emphasis) != signature(
            after, with_emphasis=with_emphasis
        ):
            return False
        return Reading(after).all() == expected(found.texts, found.regions, wanted, Reading(before))

    def _in_place(self, found: _Found, content: str, own: str) -> str:
        """A block's content as it stands in the document."""
        block = found.block
        if block.kind is BlockKind.CELL:
            return content.replace("|", "\\|").replace("\n", " ")
        if "\n" in found.content:
            content = self._wrapped(found, content)
        if "\n" not in content:
            return content
        first = found.content.index("\n") if "\n" in found.content else -1
        joint = self._joint(block, first)
        return re.sub(r"\n[ \t]*", lambda _: joint, content)

    def _joint(self, block: Block, first: int) -> str:
        """What stands in the document between the first two lines of a block."""
        if first < 0 or len(block.pieces) < 2:
            return "\n"
        start = block.pieces[0].source + first - block.pieces[0].start
        between = self._source[start : block.pieces[1].source]
        return between if between.strip(" \t>\r\n") == "" else "\n"

    def _wrapped(self, found: _Found, content: str) -> str:
        """A paragraph in lines about as long as they were, if it still says the same then."""
        tokens = self._inlines(found, found.content)
        if not any(token.type == "softbreak" for token in tokens):
            return content
        width = max(_NARROWEST, *map(len, found.content.split("\n")))
        wrapped = _filled(content, self._inlines(found, content), width)
        if outline(wrapped) != outline(content):
            return content
        after, before = self._inlines(found, wrapped), self._inlines(found, content)
        is_same = signature(after, with_emphasis=True) == signature(before, with_emphasis=True)
        return wrapped if is_same and Reading(after).all() == Reading(before).all() else content


def _filled(content: str, tokens: Sequence[Inline], width: int) -> str:
    """A paragraph in lines of at most ``width`` where spaces in its text allow it."""
    parts: list[str] = []
    line = at = 0
    # Where the present line begins, and the last space in it that may become a line break.
    space = -1
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            line, space = token.end, -1
            continue
        if token.type != "text":
            continue
        for match in _GAP.finditer(content, token.start, token.end):
            if match.start() - line > width and space >= 0:
                parts.append(content[at:space])
                at = line = space + 1
            if match.start() > line and not _NO_START.match(content, match.end()):
                space = match.start()
    if len(content) - line > width and space > at:
        parts.append(content[at:space])
        at = space + 1
    return "\n".join([*parts, content[at:]])


def _retold(found: _Found, wanted: Sequence[Translated | None]) -> Iterator[Reference]:
    """The links that are found by a text of theirs that is translated."""
    for is_attribute in (False, True):
        changed = [
            (region.start, region.end)
            for region, text, target in zip(found.regions, found.texts, wanted, strict=True)
            if target is not None and text.is_attribute is is_attribute
        ]
        for each in found.references:
            k = bisect_left(changed, (each.text[1],)) - 1
            if k >= 0 and changed[k][1] > each.text[0]:
                yield each


def _escaped(text: str, region: Region, *, kind: BlockKind, level: _Level) -> str:
    """Characters of a translation as they are written in Markdown."""
    text = text.replace("\n", " ")
    if region.quote:
        # An image's text, or a title.
        return (
            _TITLE_SPECIAL.sub(r"\\\g<0>", text)
            if level
            else text.replace(region.quote, "\\" + region.quote)
        )
    text = (_SPECIAL if level else _BACKSLASH).sub(r"\\\g<0>", text)
    if level:
        number = _NUMBER.match(text)
        mark = _LINE_START.match(text, number.end() if number else 0)
        if mark:
            text = f"{text[: mark.start()]}\\{text[mark.start() :]}"
    if kind is BlockKind.HEADING:
        return _CLOSING_HASHES.sub(lambda match: "\\" + match[0], text)
    return text
