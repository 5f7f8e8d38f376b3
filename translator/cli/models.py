"""``translator models``: what a server has."""

import asyncio

import click
from rich.console import Console
from rich.table import Table

from translator.cli.connect import connected, server_options
from translator.cli.errors import one_sentence
from translator.client import ModelList

__all__ = ["command"]

# A multilingual model has tens of thousands.
_MAX_PAIRS = 12


@click.command("models")
@server_options
def command(address: str | None, models: tuple[str, ...]) -> None:
    """List models and policies."""

    async def run() -> ModelList:
        async with connected(address, models) as client:
            return await client.list_models()

    with one_sentence():
        listed = asyncio.run(run())
    console = Console(highlight=False)
    table = Table(
        "model", "pairs", "family", "aligns", "device", "memory", "licence", "origin", box=None
    )
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
            model.device,
            # In brackets: what it would take.
            memory if model.loaded else f"({memory})",
            model.license,
            model.origin,
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
