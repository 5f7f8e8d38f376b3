"""``translator models code-words``: asks a model which code words it copies."""

from pathlib import Path

import click

from translator.cli.pair import Pair
from translator.cli.progress import progress_bar
from translator.languages.pair import LanguagePair

__all__ = ["command"]


@click.command("code-words")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--pair", type=Pair(), required=True, help="A pair it translates, such as en-de.")
@click.option("--dry-run", is_flag=True, help="Print the figures, and write nothing.")
def command(folder: Path, pair: LanguagePair, dry_run: bool) -> None:
    """Find the code words that the model in FOLDER copies best, and keep them beside it.

    They stand for what a model must not touch, such as placeholders; see docs/integrity.md. Each
    family stands in 200 sentences, which takes seconds to minutes. Serve the model anew
    afterwards.
    """
    # Only now: it takes seconds.
    from translator.models.code_words import CODE_WORDS, save_code_words
    from translator.models.loading import load_model
    from translator.training.code_words import (
        NUM_FAMILIES,
        best_code_words,
        probe_code_words,
    )

    model = load_model(f"{pair}={folder}", precision="auto")
    with progress_bar("code words", NUM_FAMILIES) as told:
        shares = probe_code_words(model, pair, on_progress=told)
    best = best_code_words(shares)
    for name, share in shares.items():
        click.echo(f"{name:8} {share:7.1%}{'  is taken' if name == best.name else ''}")
    if not dry_run:
        save_code_words(folder / CODE_WORDS, best, shares)
        click.echo(f"{folder / CODE_WORDS} is written")
