"""Files that are read again when they change, and that may be wrong for a while."""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from translator.errors import ConfigError

__all__ = ["Watched", "read_bounded"]

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

# What a file looks like from outside; a link that leads elsewhere has another inode.
_Stamp = tuple[tuple[int, int, int] | None, ...]


def read_bounded(path: Path, key: str, max_bytes: int, *, may_be_blank: bool = False) -> bytes:
    """The contents of a file that the settings name.

    Raises:
        ConfigError: It cannot be read, is blank, is larger than ``max_bytes``, or is no file.
    """
    try:
        # A pipe or a device would never end.
        if path.exists() and not path.is_file():
            raise ConfigError(f"{key}: {path} is not a file")
        with path.open("rb") as file:
            contents = file.read(max_bytes + 1)
    except OSError as error:
        raise ConfigError(f"{key}: {path} cannot be read ({error.strerror or error})") from error
    if not (may_be_blank or contents.strip()):
        raise ConfigError(f"{key}: {path} is empty")
    if len(contents) > max_bytes:
        raise ConfigError(f"{key}: {path} has more than {max_bytes} bytes, the most allowed")
    return contents


class Watched(Generic[_T]):
    """What some files say. When they change for the worse, what they said before stays in force.

    May be asked in any thread.

    Args:
        paths: The files.
        read: Reads them; raises ConfigError with a sentence.
        what: Names them in the log.

    Raises:
        ConfigError: They cannot be used now; there is nothing from before.
    """

    def __init__(self, paths: Sequence[Path], read: Callable[[], _T], what: str) -> None:
        self._paths = tuple(paths)
        self._read = read
        self._what = what
        self._lock = threading.Lock()
        # Before they are read: what is written meanwhile is read again.
        self._stamp = self._look()
        self.value = read()

    def refresh(self) -> bool:
        """Read the files again if they have changed. Returns whether there is a new value."""
        with self._lock:
            stamp = self._look()
            if stamp == self._stamp:
                return False
            self._stamp = stamp
            try:
                self.value = self._read()
            except ConfigError as error:
                _log.warning("%s stay as they were: %s", self._what, error.message)
                return False
        _log.info("%s were read again", self._what)
        return True

    def _look(self) -> _Stamp:
        return tuple(map(_stamp, self._paths))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
