"""PO: gettext's catalogues.

What has no translation yet gets one, and so does what is marked fuzzy, which stays marked. The
header, comments, contexts, obsolete entries and translations that are there stay byte for byte.
"""

import gettext
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from translator.jobs.cells import Cell, FormatOptions, InputFileError, Kind, Piece, Place
from translator.jobs.formats.message import Message, has_words, read_message
from translator.jobs.formats.whole_text import WholeText, read_whole_text

__all__ = ["PoFile"]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_STATEMENT = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[(\d{1,3})\])?)\s*(".*)')
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"\s*')
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_WRITTEN = {"\\": "\\\\", '"': '\\"'} | {value: f"\\{key}" for key, value in _ESCAPES.items()}
_CHARSET = re.compile(rb"charset=([\w.:-]+)")
_PLURALS = re.compile(r"nplurals\s*=\s*(\d{1,2})\s*;\s*plural\s*=\s*([^;\n]+)")
# As gettext breaks lines, with quotes.
_WIDTH = 79


@dataclass(slots=True)
class _Target:
    """A translation in the file: its range, and its text."""

    start: int
    end: int
    text: str
    is_long: bool = False


@dataclass(slots=True)
class _Entry:
    line: int
    context: str | None = None
    source: str | None = None
    plural: str | None = None
    targets: dict[int | None, _Target] = field(default_factory=dict)
    fuzzy: bool = False
    source_lines: int = 1


class PoFile:
    """Files of PO; see ``FileFormat``."""

    name = "po"
    suffixes: tuple[str, ...] = (".po", ".pot")

    def pieces(self, file: BinaryIO, name: str, options: FormatOptions) -> Iterator[Piece]:
        """See ``FileFormat.pieces``; a row is a line."""
        head = file.read(8192)
        charset = _CHARSET.search(head)
        declared = charset[1].decode("ascii", "replace") if charset else ""
        if not options.encoding and declared and declared.upper() != "CHARSET":
            options = replace(options, encoding=declared)
        whole = read_whole_text(file, name, options, head)
        yield whole.mark
        at = 0
        for start, end, cell in _cells(whole, name, options.templates):
            yield whole.encode(whole.text[at:start])
            yield cell
            at = end
        yield whole.encode(whole.text[at:])


def _cells(
    whole: WholeText, name: str, templates: tuple[str, ...]
) -> Iterator[tuple[int, int, Cell]]:
    """The texts of a file, each with the range that its translation takes."""
    newline = "\r\n" if "\r\n" in whole.text else "\n"
    num_plurals, singular = 0, 0
    for entry in _entries(whole.text, name):
        if entry.source == "" and entry.context is None:
            header = next(iter(entry.targets.values())).text
            num_plurals, singular = _plural_forms(header)
            continue
        for number, target in entry.targets.items():
            if target.text and not entry.fuzzy:
                continue
            source = entry.source or ""
            if entry.plural is not None and number != singular:
                source = entry.plural
            cell = _cell(whole, name, entry, number, target, source, newline, templates)
            if cell is not None:
                yield target.start, target.end, cell
        if entry.plural is not None and has_words(entry.plural):
            # Plural forms of the language for which the file has no place.
            last = max(entry.targets.values(), key=lambda target: target.end)
            if set(entry.targets) != set(range(len(entry.targets))):
                raise InputFileError(
                    Place(name, entry.line), "lacks one of msgstr[0], msgstr[1], … in its middle"
                )
            for number in range(len(entry.targets), num_plurals):
                target = _Target(last.end, last.end, "")
                source = entry.plural if number != singular else entry.source or ""
                cell = _cell(whole, name, entry, number, target, source, newline, templates)
                if cell is not None:
                    yield last.end, last.end, cell


def _cell(
    whole: WholeText,
    name: str,
    entry: _Entry,
    number: int | None,
    target: _Target,
    source: str,
    newline: str,
    templates: tuple[str, ...],
) -> Cell | None:
    if not has_words(source):
        return None
    message: Message = read_message(source)
    keyword = "msgstr" if number is None else f"msgstr[{number}]"
    raw = whole.text[target.start : target.end]
    before = newline if target.start == target.end else ""

    def encode(translation: str) -> bytes:
        text = _same_ends(source, message.restore(translation))
        is_long = entry.source_lines > 1
        return whole.encode(before + _statement(keyword, text, newline, is_long=is_long))

    return Cell(
        message.text,
        Place(name, entry.line, keyword),
        encode,
        whole.encode(raw),
        message.kind,
        templates=() if message.kind is Kind.TEXT else templates,
        note=entry.context or "",
    )


def _entries(text: str, name: str) -> Iterator[_Entry]:
    """The entries of a file that are not obsolete.

    Raises:
        InputFileError: Something is no PO.
    """
    entry = _Entry(0)
    # Which statement the next string goes on.
    parts: list[str] = []
    current = ""
    index: int | None = None
    start = end = at = 0
    fuzzy = False
    line_number = 0

    def finish() -> None:
        nonlocal current
        value = "".join(parts)
        parts.clear()
        if current == "msgctxt":
            entry.context = value
        elif current == "msgid":
            entry.source = value
        elif current == "msgid_plural":
            entry.plural = value
        elif current == "msgstr":
            entry.targets[index] = _Target(start, end, value)
        current = ""

    def refuse(sentence: str) -> InputFileError:
        return InputFileError(Place(name, line_number), sentence)

    for match in _LINE.finditer(text):
        if not match[0]:
            break
        line_number += 1
        line = match[0].rstrip("\r\n")
        words = line.strip(" \t\ufeff")
        if not words or words.startswith("#"):
            if words.startswith("#~"):
                # What is fuzzy is an obsolete entry.
                fuzzy = False
                continue
            if words.startswith("#|"):
                continue
            finish()
            if entry.targets:
                yield entry
                entry, fuzzy = _Entry(0), False
            if words.startswith("#,"):
                fuzzy = fuzzy or "fuzzy" in re.split(r"[,\s]+", words[2:])
            continue
        statement = _STATEMENT.fullmatch(words)
        if statement is None and words.startswith('"') and current:
            parts.append(_unquoted(words, refuse))
            end = match.start() + len(line.rstrip())
            entry.source_lines += current == "msgid"
            continue
        if statement is None:
            raise refuse(f"{words[:40]!r} is no PO; needed is a comment, msgid, msgstr or a string")
        finish()
        keyword, number, string = statement.groups()
        if keyword in ("msgctxt", "msgid") and entry.targets:
            yield entry
            entry, fuzzy = _Entry(0), False
        if keyword == "msgid":
            if entry.source is not None:
                raise refuse("the msgid before has no msgstr")
            entry.line, entry.fuzzy = line_number, fuzzy
        elif keyword != "msgctxt" and entry.source is None:
            raise refuse(f"{keyword} stands before its msgid")
        current = keyword.split("[")[0]
        index = int(number) if number is not None else None
        if current == "msgstr" and index in entry.targets:
            raise refuse(f"{keyword} stands twice in its entry")
        if current == "msgstr" and (index is None) == (entry.plural is not None):
            raise refuse(f"{keyword} does not fit its msgid; a plural has msgstr[0], msgstr[1], …")
        start, end = match.start(), match.start() + len(line.rstrip())
        at = line.index(keyword)
        start += at
        parts.append(_unquoted(string, refuse))
    finish()
    if entry.targets:
        yield entry
    elif entry.source is not None or entry.context is not None:
        raise refuse("the file ends before the msgstr of its last entry")


def _unquoted(string: str, refuse: Callable[[str], InputFileError]) -> str:
    match = _STRING.fullmatch(string)
    if match is None:
        raise refuse("a string does not end with a quote on its line")
    return _ESCAPE.sub(_character, match[1])


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return chr(int(match[2], 8) % 256) if match[2] else _ESCAPES.get(match[3], match[3])


def _plural_forms(header: str) -> tuple[int, int]:
    """How many plural forms there are, and which is that of one."""
    match = _PLURALS.search(header)
    if match is None:
        return 0, 0
    try:
        singular = gettext.c2py(match[2].strip())(1)
    except (ValueError, ArithmeticError, RecursionError):
        singular = 0
    count = int(match[1])
    return count, (singular if count > 1 else -1)


def _same_ends(source: str, text: str) -> str:
    """A text that begins and ends with the line breaks of its source, as msgfmt demands."""
    before, after = (len(source) - len(each) for each in (source.lstrip("\n"), source.rstrip("\n")))
    return "\n" * before + text.strip("\n") + "\n" * after


def _statement(keyword: str, text: str, newline: str, *, is_long: bool) -> str:
    """A statement as gettext writes it."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text) or [""]
    written = ["".join(_WRITTEN.get(c, c) for c in line) for line in lines]
    if len(written) <= 1 and len(keyword) + len(written[0]) + 3 <= _WIDTH and not is_long:
        return f'{keyword} "{written[0]}"'
    if len(written) <= 1 and is_long and len(written[0]) + 2 <= _WIDTH:
        return f'{keyword} ""{newline}"{written[0]}"'
    strings = [f'"{part}"' for line in written for part in _wrapped(line)]
    return newline.join([f'{keyword} ""', *strings])


def _wrapped(line: str) -> Iterator[str]:
    part = ""
    for word in re.findall(r"\S+\s*|\s+", line):
        if part and len(part) + len(word) > _WIDTH - 2:
            yield part
            part = ""
        part += word
    yield part
