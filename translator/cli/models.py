"""``translator models``: what a server has; and what is done with a model's files."""

import asyncio

import click
from rich.console import Console
from rich.table import Table

from translator.cli import convert
from translator.cli.connect import connected, server_options
from translator.cli.errors import one_sentence
from translator.client import ModelList

__all__ = ["command"]

# A multilingual model has tens of thousands.
_MAX_PAIRS = 12


class _ListsByDefault(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        asks_for_help = bool(args) and args[0] in ctx.help_option_names
        if not asks_for_help and (not args or args[0].startswith("-")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group("models", cls=_ListsByDefault)
def command() -> None:
    """List models and policies, or convert a model; without a command: list."""


command.add_command(convert.command)


@command.command("list")
@server_options
def list_models(address: str | None, models: tuple[str, ...]) -> None:
    """List models and policies."""

    async def run() -> ModelList:
        async with connected(address, models) as client:
            return await client.list_models()

    with one_sentence():
        listed = asyncio.run(run())
    console = Console(highlight=False)
    table = Table("model", "pairs", "family", "aligns", "device", "licence", "origin", box=None)
    for model in listed.models:
        pairs = ", ".join(f"{p.source}-{p.target}" for p in model.pairs[:_MAX_PAIRS])
        if len(model.pairs) > _MAX_PAIRS:
            pairs += f" and {len(model.pairs) - _MAX_PAIRS} more"
        aligns = "yes" if model.supports_alignment else "no"
        table.add_row(
            model.name, pairs, model.family, aligns, model.device, model.license, model.origin
        )
    console.print(table)
    console.print()
    policies = Table("policy", "parameters", "what it does", box=None)
    for policy in listed.policies:
        parameters = ", ".join(
            f"{p.name} = {p.default_value:g} ({p.minimum:g}–{p.maximum:g})"
            for p in policy.parameters
        )
        policies.add_row(policy.name, parameters, policy.description)
    console.print(policies)
