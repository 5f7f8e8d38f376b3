"""The options that name glossaries."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["glossary_options", "server_glossary_option"]

_F = TypeVar("_F", bound=Callable[..., Any])


def glossary_options(command: _F) -> _F:
    """Add the options ``--glossary`` and ``--server-glossary``."""
    return click.option(
        "--glossary",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A file of terms and how to translate them; see `translator glossary check`.",
    )(server_glossary_option(command))


def server_glossary_option(command: _F) -> _F:
    """Add the option ``--server-glossary``."""
    return click.option(
        "--server-glossary",
        "glossaries",
        multiple=True,
        metavar="NAME",
        help="A glossary that the server has; repeatable. --glossary goes before it.",
    )(command)
