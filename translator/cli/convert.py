"""``translator models convert``: converts a Marian folder for the Transformers library."""

from pathlib import Path

import click

from translator.cli.pair import Pair
from translator.languages.pair import LanguagePair

__all__ = ["command"]


@click.command("convert")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--pair",
    type=Pair(),
    help="The pair it translates, such as en-pt.  [default: from the file's name]",
)
@click.option(
    "--license", default="", metavar="SPDX", help="Licence of the weights, such as MPL-2.0."
)
def command(
    folder: Path,
    out: Path,
    pair: LanguagePair | None,
    license: str,  # noqa: A002
) -> None:
    """Convert the Marian model in FOLDER to OUT, for the Transformers library.

    OUT can be served as it is, with the same translations, and can be trained further. Pair and
    licence go into its model card.
    """
    # Only now: it takes seconds.
    from translator.models.pretrained.convert import convert

    known = convert(folder, out, pair=pair, license=license)
    click.echo(f"{out} is written; serve it with --model {known or 'PAIR'}={out}")
