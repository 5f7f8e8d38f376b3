"""The command line. Each command ends in one call of the library.

Exit codes: 0 done; 1 a bug; 2 a mistake in the command, its input or a request; 3 no server, or it
was lost; 4 a limit of the server; 5 the set-up (settings, model files, packages); 130 interrupted.
"""

import click

from translator import __version__
from translator.cli.lazy import LazyGroup

__all__ = ["main"]

_COMMANDS = {
    name: f"translator.cli.{name}"
    for name in (
        "batch",
        "captions",
        "evaluate",
        "gateway",
        "glossary",
        "health",
        "keys",
        "memory",
        "models",
        "serve",
        "stream",
        "subtitles",
        "translate",
    )
}


@click.command(
    cls=LazyGroup, modules=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__)
def main() -> None:
    """Streaming real-time translation: text in, committed text and drafts out."""
