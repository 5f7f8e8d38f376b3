"""A group of commands that are imported only when they run."""

import ast
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """Imports a command only when it runs, so that ``translator --help`` does not load torch.

    The list of commands is made without importing them, so it is complete even if a package that
    one of them needs is not installed.

    Args:
        modules: For each command the module, beside this one, that has it as ``command``.
    """

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._modules:
            return None
        command: click.Command = importlib.import_module(self._modules[cmd_name]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List each command with the first sentence of its docstring."""
        limit = formatter.width - 6 - max(map(len, self._modules))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, click.Command(name, help=_help(module)).get_short_help_str(limit))
                    for name, module in self._modules.items()
                ]
            )


def _help(module: str) -> str:
    """The docstring of a module's ``command``, read from its source."""
    path = Path(__file__).with_name(f"{module.rpartition('.')[2]}.py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "command"]
    return ast.get_docstring(found[0]) or ""
