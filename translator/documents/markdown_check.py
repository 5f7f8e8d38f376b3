"""Says what a block of Markdown says: its blocks, its marks, and what people read."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from translator.documents.html_runs import Region
from translator.documents.markdown_tokens import Inline, block_types
from translator.documents.marks import MarkedText, Translated
from translator.documents.placement import PieceKind, place

__all__ = ["EMPHASIS", "Reading", "expected", "outline", "signature"]

_SPACE = re.compile(r"\s+")
# Emphasis as HTML.
EMPHASIS = {
    "em_open": "<em>", "em_close": "</em>", "strong_open": "<strong>",
    "strong_close": "</strong>", "s_open": "<del>", "s_close": "</del>",
}  # fmt: skip


def outline(markdown: str, content: str | None = None) -> list[tuple[str, str, bool]]:
    """What blocks there are in a piece of Markdown, and whether all of it is text of one."""
    content = markdown if content is None else content
    return [(kind, tag, text == content) for kind, tag, text in block_types(markdown)]


def signature(tokens: Sequence[Inline], *, with_emphasis: bool) -> Counter[tuple[str, str]]:
    """Which marks, links, images and code there are."""
    found: Counter[tuple[str, str]] = Counter()
    for token in tokens:
        kind = token.type
        if kind in ("text", "text_special", "softbreak"):
            continue
        if kind in EMPHASIS:
            if with_emphasis:
                found[kind, ""] += 1
        elif kind == "html_inline":
            if with_emphasis or token.content not in EMPHASIS.values():
                found[kind, token.content] += 1
        elif kind in ("code_inline", "autolink"):
            found[kind, token.content] += 1
        else:
            found[kind, str(token.attrs.get("href", token.attrs.get("src", "")))] += 1
    return found


class Reading:
    """What people read of the inline tokens of a content."""

    def __init__(self, tokens: Sequence[Inline]) -> None:
        self._tokens = tokens
        self._ends = [token.end for token in tokens]
        self._end = self._ends[-1] if tokens else 0

    def all(self) -> str:
        """All of it, without white space."""
        return _SPACE.sub("", self.part(0))

    def part(self, start: int, end: int | None = None) -> str:
        """What they read of a range, which cuts no token but text; by default to the end."""
        end = self._end if end is None else end
        parts: list[str] = []
        for k in range(bisect_right(self._ends, start), len(self._tokens)):
            token = self._tokens[k]
            if token.start >= end:
                break
            if token.type == "text":
                parts.append(token.content[max(0, start - token.start) : end - token.start])
            elif token.type in ("text_special", "code_inline", "autolink"):
                parts.append(token.content)
        return "".join(parts)


def expected(
    texts: Sequence[MarkedText],
    regions: Sequence[Region],
    wanted: Sequence[Translated | None],
    reading: Reading,
) -> str:
    """What people should read of a block, without white space."""
    parts: list[str] = []
    at = 0
    for region, text, target in zip(regions, texts, wanted, strict=True):
        if target is None or text.is_attribute:
            continue
        parts.append(reading.part(at, region.start))
        for piece in place(text, target):
            if piece.kind is PieceKind.TEXT:
                parts.append(piece.text)
            elif piece.kind is PieceKind.OPAQUE:
                parts.append(reading.part(*region.opaque[piece.number]))
            else:
                parts.append(reading.part(*region.marks[piece.number]))
        at = region.end
    parts.append(reading.part(at))
    return _SPACE.sub("", "".join(parts))
