"""Cuts HTML into tokens with their places: the only module that uses turbohtml.

turbohtml follows the WHATWG tokenizer: it counts lines and columns in code points after normalising
newlines, drops ``</>`` and anything cut off at the end, and resolves references. Here each
character of the source is in exactly one token, so nothing can get lost.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

import turbohtml

__all__ = ["Attribute", "Token", "TokenKind", "attributes", "tokenize"]

_NEWLINE = re.compile(r"\r\n?|\n")
_DROPPED = "</>"
_SPACE = "\t\n\f\r "
_NAME = re.compile(rf"[^{_SPACE}/>]*")
_ATTRIBUTE = re.compile(
    rf"[{_SPACE}/]*([^{_SPACE}/>][^{_SPACE}/>=]*)"
    rf"(?:[{_SPACE}]*=[{_SPACE}]*(?:\"([^\"]*)\"|'([^']*)'|([^{_SPACE}>]+))?)?"
)


class TokenKind(Enum):
    """What a token is."""

    TEXT = "text"
    REFERENCE = "reference"
    OPEN = "open"
    CLOSE = "close"
    COMMENT = "comment"
    # A doctype, or something that a browser drops.
    OTHER = "other"


class Token(NamedTuple):
    """A piece of HTML.

    Attributes:
        kind: What it is.
        start: Where it begins in the source, in code points.
        end: Where it ends.
        name: For a tag, its name in lower case, else empty.
        data: For a reference, the characters that it stands for.
        attrs: For an opening tag, its attributes: names in lower case, values resolved.
        self_closing: Whether the tag ends with "/>", which has a meaning in SVG and MathML only.
    """

    kind: TokenKind
    start: int
    end: int
    name: str = ""
    data: str = ""
    attrs: tuple[tuple[str, str], ...] = ()
    self_closing: bool = False


class Attribute(NamedTuple):
    """An attribute of a tag.

    Attributes:
        name: In lower case.
        start: Where the value begins in the tag, without quotes; -1 if it has none.
        end: Where it ends.
        quote: The quote around it, or empty.
    """

    name: str
    start: int
    end: int
    quote: str


def attributes(tag: str) -> list[Attribute]:
    """The attributes in the source of a tag, in order; a name may come several times."""
    found: list[Attribute] = []
    at = _NAME.search(tag, 1)
    place = at.end() if at else len(tag)
    while match := _ATTRIBUTE.match(tag, place):
        place = match.end()
        group = match.lastindex or 1
        start, end = match.span(group) if group > 1 else (-1, -1)
        quote = {2: '"', 3: "'"}.get(group, "")
        found.append(Attribute(match[1].lower(), start, end, quote))
    return found


def tokenize(html: str) -> Iterator[Token]:
    """Cut ``html`` into tokens, in order; together they are all of it.

    The content of ``<noscript>`` becomes tokens too, as for a reader without scripts.
    """
    return _tokens(html, 0, len(html), inside_noscript=False)


def _tokens(html: str, first: int, last: int, *, inside_noscript: bool) -> Iterator[Token]:
    source = html[first:last]
    lines = [0, *(match.end() for match in _NEWLINE.finditer(source))]
    has_returns = "\r" in source
    at, noscript = 0, False
    # Text whose end is where the next token begins.
    text: str | None = None
    for raw in turbohtml.tokenize(source, resolve_references=False, capture_source=True):
        start = lines[raw.line - 1] + raw.col
        yield from _gap(source, first, at, start, text, noscript)
        at, text, noscript = start, None, noscript and raw.type == turbohtml.TokenType.TEXT
        if raw.type == turbohtml.TokenType.TEXT:
            text = raw.data or ""
            continue
        own = raw.source or ""
        at = start + len(own)
        if has_returns and "\n" in own:
            line = bisect_right(lines, start) - 1 + own.count("\n")
            at = lines[line] + len(own) - own.rfind("\n") - 1
        token = _markup(raw, first + start, first + at)
        noscript = token.name == "noscript" and token.kind is TokenKind.OPEN and not inside_noscript
        yield token
    yield from _gap(source, first, at, len(source), text, noscript)


def _markup(raw: turbohtml.Token, start: int, end: int) -> Token:
    types = turbohtml.TokenType
    if raw.type == types.CHARACTER_REFERENCE:
        return Token(TokenKind.REFERENCE, start, end, data=raw.data or "")
    if raw.type == types.START_TAG:
        attrs = tuple(raw.attrs or ())
        return Token(TokenKind.OPEN, start, end, raw.tag or "", "", attrs, raw.self_closing)
    if raw.type == types.END_TAG:
        return Token(TokenKind.CLOSE, start, end, raw.tag or "")
    kind = TokenKind.OTHER if raw.type == types.DOCTYPE else TokenKind.COMMENT
    return Token(kind, start, end)


def _gap(
    source: str, first: int, start: int, end: int, text: str | None, noscript: bool
) -> Iterator[Token]:
    """The tokens for a gap between two tokens: text, and anything that a browser drops."""
    if start == end:
        return
    if text is None:
        for part in _parts(source[start:end]):
            yield Token(TokenKind.OTHER, first + start, first + start + len(part))
            start += len(part)
        return
    if noscript:
        for token in _tokens(source, start, end, inside_noscript=True):
            yield token._replace(start=first + token.start, end=first + token.end)
        return
    if _plain(source[start:end]) == _plain(text):
        yield Token(TokenKind.TEXT, first + start, first + end)
        return
    left = _plain(text)
    for part in _parts(source[start:end]):
        plain = _plain(part)
        kept = len(part) if part != _DROPPED and left.startswith(plain) else 0
        if part != _DROPPED and not kept and plain.startswith(left):
            # The end is cut off in the middle of a tag. Newlines are counted as they are.
            kept = _length(part, len(left))
        if kept:
            yield Token(TokenKind.TEXT, first + start, first + start + kept)
            left = left[len(_plain(part[:kept])) :]
        if kept < len(part):
            yield Token(TokenKind.OTHER, first + start + kept, first + start + len(part))
        start += len(part)


def _parts(text: str) -> Iterator[str]:
    """Split a text into parts that a browser drops and parts that it keeps."""
    for number, part in enumerate(text.split(_DROPPED)):
        if number:
            yield _DROPPED
        if part:
            yield part


def _length(part: str, normalised: int) -> int:
    """The length of the beginning of ``part`` that has ``normalised`` characters after newlines
    are normalised.
    """
    at = 0
    for match in re.finditer(r"\r\n|.", part, re.DOTALL):
        if normalised == 0:
            break
        normalised, at = normalised - 1, match.end()
    return at


def _plain(text: str) -> str:
    return (
        _NEWLINE.sub("\n", text).replace("\0", "\ufffd") if "\r" in text or "\0" in text else text
    )
