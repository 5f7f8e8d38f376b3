"""The command line. Each command ends in one call of the library.

Exit codes: 0 done; 1 a bug; 2 a mistake in the command, its input or a request; 3 no server, or it
was lost; 4 a limit of the server; 5 the set-up (settings, model files, packages); 130 interrupted.
"""

from typing import Any

import click

from translator import __version__
from translator.cli.errors import one_sentence
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


class _Commands(LazyGroup):
    """Whatever a command raises, in its options or its work, is one sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        with one_sentence():
            return super().invoke(ctx)


@click.command(
    cls=_Commands, modules=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__)
def main() -> None:
    """Streaming real-time translation: text in, committed text and drafts out."""
