"""The option that says where pulled models are."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from translator.catalog.store import Store

__all__ = ["open_store", "store_option"]

_F = TypeVar("_F", bound=Callable[..., Any])


def store_option(command: _F) -> _F:
    """``--store``."""
    return click.option(
        "--store", type=click.Path(path_type=Path), help="Folder of pulled models."
    )(command)


def open_store(folder: Path | None) -> "Store":
    """The store of the option, or of the settings.

    Raises:
        ConfigError: A setting has a value that is not allowed.
    """
    # Only now: a client of a running server needs neither.
    from translator.catalog.store import Store
    from translator.config import load_config

    return Store(load_config(overrides={} if folder is None else {"store": folder}).store)
