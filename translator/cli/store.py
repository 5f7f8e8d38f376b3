"""The option that names the folder of pulled models."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from translator.catalog.store import Store

__all__ = ["open_store", "store_option"]

_F = TypeVar("_F", bound=Callable[..., Any])


def store_option(command: _F) -> _F:
    """Add the option ``--store``."""
    return click.option(
        "--store", type=click.Path(path_type=Path), help="Folder of the pulled models."
    )(command)


def open_store(folder: Path | None) -> "Store":
    """Open the store in the folder of the option, or of the settings.

    Raises:
        ConfigError: A setting has a value that is not allowed.
    """
    # Only now: a client of a running server needs neither.
    from translator.catalog.store import Store
    from translator.config import load_config

    return Store(load_config(overrides={} if folder is None else {"store": folder}).store)
