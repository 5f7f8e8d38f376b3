"""``translator models convert``: a Marian folder as one of the Transformers library."""

from pathlib import Path

import click

from translator.cli.errors import one_sentence

__all__ = ["command"]


@click.command("convert")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--pair", metavar="PAIR", help="What it translates, such as en-pt.  [default: as it is named]"
)
@click.option("--license", default="", metavar="SPDX", help="Of the weights, such as MPL-2.0.")
def command(folder: Path, out: Path, pair: str | None, license: str) -> None:  # noqa: A002
    """Write the Marian model in FOLDER to OUT, for the Transformers library.

    OUT can be served as it is, with the same translations, and trained further. Pair and licence
    are for its card.
    """
    codes = [] if pair is None else pair.split("-")
    if pair is not None and (len(codes) != 2 or not all(codes)):
        raise click.BadParameter(f"{pair!r} is not a pair such as en-pt", param_hint="--pair")
    with one_sentence():
        # Only now: it takes seconds.
        from translator.models.base import LanguagePair
        from translator.models.pretrained.convert import convert

        named = LanguagePair(*codes) if codes else None
        known = convert(folder, out, pair=named, license=license)
    click.echo(f"{out} is written; serve it with --model {known or 'PAIR'}={out}")
