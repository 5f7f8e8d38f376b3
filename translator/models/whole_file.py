"""Writes a file into a model's folder, whole or not at all."""

from contextlib import suppress
from pathlib import Path

from translator.errors import ModelFilesError

__all__ = ["write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place, and then put it there.

    Raises:
        ModelFilesError: It cannot be written; what was there before stays.
    """
    unfinished = path.with_name(f".{path.name}")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        raise ModelFilesError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        # If it is not a folder, there is nothing to clean up.
        with suppress(OSError):
            unfinished.unlink()
