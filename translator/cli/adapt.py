"""``translator models adapt``: trains a model on somebody's own translations."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from translator.cli.progress import progress_bar
from translator.cli.store import open_store, store_option
from translator.errors import ConfigError, ModelFilesError
from translator.languages.pair import LanguagePair
from translator.languages.tags import language

if TYPE_CHECKING:
    from translator.models.marian.adapter import Adapter
    from translator.training.adapter import Trained
    from translator.training.datastore import Gain
    from translator.training.translations import Translation

__all__ = ["command"]


@click.command("adapt")
@click.argument("model", metavar="PAIR[=FOLDER]")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The new folder; its name is the model's.",
)
@click.option(
    "--rehearse",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Text in the source language whose translations should stay as they are, a paragraph or "
    "sentence a line. Repeatable.",
)
@click.option("--from", "source", default="", metavar="LANGUAGE", help="Language of the sources.")
@click.option("--to", "target", default="", metavar="LANGUAGE", help="Of the translations.")
@click.option("--rank", type=click.IntRange(min=1), default=16, show_default=True)
@click.option(
    "--steps",
    type=click.IntRange(min=0),
    default=0,
    help="Of training, at most; 300 take minutes. Without, there is a datastore only.",
)
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, min_open=True),
    default=5e-4,
    show_default=True,
    help="Of each step.",
)
@store_option
def command(
    model: str,
    files: tuple[Path, ...],
    output: Path,
    rehearse: tuple[Path, ...],
    source: str,
    target: str,
    rank: int,
    steps: int,
    learning_rate: float,
    store: Path | None,
) -> None:
    """Adapt a Marian model to your own translations in FILES: TMX, XLIFF, CSV, TSV, JSON lines.

    The model is PAIR, as `translator models` lists it, or PAIR=FOLDER. A hundred translations are
    good, thousands better; the last one of a text counts. --from and --to name their languages
    where a file does not, or says more, such as pt-BR.

    Where the new model decodes something like them, it looks up how they went on (a datastore).
    That takes seconds, and leaves other text as it is. With --steps it is trained on them as well
    (an adapter), which learns their manner, and costs some quality elsewhere. Some are kept aside,
    and what makes these worse is not written. If training is interrupted, the same command goes on.
    """
    pair, folder, license_ = _located(model, store)
    # Only now: it takes seconds.
    from translator.languages.detection import FastTextDetector
    from translator.models.datastore import DATASTORE, DatastoreCard, save_datastore
    from translator.models.fingerprint import file_digest
    from translator.models.marian.adapter import ADAPTER, is_adapter, save_adapter
    from translator.models.marian.loading import load_marian_folder
    from translator.models.phrases import find_phrases, save_phrases
    from translator.training.adapter import (
        Options,
        plain_adapter,
        rehearsal_of,
        train_adapter,
    )
    from translator.training.datastore import datastore_gain, make_datastore
    from translator.training.rehearsal import rehearsal_sentences
    from translator.training.translations import (
        check_languages,
        examples_of,
        only_usable,
        other_phrases,
        written_for,
    )

    if is_adapter(folder):
        raise ConfigError(f"{folder}: is adapted already; adapt the model that it is of")
    if output.exists() and not is_adapter(output) and any(output.iterdir()):
        raise ModelFilesError(f"{output}: is there already, expected a new or empty folder")
    left_out: Counter[str] = Counter()
    read = _read(files, pair, (source, target), left_out)
    translations = list(only_usable(read, left_out))
    if translations:
        check_languages(translations, pair, FastTextDetector())
    loaded = load_marian_folder(folder, pair=pair, precision="auto")
    examples = examples_of(translations, pair, loaded.tokenizer(pair), left_out)
    for reason, number in left_out.items():
        click.echo(f"left out: {number} {reason}", err=True)
    phrases = find_phrases(folder, pair)
    sentences = rehearsal_sentences(pair, phrases, [_text(path) for path in rehearse])
    with progress_bar("rehearsal", len(sentences)) as told:
        rehearsal = rehearsal_of(loaded, pair, sentences, on_progress=told)
    with progress_bar("datastore", len(examples)) as told:
        gain = datastore_gain(loaded, examples, rehearsal, on_progress=told)
    unfinished = output.with_name(f".{output.name}.unfinished")
    trained = None
    if steps:
        with suppress(OSError):
            # Where it cannot be made, saving says so.
            output.parent.mkdir(parents=True, exist_ok=True)
        options = Options(rank, steps, learning_rate)
        with progress_bar("steps", steps) as told:
            trained = train_adapter(
                folder,
                pair,
                examples,
                rehearsal,
                options,
                unfinished=unfinished,
                on_progress=told,
            )
    adapter = trained.adapter if trained is not None and trained.has_learned else None
    if adapter is None and gain.is_worse:
        unfinished.unlink(missing_ok=True)
        raise ConfigError(_nothing(len(examples), gain, trained))
    adapter = adapter or plain_adapter(folder, pair, len(examples))
    # It is of the adapter that was there before.
    with suppress(OSError):
        (output / DATASTORE).unlink()
    variety = written_for(translations, pair, loaded.info.variety)
    adapter = replace(adapter, card=replace(adapter.card, variety=variety))
    save_adapter(output, adapter)
    save_phrases(output, other_phrases(translations, phrases))
    if not gain.is_worse:
        adapted = load_marian_folder(output, pair=pair, precision="auto")
        card = DatastoreCard(file_digest(output / ADAPTER))
        with progress_bar("keys", sum(map(len, examples))) as told:
            datastore = make_datastore(adapted, examples, card, on_progress=told)
        save_datastore(output, datastore)
    _write_card(output, folder, license_, adapter, gain)
    unfinished.unlink(missing_ok=True)
    click.echo(f"{output} is written; on translations kept aside:")
    if not gain.is_worse:
        click.echo(f"  datastore: from {_words(gain)}")
    if trained is not None and trained.has_learned:
        click.echo(f"  adapter: from {_losses(trained)}")
    click.echo(f"serve it with --model {pair} --model {pair}={output}")


def _words(gain: "Gain") -> str:
    return f"{gain.before:.1%} to {gain.after:.1%} of their words"


def _losses(trained: "Trained") -> str:
    return f"{trained.loss_before:.3f} to {trained.loss:.3f} nats a token"


def _nothing(num_translations: int, gain: "Gain", trained: "Trained | None") -> str:
    found = [f"datastore: {_words(gain)}"]
    if trained is not None:
        found.append(f"adapter: {_losses(trained)}")
    return f"nothing was learned from {num_translations} translations ({'; '.join(found)})"


def _located(model: str, store: Path | None) -> tuple[LanguagePair, Path, str]:
    """The pair, the folder and the licence of the model that is meant."""
    # Only now: listing commands needs neither.
    from translator.catalog.installed import locate
    from translator.models.model_card import license_of

    codes, _, named = model.partition("=")
    try:
        pair = LanguagePair.parse(codes)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if named:
        return pair, Path(named), license_of(Path(named))
    found = locate(pair, open_store(store))
    return pair, found.folder, found.license


def _read(
    files: tuple[Path, ...],
    pair: LanguagePair,
    given: tuple[str, str],
    left_out: Counter[str],
) -> "Iterator[Translation]":
    """The translations in files; those from target to source are turned round."""
    from translator.jobs.memory_files import read_memory
    from translator.training.translations import Translation

    ours = language(pair.source), language(pair.target)
    source, target = given[0] or pair.source, given[1] or pair.target
    for file in files:
        for entry in sorted(read_memory(file, source, target, left_out), key=lambda e: e.time):
            theirs = language(entry.source_language), language(entry.target_language)
            if theirs == ours:
                yield Translation(entry.source, entry.target)
            elif theirs == ours[::-1]:
                yield Translation(entry.target, entry.source)
            else:
                left_out["of other languages"] += 1


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text") from error


_CARD = """# {name}

