"""Texts with inline codes, such as the tags of a subtitle, as HTML and back.

``Kind.HTML`` is what the engine knows of texts with something in the line: pairs go around the
words that theirs become, lone codes stay beside their neighbours, each comes out once. So a format
that has codes of its own writes them as HTML elements with numbers and gets them back from the
translation by their numbers.
"""

import re
from collections.abc import Iterator
from enum import Enum
from html import escape, unescape
from typing import NamedTuple

__all__ = ["CodeKind", "InlineText", "Part"]


class CodeKind(Enum):
    """What a code does in a text."""

    OPEN = "open"
    CLOSE = "close"
    # It stands beside its neighbours.
    LONE = "lone"
    # It keeps its order, and no text is moved past it.
    FIXED = "fixed"
    # It stands for a word.
    WORD = "word"
    # It ends a line: text on its two sides is never joined.
    BREAK = "break"


class Part(NamedTuple):
    """A piece of a text.

    Attributes:
        text: Characters, or what stands in the file for a code.
        kind: What the code does; None: it is text.
        code: Number of the code.
    """

    text: str
    kind: CodeKind | None = None
    code: int = -1


class _Code:
    __slots__ = ("kind", "partner", "raw", "said")

    def __init__(self, kind: CodeKind, raw: str, said: str = "") -> None:
        self.kind = kind
        self.raw = raw
        self.said = said
        self.partner = -1


_PIECE = re.compile(
    r'<span id="(?P<open>\d+)">|(?P<close></span>)|<img id="(?P<lone>\d+)">'
    r'|<!--(?P<fixed>\d+)-->|<code id="(?P<word>\d+)">[^<]*</code>|<br id="(?P<br>\d+)">'
    r"|(?P<text>[^<]+)"
)


class InlineText:
    """A text with codes, made piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[str | int] = []
        self._codes: list[_Code] = []
        self._open: list[tuple[str, int]] = []

    def add(self, text: str) -> None:
        """Add text as a reader reads it."""
        self._pieces.append(text)

    def code(self, kind: CodeKind, raw: str, said: str = "") -> int:
        """Add a code that stands alone.

        Args:
            kind: LONE, FIXED, WORD or BREAK.
            raw: What it is in the file.
            said: Of WORD: what people read there, if anything.

        Returns:
            Its number.
        """
        self._codes.append(_Code(kind, raw, said))
        self._pieces.append(len(self._codes) - 1)
        return len(self._codes) - 1

    def open(self, key: str, raw: str) -> int:
        """Add the first of a pair. Without a second it is a fixed code."""
        number = self.code(CodeKind.FIXED, raw)
        self._open.append((key, number))
        return number

    def close(self, key: str, raw: str) -> int:
        """Add the second of a pair. Pairs that are open inside of it are none."""
        number = self.code(CodeKind.FIXED, raw)
        for place in range(len(self._open) - 1, max(-1, len(self._open) - 20), -1):
            if self._open[place][0] == key:
                first = self._open[place][1]
                del self._open[place:]
                self._codes[first].kind, self._codes[number].kind = CodeKind.OPEN, CodeKind.CLOSE
                self._codes[first].partner, self._codes[number].partner = number, first
                break
        return number

    @property
    def has_codes(self) -> bool:
        return bool(self._codes)

    @property
    def plain(self) -> str:
        """What a reader reads."""
        return "".join(piece for piece in self._pieces if isinstance(piece, str))

    @property
    def html(self) -> str:
        return "".join(
            escape(piece, quote=False) if isinstance(piece, str) else self._element(piece)
            for piece in self._pieces
        )

    def _element(self, number: int) -> str:
        code = self._codes[number]
        match code.kind:
            case CodeKind.OPEN:
                return f'<span id="{number}">'
            case CodeKind.CLOSE:
                return "</span>"
            case CodeKind.LONE:
                return f'<img id="{number}">'
            case CodeKind.BREAK:
                return f'<br id="{number}">'
            case CodeKind.WORD:
                return f'<code id="{number}">{escape(code.said or "X", quote=False)}</code>'
            case _:
                return f"<!--{number}-->"

    def parts(self, html: str) -> list[Part]:
        """The pieces of a translation of ``html``.

        Raises:
            ValueError: Not every code is in it once, nested as they were.
        """
        found = list(self._parts(html))
        if sorted(part.code for part in found if part.kind) != list(range(len(self._codes))):
            raise ValueError("not all inline codes are kept")
        return found

    def _parts(self, html: str) -> Iterator[Part]:
        at = 0
        opened: list[int] = []
        while at < len(html):
            match = _PIECE.match(html, at)
            if match is None:
                raise ValueError("there is a tag that was not there")
            at = match.end()
            name, value = match.lastgroup, match[match.lastgroup or 0]
            if name == "text":
                yield Part(unescape(value))
                continue
            if name == "close":
                number = self._codes[opened.pop()].partner if opened else -1
            else:
                number = int(value)
            if not 0 <= number < len(self._codes):
                raise ValueError("there is a code that was not there")
            code = self._codes[number]
            if name == "open":
                opened.append(number)
            yield Part(code.raw, code.kind, number)
