"""Tables with a separator: CSV, and TSV as spreadsheets write it (RFC 4180, with its relatives).

A scanner of our own, since no reader tells where a cell is, and typed ones make numbers of article
numbers. What is not translated stays byte for byte.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO

from translator.jobs.cells import Cell, FormatOptions, InputFileError, Kind, Piece, Place, Rule
from translator.jobs.encoding import Encoding, TextFile
from translator.jobs.rules import PRESETS, preset_for

__all__ = ["Csv", "Tsv", "read_records"]

_SEPARATORS = ",;\t|"
# A longer record has lost a quote.
_MAX_RECORD = 16_000_000
_BOM = "\ufeff"
_QUOTED = r'"(?:[^"]+|"")*+"'
_LINE_END = r"\r\n|\n|\r"
_SHOWN_COLUMNS = 40


@dataclass(frozen=True, slots=True)
class _Record:
    """A record of a table as it is in the file, and the line end after it."""

    text: str
    end: str

    @property
    def raw(self) -> str:
        return self.text + self.end


class _Scanner:
    """Cuts text into records.

    Args:
        file: The text.
        name: The file's name, for errors.
        separator: Between fields; empty: the one that the first line has most of.
    """

    def __init__(self, file: TextFile, name: str, separator: str = "") -> None:
        self._chunks = file.chunks()
        self._name = name
        self._text = next(self._chunks, "")
        self._at = 0
        self._is_whole = not self._text
        self.separator = separator or self._found_separator()
        mark = re.escape(self.separator)
        # A quote inside a field that does not begin with one is a character like others.
        field = rf'(?:{_QUOTED}[^{mark}\r\n]*|(?!")[^{mark}\r\n]*)'
        self._record = re.compile(rf"(?:{field}{mark})*+{field}(?:{_LINE_END}|\Z)")
        self._field = re.compile(rf"({field})({mark}|\Z)")

    def _found_separator(self) -> str:
        unquoted = re.sub(_QUOTED, "", self._text[:1_000_000])
        first = re.split(_LINE_END, unquoted, maxsplit=1)[0]
        return max(_SEPARATORS, key=first.count)

    def records(self) -> Iterator[_Record]:
        """All records, without an empty one at the end.

        Raises:
            InputFileError: A quote is not closed.
        """
        number = 1
        while True:
            match = self._record.match(self._text, self._at)
            if not self._is_whole and (match is None or match.end() == len(self._text)):
                # There may be more of it, or half a line end.
                if len(self._text) - self._at > _MAX_RECORD:
                    raise self._unclosed(number)
                self._read()
                continue
            if match is None:
                raise self._unclosed(number)
            whole = match.group()
            if not whole:
                return
            self._at = match.end()
            end = next((end for end in ("\r\n", "\n", "\r") if whole.endswith(end)), "")
            yield _Record(whole[: len(whole) - len(end)], end)
            number += 1

    def fields(self, record: str) -> list[str]:
        """The fields of a record, as they are in the file."""
        fields: list[str] = []
        for match in self._field.finditer(record):
            fields.append(match[1])
            if not match[2]:
                break
        return fields

    def _unclosed(self, number: int) -> InputFileError:
        column, at = 1, self._at
        while (match := self._field.match(self._text, at)) and match[2]:
            column, at = column + 1, match.end()
        return InputFileError(
            Place(self._name, number, str(column)),
            "a quote opens here and is not closed; a quote inside a quoted cell is doubled",
        )

    def _read(self) -> None:
        """Read more: as much again as there is, so that no record is looked at often."""
        parts = [self._text[self._at :]]
        wanted = len(parts[0])
        while not self._is_whole and wanted >= 0:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._is_whole = True
            else:
                parts.append(chunk)
                wanted -= len(chunk)
        self._text, self._at = "".join(parts), 0


def read_records(file: BinaryIO, name: str, separator: str = "") -> Iterator[list[str]]:
    """The values of each record of a table, without empty records.

    Args:
        file: The table.
        name: Its name, for errors.
        separator: Between fields; empty: the one that the first line has most of.

    Raises:
        InputFileError: A quote is not closed, or its bytes do not make text.
    """
    scanner = _Scanner(TextFile(file, name), name, separator)
    for record in scanner.records():
        if record.text:
            yield [_value(field) for field in scanner.fields(record.text)]


class Csv:
    """Tables whose separator is a comma, or the one that the header has most of."""

    name = "csv"
    suffixes: tuple[str, ...] = (".csv",)
    separator = ""

    def pieces(self, file: BinaryIO, name: str, options: FormatOptions) -> Iterator[Piece]:
        """See ``FileFormat.pieces``. The first record names the columns."""
        text = TextFile(file, name, options.encoding)
        scanner = _Scanner(text, name, self.separator)
        separator, encode = scanner.separator, text.encoding.encode
        records = scanner.records()
        header = next(records, None)
        yield text.encoding.bom
        if header is None:
            return
        names = [_value(field) for field in scanner.fields(header.text)]
        columns = _columns(names, options, name)
        raw = encode(header.raw)
        yield raw
        at = len(text.encoding.bom) + len(raw)
        for number, record in enumerate(records, 2):
            raw = encode(record.raw)
            at += len(raw)
            if at <= options.skipped:
                yield raw
                continue
            fields = scanner.fields(record.text)
            if len(fields) == len(names):
                # In files that were put together the header comes again.
                if record.text.lstrip(_BOM) != header.text:
                    place = Place(name, number)
                    yield from _row(
                        fields, record.end, place, names, columns, text.encoding, separator
                    )
                    continue
            elif record.text:
                yield Cell(
                    "",
                    Place(name, number),
                    partial(_same, raw),
                    raw,
                    problem=f"has {len(fields)} fields; the header has {len(names)}",
                )
                continue
            yield raw


class Tsv(Csv):
    """Tables whose separator is a tab."""

    name = "tsv"
    suffixes = (".tsv", ".tab")
    separator = "\t"


def _columns(
    names: Sequence[str], options: FormatOptions, file: str
) -> dict[int, tuple[int, Rule]]:
    """For each column that gets translations where its source is, and the rule."""
    columns: dict[int, tuple[int, Rule]] = {}
    for name, rule in _rules(names, options, file).items():
        origin = _column(name, names, file)
        if rule.kind is None or name in options.keep:
            continue
        rule = replace(rule, templates=(*rule.templates, *options.templates))
        columns[_column(rule.into, names, file) if rule.into else origin] = origin, rule
    for name in options.keep:
        _column(name, names, file)
    return dict(sorted(columns.items()))


def _rules(names: Sequence[str], options: FormatOptions, file: str) -> dict[str, Rule]:
    """Those of the preset that is named, or else fits, for the columns that there are; and then
    the job's own.
    """
    preset = options.preset or ("" if options.rules else preset_for(names))
    if not preset and not options.rules:
        raise InputFileError(
            Place(file, 1),
            f"which columns are to be translated? Name them with --column: {_shown(names)}",
        )
    known = PRESETS[preset].rules if preset else {}
    return {name: rule for name, rule in known.items() if name in names} | dict(options.rules)


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN_COLUMNS]) + ", …" * (len(names) > _SHOWN_COLUMNS)


def _column(name: str, names: Sequence[str], file: str) -> int:
    found = [index for index, each in enumerate(names) if each.strip() == name]
    if not found:
        raise InputFileError(Place(file, 1), f"has no column {name!r}; there are: {_shown(names)}")
    if len(found) > 1:
        where = " and ".join(str(index + 1) for index in found)
        raise InputFileError(
            Place(file, 1, name), f"the header has it as columns {where}; it is needed once"
        )
    return found[0]


def _row(
    fields: Sequence[str],
    end: str,
    place: Place,
    names: Sequence[str],
    columns: Mapping[int, tuple[int, Rule]],
    encoding: Encoding,
    separator: str,
) -> Iterator[Piece]:
    done = 0
    for index, (origin, rule) in columns.items():
        field, text = fields[index], _value(fields[origin])
        # A column that takes translations keeps those that it has.
        if rule.kind is None or not text.strip() or (origin != index and field):
            continue
        before = "".join(each + separator for each in fields[done:index])
        yield encoding.encode(separator * (done > 0) + before)
        done = index + 1
        yield Cell(
            text,
            Place(place.file, place.row, names[origin]),
            partial(_encoded, encoding, rule.kind, separator, is_quoted=field.startswith('"')),
            encoding.encode(field),
            rule.kind,
            rule.max_length,
            rule.templates,
            _problem(fields[origin]) or encoding.problem_of(text),
            numbers=rule.numbers,
        )
    rest = separator.join(fields[done:])
    yield encoding.encode(separator * (0 < done < len(fields)) + rest + end)


def _value(field: str) -> str:
    """The text of a field."""
    if not field.startswith('"'):
        return field
    return field[1 : field.rindex('"')].replace('""', '"')


def _problem(field: str) -> str:
    if field.startswith('"') and field[field.rindex('"') + 1 :].strip():
        return "there is text after the closing quote"
    return ""


def _same(raw: bytes, _: str) -> bytes:
    return raw


def _encoded(
    encoding: Encoding, kind: Kind, separator: str, translation: str, *, is_quoted: bool
) -> bytes:
    if is_quoted or any(mark in translation for mark in (separator, '"', "\n", "\r")):
        translation = '"' + translation.replace('"', '""') + '"'
    return encoding.encode(translation, kind)
