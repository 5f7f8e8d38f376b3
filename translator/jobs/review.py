"""A sample of a job for people to look at: a page, or a table that comes back as memory."""

import csv
import heapq
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from translator.errors import ClientError
from translator.jobs.cells import Cell, Kind, Place
from translator.jobs.report import Failure, Report
from translator.jobs.store import key_of
from translator.jobs.units import Origin, UnitResult
from translator.jobs.whole_file import written_whole

__all__ = ["Reviewed", "Sample", "check_review", "write_review"]

_SUFFIXES = (".html", ".csv")
_CSV_COLUMNS = (
    "file", "row", "column", "source", "translation", "source_language", "target_language",
    "from", "look_at",
)  # fmt: skip
_ORIGINS = {
    Origin.ENGINE: "translated",
    Origin.STORE: "from the store",
    Origin.MEMORY: "from the memory",
    Origin.NONE: "nothing to translate",
}
_STYLE = """
:root { color-scheme: light dark; --line: #8886; --mark: #b45309; --soft: #8882; }
@media (prefers-color-scheme: dark) { :root { --mark: #fbbf24; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .5rem .75rem; text-align: start;
  vertical-align: top; }
th { background: Canvas; position: sticky; top: 0; }
.place { width: 12%; } .text { width: 33%; }
td { overflow-wrap: anywhere; }
td.text { white-space: pre-wrap; }
td.code { font: .85em/1.5 ui-monospace, monospace; }
td:first-child { border-inline-start: 4px solid transparent; }
.look td:first-child { border-inline-start-color: var(--mark); }
.stays { background: var(--soft); }
ul { margin: 0; padding-inline-start: 1.1rem; } .look li.why { color: var(--mark); }
dl { display: flex; flex-wrap: wrap; gap: .25rem 2rem; } dt { opacity: .7; } dd { margin: 0; }
dl div { display: flex; gap: .5rem; }
@media (max-width: 48rem) {
  thead { display: none; }
  table, tbody, tr, td { display: block; }
  tr { border-bottom: 1px solid var(--line); border-inline-start: 4px solid transparent;
    padding: .5rem 0; }
  tr.look { border-inline-start-color: var(--mark); }
  td, td.text { border: 0 !important; padding: .2rem .75rem; width: auto; }
  td:empty { display: none; }
  td[data-name]::before { content: attr(data-name); display: block; font: .8rem system-ui;
    opacity: .7; }
}
"""
# How a term came into a translation.
_HOWS = {
    "already": "the model said so",
    "forced": "put in",
    "masked": "put in",
    "failed": "missing",
}


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A cell with what became of it.

    Attributes:
        place: Where it is.
        kind: What its text is.
        source: Its text.
        translation: What was written; None: it stays as it was.
        origin: Where the translation comes from.
        failures: What somebody should look at.
        terms: Glossary entries, and what became of them.
    """

    place: Place
    kind: Kind
    source: str
    translation: str | None
    origin: str
    failures: tuple[Failure, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()


@dataclass(order=True, slots=True)
class _Drawn:
    # Negative, so that a heap gives up the largest.
    lot: int
    number: int
    cell: Reviewed = field(compare=False)


class Sample:
    """Some cells of a job: those with issues come before others, and chance is the same each time.

    Args:
        size: How many at most.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._number = 0
        self._with_issues: list[_Drawn] = []
        self._others: list[_Drawn] = []
        self.num_with_issues = 0

    def add(self, cell: Cell, result: UnitResult | None, failures: Sequence[Failure]) -> None:
        """Consider a cell."""
        self._number += 1
        self.num_with_issues += bool(failures)
        heap = self._with_issues if failures else self._others
        place = cell.place
        digest = key_of(place.file, str(place.row), place.column, cell.text)
        drawn = -int.from_bytes(digest[:8], "little")
        if len(heap) >= self._size and drawn < heap[0].lot:
            return
        written = None if result is None else result.text
        if any(failure.translation is None for failure in failures):
            written = None
        reviewed = Reviewed(
            place, cell.kind, cell.text, written, result.origin.value if result else "",
            tuple(failures), result.terms if result else (),
        )  # fmt: skip
        heapq.heappush(heap, _Drawn(drawn, self._number, reviewed))
        if len(heap) > self._size:
            heapq.heappop(heap)

    def cells(self) -> list[Reviewed]:
        """The cells: those with issues, then others, each in the order of the job."""
        others = sorted(self._others, reverse=True)[: self._size - len(self._with_issues)]
        return [
            drawn.cell
            for part in (self._with_issues, others)
            for drawn in sorted(part, key=lambda drawn: drawn.number)
        ]


