"""What stands in a source of XLIFF: text, inline elements, CDATA, placeholders."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from types import MappingProxyType
from typing import NamedTuple
from xml.sax.saxutils import escape

from translator.documents.template import Directive, DirectiveKind, find_directives
from translator.jobs.cells import Kind
from translator.jobs.formats.inline import CodeKind, InlineText
from translator.jobs.formats.message import Message, has_words, read_message

__all__ = ["ATTRIBUTE", "TOKEN", "read_content"]

_NAME = r"[^\s<>/=\"']+"
# Whatever is no text in a file that is well-formed.
TOKEN = re.compile(
    rf"<!--.*?-->|<!\[CDATA\[(?P<cdata>.*?)\]\]>|<\?.*?\?>"
    rf"|<!DOCTYPE(?:[^<>\[\"']|\"[^\"]*\"|'[^']*'|\[(?:[^\]\"']|\"[^\"]*\"|'[^']*')*\])*>"
    rf"|</(?P<close>{_NAME})\s*>"
    rf"|<(?P<open>{_NAME})(?P<attributes>(?:\s+{_NAME}\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)"
    r"\s*(?P<empty>/?)>",
    re.DOTALL,
)
ATTRIBUTE = re.compile(rf"\s+({_NAME})\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_REFERENCE = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|[^\s;&]+);")
_STANDARD = frozenset({"&amp;", "&apos;", "&gt;", "&lt;", "&quot;"})
_NEWLINES = re.compile(r"[ \t]*(?:\r\n|\r|\n)\s*")
# No character of XML 1.0.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

_PAIRS = frozenset({"g", "mrk", "pc"})
# Codes that are one of a pair, and which attribute says which pair.
_OPENING = {"bpt": ("rid", "id"), "bx": ("rid", "id"), "sc": ("id",), "sm": ("id",)}
_CLOSING = {
    "ept": ("rid", "id"), "ex": ("rid", "id"), "ec": ("startRef", "id"), "em": ("startRef",)
}  # fmt: skip
_FAMILY = {"ept": "bpt", "ex": "bx", "ec": "sc", "em": "sm"}
_BREAKS = frozenset({"lb", "fmt:lb", "x-br", "pb"})
_TAG = re.compile(r"\s*</?[A-Za-z]")
_BREAK = re.compile(r"\s*<br\b")
_NO_DATA: Mapping[str, str] = MappingProxyType({})
# How Angular names the two codes of a pair.
_ANGULAR = re.compile(r"(START|CLOSE)_(\w+?)(?:_\d+)?")


class _Code(NamedTuple):
    """An inline element that is one code, with all that is in it."""

    name: str
    attributes: dict[str, str]
    raw: str
    inner: str
    start: int
    end: int


def read_content(content: str, data: Mapping[str, str] = _NO_DATA) -> Message | None:
    """What to translate of a source's content; None if that is nothing.

    ``data`` is what its codes are in the original, by their ``dataRef``.

    A translation is restored as the content of a target: escaped, with the same elements.
    """
    tokens = list(TOKEN.finditer(content))
    cdata = [token for token in tokens if token["cdata"] is not None]
    if len(tokens) == len(cdata) == 1 and not content[: cdata[0].start()].strip():
        return _of_cdata(content, cdata[0])
    if not tokens and not _unknown(content):
        value = unescape(content)
        if not has_words(value):
            return None
        message = read_message(value)
        return Message(
            message.text, message.kind, lambda translation: _escaped(message.restore(translation))
        )
    return _with_codes(content, data)


def _of_cdata(content: str, token: re.Match[str]) -> Message | None:
    before, after = content[: token.start()], content[token.end() :]
    if after.strip():
        return _with_codes(content, _NO_DATA)
    value = token["cdata"]
    if not has_words(value):
        return None
    message = read_message(value)

    def restore(translation: str) -> str:
        text = _NO_XML.sub("", message.restore(translation)).replace("]]>", "]]]]><![CDATA[>")
        return f"{before}<![CDATA[{text}]]>{after}"

    return Message(message.text, message.kind, restore)


def _unknown(content: str) -> bool:
    """Whether there are references that the file itself declares."""
    return any(
        match[0] not in _STANDARD and match[0][1] != "#" for match in _REFERENCE.finditer(content)
    )


def _escaped(text: str) -> str:
    return escape(_NO_XML.sub("", text))


def _with_codes(content: str, data: Mapping[str, str]) -> Message | None:
    text = InlineText()
    directives = find_directives(content, ["icu"]) if "{" in content else []
    if all(each.kind is DirectiveKind.INLINE for each in directives):
        directives = []
    codes: list[tuple[int, int, Directive | _Code]] = [
        *((each.start, each.end, each) for each in directives),
        *((each.start, each.end, each) for each in _codes(content)),
    ]
    # Where two overlap, as a code in a choice's name, the one that begins first counts.
    codes.sort(key=lambda each: (each[0], -each[1]))
    at = 0
    for start, end, code in codes:
        if start < at:
            continue
        _add_text(text, content[at:start])
        at = end
        if isinstance(code, Directive):
            is_block = code.kind is DirectiveKind.BLOCK
            raw = content[start:end]
            text.code(CodeKind.BREAK if is_block else CodeKind.WORD, raw, unescape(raw))
        else:
            _add_code(text, code, content, data)
    _add_text(text, content[at:])
    if not has_words(text.plain):
        return None

    def restore(translation: str) -> str:
        return "".join(
            _escaped(part.text) if part.kind is None else part.text
            for part in text.parts(translation)
        )

    return Message(text.html, Kind.HTML, restore)


def _add_text(text: InlineText, content: str) -> None:
    at = 0
    for match in re.finditer(rf"{_NEWLINES.pattern}|{_REFERENCE.pattern}", content):
        is_reference = match[0].startswith("&")
        if is_reference and (match[0] in _STANDARD or match[0][1] == "#"):
            continue
        text.add(unescape(content[at : match.start()]))
        text.code(CodeKind.WORD if is_reference else CodeKind.BREAK, match[0], match[0][1:-1])
        at = match.end()
    text.add(unescape(content[at:]))


def _codes(content: str) -> Iterator[_Code]:
    """The inline elements; the two tags of a pair are a code each."""
    outer: re.Match[str] | None = None
    depth = 0
    for token in TOKEN.finditer(content):
        name = (token["open"] or token["close"] or "").rpartition(":")[2]
        if outer is not None:
            depth += bool(token["open"] and not token["empty"]) - bool(token["close"])
            if depth == 0:
                yield _code(content, outer, token.end(), content[outer.end() : token.start()])
                outer = None
        elif token["cdata"] is not None:
            yield _Code("cdata", {}, token[0], token["cdata"], token.start(), token.end())
        elif token["open"] and not token["empty"] and not _is_pair(name, token):
            outer, depth = token, 1
        else:
            yield _code(content, token, token.end(), "")


def _is_pair(name: str, token: re.Match[str]) -> bool:
    attributes = _attributes(token)
    is_protected = attributes.get("translate") == "no" or attributes.get("mtype") == "protected"
    return name in _PAIRS and not is_protected


def _attributes(token: re.Match[str]) -> dict[str, str]:
    return {
        each[1]: unescape(each[2] if each[2] is not None else each[3])
        for each in ATTRIBUTE.finditer(token["attributes"] or "")
    }


def _code(content: str, token: re.Match[str], end: int, inner: str) -> _Code:
    name = token["open"] or ("/" + token["close"] if token["close"] else "")
    slash = "/" * name.startswith("/")
    name = slash + name.removeprefix("/").rpartition(":")[2]
    return _Code(name, _attributes(token), content[token.start() : end], inner, token.start(), end)


def _add_code(text: InlineText, code: _Code, content: str, data: Mapping[str, str]) -> None:
    name, attributes, raw = code.name, code.attributes, code.raw
    if not name:
        # A comment, or a processing instruction.
        text.code(CodeKind.FIXED, raw)
    elif name == "cdata":
        text.add(code.inner)
    elif name.startswith("/"):
        text.close(name[1:], raw)
    elif name in _PAIRS and not raw.endswith("/>") and not code.inner:
        text.open(name, raw)
    elif name in _OPENING:
        text.open(name + _number(attributes, _OPENING[name]), raw)
    elif name in _CLOSING:
        text.close(_FAMILY[name] + _number(attributes, _CLOSING[name]), raw)
    else:
        _add_lone(text, code, content, data.get(attributes.get("dataRef", ""), ""))


def _number(attributes: dict[str, str], names: tuple[str, ...]) -> str:
    return next((f" {attributes[name]}" for name in names if name in attributes), "")


def _add_lone(text: InlineText, code: _Code, content: str, original: str) -> None:
    """Add a code that stands for a word, a line break, or one of Angular's pairs.

    ``original`` is what XLIFF 2 keeps of it elsewhere.
    """
    attributes, raw = code.attributes, code.raw
    ident = attributes.get("id", "")
    said = (
        attributes.get("equiv-text")
        or attributes.get("disp")
        or attributes.get("equiv")
        or unescape(TOKEN.sub("", code.inner))
        or original
    )
    angular = _ANGULAR.fullmatch(ident)
    kind = attributes.get("ctype", attributes.get("subType", attributes.get("type", "")))
    if angular and angular[1] == "START":
        text.open(f"angular {angular[2]}", raw)
    elif angular:
        text.close(f"angular {angular[2]}", raw)
    elif ident == "LINE_BREAK" or kind in _BREAKS or _BREAK.match(said) or _BREAK.match(original):
        text.code(CodeKind.BREAK, raw)
    elif code.name in _PAIRS and code.inner:
        # Protected text.
        text.code(CodeKind.WORD, raw, said)
    elif (
        _TAG.match(said)
        or _TAG.match(original)
        or kind == "image"
        or code.name == "it"
        or (not said and _touches_word(content, code.start, code.end))
    ):
        text.code(CodeKind.LONE, raw)
    else:
        text.code(CodeKind.WORD, raw, said if said.strip() else ident)


def _touches_word(content: str, start: int, end: int) -> bool:
    """Whether a model would read a word in its place together with its neighbour."""
    return content[max(0, start - 1) : start].isalnum() or content[end : end + 1].isalnum()
