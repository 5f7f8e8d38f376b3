"""``translator models remove``: deletes a pulled model."""

from pathlib import Path

import click

from translator.cli.store import open_store, store_option

__all__ = ["command"]


@click.command("remove")
@click.argument("name")
@store_option
def command(name: str, store: Path | None) -> None:
    """Delete the pulled model NAME, as `translator models` lists it."""
    model = open_store(store).remove(name)
    click.echo(f"removed {model.folder}, {model.size / 1e6:.1f} MB")
