"""``translator models open-end``: trains a model to know when a sentence goes on."""

from pathlib import Path

import click

from translator.cli.pair import Pair
from translator.cli.progress import progress_bar
from translator.errors import ConfigError
from translator.languages.pair import LanguagePair

__all__ = ["command"]


@click.command("open-end")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("text", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--pair", type=Pair(), required=True, help="The pair it translates, such as en-de.")
@click.option("--steps", type=click.IntRange(min=1), default=300, show_default=True)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write it.  [default: FOLDER/open-end.npy]",
)
def command(folder: Path, text: Path, pair: LanguagePair, steps: int, output: Path | None) -> None:
    """Train the Marian model in FOLDER to know when a sentence goes on.

    Its streams then lose less quality at the same lag, and its presets commit earlier. TEXT is in
    the source language, of the kind the model will get: hundreds of sentences or, better,
    thousands, with one paragraph or sentence on each line. The model's parameters do not change,
    and whole sentences are translated as before. This takes minutes.
    """
    # Only now: it takes seconds.
    from translator.models.marian.open_end import OPEN_END, save_open_end
    from translator.training.open_end import examples_of, sentences_of, train_open_end

    output = output or folder / OPEN_END
    try:
        sentences = sentences_of(text.read_text(encoding="utf-8"), pair.source)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{text}: cannot be read as UTF-8 text") from error
    with progress_bar("sentences", len(sentences)) as told:
        examples = examples_of(folder, pair, sentences, on_progress=told)
    with progress_bar("steps", steps) as told:
        trained = train_open_end(folder, examples, steps=steps, on_progress=told)
    losses = f"{trained.loss_before:.3f} to {trained.loss:.3f} nats a token"
    if trained.loss >= trained.loss_before:
        raise ConfigError(f"{text}: nothing was learned from it ({losses}); give more text")
    save_open_end(output, trained.vector)
    click.echo(f"{output} is written: from {losses} on the sentences kept aside")
