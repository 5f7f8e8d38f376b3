"""Runs a job: each file is read, translated and written in one pass."""

import os
import re
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from translator.errors import OperatorError
from translator.jobs.cells import Cell, FileFormat, FormatOptions, Piece
from translator.jobs.report import Report
from translator.jobs.units import Passed, Unit, UnitResult, UnitTranslator, interleaved

__all__ = ["JobFile", "OutputError", "run_file"]

_PART = ".part"


class OutputError(OperatorError):
    """A result cannot be written; the message names the file."""


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
    with _written_whole(job.target) as output:
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
                yield Unit(piece.text, piece.kind, piece.templates)

    for step in interleaved(units, steps()):
        if isinstance(step, UnitResult):
            cell = cells.popleft()
            yield cell, report.translated(cell, step)
        elif isinstance(step.value, bytes):
            yield step.value
        else:
            report.problem(step.value)
            yield step.value, None


@contextmanager
def _written_whole(target: Path | None) -> Iterator[BinaryIO]:
    """A file that takes its name when all is written, and is gone if that fails."""
    if target is None:
        with os.fdopen(os.dup(1), "wb") as output:
            yield output
        return
    part: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        number, name = tempfile.mkstemp(_PART, f".{target.name}.{os.getpid()}.", target.parent)
        part = Path(name)
        with os.fdopen(number, "wb") as output:
            yield output
            output.flush()
            os.fsync(output.fileno())
        part.chmod(0o666 & ~_umask())
        part.replace(target)
    except OSError as error:
        raise OutputError(
            f"{target}: cannot be written ({error.strerror or error}); what was translated is in "
            "the store, so the job goes on from there when it is run again"
        ) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _sweep(target: Path) -> None:
    """Delete what a job that was killed has left beside the target."""
    left = re.compile(re.escape(f".{target.name}.") + rf"(\d+)\..*{re.escape(_PART)}")
    for path in target.parent.iterdir():
        match = left.fullmatch(path.name)
        if match and not Path(f"/proc/{match[1]}").exists():
            path.unlink(missing_ok=True)


def _umask() -> int:
    """The file mode mask of this process."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