def check_review(path: Path) -> None:
    """Check that a review can have this name.

    Raises:
        ClientError: It cannot.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise ClientError(f"{path}: a review is a page or a table: {', '.join(_SUFFIXES)}")


def write_review(path: Path, sample: Sample, report: Report, languages: tuple[str, str]) -> None:
    """Write a sample: a page, or a table that ``translator memory import`` reads.

    Args:
        path: A file that ends in ``.html`` or ``.csv``.
        sample: The cells.
        report: The figures of the whole job.
        languages: Source and target, BCP-47.

    Raises:
        OutputError: It cannot be written.
    """
    write = _page if path.suffix.lower() == ".html" else _table
    with written_whole(path) as file:
        file.write(write(sample, report, languages).encode("utf-8", "replace"))


def _table(sample: Sample, _: Report, languages: tuple[str, str]) -> str:
    # With the mark by which spreadsheets know UTF-8.
    text = io.StringIO("\ufeff", newline="")
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text)
    writer.writerow(_CSV_COLUMNS)
    for cell in sample.cells():
        place = cell.place
        told = "; ".join(f"{each.reason}: {each.message}" for each in cell.failures)
        writer.writerow(
            (place.file, place.row, place.column, cell.source, cell.translation or "", *languages,
             cell.origin, told)
        )  # fmt: skip
    return text.getvalue()


def _page(sample: Sample, report: Report, languages: tuple[str, str]) -> str:
    cells = sample.cells()
    source, target = map(escape, languages)
    title = f"Review: {source} to {target}"
    figures = {
        "texts": report.num_cells,
        "words": report.num_words,
        "to look at": sample.num_with_issues,
        "not translated": report.num_failed,
        **{_ORIGINS[origin]: number for origin, number in sorted(report.origins.items())},
        "shown here": len(cells),
    }
    shown = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{value:,}</dd></div>" for name, value in figures.items()
    )
    files = {cell.place.file for cell in cells}
    one = f"<p>{_shown(files.pop())}</p>\n" if len(files) == 1 else ""
    rows = "".join(_row(cell, source, target, names_file=not one) for cell in cells)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{title}</h1>
{one}<dl>{shown}</dl>
<table>
<thead><tr><th class="place" scope="col">Place</th><th class="text" scope="col">Source</th>\
<th class="text" scope="col">Result</th><th scope="col">Notes</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
</body>
</html>
"""


def _row(cell: Reviewed, source: str, target: str, *, names_file: bool) -> str:
    place = cell.place
    code = " code" if cell.kind is not Kind.TEXT else ""
    where = [_shown(place.file)] if names_file else []
    where += [f"row {place.row}"] if place.row else []
    where += [_shown(place.column)] if place.column else []
    if cell.translation is None:
        language, stays, result = source, " stays", cell.source
    else:
        language, stays, result = target, "", cell.translation
    look = ' class="look"' if cell.failures else ""
    return (
        f"<tr{look}>"
        f"<td>{'<br>'.join(where)}</td>"
        f'<td class="text{code}" data-name="Source" lang="{source}" dir="auto">'
        f"{_shown(cell.source)}</td>"
        f'<td class="text{code}{stays}" data-name="Result" lang="{language}" dir="auto">'
        f"{_shown(result)}</td>"
        f"<td>{_notes(cell)}</td></tr>\n"
    )


def _notes(cell: Reviewed) -> str:
    notes = [f'<li class="why">{_shown(each.message)}</li>' for each in cell.failures]
    notes += [
        f"<li>{each.percent} %: {_shown(each.source)} → {_shown(each.translation)}</li>"
        for failure in cell.failures
        for each in failure.suggestions
    ]
    notes += [f"<li>term {_shown(term)}: {_HOWS.get(how, how)}</li>" for term, how in cell.terms]
    if cell.translation is None:
        notes.append("<li>stays as it was</li>")
    elif cell.origin != Origin.ENGINE:
        notes.append(f"<li>{_ORIGINS[Origin(cell.origin)]}</li>")
    return f"<ul>{''.join(notes)}</ul>" if notes else ""


def _shown(text: str) -> str:
    """A text as HTML; what no page can hold becomes a mark."""
    return escape("".join("\ufffd" if _is_odd(each) else each for each in text))


def _is_odd(character: str) -> bool:
    return "\ud800" <= character <= "\udfff" or (character < " " and character not in "\t\n\r")
