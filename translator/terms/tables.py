"""Reads tables: CSV and TSV as Google, DeepL and Azure use them, and Riva's ``source##target``."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from translator.terms.table import Cell, GlossaryFileError, Row, RowProblem, Table, is_tag
from translator.terms.term import quoted

__all__ = ["parse"]

_LINE = re.compile(r"\r\n|\r|\n")
_FORMS = re.compile(r"(?<!\\)\|")
_RIVA = "##"
# Excel writes semicolons in languages whose decimal mark is a comma.
_DELIMITERS = (",", ";")
# This many rows decide the format.
_SAMPLE = 50
_SOURCES = frozenset(["source", "source term", "source_term", "term"])
_TARGETS = frozenset(["target", "target term", "target_term", "translation"])


@dataclass(frozen=True, slots=True)
class _Columns:
    """The meaning of the columns.

    Attributes:
        languages: The language of each column of terms; None for a column without terms.
        is_directed: See ``Table``.
        has_header: Whether the first row names the columns.
        tags: Whether the third and fourth column name the languages of each row.
    """

    languages: tuple[str | None, ...]
    is_directed: bool
    has_header: bool
    tags: bool = False


def parse(text: str, name: str) -> Table:
    """Parse a table.

    Raises:
        GlossaryFileError: It has no rows, or its quotes are not closed.
    """
    if "\0" in text:
        told = "it has NUL characters: save it as UTF-8, or as UTF-16 with a byte order mark"
        raise GlossaryFileError(f"{name}: {told}")
    kind, read = _read(text, name)
    rows = [(line, cells) for line, cells in read if any(cells)]
    if not rows:
        raise GlossaryFileError(f"{name}: it has no terms")
    columns = _columns([cells for _, cells in rows[:_SAMPLE]])
    size = 4 if columns.tags else len(columns.languages)
    good: list[Row] = []
    problems: list[RowProblem] = []
    for line, cells in rows[columns.has_header :]:
        cells += [""] * (size - len(cells))
        extra = next((i for i in range(size, len(cells)) if cells[i]), None)
        if extra is not None:
            told = f"column {extra + 1}: there are {len(cells)} columns; {size} are expected"
            problems.append(RowProblem(line, told))
        elif columns.tags and (wrong := _wrong_tag(cells)) is not None:
            told = f"column {wrong + 1}: {quoted(cells[wrong])} is not the code of a language"
            problems.append(RowProblem(line, told))
        else:
            good.append(Row(line, tuple(_cells(cells, columns))))
    names = {language for language in columns.languages if language is not None}
    return Table(name, kind, tuple(good), columns.is_directed, len(names) < 3, tuple(problems))


def _read(text: str, name: str) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    """Detect the format and read the rows: the line and the cells of each."""
    lines = _LINE.split(text)
    sample = [line for line in lines if line.strip()][:_SAMPLE]
    if any("\t" in line for line in sample):
        return "TSV", (
            (number, [_unquoted(cell) for cell in line.split("\t")])
            for number, line in enumerate(lines, start=1)
        )
    if _is_riva(sample):
        return "source##target", (
            (number, [cell.strip() for cell in line.split(_RIVA)])
            for number, line in enumerate(lines, start=1)
        )
    return "CSV", _csv(text, _delimiter(sample), name)


def _is_riva(sample: Sequence[str]) -> bool:
    """Whether most lines have Riva's format, or no other line has a delimiter."""
    others = [line for line in sample if _RIVA not in line]
    is_plain = not any(mark in line for line in others for mark in _DELIMITERS)
    return 2 * len(others) < len(sample) or (len(others) < len(sample) and is_plain)


def _unquoted(cell: str) -> str:
    cell = cell.strip()
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"').strip()
    return cell


def _delimiter(sample: Sequence[str]) -> str:
    """A semicolon if it cuts every line into two or four cells and a comma does not."""

    def cuts(delimiter: str) -> bool:
        try:
            sizes = {len(row) for row in csv.reader(sample, delimiter=delimiter)}
        except csv.Error:
            return False
        return len(sizes) == 1 and sizes.isdisjoint({1})

    comma, semicolon = map(cuts, _DELIMITERS)
    if comma or not any(";" in line for line in sample):
        return ","
    return ";" if semicolon or not any("," in line for line in sample) else ","


def _csv(text: str, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise GlossaryFileError(f"{name}: row {line}: {_fault(str(error))}") from error


def _fault(told: str) -> str:
    """An error of the csv module, in plain words."""
    if "end of data" in told:
        return "a quote is not closed"
    return "there is text after a closing quote" if "expected after" in told else told


def _columns(rows: Sequence[Sequence[str]]) -> _Columns:
    first = [cell.lower() for cell in rows[0]]
    if len(first) > 1 and first[0] in _SOURCES and first[1] in _TARGETS:
        return _Columns(("", ""), True, True, _has_tags(rows[1:]))
    tags = [cell.replace("_", "-") if is_tag(cell) else None for cell in rows[0]]
    named = [tag for tag in tags if tag is not None]
    if len(named) > 1 and len({tag.lower() for tag in named}) == len(named) and all(tags[:2]):
        return _Columns(tuple(tags), False, True)
    return _Columns(("", ""), True, False, _has_tags(rows))


def _wrong_tag(cells: Sequence[str]) -> int | None:
    return next((place for place in (2, 3) if not is_tag(cells[place])), None)


def _has_tags(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the third and fourth column have DeepL's language codes."""
    return any(len(row) >= 4 and all(map(is_tag, row[2:4])) for row in rows)


def _cells(cells: Sequence[str], columns: _Columns) -> Iterator[Cell]:
    for place, language in enumerate(columns.languages):
        if language is not None:
            tag = cells[place + 2].replace("_", "-") if columns.tags else language
            yield Cell(tag, _terms(cells[place]))


def _terms(cell: str) -> tuple[str, ...]:
    """The forms in a cell, divided by vertical bars without a backslash before them."""
    forms = (form.replace("\\|", "|").strip() for form in _FORMS.split(cell))
    return tuple(form for form in forms if form)
