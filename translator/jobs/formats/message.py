"""A message of a program: a text with placeholders, tags or the choices of ICU.

Placeholders that stand for words are kept by whoever translates. Tags are kept around the words
that theirs become, and the choices of a plural or a select are texts of their own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from translator.documents.template import Directive, DirectiveKind, find_directives
from translator.jobs.cells import Kind
from translator.jobs.formats.inline import CodeKind, InlineText

__all__ = ["Message", "has_words", "read_message"]

_TAG = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z0-9][\w.:-]*)(?P<rest>\s[^<>]*|/?)>")
_VOID = frozenset({"br", "hr", "img", "input", "wbr"})
_BLOCKS = frozenset(
    {
        *("br", "p", "div", "ul", "ol", "li", "table", "tr", "td", "th", "blockquote", "section"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "dl", "dt", "dd", "pre"),
    }
)
_HTML = _BLOCKS | {
    *("a", "abbr", "b", "bdi", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd"),
    *("mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u"),
    *("var", "wbr"),
}
# Between lines, and between what bars part: Vue's plurals, or the title of a page and a site.
_NEWLINES = re.compile(r"[ \t]*(?:\r\n|\r|\n)\s*")
_BORDERS = re.compile(rf"{_NEWLINES.pattern}|[ \t]\|[ \t]")


@dataclass(frozen=True, slots=True)
class Message:
    """What to translate of a message.

    Attributes:
        text: What to translate.
        kind: What it is.
        restore: Makes the message of a translation of ``text``; it raises ValueError if a tag or a
            choice is lost.
    """

    text: str
    kind: Kind
    restore: Callable[[str], str]


def has_words(text: str) -> bool:
    """Whether there may be anything to translate in a text."""
    return any(map(str.isalpha, text))


def read_message(text: str) -> Message:
    """Find out what a text of a program is made of."""
    directives = find_directives(text, ["icu"]) if "{" in text else []
    has_choices = any(each.kind is DirectiveKind.BLOCK for each in directives)
    tags = _tags(text)
    names = {tag["name"] for tag in tags}
    if not tags and not has_choices and " | " not in text:
        if directives and "''" in text:
            # So ICU writes an apostrophe.
            plain = text.replace("''", "'")
            return Message(plain, Kind.TEXT, lambda translation: translation.replace("'", "''"))
        return Message(text, Kind.TEXT, lambda translation: translation)
    is_html = names <= _HTML and (names & _BLOCKS or not _NEWLINES.search(text.strip()))
    if tags and is_html and not has_choices:
        return Message(text, Kind.HTML, lambda translation: translation)
    return _with_codes(text, directives if has_choices else [], tags, has_choices=has_choices)


def _tags(text: str) -> list[re.Match[str]]:
    """Tags that are pairs, or stand alone as a tag may; the others are text."""
    found: list[re.Match[str]] = []
    opened: dict[str, list[int]] = {}
    is_tag: set[int] = set()
    for match in _TAG.finditer(text) if "<" in text else ():
        number = len(found)
        found.append(match)
        name = match["name"]
        if match["close"]:
            if opened.get(name):
                is_tag |= {number, opened[name].pop()}
        elif match["rest"].endswith("/") or name in _VOID:
            is_tag.add(number)
        else:
            opened.setdefault(name, []).append(number)
    return [match for number, match in enumerate(found) if number in is_tag]


def _with_codes(
    text: str, directives: list[Directive], tags: list[re.Match[str]], *, has_choices: bool
) -> Message:
    content = InlineText()
    doubled = has_choices and "''" in text

    def words(start: int, end: int) -> None:
        at = start
        for match in _BORDERS.finditer(text, start, end):
            content.add(said(text[at : match.start()]))
            content.code(CodeKind.BREAK, match[0])
            at = match.end()
        content.add(said(text[at:end]))

    def said(piece: str) -> str:
        return piece.replace("''", "'") if doubled else piece

    # Where two overlap, as a placeholder in a tag's attribute, the outer one counts.
    codes: list[tuple[int, int, Directive | re.Match[str]]] = [
        *((each.start, each.end, each) for each in directives),
        *((*tag.span(), tag) for tag in tags),
    ]
    codes.sort(key=lambda each: (each[0], -each[1]))
    at = 0
    for start, end, code in codes:
        if start < at:
            continue
        words(at, start)
        at = end
        raw = text[start:end]
        if isinstance(code, Directive):
            kind = CodeKind.BREAK if code.kind is DirectiveKind.BLOCK else CodeKind.WORD
            content.code(kind, raw, raw)
        elif code["close"]:
            content.close(code["name"], raw)
        elif code["name"] in _BLOCKS and code["name"] in _VOID:
            content.code(CodeKind.BREAK, raw)
        elif code["rest"].endswith("/") or code["name"] in _VOID:
            content.code(CodeKind.LONE, raw)
        else:
            content.open(code["name"], raw)
    words(at, len(text))

    def restore(translation: str) -> str:
        return "".join(
            part.text.replace("'", "''") if doubled and part.kind is None else part.text
            for part in content.parts(translation)
        )

    return Message(content.html, Kind.HTML, restore)
