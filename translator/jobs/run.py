"""Runs a job: each file is read, translated and written in one pass."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from translator.jobs.cells import Cell, FileFormat, FormatOptions, Piece
from translator.jobs.report import Report
from translator.jobs.units import Origin, Passed, Unit, UnitResult, UnitTranslator, interleaved
from translator.jobs.whole_file import written_whole

__all__ = ["JobFile", "is_sequence", "run_file"]

_HOPE = "run it again once that is mended; what the store has is not translated again"


@dataclass(frozen=True, slots=True)
class JobFile:
    """A file to translate.

    Attributes:
        source: Where it is; None: standard input.
        target: Where the result goes; None: standard output.
        name: How places name it.
        format: How it is cut into cells.
        options: How it is read.
    """

    source: Path | None
    target: Path | None
    name: str
    format: FileFormat
    options: FormatOptions = field(repr=False)


@runtime_checkable
class _Writer(Protocol):
    """A format whose files are not a sequence of pieces."""

    def write(self, done: Iterable[bytes | tuple[Cell, str | None]], output: BinaryIO) -> None: ...


def is_sequence(format: FileFormat) -> bool:  # noqa: A002
    """Whether the translation of a file is that of its pieces, one after another."""
    return not isinstance(format, _Writer)


def run_file(job: JobFile, file: BinaryIO, units: UnitTranslator, report: Report) -> None:
    """Translate a file.

    The result appears when it is whole, under its name. What cannot be translated stays as it is,
    and is reported.

    Args:
        job: The file.
        file: It, opened.
        units: Translates.
        report: Is told of every cell.

    Raises:
        InputFileError: The file is not of its format.
        OutputError: The result cannot be written.
        TranslatorError: No text can be translated.
    """
    pieces = job.format.pieces(file, job.name, job.options)
    done = _translated(pieces, units, report)
    with written_whole(job.target, _HOPE) as output:
        if isinstance(job.format, _Writer):
            job.format.write(done, output)
            return
        for piece in done:
            if isinstance(piece, bytes):
                output.write(piece)
                continue
            cell, text = piece
            output.write(cell.raw if text is None else cell.encode(text))


def _translated(
    pieces: Iterable[Piece], units: UnitTranslator, report: Report
) -> Iterator[bytes | tuple[Cell, str | None]]:
    """The pieces in their order, cells with their translations."""
    cells: deque[Cell] = deque()

    def steps() -> Iterator[Unit | Passed[Piece]]:
        for piece in pieces:
            if isinstance(piece, bytes):
                yield Passed(piece, len(piece))
            elif piece.problem:
                yield Passed(piece, len(piece.raw))
            else:
                cells.append(piece)
                yield Unit.of(piece)

    for step in interleaved(units, steps()):
        if isinstance(step, UnitResult):
            cell = cells.popleft()
            cell = cell.told(is_decided=step.origin is Origin.MEMORY, suggestions=step.suggestions)
            yield cell, report.translated(cell, step)
        elif isinstance(step.value, bytes):
            yield step.value
        else:
            report.problem(step.value)
            yield step.value, None
