"""``translator memory``: what people decided, which jobs prefer to what a model says."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from translator.errors import ClientError
from translator.jobs.memory import Memory
from translator.jobs.memory_files import FORMATS, read_memory

__all__ = ["command"]

_SHOWN_TEXTS, _SHOWN_LENGTH = 5, 60

_memory = click.option(
    "--memory", "path", type=click.Path(path_type=Path), required=True, help="The memory's file."
)


@click.group("memory")
def command() -> None:
    """Keep translations that people decided on.

    `translator batch --memory` prefers them to what a model says.
    """


@command.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_memory
@click.option("--from", "source", default="", metavar="LANGUAGE", help="Language of the sources.")
@click.option("--to", "target", default="", metavar="LANGUAGE", help="Of the translations.")
def import_(files: tuple[Path, ...], path: Path, source: str, target: str) -> None:
    """Add FILES to a memory: TMX, XLIFF, CSV, TSV, or what `batch --errors` or `--review` writes.

    All of a file is added, or nothing. A text has one translation: the newest. --from and --to name
    the languages of a file that does not, and choose from one that has several.
    """
    with Memory(path) as memory:
        for file in files:
            skipped: Counter[str] = Counter()
            stats = memory.add(read_memory(file, source, target, skipped))
            told = [
                f"{number} {what}"
                for number, what in (
                    (stats.num_added, "added"),
                    (stats.num_replaced, "replaced"),
                    (stats.num_same, "known already"),
                    (stats.num_older, "older than what is known"),
                )
                if number
            ]
            click.echo(f"{file}: {', '.join(told) or 'nothing to add'}")
            for reason, number in skipped.items():
                click.echo(f"  left out: {number} {reason}")
            if stats.contradicted:
                texts = sorted(stats.contradicted)
                shown = "; ".join(map(_shown, texts[:_SHOWN_TEXTS]))
                more = " …" if len(texts) > _SHOWN_TEXTS else ""
                click.echo(f"  with several translations, of which one counts: {shown}{more}")


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…")


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@_memory
def export(file: Path, path: Path) -> None:
    """Write all of a memory to FILE: TMX 1.4b or CSV, by its ending."""
    write = FORMATS.get(file.suffix.lower())
    if write is None:
        raise ClientError(f"{file}: the ending says the format; allowed: {', '.join(FORMATS)}")
    with _existing(path) as memory, _new(file) as output:
        written, left_out = write(memory.entries(), output)
    click.echo(f"{file}: entries written: {written}")
    if left_out:
        click.echo(f"  left out: {left_out} with characters that XML cannot hold")


@command.command("stats")
@_memory
def stats(path: Path) -> None:
    """Say how much a memory holds, and in which languages."""
    with _existing(path) as memory:
        pairs = memory.pairs()
        for pair in pairs:
            click.echo(f"{pair.source} to {pair.target}: {pair.num_entries}")
        click.echo(f"entries: {sum(pair.num_entries for pair in pairs)}, bytes: {memory.num_bytes}")


def _existing(path: Path) -> Memory:
    if not path.exists():
        raise ClientError(f"{path}: there is no such memory; `translator memory import` makes one")
    return Memory(path)


@contextmanager
def _new(file: Path) -> Iterator[BinaryIO]:
    try:
        with file.open("wb") as output:
            yield output
    except OSError as error:
        raise ClientError(f"{file}: cannot be written ({error.strerror})") from error
