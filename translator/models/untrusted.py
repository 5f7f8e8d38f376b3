"""Reads what may be made to do harm: nobody vouches for a model folder from elsewhere."""

import os
import stat
from pathlib import Path
from typing import Any

import yaml

from translator.errors import ModelFilesError

__all__ = ["check_files", "inside", "read_yaml"]

_MAX_YAML_BYTES = 1 << 20
_MAX_YAML_DEPTH = 50


def check_files(folder: Path) -> None:
    """Check that a folder holds files and folders only: reading a pipe would never end.

    Raises:
        ModelFilesError: There is something else.
    """
    try:
        for path in folder.iterdir():
            try:
                mode = os.stat(path).st_mode  # noqa: PTH116
            except FileNotFoundError:
                # A link that leads nowhere; whoever reads it says so.
                continue
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise ModelFilesError(f"{path}: is not a file; take it out of the model's folder")
    except OSError as error:
        raise ModelFilesError(f"{folder}: cannot be read ({error.strerror})") from error


def inside(folder: Path, name: object, named_in: Path) -> Path:
    """The file of a folder that one of its files names.

    Links may lead elsewhere, as those of the hub's cache do; names may not.

    Raises:
        ModelFilesError: The name leads out of the folder, or there is no such file.
    """
    path = Path(str(name))
    if path.is_absolute() or ".." in path.parts:
        raise ModelFilesError(f"{named_in}: names {str(name)!r}, which is outside of its folder")
    file = folder / path
    if not file.is_file():
        raise ModelFilesError(f"{file}: no such file, expected because {named_in.name} names it")
    return file


class _Loader(yaml.SafeLoader):
    """YAML without references, and not deep: a few of either cost gigabytes, or seconds."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("references are not allowed")
        if self.depth > _MAX_YAML_DEPTH:
            raise yaml.YAMLError("it is too deep")
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def read_yaml(data: bytes | str) -> Any:
    """What YAML says.

    Raises:
        ValueError: It is none, is larger than 1 MiB, or has references.
    """
    if len(data) > _MAX_YAML_BYTES:
        raise ValueError(f"it has more than {_MAX_YAML_BYTES} bytes")
    try:
        return yaml.load(data, _Loader)  # noqa: S506  (it is a SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("it is not YAML, or too deep") from error
