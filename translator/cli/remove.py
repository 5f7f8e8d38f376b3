"""``translator models remove``: delete a pulled model."""

from pathlib import Path

import click

from translator.cli.errors import one_sentence
from translator.config import load_config
from translator.store.store import Store

__all__ = ["command"]


@click.command("remove")
@click.argument("name")
@click.option("--store", type=click.Path(path_type=Path), help="Folder of pulled models.")
def command(name: str, store: Path | None) -> None:
    """Delete the pulled model NAME, as `translator models` lists it."""
    with one_sentence():
        root = load_config(overrides={} if store is None else {"store": store}).store
        model = Store(root).remove(name)
    click.echo(f"removed {model.folder}, {model.size / 1e6:.1f} MB")
