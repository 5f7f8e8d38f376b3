"""Finds template syntax in a text, which a program fills in or runs and nobody translates.

A directive is *inline* if it stands for words (``{{ name }}``, ``%s``), and a *block* if it steers
what comes (``{% if … %}``). Text on the two sides of a block is never joined, so its order is kept.

Everything here takes time linear in the text. A directive that is never closed is plain text.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from translator.errors import InvalidRequestError

__all__ = [
    "OWN_PATTERN",
    "SYNTAXES",
    "Directive",
    "DirectiveKind",
    "Directives",
    "evident_syntaxes",
    "find_directives",
    "mask",
]

# The prefix of a caller's regular expression.
OWN_PATTERN = "regex:"

_MAX_DIRECTIVE = 10_000
# A caller's pattern is searched in windows of twice this many characters, so that its cost is
# linear in the text.
_OWN_REACH = 256
_MAX_OWN_LENGTH = 200
_MAX_OWN_REPEATS = 2

# A letter that turns no HTML element or reference name into another one.
_FILLER = "z"


class DirectiveKind(Enum):
    """Whether a directive stands for words or controls what comes."""

    INLINE = "inline"
    BLOCK = "block"


class Directive(NamedTuple):
    """A range of a text that is template syntax, in code points."""

    start: int
    end: int
    kind: DirectiveKind


class Directives:
    """The directives of a text, to cut parts of it by.

    Args:
        found: As of ``find_directives``.
    """

    def __init__(self, found: Sequence[Directive]) -> None:
        self._found = found
        self._starts = [each.start for each in found]

    def split(self, start: int, end: int) -> Iterator[tuple[int, int, DirectiveKind | None]]:
        """Split a range into directives and what is between them."""
        k = max(0, bisect_right(self._starts, start) - 1)
        while k < len(self._found) and self._found[k].start < end:
            directive = self._found[k]
            low, high = max(start, directive.start), min(end, directive.end)
            if low < high:
                if start < low:
                    yield start, low, None
                yield low, high, directive.kind
                start = high
            k += 1
        if start < end:
            yield start, end, None


_INLINE, _BLOCK = DirectiveKind.INLINE, DirectiveKind.BLOCK
_Finder = Callable[[str], Iterator[Directive]]


def find_directives(text: str, syntaxes: Collection[str]) -> list[Directive]:
    """Find the directives of ``text`` in order, without overlaps.

    If two syntaxes find directives that overlap, the one that begins first counts; if both begin at
    the same place, the longer one.

    Args:
        text: Any text.
        syntaxes: Names of ``SYNTAXES``, or ``regex:`` and a pattern.

    Raises:
        InvalidRequestError: There is no such syntax, or a pattern is not allowed. A pattern has to
            be valid, at most 200 characters long, with at most two repeats, none of a group, and
            without references to groups. A match has at most 256 characters.
    """
    found: list[Directive] = []
    for syntax in syntaxes:
        found.extend(_finder(syntax)(text))
    found.sort(key=lambda each: (each.start, -each.end))
    kept: list[Directive] = []
    for each in found:
        if each.start < each.end and (not kept or each.start >= kept[-1].end):
            kept.append(each)
    return kept


def _finder(syntax: str) -> _Finder:
    if syntax.startswith(OWN_PATTERN):
        pattern = _own(syntax.removeprefix(OWN_PATTERN))
        return lambda text: _windows(pattern, text)
    if syntax not in SYNTAXES:
        known = ", ".join(sorted(SYNTAXES))
        raise InvalidRequestError(
            "markup", f"{syntax!r} is none of {known} or {OWN_PATTERN}PATTERN"
        )
    return SYNTAXES[syntax]


def mask(text: str, directives: Sequence[Directive]) -> str:
    """Replace the directives in ``text`` by letters, so that they are no HTML."""
    parts: list[str] = []
    at = 0
    for start, end, _ in directives:
        parts += [text[at:start], _FILLER * (end - start)]
        at = end
    return "".join([*parts, text[at:]])


# Directives between fixed delimiters

_HANDLEBARS_BLOCK = re.compile(r"\{\{~?\s*(?:[#/^!>]|else\b)")
_MAGENTO_BLOCK = re.compile(r"\{\{\s*(?:/|(?:if|else|elseif|depend|for|layout|inlinecss)\b)")
_PERCENT_TAG = re.compile(r"\{%[-+~]?\s*(\w*)")
_RAW_END = re.compile(r"\{%[-+~]?\s*(end\w+)\s*[-+~]?%\}")
# The content of these is no text, so everything up to the end is one directive.
_RAW = {"raw", "verbatim", "comment", "schema", "javascript", "stylesheet", "style"}


def _between(
    text: str, opening: str, closing: str, kind: Callable[[int], DirectiveKind]
) -> Iterator[Directive]:
    """Directives from ``opening`` to ``closing``; another opening in between starts over."""
    at = text.find(opening)
    while at >= 0:
        end = text.find(closing, at + len(opening))
        if end < 0:
            return
        # The last opening before the closing: what stands before it was never closed.
        at = text.rfind(opening, at, end)
        while at and text[at - 1] == "{" and opening == "{{" and text.startswith("}}}", end):
            at, end = at - 1, end + 1
        end += len(closing)
        if end - at <= _MAX_DIRECTIVE:
            yield Directive(at, end, kind(at))
        at = text.find(opening, end)


def _inline(_at: int) -> DirectiveKind:
    return _INLINE


def _block(_at: int) -> DirectiveKind:
    return _BLOCK


def _mustache(text: str) -> Iterator[Directive]:
    return _between(
        text, "{{", "}}", lambda at: _BLOCK if _HANDLEBARS_BLOCK.match(text, at) else _INLINE
    )


def _magento(text: str) -> Iterator[Directive]:
    return _between(
        text, "{{", "}}", lambda at: _BLOCK if _MAGENTO_BLOCK.match(text, at) else _INLINE
    )


def _i18next(text: str) -> Iterator[Directive]:
    yield from _between(text, "{{", "}}", _inline)
    yield from _between(text, "$t(", ")", _inline)


def _percent_tags(text: str) -> Iterator[Directive]:
    """``{% … %}``; everything from the beginning of raw text to its end is one directive."""
    ends: dict[str, list[int]] = {}
    for match in _RAW_END.finditer(text):
        ends.setdefault(match[1], []).append(match.end())
    for name in ends:
        ends[name].reverse()
    done = 0
    for each in _between(text, "{%", "%}", _block):
        if each.start < done:
            continue
        done = each.end
        opened = _PERCENT_TAG.match(text, each.start)
        name = opened[1] if opened else ""
        if name in _RAW:
            places = ends.get(f"end{name}", [])
            while places and places[-1] <= each.end:
                places.pop()
            if places:
                done = places.pop()
        yield Directive(each.start, done, _BLOCK)


def _liquid(text: str) -> Iterator[Directive]:
    yield from _between(text, "{{", "}}", _inline)
    yield from _percent_tags(text)


def _jinja(text: str) -> Iterator[Directive]:
    yield from _liquid(text)
    yield from _between(text, "{#", "#}", _block)


# Braces

_BRACE = re.compile(r"\{[^\s{}]{0,100}\}")
_BRACE_NAME = re.compile(r"(?:[A-Za-z_]\w*|\d*)(?:\.\w+|\[\w+\])*(?:![rsa])?(?::[^\s{}]*)?")


def _brace(text: str) -> Iterator[Directive]:
    """``{}``, ``{0}``, ``{name}``, ``{user.name!r:>10}``, and these in doubled braces."""
    for match in _BRACE.finditer(text):
        if _BRACE_NAME.fullmatch(match[0][1:-1]):
            start, end = match.span()
            if start and text[start - 1] == "{" and text.startswith("}", end):
                start, end = start - 1, end + 1
            yield Directive(start, end, _INLINE)


_ICU_BRACES = re.compile(r"[{}]")
_ICU_ARGUMENT = re.compile(r"\s{0,20}([\w.\-]{1,100})\s{0,20}(?:,\s{0,20}(\w{0,20})|\Z)")
_ICU_CHOICES = {"plural", "select", "selectordinal"}


# What says that there are choices, which no other text has.
_ICU_MESSAGE = re.compile(
    r"\{\s{0,20}[\w.\-]{1,100}\s{0,20},\s{0,20}(?:plural|select|selectordinal)\s{0,20},"
)


def evident_syntaxes(text: str) -> tuple[str, ...]:
    """The syntaxes that a text is in without doubt, if nobody has named any.

    Only ``icu`` is ever that: in ``{n, plural, one {# item} other {# items}}`` a translation of the
    keywords would break the program.
    """
    return ("icu",) if "{" in text and _ICU_MESSAGE.search(text) else ()


class _Braces:
    """An open pair of braces, and the pairs inside it."""

    __slots__ = ("end", "inside", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.end = start
        self.inside: list[_Braces] = []


def _icu(text: str) -> Iterator[Directive]:
    """``{name}``, ``{n, number}``, and ``{n, plural, one {# item} …}`` without its choices."""
    opened: list[_Braces] = []
    outer: list[_Braces] = []
    for match in _ICU_BRACES.finditer(text):
        if match[0] == "{":
            opened.append(_Braces(match.start()))
        elif opened:
            braces = opened.pop()
            braces.end = match.end()
            (opened[-1].inside if opened else outer).append(braces)
    # Pairs that are never closed are plain text, but their content is not.
    outer.extend(inner for braces in opened for inner in braces.inside)
    todo = [(braces, False) for braces in reversed(outer)]
    while todo:
        braces, plural = todo.pop()
        found = _ICU_ARGUMENT.match(text, braces.start + 1, braces.end - 1)
        if found is None:
            todo.extend((inner, plural) for inner in reversed(braces.inside))
        elif found[2] not in _ICU_CHOICES or not braces.inside:
            yield Directive(braces.start, braces.end, _INLINE)
        else:
            at = braces.start
            for choice in braces.inside:
                yield Directive(at, choice.start + 1, _BLOCK)
                at = choice.end - 1
                if found[2] != "select":
                    yield from _hashes(text, choice)
                todo.extend((inner, plural) for inner in reversed(choice.inside))
            yield Directive(at, braces.end, _BLOCK)


def _hashes(text: str, choice: _Braces) -> Iterator[Directive]:
    """The ``#`` of a choice, which stands for the number. Inner braces belong to other choices."""
    at = choice.start + 1
    for stop, after in [*((b.start, b.end) for b in choice.inside), (choice.end - 1, choice.end)]:
        while (at := text.find("#", at, stop)) >= 0:
            yield Directive(at, at + 1, _INLINE)
            at += 1
        at = after


# printf

_PRINTF = re.compile(
    r"%(?:%|(?:\d{1,3}\$)?(?:\(\w{1,100}\))?[-+0#]{0,4}\d{0,4}(?:\.\d{1,4})?"
    r"(?:hh|h|ll|l|L|q|j|z|t)?[diouxXeEfFgGaAcCsSp@](?![A-Za-z]))"
)


def _printf(text: str) -> Iterator[Directive]:
    for match in _PRINTF.finditer(text):
        yield Directive(*match.span(), _INLINE)


# WordPress: a word in brackets, with attributes or without; "[read more]" is none.
_SHORTCODE = re.compile(
    r"\[(?:/[a-z][\w-]{0,60}|[a-z][\w-]{0,60}"
    r"(?:\s{1,9}[\w-]{1,60}=(?:\"[^\"\[\]]{0,1000}\"|'[^'\[\]]{0,1000}'|[^\s\"'\[\]]{1,100})){0,30}"
    r"\s{0,9}/?)\]"
)


def _shortcode(text: str) -> Iterator[Directive]:
    for match in _SHORTCODE.finditer(text):
        yield Directive(*match.span(), _INLINE)


# Patterns of the caller's own

_ESCAPED = re.compile(r"\\.", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?[^\]]*\]")
_REFERENCE = re.compile(r"\\[1-9]|\(\?P=|\(\?\(")
_REPEAT = re.compile(r"[*+]|\{\d*,\d*\}")
_GROUP_REPEAT = re.compile(r"\)(?:[*+]|\{)")


def _own(pattern: str) -> re.Pattern[str]:
    """Compile a pattern if searching with it takes bounded time for each character.

    Raises:
        InvalidRequestError: It is not allowed.
    """
    bare = _CLASS.sub("x", _ESCAPED.sub("x", pattern))
    problem = ""
    if not 0 < len(pattern) <= _MAX_OWN_LENGTH:
        problem = f"has {len(pattern)} characters; allowed are 1 to {_MAX_OWN_LENGTH}"
    elif _REFERENCE.search(pattern):
        problem = "refers to a group, which is not allowed"
    elif _GROUP_REPEAT.search(bare):
        problem = "repeats a group, which is not allowed"
    elif len(_REPEAT.findall(bare)) > _MAX_OWN_REPEATS:
        problem = f"has more than {_MAX_OWN_REPEATS} repeats"
    if not problem:
        try:
            return re.compile(pattern)
        except (re.error, OverflowError) as error:
            problem = f"is not a regular expression: {error}"
    raise InvalidRequestError("markup", f"the pattern {pattern!r} {problem}")


def _windows(pattern: re.Pattern[str], text: str) -> Iterator[Directive]:
    """Find matches of at most ``_OWN_REACH`` characters."""
    at = 0
    while at < len(text):
        end = min(len(text), at + 2 * _OWN_REACH)
        found = pattern.search(text, at, end)
        # A match in the second half may go on after the window: the next one finds it.
        if found is None or (found.start() >= at + _OWN_REACH and end < len(text)):
            at += _OWN_REACH
        else:
            if 0 < found.end() - found.start() <= _OWN_REACH:
                yield Directive(*found.span(), _INLINE)
            at = max(found.end(), found.start() + 1)


SYNTAXES: dict[str, _Finder] = {
    "brace": _brace,
    "i18next": _i18next,
    "icu": _icu,
    "jinja": _jinja,
    "liquid": _liquid,
    "magento": _magento,
    "mustache": _mustache,
    "printf": _printf,
    "shortcode": _shortcode,
}
