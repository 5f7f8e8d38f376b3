"""XLIFF 1.2, 2.0 and 2.1: what translators exchange.

Segments without a translation get one, with a state that asks for review; others stay, and so do
notes, matches and whatever else there is. expat says that the file is well-formed and where it is
not; tags are then found by their form, since no parser tells the places of all of them and keeps
what is written between.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from typing import BinaryIO, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from translator.jobs.cells import (
    Cell,
    FormatOptions,
    InputFileError,
    Kind,
    Piece,
    Place,
    Suggestion,
)
from translator.jobs.formats.whole_text import WholeText, read_whole_text
from translator.jobs.formats.xliff_content import ATTRIBUTE, TOKEN, read_content

__all__ = ["XliffFile", "read_decided"]

_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)[\"']")
# In its first bytes a file says what its encoding is.
_HEAD = 1024

# Of XLIFF 1.2: a target in one of these states is not yet a translation.
_UNDONE = frozenset({"new", "needs-translation", "needs-l10n", "needs-adaptation"})
_STATE_12 = {"state": "needs-review-translation", "state-qualifier": "mt-suggestion"}
_STATE_2 = {"state": "translated"}
# Of what people said for the same text.
_FROM_MEMORY_12 = {"state": "translated", "state-qualifier": "exact-match"}
_FROM_MEMORY_2 = {"state": "reviewed"}
_MATCHES = "urn:oasis:names:tc:xliff:matches:2.0"
_MATCHES_TAG = re.compile(r"<((?:[\w.-]+:)?)matches(?:\s[^<>]*)?(?<!/)>")

_MARKER = re.compile(r"</?(?:[\w.-]+:)?mrk(?:\s[^<>]*)?/?>")

# Writes a target of this content, given whether people decided it and what is similar to it.
_Write = Callable[[str, bool, Sequence[Suggestion]], str]
# A target in one of these was looked at by somebody; in XLIFF 2 "translated" is what machines say.
_DECIDED_12 = frozenset({"", "translated", "signed-off", "final"})
_DECIDED_2 = frozenset({"reviewed", "final"})


class _Range(NamedTuple):
    """Where an element is: its start tag, its content, its end tag."""

    start: int
    inner: int
    inner_end: int
    end: int


class _Element(NamedTuple):
    """An element that is open.

    Attributes:
        name: Without a namespace.
        start: Where its start tag begins.
        inner: Where it ends.
        attributes: Their values, resolved.
        translate: Whether what is in it is to be translated.
    """

    name: str
    start: int
    inner: int
    attributes: dict[str, str]
    translate: bool


@dataclass(slots=True)
class _Segment:
    """A trans-unit of XLIFF 1.2 or a segment of 2."""

    number: int
    element: _Element
    unit: str
    source: _Range | None = None
    segmented: _Range | None = None
    target: _Range | None = None
    target_attributes: dict[str, str] = field(default_factory=dict)


class Decided(NamedTuple):
    """A segment that somebody has translated, or approved.

    Attributes:
        number: Which one of the file, from 1.
        source: Its text; None if it has elements inside, which a text cannot hold.
        target: Its translation.
        languages: Those of the file, BCP-47; "" where it names none.
    """

    number: int
    source: str | None
    target: str
    languages: tuple[str, str]


def read_decided(file: BinaryIO, name: str) -> Iterator[Decided]:
    """Read those segments of XLIFF that people have decided on.

    Raises:
        InputFileError: It is no XLIFF.
    """
    whole = _read(file, name, FormatOptions("", ""))
    _check(whole, name)
    reader = _Reader(whole, name, FormatOptions("", ""))
    decided: list[Decided] = []

    def take(segment: _Segment) -> None:
        found = reader.decided(segment)
        if found is not None:
            decided.append(found)

    reader.on_segment = take
    for _ in reader.changes():
        yield from decided
        decided.clear()
    yield from decided


class XliffFile:
    """Files of XLIFF; see ``FileFormat``."""

    name = "xliff"
    suffixes: tuple[str, ...] = (".xlf", ".xliff")

    def pieces(self, file: BinaryIO, name: str, options: FormatOptions) -> Iterator[Piece]:
        """See ``FileFormat.pieces``; a row is a unit or a segment, a column its id."""
        whole = _read(file, name, options)
        _check(whole, name)
        yield whole.mark
        at = 0
        for start, end, what in _Reader(whole, name, options).changes():
            yield whole.encode(whole.text[at:start])
            yield what
            at = end
        yield whole.encode(whole.text[at:])


def _read(file: BinaryIO, name: str, options: FormatOptions) -> WholeText:
    """Read and decode a file, whose encoding is in its first line."""
    head = file.read(_HEAD)
    declared = _DECLARED.match(head.removeprefix(b"\xef\xbb\xbf"))
    if declared and not options.encoding:
        options = replace(options, encoding=declared[1].decode("ascii"))
    return read_whole_text(file, name, options, head)


def _check(whole: WholeText, name: str) -> None:
    """Raise if the file is not well-formed."""
    parser = expat.ParserCreate("utf-8")
    try:
        parser.Parse(whole.text.encode(), True)
    except expat.ExpatError as error:
        raise InputFileError(
            Place(name, error.lineno),
            f"is no XML at character {error.offset + 1} of the line: "
            f"{expat.ErrorString(error.code)}",
        ) from None


class _Reader:
    def __init__(self, whole: WholeText, name: str, options: FormatOptions) -> None:
        self._whole = whole
        self._text = whole.text
        self._name = name
        self._options = options
        self._is_2 = False
        self._number = 0
        self._said = "", ""
        # Of XLIFF 2: where the content of the present unit begins, unless some of it has changed.
        self._unit_inner: int | None = None
        # What the codes of the present unit are in the original, by their dataRef.
        self._data: dict[str, str] = {}
        self.on_segment: Callable[[_Segment], None] = lambda _: None

    def changes(self) -> Iterator[tuple[int, int, bytes | Cell]]:
        """What may change, each with its range in the file."""
        opened: list[_Element] = []
        segment: _Segment | None = None
        for match in TOKEN.finditer(self._text):
            if match["open"]:
                element = self._element(match, opened)
                if not opened:
                    yield from self._root(match, element)
                elif element.name == "file" and not self._is_2:
                    names = "source-language", "target-language"
                    yield from self._languages(match, element.attributes, *names)
                opened.append(element)
                if self._is_2 and element.name == "unit":
                    self._unit_inner = element.inner
                    self._data = {}
                if segment is None and element.name == self._segment_name:
                    self._number += 1
                    segment = _Segment(self._number, element, self._unit(opened))
                if not match["empty"]:
                    continue
            elif not match["close"]:
                continue
            element = opened.pop()
            inner_end = match.end() if match["open"] else match.start()
            if segment is None:
                if element.name == "data" and opened and opened[-1].name == "originalData":
                    said = unescape(self._text[element.inner : inner_end])
                    self._data[element.attributes.get("id", "")] = said
                continue
            if element is segment.element:
                self.on_segment(segment)
                change = self._change(segment)
                if change is not None:
                    yield change
                segment = None
            elif opened[-1] is segment.element:
                place = _Range(element.start, element.inner, inner_end, match.end())
                self._take_part(segment, element, place)

    def _element(self, match: re.Match[str], opened: list[_Element]) -> _Element:
        attributes = _attributes(match["attributes"])
        translate = opened[-1].translate if opened else True
        says = attributes.get("translate")
        if says is not None:
            translate = says != "no"
        name = match["open"].rpartition(":")[2]
        return _Element(name, match.start(), match.end(), attributes, translate)

    @property
    def _segment_name(self) -> str:
        return "segment" if self._is_2 else "trans-unit"

    def _unit(self, opened: list[_Element]) -> str:
        """What people know the unit of a segment by."""
        for element in reversed(opened):
            if element.name in ("unit", "trans-unit"):
                return element.attributes.get("id") or element.attributes.get("resname") or ""
        return ""

    def _root(
        self, match: re.Match[str], element: _Element
    ) -> Iterator[tuple[int, int, bytes | Cell]]:
        version = element.attributes.get("version", "")
        if element.name != "xliff":
            raise InputFileError(
                Place(self._name), f"begins with <{element.name}>; needed is <xliff>"
            )
        if version[:2] not in ("1.", "2."):
            raise InputFileError(
                Place(self._name), f"is XLIFF {version!r}; read are 1.0 to 1.2 and 2.0 to 2.2"
            )
        self._is_2 = version.startswith("2.")
        if self._is_2:
            yield from self._languages(match, element.attributes, "srcLang", "trgLang")

    def _languages(
        self, match: re.Match[str], attributes: dict[str, str], source: str, target: str
    ) -> Iterator[tuple[int, int, bytes | Cell]]:
        """Check what the file says of its languages, and say the target if it does not."""
        self._said = attributes.get(source, ""), attributes.get(target, "")
        pairs = (source, self._options.source), (target, self._options.target)
        for name, wanted in pairs:
            said = attributes.get(name)
            if said and wanted and wanted != "und" and _primary(said) != _primary(wanted):
                raise InputFileError(
                    Place(self._name, 0, name),
                    f"is {said!r}, but the job's language is {wanted!r}",
                )
        if target not in attributes and self._options.target:
            at = match.end("attributes")
            added = f" {target}={quoteattr(self._options.target)}"
            yield at, at, self._whole.encode(added)

    def _take_part(self, segment: _Segment, element: _Element, place: _Range) -> None:
        if element.name == "source":
            segment.source = place
        elif element.name == "seg-source":
            segment.segmented = place
        elif element.name == "target":
            segment.target, segment.target_attributes = place, element.attributes

    # Segments

    def decided(self, segment: _Segment) -> Decided | None:
        """A segment with what people said, if they did."""
        source, target = segment.source, segment.target
        if source is None or target is None:
            return None
        if self._is_2:
            is_decided = segment.element.attributes.get("state") in _DECIDED_2
        else:
            state = segment.target_attributes.get("state", "")
            is_decided = segment.element.attributes.get("approved") == "yes" or (
                state in _DECIDED_12
            )
        texts = [self._text[each.inner : each.inner_end] for each in (source, target)]
        if not is_decided or not texts[1].strip():
            return None
        if any(TOKEN.search(text) for text in texts):
            return Decided(segment.number, None, "", self._said)
        return Decided(segment.number, unescape(texts[0]), unescape(texts[1]), self._said)

    def _change(self, segment: _Segment) -> tuple[int, int, Cell] | None:
        source = segment.segmented or segment.source
        if source is None or not segment.element.translate or not self._is_undone(segment):
            return None
        message = read_content(self._text[source.inner : source.inner_end], self._data)
        if message is None:
            return None
        whole = self._whole
        start, end, write = self._place(segment)

        def encode(translation: str) -> bytes:
            return encode_told(translation, False, ())

        def encode_told(
            translation: str, is_decided: bool, suggestions: tuple[Suggestion, ...]
        ) -> bytes:
            written = write(message.restore(translation), is_decided, suggestions)
            return written.encode(whole.encoding, errors="xmlcharrefreplace")

        raw = whole.encode(self._text[start:end])
        place = Place(self._name, segment.number, segment.unit)
        templates = () if message.kind is Kind.TEXT else self._options.templates
        cell = Cell(
            message.text, place, encode, raw, message.kind, self._max_length(segment), templates,
            encode_told=encode_told,
        )  # fmt: skip
        return start, end, cell

    def _max_length(self, segment: _Segment) -> int:
        """What XLIFF 1.2 says of a unit's length, if it counts characters."""
        attributes = segment.element.attributes
        width = attributes.get("maxwidth", "")
        is_counted = attributes.get("size-unit", "pixel") == "char" and width.isdecimal()
        return int(width) if is_counted else 0

    def _is_undone(self, segment: _Segment) -> bool:
        """Whether a segment has no translation yet."""
        if segment.source is None:
            return False
        if segment.target is None:
            return True
        target = self._text[segment.target.inner : segment.target.inner_end]
        source = self._text[segment.source.inner : segment.source.inner_end]
        if not _MARKER.sub("", target).strip():
            # Trados and memoQ prepare targets with the marks of segments, and nothing in them.
            target = ""
        if self._is_2:
            state = segment.element.attributes.get("state", "")
            return state in ("", "initial") and (
                state == "initial" or not target.strip() or target == source
            )
        if segment.element.attributes.get("approved") == "yes":
            return False
        state = segment.target_attributes.get("state", "")
        return state in _UNDONE or not target.strip() or (not state and target == source)

    def _place(self, segment: _Segment) -> tuple[int, int, _Write]:
        """The range that a translation takes, and what is written there."""
        assert segment.source is not None  # noqa: S101
        text, target = self._text, segment.target
        last = segment.segmented or segment.source
        head = text[segment.source.start : segment.source.inner]
        prefix = re.sub(r"[<\s>].*|source", "", head[1:], flags=re.DOTALL)
        name = f"{prefix}target"
        indent = ""
        opening = f"<{name}>"
        if target is None:
            before = text[segment.element.inner : segment.source.start]
            found = re.search(r"(?:\r\n|\r|\n)[ \t]*\Z", before)
            indent = found[0] if found else ""
        else:
            opening = re.sub(r"\s*/>\Z", ">", text[target.start : target.inner])
        if not self._is_2:

            def write_12(inner: str, is_decided: bool, similar: Sequence[Suggestion]) -> str:
                state = _FROM_MEMORY_12 if is_decided else _STATE_12
                others = "".join(
                    f'{indent}<{prefix}alt-trans match-quality="{each.percent}%" origin="memory">'
                    f"{_pair(prefix, each)}</{prefix}alt-trans>"
                    for each in similar
                )
                return f"{indent}{_with_attributes(opening, state)}{inner}</{name}>{others}"

            start, end = (target.start, target.end) if target else (last.end, last.end)
            return start, end, write_12
        first, tag_end = segment.element.start, segment.element.inner
        between = text[tag_end : target.start if target else last.end] + indent + opening
        inner_of_unit, self._unit_inner = self._unit_inner, None
        before = "" if inner_of_unit is None else text[inner_of_unit:first]

        def write_2(inner: str, is_decided: bool, similar: Sequence[Suggestion]) -> str:
            # The state is an attribute of the segment.
            state = _FROM_MEMORY_2 if is_decided else _STATE_2
            tag = _with_attributes(_without(text[first:tag_end], "subState"), state)
            matches = before
            # They stand at the beginning of a unit, which has to be there still.
            if similar and inner_of_unit is not None:
                known = segment.element.attributes.get("id")
                ref = known or f"segment-{segment.number}"
                tag = tag if known else _with_attributes(tag, {"id": ref})
                matches = _with_matches(before, ref, prefix, similar)
            return f"{matches}{tag}{between}{inner}</{name}>"

        end = target.end if target else last.end
        return first if inner_of_unit is None else inner_of_unit, end, write_2


