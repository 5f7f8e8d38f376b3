"""``translator subtitles``: translates a file of subtitles."""

from pathlib import Path
from typing import Any

import click

from translator.captions.subtitle_files import path_for
from translator.cli.batch import run_job
from translator.jobs.config import load_job

__all__ = ["command"]

_FAILED = 2


@click.command("subtitles")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("output", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--from", "source", default="en", show_default=True, help="Language of the subtitles."
)
@click.option(
    "--to",
    "targets",
    multiple=True,
    default=("pt",),
    show_default=True,
    help="Language to translate into; repeatable.",
)
@click.option("--glossary", type=click.Path(path_type=Path), help="A file of terms.")
@click.option(
    "--model", "models", multiple=True, metavar="PAIR[=FOLDER]", help="As for `serve`; repeatable."
)
@click.option(
    "--address",
    multiple=True,
    metavar="HOST:PORT",
    help="A server to translate with; repeatable.  [default: in this process]",
)
@click.option("--overwrite", is_flag=True, default=None, help="Replace an output that exists.")
def command(file: Path, output: Path | None, targets: tuple[str, ...], **options: Any) -> None:
    """Translate the subtitles in FILE (.srt, .vtt), by default into talk.pt.srt beside talk.srt.

    Sentences that run over several cues are translated as one. Numbers, times, tags and styles
    stay. `translator batch` has more options, and translates whole folders.
    """
    if file.suffix.lower() not in (".srt", ".vtt"):
        raise click.UsageError(f"{file.name}: subtitles end with .srt or .vtt")
    given = {name: value for name, value in options.items() if value not in (None, ())}
    num_failed = 0
    for target in targets:
        # Beside its source it has its language in its name, even if there is only one.
        path = path_for(output or file, target, targets if output else (target, ""))
        job = load_job(None, given | {"input": str(file), "output": str(path), "target": target})
        num_failed += run_job(job, keeps=True).num_failed
    if num_failed:
        raise click.exceptions.Exit(_FAILED)
