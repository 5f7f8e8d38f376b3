"""Files that are there whole, or not at all."""

import os
import platform
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from translator.errors import OperatorError

try:
    import fcntl
except ImportError:
    # Where files cannot be locked so, parts of jobs that were killed stay.
    fcntl = None  # type: ignore[assignment]

__all__ = ["OutputError", "written_whole"]

_PART = ".part"
_UMASK_LOCK = threading.Lock()


class OutputError(OperatorError):
    """A result cannot be written; the message names the file."""


@contextmanager
def written_whole(target: Path | None, hope: str = "") -> Iterator[BinaryIO]:
    """A file that takes its name when all is written, and is gone if that fails.

    Args:
        target: The name; None: standard output.
        hope: What is told besides if it cannot be written.

    Raises:
        OutputError: It cannot be written.
    """
    if target is None:
        with os.fdopen(os.dup(1), "wb") as output:
            yield output
        return
    part: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        number, name = _locked_part(target)
        part = Path(name)
        with os.fdopen(number, "wb") as output:
            yield output
            output.flush()
            os.fsync(output.fileno())
            part.chmod(0o666 & ~_umask())
            # Still locked: it is nobody's part when it is closed.
            part.replace(target)
    except OSError as error:
        told = f"{target}: cannot be written ({error.strerror or error})"
        raise OutputError(f"{told}; {hope}" if hope else told) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _prefix(target: Path) -> str:
    """What begins the names of parts that this machine writes: others may share the folder."""
    return f".{target.name}.{platform.node()}."


def _locked_part(target: Path) -> tuple[int, str]:
    """A new part, opened, which is locked as long as a process has it open."""
    while True:
        number, name = tempfile.mkstemp(_PART, _prefix(target), target.parent)
        with suppress(OSError):
            # Not every file system has locks.
            _lock(number, waits=True)
        if os.fstat(number).st_nlink:
            return number, name
        # Swept before it was locked.
        os.close(number)


def _lock(number: int, *, waits: bool) -> None:
    """Lock an open file until it is closed; OSError if another has it, or there are no locks."""
    if fcntl is None:
        raise OSError("files cannot be locked")
    fcntl.flock(number, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sweep(target: Path) -> None:
    """Delete what a job of this machine that was killed has left beside the target.

    A number of its process would not tell: a container gives the same one to the next job.
    """
    for path in target.parent.iterdir():
        if path.name.startswith(_prefix(target)) and path.name.endswith(_PART):
            with suppress(OSError), path.open("rb") as file:
                _lock(file.fileno(), waits=False)
                path.unlink()


def _umask() -> int:
    """The file mode mask of this process, which all its threads share."""
    with _UMASK_LOCK:
        mask = os.umask(0)
        os.umask(mask)
        return mask
