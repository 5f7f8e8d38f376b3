"""Files that are there whole, or not at all."""

import os
import platform
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from translator.errors import OperatorError

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
        prefix = f"{_prefix(target)}{os.getpid()}."
        number, name = tempfile.mkstemp(_PART, prefix, target.parent)
        part = Path(name)
        with os.fdopen(number, "wb") as output:
            yield output
            output.flush()
            os.fsync(output.fileno())
        part.chmod(0o666 & ~_umask())
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


def _sweep(target: Path) -> None:
    """Delete what a job of this machine that was killed has left beside the target."""
    left = re.compile(re.escape(_prefix(target)) + rf"(\d+)\..*{re.escape(_PART)}")
    for path in target.parent.iterdir():
        match = left.fullmatch(path.name)
        if match and not _is_running(int(match[1])):
            path.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        # It is somebody else's.
        return True
    return True


def _umask() -> int:
    """The file mode mask of this process, which all its threads share."""
    with _UMASK_LOCK:
        mask = os.umask(0)
        os.umask(mask)
        return mask
