"""A digest of all that decides what a model says, so that what it has said can be kept under it."""

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from translator.errors import ModelFilesError

__all__ = ["ALGORITHMS", "file_digest", "fingerprint"]

# Of what is around the network and decides results too: segments, code words, repairs, decoding.
# Raise it with every change after which a text may be translated otherwise.
ALGORITHMS = 9

# Reading less takes no time.
_REMEMBERED_BYTES = 64 * 2**20
_MAX_REMEMBERED = 1000


def fingerprint(files: Iterable[Path], *details: object) -> str:
    """The fingerprint of a model, 32 hexadecimal digits.

    Args:
        files: What it is read from. Their names in their folder count, the folder does not.
        details: How they are used.

    Raises:
        ModelFilesError: A file cannot be read.
    """
    read = sorted((path.name, file_digest(path)) for path in files)
    return _digest(json.dumps([ALGORITHMS, read, *map(str, details)]).encode())


def file_digest(path: Path, cache: Path | None = None) -> str:
    """The digest of a file's content.

    That of a large file takes seconds, so it is remembered in ``cache``, as long as the file's
    place, size and time of change are the same.

    Args:
        path: The file.
        cache: Where digests are kept; by default in the user's folder for caches.

    Raises:
        ModelFilesError: It cannot be read.
    """
    try:
        status = path.stat()
        if status.st_size < _REMEMBERED_BYTES:
            return _digest(path.read_bytes())
        cache = cache or _default_cache()
        key = f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"
        known = _read(cache)
        if key not in known:
            with path.open("rb") as file:
                known[key] = hashlib.file_digest(file, "sha256").hexdigest()[:32]
            _write(cache, known)
        return known[key]
    except OSError as error:
        raise ModelFilesError(f"{path}: cannot be read ({error.strerror})") from error


def _default_cache() -> Path:
    try:
        return user_cache_path("translator") / "digests.json"
    except RuntimeError:
        # A user without a home: nothing is remembered, since nothing can be a folder of this.
        return Path(os.devnull) / "digests.json"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _read(cache: Path) -> dict[str, str]:
    """What is remembered; nothing, if that cannot be read."""
    try:
        known = json.loads(cache.read_bytes())
    except (OSError, ValueError):
        return {}
    is_ours = isinstance(known, dict) and all(isinstance(each, str) for each in known.values())
    return known if is_ours else {}


def _write(cache: Path, known: dict[str, str]) -> None:
    """Remember the newest, if that is possible; of two processes that write, one wins."""
    kept = dict(list(known.items())[-_MAX_REMEMBERED:])
    unfinished = cache.with_name(f".{cache.name}.{os.getpid()}")
    with suppress(OSError):
        cache.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps(kept), encoding="utf-8")
        unfinished.replace(cache)
