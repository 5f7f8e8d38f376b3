"""``translator models``: lists models; its commands get, change, ask, train and remove them."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from translator.cli.connect import ServerChoice, connected, server_options
from translator.cli.lazy import LazyGroup
from translator.cli.store import open_store, store_option
from translator.client import ModelList

__all__ = ["command"]

# A multilingual model has tens of thousands.
_MAX_PAIRS = 12
# Of those that it cannot write.
_MAX_CHARACTERS = 6
_COMMANDS = {
    name: f"translator.cli.{name.replace('-', '_')}"
    for name in ("adapt", "code-words", "convert", "open-end", "pull", "remove")
}


@click.group("models", cls=LazyGroup, modules=_COMMANDS, invoke_without_command=True)
@server_options
@store_option
@click.pass_context
def command(
    context: click.Context,
    server: ServerChoice,
    store: Path | None,
) -> None:
    """List the models on this machine, or the models and policies of a server.

    Without an option, this lists the models that can be served by naming only their pair: embedded
    and pulled ones. With --address it lists those of that server, with --model those that a server
    with these models would have.
    """
    if context.invoked_subcommand is not None:
        if server != ServerChoice() or store is not None:
            raise click.UsageError(f"options come after {context.invoked_subcommand}")
        return
    if server.address is None and not server.models:
        tables = [_here(store)]
    else:
        tables = _of_server(asyncio.run(_ask(server)))
    _show(tables)


def _here(store: Path | None) -> Table:
    # Only now: a client of a running server needs none of it.
    from translator.catalog.installed import installed
    from translator.models.inspection import inspect_folder

    table = Table(
        "model", "pair", "family", "aligns", "cannot write", "size", "licence", "origin", box=None
    )
    for model in installed(open_store(store)):
        seen = inspect_folder(model.folder)
        table.add_row(
            model.folder.name,
            str(model.pair),
            seen.kind,
            "yes" if seen.aligns else "no",
            _shortened(seen.unwritable),
            f"{model.size / 1e6:.1f} MB",
            model.license,
            model.origin,
        )
    return table


async def _ask(server: ServerChoice) -> ModelList:
    async with connected(server) as client:
        return await client.list_models()


def _of_server(listed: ModelList) -> list[Table]:
    table = Table(
        "model", "pairs", "family", "aligns", "cannot write", "device", "memory", "licence",
        "origin", box=None,
    )  # fmt: skip
    for model in listed.models:
        pairs = ", ".join(f"{p.source}-{p.target}" for p in model.pairs[:_MAX_PAIRS])
        if len(model.pairs) > _MAX_PAIRS:
            pairs += f" and {len(model.pairs) - _MAX_PAIRS} more"
        aligns = "yes" if model.supports_alignment else "no"
        memory = f"{model.memory_bytes / 2**20:,.0f} MiB"
        table.add_row(
            model.name,
            pairs,
            model.family,
            aligns,
            _shortened(model.unwritable_characters),
            model.device,
            # In brackets: what it would take.
            memory if model.loaded else f"({memory})",
            model.license,
            model.origin,
        )
    policies = Table("policy", "parameters", "what it does", box=None)
    for policy in listed.policies:
        parameters = ", ".join(
            f"{p.name} = {p.default_value:g} ({p.minimum:g}–{p.maximum:g})"
            for p in policy.parameters
        )
        policies.add_row(policy.name, parameters, policy.description)
    return [table, policies]


def _shortened(characters: str) -> str:
    """The first few characters, and how many there are."""
    shown = characters[:_MAX_CHARACTERS]
    return shown if shown == characters else f"{shown}… ({len(characters)})"


def _show(tables: Sequence[Table]) -> None:
    console = Console(highlight=False)
    for number, table in enumerate(tables):
        if number:
            console.print()
        console.print(table)
