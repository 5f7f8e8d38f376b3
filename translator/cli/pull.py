"""``translator models pull``: download a model."""

from pathlib import Path
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from translator.catalog.firefox import FIREFOX_URL, FirefoxSource
from translator.catalog.hub import HubSource
from translator.catalog.offer import Offer, Source
from translator.catalog.pull import choose, pull
from translator.catalog.web import Web
from translator.cli.pair import Pair
from translator.cli.progress import progress_bar
from translator.cli.store import open_store, store_option
from translator.errors import OperatorError
from translator.languages.pair import LanguagePair

__all__ = ["command"]


@click.command("pull")
@click.argument("pair", type=Pair())
@click.option(
    "--source",
    metavar="firefox|hub|URL",
    help="Where to download from; a URL names a mirror of the Firefox server.  "
    "[default: firefox, then hub]",
)
@click.option("--from", "model", metavar="ID", help="A model of the hub, for the given pair.")
@click.option("--variant", default="", help="base, tiny, …; by default what Firefox uses.")
@click.option(
    "--probe-s",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="Seconds to ask a new model which code words it copies; 0: it is not asked.",
)
@store_option
def command(
    pair: LanguagePair,
    source: str | None,
    model: str | None,
    variant: str,
    probe_s: float,
    store: Path | None,
) -> None:
    """Download the model of PAIR, such as en-de, so that `serve --model PAIR` has it.

    An interrupted pull continues where it was. Files that are already there are not downloaded
    again.
    """
    into = open_store(store)
    with Web() as web:
        offer = choose(_sources(web, source, model), pair, variant)
        with _Bar(offer) as bar:
            stored, is_new = pull(offer, into, web, bar)
    manifest = stored.manifest
    click.echo(
        f"{stored.name}: {manifest.pair}, version {manifest.version[:12]}, "
        f"{stored.size / 1e6:.1f} MB, licence {manifest.license or 'unknown'}"
        + ("" if is_new else ", was there already")
    )
    click.echo(stored.folder)
    if is_new and probe_s:
        _ask_for_code_words(stored.folder, pair, probe_s)
    click.echo(f"serve it with: translator serve --model {manifest.pair}", err=True)


def _ask_for_code_words(folder: Path, pair: LanguagePair, within_s: float) -> None:
    """Find out which code words a new model copies, and keep that beside it; say what was done.

    Whatever goes wrong, the model is there, and has the code words that most models copy.
    """
    # Only now: it takes seconds.
    from translator.models.code_words import CODE_WORDS, save_code_words
    from translator.models.loading import load_model
    from translator.training.code_words import NUM_FAMILIES, best_code_words, probe_code_words

    if (folder / CODE_WORDS).exists():
        return
    try:
        model = load_model(f"{pair}={folder}", precision="auto")
        with progress_bar("code words", NUM_FAMILIES) as told:
            shares = probe_code_words(model, pair, on_progress=told, within_s=within_s)
        best = best_code_words(shares)
        save_code_words(folder / CODE_WORDS, best, shares)
    except (OperatorError, TimeoutError) as error:
        why = error.message if isinstance(error, OperatorError) else str(error)
        click.echo(
            f"which code words it copies is not known: {why}; "
            f"`translator models code-words {folder} --pair {pair}` asks it",
            err=True,
        )
    else:
        click.echo(f"code words: {best.name}, copied in {shares[best.name]:.1%} of sentences")


def _sources(web: Web, source: str | None, model: str | None) -> list[Source]:
    if model is not None:
        if source not in (None, "hub"):
            raise click.UsageError(f"--from names a model of the hub; --source is {source!r}")
        return [HubSource(model)]
    if source is None:
        return [FirefoxSource(web), HubSource()]
    if source == "hub":
        return [HubSource()]
    if source != "firefox" and "://" not in source:
        raise click.UsageError(f"--source: {source!r} is not firefox, hub or the URL of a server")
    return [FirefoxSource(web, FIREFOX_URL if source == "firefox" else source)]


class _Bar:
    def __init__(self, offer: Offer) -> None:
        self._name = offer.name
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(offer.name, total=offer.size)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def waiting(self) -> None:
        click.echo(f"waiting: another process is pulling {self._name}", err=True)

    def downloaded(self, size: int) -> None:
        self._bar.update(self._task, completed=size)
