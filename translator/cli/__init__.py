"""The command line. Each command ends in one call of the library.

Exit codes: 0 done; 1 a bug; 2 a mistake in the command, its input or a request; 3 no server, or it
was lost; 4 a limit of the server; 5 the server's set-up (settings, model files); 130 interrupted.
"""

import importlib

import click

from translator import __version__

__all__ = ["main"]

# Imported only when run: `translator stream --address` must not wait for torch.
_COMMANDS = ("evaluate", "models", "serve", "stream", "translate")


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"translator.cli.{cmd_name}")
        command: click.Command = module.command
        return command


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="translator")
def main() -> None:
    """Streaming real-time translation: text in, committed text and drafts out."""
