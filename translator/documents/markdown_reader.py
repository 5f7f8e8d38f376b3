"""Finds the texts in a block of Markdown."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from translator.documents.html_rules import UNTOUCHED, VOID
from translator.documents.html_runs import Item, Region, text_of, texts_of_run
from translator.documents.markdown_tokens import Block, Inline, inlines
from translator.documents.marks import MarkedText, MarkKind
from translator.documents.template import Directive, DirectiveKind, Directives, find_directives

__all__ = ["BlockTexts", "Reference", "read_block", "untouched_parts"]

_CHECKBOX = re.compile(r"\[[ xX]\](?=\s)")
# What GitHub makes a coloured box of, on a line of its own.
_ALERT = re.compile(r"\[![A-Z]{3,12}\](?=[ \t]*(?:\n|\Z))")
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]{1,100}\]:?")
# What other flavours begin a line with: a container (":::tip"), an admonition ("!!! note") of which
# the line is no sentence, or the definition of a term.
_LINE_MARK = re.compile(
    r"(?P<line>:{3,}[ \t]*\{?[\w-]*\}?[ \t]*|(?:!!!|\?\?\?\+?)[ \t]+[\w-]+[ \t]*)|:[ \t]+"
)
_MATH = re.compile(r"\$\$[^$]{1,2000}\$\$|(?<![\\$\w])\$(?!\s)[^$`]{1,300}?(?<!\s)\$(?![\d$])")
_FORMULA = re.compile(r"[\\^_={}]")
_HTML_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)")
_TITLE = re.compile(
    r"\]\(\s*(?:<[^<>\n]*>|[^\s<]\S*)\s+(\"|'|\()(?P<title>.*)(?:\"|'|\))\s*\)\Z", re.DOTALL
)
# Where alternative text and titles are left as they are: they have markup of their own.
_MARKUP = re.compile(r"[\\`*_\[\]<>&\n|]")


@dataclass(frozen=True, slots=True)
class Reference:
    """A link that is found by its own text, ``[text]`` or ``[text][]``.

    When its text is translated it needs the label that it had: ``start`` to ``end`` then becomes
    ``closing``. ``text`` is the range of its text.
    """

    start: int
    end: int
    closing: str
    text: tuple[int, int]


@dataclass(slots=True)
class BlockTexts:
    """The texts of a block with their places in its content.

    Attributes:
        found: Texts and regions, in order.
        references: Links that are found by their texts, in order.
    """

    found: list[tuple[MarkedText, Region]] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)


def untouched_parts(content: str, templates: Collection[str]) -> list[Directive]:
    """What no parser of Markdown is to see: template directives, and formulas between dollars."""
    found = find_directives(content, templates) if templates else []
    if "$" not in content:
        return found
    found += [
        Directive(*match.span(), DirectiveKind.INLINE)
        for match in _MATH.finditer(content)
        if _FORMULA.search(match[0])
    ]
    kept: list[Directive] = []
    for each in sorted(found, key=lambda each: (each.start, -each.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


def read_block(
    block: Block, content: str, env: Mapping[str, Any], untouched: Sequence[Directive]
) -> BlockTexts:
    """The texts of a block that is no HTML.

    Args:
        block: The block; what is untouched in it is masked.
        content: Its content, with what is untouched.
        env: The document's link references.
        untouched: See ``untouched_parts``.
    """
    return _Reader(block, content, env, untouched).read()


class _Open:
    __slots__ = ("item", "name", "run", "untouched")

    def __init__(self, name: str, run: int, item: int, *, untouched: bool) -> None:
        self.name = name
        self.run = run
        self.item = item
        self.untouched = untouched


class _Reader:
    def __init__(
        self, block: Block, content: str, env: Mapping[str, Any], untouched: Sequence[Directive]
    ) -> None:
        self._block = block
        self._content = content
        self._env = env
        self._directives = Directives(untouched)
        self._cuts = [piece.start for piece in block.pieces]
        self._items: list[Item] = []
        self._run = 0
        # Whether the line is a text of its own.
        self._ends_line = False
        self._stack: list[_Open] = []
        self._result = BlockTexts()
        self._link_at: list[int] = []

    def read(self) -> BlockTexts:
        tokens = inlines(self._block.content, self._env)
        skip_to = 0
        for number, token in enumerate(tokens):
            if token.start >= skip_to:
                skip_to = self._take(tokens, number)
        self._flush()
        self._result.found.sort(key=lambda each: each[1].start)
        return self._result

    # Tokens to items

    def _take(self, tokens: Sequence[Inline], number: int) -> int:
        """Take a token, or several. Returns where the next begins."""
        token = tokens[number]
        kind = token.type
        if kind == "text":
            begins_line = number == 0 or tokens[number - 1].type in ("softbreak", "hardbreak")
            self._take_text(token, begins_line=begins_line)
        elif kind == "text_special":
            self._add(token, None, token.content)
        elif kind == "softbreak" and self._ends_line:
            self._flush()
        elif kind == "softbreak":
            self._add(token, None, "\n")
        elif kind == "hardbreak":
            self._flush()
        elif kind == "code_inline":
            self._add(token, None, token.content, is_directive=True)
        elif kind == "image":
            self._take_image(token)
        elif kind == "html_inline":
            self._take_html(token)
        elif kind == "autolink":
            self._add(token, None, token.content, is_directive=True)
        elif kind == "link_open":
            return self._take_link(tokens, number)
        elif kind == "link_close":
            self._link_end(token)
            self._close("a", token)
        elif kind.endswith("_open"):
            self._open(kind.removesuffix("_open"), token)
        elif kind.endswith("_close"):
            self._close(kind.removesuffix("_close"), token)
        return token.end

    def _add(
        self,
        token: Inline,
        kind: MarkKind | None,
        data: str = "",
        *,
        name: str = "",
        is_directive: bool = False,
    ) -> Item:
        item = Item(
            token.start, token.end, kind, data,
            name=name, is_directive=is_directive, untouched=self._untouched,
        )  # fmt: skip
        self._items.append(item)
        return item

    @property
    def _untouched(self) -> bool:
        return bool(self._stack) and self._stack[-1].untouched

    def _open(self, name: str, token: Inline, *, untouched: bool = False) -> None:
        untouched = untouched or self._untouched
        self._stack.append(_Open(name, self._run, len(self._items), untouched=untouched))
        self._add(token, MarkKind.OPEN, name=name.strip("<>"))

    def _close(self, name: str, token: Inline) -> None:
        for place in range(len(self._stack) - 1, -1, -1):
            if self._stack[place].name == name:
                break
        else:
            self._add(token, MarkKind.FIXED)
            return
        opened = self._stack[place]
        item = self._add(token, MarkKind.CLOSE, name=name.strip("<>"))
        item.untouched = opened.untouched
        del self._stack[place:]
        if opened.run == self._run:
            item.partner = opened.item
            self._items[opened.item].partner = len(self._items) - 1

    def _take_text(self, token: Inline, *, begins_line: bool) -> None:
        at = token.start
        mark = _LINE_MARK.match(self._content, at, token.end) if begins_line else None
        if mark:
            self._flush()
            self._add(Inline("text", *mark.span()), MarkKind.FIXED)
            at = mark.end()
            self._ends_line = mark["line"] is not None
        elif at == 0:
            special = _CHECKBOX if self._block.in_list else _ALERT
            match = special.match(self._content)
            if match and match.end() <= token.end:
                self._add(Inline("text", 0, match.end()), MarkKind.FIXED)
                at = match.end()
                if special is _ALERT:
                    self._flush()
        for note in _FOOTNOTE.finditer(self._content, at, token.end):
            self._take_plain(at, note.start())
            self._add(Inline("text", *note.span()), MarkKind.VOID)
            at = note.end()
        self._take_plain(at, token.end)

    def _take_plain(self, start: int, end: int) -> None:
        for low, high, directive in self._directives.split(start, end):
            if directive is DirectiveKind.BLOCK and not self._untouched:
                self._flush()
            elif directive is not None:
                whole = Inline("text", low, high)
                self._add(whole, None, self._content[low:high], is_directive=True)
            else:
                # Parts that are written differently in the document.
                cuts = self._cuts[bisect_right(self._cuts, low) : bisect_left(self._cuts, high)]
                for first, last in zip([low, *cuts], [*cuts, high], strict=True):
                    self._add(Inline("text", first, last), None, self._content[first:last])

    def _take_link(self, tokens: Sequence[Inline], number: int) -> int:
        token = tokens[number]
        depth = 0
        for close in range(number, len(tokens)):
            depth += (tokens[close].type == "link_open") - (tokens[close].type == "link_close")
            if depth == 0:
                break
        closing = tokens[close]
        if self._content.startswith("[^", token.start) and self._own_label(closing):
            self._add(Inline("note", token.start, closing.end), MarkKind.VOID)
            return closing.end
        self._link_at.append(token.end)
        self._open("a", token)
        return token.end

    def _own_label(self, closing: Inline) -> bool:
        """Whether a link is found by its own text."""
        return self._content[closing.start : closing.end] in ("]", "][]")

    def _link_end(self, token: Inline) -> None:
        start = self._link_at.pop() if self._link_at else token.start
        if self._own_label(token):
            label = " ".join(self._content[start : token.start].split())
            self._result.references.append(
                Reference(token.start, token.end, f"][{label}]", (start, token.start))
            )
        else:
            self._take_title(token)

    def _take_title(self, token: Inline) -> None:
        match = _TITLE.search(self._content[token.start : token.end])
        if match and not _MARKUP.search(match["title"]):
            start, end = (token.start + at for at in match.span("title"))
            item = Item(start, end, None, match["title"])
            self._result.found.extend(text_of([item], self._content, match[1]))

    def _take_image(self, token: Inline) -> None:
        self._add(token, MarkKind.VOID)
        if self._untouched:
            return
        start, end = token.start + 2, token.start + 2 + len(token.content)
        rest = Inline("image", end, token.end)
        if self._content[end : end + 1] != "]" or _MARKUP.search(token.content):
            return
        item = Item(start, end, None, token.content)
        self._result.found.extend(text_of([item], self._content, "]"))
        if self._own_label(rest):
            self._result.references.append(
                Reference(end, token.end, f"][{token.content}]", (start, end))
            )
        else:
            self._take_title(rest)

    def _take_html(self, token: Inline) -> None:
        match = _HTML_TAG.match(token.content)
        name = match[2].lower() if match else ""
        if match is None:
            self._add(token, MarkKind.FIXED)
        elif name == "br":
            self._flush()
        elif name in VOID or token.content.endswith("/>"):
            self._add(token, MarkKind.VOID)
        elif match[1]:
            self._close(f"<{name}>", token)
        else:
            says_no = 'translate="no"' in token.content or "notranslate" in token.content
            self._open(f"<{name}>", token, untouched=name in UNTOUCHED or says_no)

    def _flush(self) -> None:
        """End a run, and make texts of it."""
        items, self._items = self._items, []
        self._run += 1
        self._ends_line = False
        self._result.found.extend(texts_of_run(items, self._content))
