"""Keeps the kernels that numba compiles, once for a machine, and copes if that fails.

Kernels are inlined into one another, so all are compiled again if the file of one has changed.

numba keeps compiled functions in ``NUMBA_CACHE_DIR``, beside their source, or in the user's cache
folder. It raises if it can write to none of them, or if a file there is damaged. Here neither is an
error: whatever can be read is used, and the rest is compiled in memory.
"""

import functools
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    InTreeCacheLocator,
    UserProvidedCacheLocator,
    UserWideCacheLocator,
)

__all__ = ["compiled"]

_log = logging.getLogger(__name__)

_UNREADABLE = "compiled kernels in %s cannot be read (%s): compiling them again"
_NOT_KEPT = (
    "compiled kernels cannot be kept in %s (%s), so each start compiles them again: set "
    "NUMBA_CACHE_DIR to a folder that this user can write"
)

_SOURCES = ("dots.py", "kernel_cache.py", "kernels.py", "tiles.py")

# The kinds of warning that were logged.
_told: set[str] = set()


def compiled(**options: Any) -> Callable[[Any], Any]:
    """Decorate a kernel: numba's ``njit`` with these options, and our cache."""

    def decorate(function: Any) -> Any:
        kernel = njit(nogil=True, error_model="numpy", **options)(function)
        # Where ``cache=True`` would put numba's own cache.
        kernel._cache = _KernelCache(function)
        return kernel

    return decorate


class _ReadOnlyProvided(UserProvidedCacheLocator):
    """A ``NUMBA_CACHE_DIR`` that somebody else has filled, for example when building an image."""

    def ensure_cache_path(self) -> None:
        if not Path(self.get_cache_path()).is_dir():  # type: ignore[no-untyped-call]
            raise FileNotFoundError


class _ReadOnlyInTree(InTreeCacheLocator):
    """The folder beside the source, which may not exist."""

    def ensure_cache_path(self) -> None:
        pass


class _Locations(CompileResultCacheImpl):
    """Where compiled kernels are kept: numba's first three places, then the read-only ones."""

    _locator_classes = [  # noqa: RUF012  (numba's own is a list)
        UserProvidedCacheLocator,
        InTreeCacheLocator,
        UserWideCacheLocator,
        _ReadOnlyProvided,
        _ReadOnlyInTree,
    ]


class _KernelCache(FunctionCache):
    """The cache of one kernel."""

    _impl_class = _Locations

    def __init__(self, function: Any) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        # numba asks the file that the kernel stands in alone, and when it was written: not what a
        # fresh checkout, or an installed package, has in common with the one before.
        self._cache_file._source_stamp = _digest(function.__code__.co_filename)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load the compiled kernel; None makes numba compile it."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception as error:
            # A file that was cut off can raise anything.
            _warn_once(_UNREADABLE, self.cache_path, error)
            try:
                # Saving would read it again.
                self.flush()  # type: ignore[no-untyped-call]
            except OSError as cannot_write:
                _log.debug("%s: %s", self.cache_path, cannot_write)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Save a compiled kernel, if possible."""
        try:
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
        except Exception as error:
            _warn_once(_NOT_KEPT, self.cache_path, error)


@functools.cache
def _digest(file: str) -> str:
    """A digest of every file with kernels, and of this one."""
    digest = hashlib.sha256(Path(file).read_bytes())
    for name in _SOURCES:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()


def _warn_once(message: str, folder: str, error: Exception) -> None:
    """Log a warning, once for all kernels."""
    if message not in _told:
        _told.add(message)
        _log.warning(message, folder, f"{type(error).__name__}: {error}")
