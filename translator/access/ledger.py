"""What callers have used, in memory that all workers of a server share."""

import mmap
import os
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO

try:
    import fcntl
except ModuleNotFoundError:  # Windows, where a server has no workers
    fcntl = None  # type: ignore[assignment]

__all__ = ["Ledger", "Row"]

_ROWS = 16_384
# Rows that are looked at for a caller, from its own on.
_PROBES = 64
# Whoever has used nothing for so long leaves the row to another: no window is longer than a day.
_IDLE_S = 2 * 86_400
# Of a row: who, when it was used last, three windows of three, and the streams of each worker.
_WHO, _USED, _WINDOWS, _SESSIONS = 0, 1, 2, 11


@dataclass(slots=True)
class Row:
    """The counters of one caller.

    Attributes:
        windows: Three for each of three windows.
        sessions: Streams that are open, on each worker.
        own: Which of these is this worker's.
        held: Nobody else changes them while this is entered.
    """

    windows: memoryview = field(default_factory=lambda: _zeros(9))
    sessions: memoryview = field(default_factory=lambda: _zeros(1))
    own: int = 0
    held: Callable[[], AbstractContextManager[None]] = nullcontext

    def window(self, number: int) -> memoryview:
        """The counters of a window, shared with this row."""
        return self.windows[3 * number : 3 * number + 3]


def _zeros(count: int) -> memoryview:
    return memoryview(bytearray(8 * count)).cast("q")


class Ledger:
    """Rows in a file that each worker has in its memory.

    A worker that is killed leaves the file as it was, and its lock to others. Where there is no row
    left for a caller, it gets one of its own in each worker.

    Args:
        file: What ``create`` has made.
        worker: This one's number, from 0.
        num_workers: How many there are.
        clock: Seconds, monotonic, the same for all of them.
    """

    def __init__(
        self,
        file: Path,
        worker: int,
        num_workers: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = os.open(file, os.O_RDWR)
        weakref.finalize(self, os.close, self._file)
        self._cells = memoryview(mmap.mmap(self._file, 0)).cast("q")
        self._length = _SESSIONS + num_workers
        self._worker = worker
        self._clock = clock
        # The streams of the worker that this one takes the place of are over.
        with self._held():
            for at in range(0, len(self._cells), self._length):
                if self._cells[at]:
                    self._cells[at + _SESSIONS + worker] = 0

    @staticmethod
    def create(file: IO[bytes], num_workers: int) -> None:
        """Make a new file of it."""
        file.truncate(8 * _ROWS * (_SESSIONS + num_workers))

    def row(self, name: str) -> Row:
        """The counters of a caller."""
        who = int.from_bytes(sha256(name.encode()).digest()[:7]) + 1
        now_s = int(self._clock())
        with self._held():
            found = self._find(who, now_s)
            if found is None:
                return Row()
            row = self._cells[found * self._length : (found + 1) * self._length]
            if row[_WHO] != who:
                for at in range(self._length):
                    row[at] = 0
                row[_WHO] = who
            row[_USED] = now_s
        return Row(row[_WINDOWS:_SESSIONS], row[_SESSIONS:], self._worker, self._held)

    def _find(self, who: int, now_s: int) -> int | None:
        """The row of a caller, or else the first that nobody uses."""
        free = None
        for probe in range(_PROBES):
            index = (who + probe) % _ROWS
            at = index * self._length
            if self._cells[at + _WHO] == who:
                return index
            is_idle = self._cells[at + _USED] < now_s - _IDLE_S and not any(
                self._cells[at + _SESSIONS : at + self._length]
            )
            if free is None and (not self._cells[at + _WHO] or is_idle):
                free = index
        return free

    @contextmanager
    def _held(self) -> Iterator[None]:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