An adapter of the model `{base}` for {pair}, written by `translator models adapt`. It needs that
model. It was made of {num_pairs} translations.

| on what was kept aside | before | now |
|---|---|---|
"""
_DATASTORE = """\
| datastore: likeness to the translations (F1 of tokens) | {before:.3f} | {after:.3f} |
| datastore: likeness to the model as it was, on other text | 1 | {kept:.3f} |
"""
_ADAPTER = """\
| adapter of rank {rank}: cross-entropy of the translations, nats per token | {loss_before:.3f} | \
{loss:.3f} |
| adapter: divergence from the model as it was, on other text | 0 | {forgotten:.3f} |
"""


def _write_card(
    output: Path, folder: Path, license_: str, adapter: "Adapter", gain: "Gain"
) -> None:
    from translator.models.model_card import write_card

    card = adapter.card
    text = _CARD.format(
        name=output.name, base=folder.name, pair=card.pair, num_pairs=card.num_pairs
    )
    if not gain.is_worse:
        text += _DATASTORE.format(**gain._asdict())
    if card.scores:
        text += _ADAPTER.format(rank=card.rank, **card.scores)
    try:
        write_card(output, {"license": license_, "language": card.pair.split("-")}, text)
    except OSError as error:
        raise ModelFilesError(f"{output}: cannot be written ({error.strerror})") from error
