"""How far a job is: a bar on a terminal, else a line now and then."""

import io
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, BinaryIO, Self

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from translator.jobs.report import Report
from translator.jobs.run import JobFile
from translator.jobs.units import Origin

__all__ = ["JobProgress"]

_LINE_EVERY_S = 10.0


class JobProgress:
    """Shows on standard error how much of a job is done.

    Args:
        report: Counts.
        files: The job's; the bar is about their bytes. None: there is no bar.
    """

    def __init__(self, report: Report, files: Sequence[JobFile]) -> None:
        self._report = report
        sizes = [0 if each.source is None else each.source.stat().st_size for each in files]
        self._total = sum(sizes) if all(sizes) else None
        self._read = 0
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task(self._said(), total=self._total)
        self._last_line_s = time.monotonic()

    def watched(self, file: BinaryIO) -> BinaryIO:
        """The file, read through; what is read of it moves the bar."""
        return io.BufferedReader(_Watched(file, self.moved), 1 << 16)

    def moved(self, count: int) -> None:
        """Move the bar by so many bytes."""
        self._read += count
        self._bar.update(self._task, completed=self._read, description=self._said())
        now = time.monotonic()
        if not self._console.is_terminal and now - self._last_line_s >= _LINE_EVERY_S:
            self._last_line_s = now
            click.echo(self._said(), err=True)

    def _said(self) -> str:
        report = self._report
        speed = report.num_words / report.seconds if report.seconds > 0 else 0.0
        return (
            f"{report.num_cells} texts, {speed:.0f} words/s, "
            f"{report.origins[Origin.STORE]} from the store, {report.num_failed} failed"
        )

    def tell(self) -> None:
        """Say what was done, in a few lines."""
        report = self._report
        lines = [
            f"{report.num_cells} texts with {report.num_words} words in {report.seconds:.1f} s",
            f"  translated: {report.origins[Origin.ENGINE]}, from the store: "
            f"{report.origins[Origin.STORE]}, from the memory: {report.origins[Origin.MEMORY]}, "
            f"nothing to translate: {report.origins[Origin.NONE]}",
        ]
        if report.terms:
            lines.append(
                "  terms: " + ", ".join(f"{how} {n}" for how, n in sorted(report.terms.items()))
            )
        if report.reasons:
            lines.append(
                "  to look at: "
                + ", ".join(f"{reason} {n}" for reason, n in sorted(report.reasons.items()))
            )
        if report.num_failed:
            lines.append(f"  not translated: {report.num_failed}")
        for line in lines:
            click.echo(line, err=True)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()


class _Watched(io.RawIOBase):
    """Reads another file, and tells how much."""

    def __init__(self, file: BinaryIO, moved: Callable[[int], None]) -> None:
        super().__init__()
        self._file = file
        self._moved = moved

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._moved(len(data))
        return len(data)