def _pair(prefix: str, similar: Suggestion) -> str:
    source, target = escape(similar.source), escape(similar.translation)
    return f"<{prefix}source>{source}</{prefix}source><{prefix}target>{target}</{prefix}target>"


def _with_matches(before: str, ref: str, prefix: str, similar: Sequence[Suggestion]) -> str:
    """What stands in a unit before a segment, with what people said for similar texts."""
    there = _MATCHES_TAG.search(before)
    own = there[1] if there else "mtc:"
    matches = "".join(
        f'<{own}match ref="#{ref}" similarity="{each.percent}" origin="memory" type="tm">'
        f"{_pair(prefix, each)}</{own}match>"
        for each in similar
    )
    if there:
        return f"{before[: there.end()]}{matches}{before[there.end() :]}"
    return f'<mtc:matches xmlns:mtc="{_MATCHES}">{matches}</mtc:matches>{before}'


def _attributes(source: str | None) -> dict[str, str]:
    return {
        each[1]: unescape(each[2] if each[2] is not None else each[3])
        for each in ATTRIBUTE.finditer(source or "")
    }


def _primary(language: str) -> str:
    return re.split("[-_]", language.lower())[0]


def _without(tag: str, attribute: str) -> str:
    return re.sub(rf"\s+{attribute}\s*=\s*(?:\"[^\"]*\"|'[^']*')", "", tag)


def _with_attributes(tag: str, attributes: Mapping[str, str]) -> str:
    """A start tag with these values of attributes."""
    for name, value in attributes.items():
        pattern = rf"(\s{name}\s*=\s*)(?:\"[^\"]*\"|'[^']*')"
        tag, count = re.subn(pattern, rf'\1"{value}"', tag)
        if not count:
            tag = f'{tag[:-1]} {name}="{value}">'
    return tag
