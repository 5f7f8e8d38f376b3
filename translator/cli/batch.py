"""``translator batch``: translates files."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO

import click
from platformdirs import user_cache_path

from translator.cli.errors import one_sentence
from translator.cli.job_progress import JobProgress
from translator.config import load_config
from translator.errors import ClientError
from translator.jobs.cells import Cell, FormatOptions, InputFileError, Place
from translator.jobs.config import ColumnConfig, JobConfig, load_job
from translator.jobs.fingerprint import remembered_fingerprint
from translator.jobs.formats.registry import SUFFIXES, file_format, format_names
from translator.jobs.fuzzy import Fuzzy
from translator.jobs.local_units import LocalUnits
from translator.jobs.memory import Memory
from translator.jobs.numbers import NumberedUnits
from translator.jobs.plan import Plan
from translator.jobs.remembered_units import RememberedUnits
from translator.jobs.report import Failure, Report
from translator.jobs.review import Sample, check_review, write_review
from translator.jobs.rules import PRESETS, parse_rule
from translator.jobs.run import JobFile, run_file
from translator.jobs.settings import UnitSettings
from translator.jobs.store import Store
from translator.jobs.stored_units import StoredUnits
from translator.jobs.units import Unit, UnitTranslator
from translator.jobs.whole_file import OutputError
from translator.terms.files import read_table

if TYPE_CHECKING:
    from translator.local import Translator

__all__ = ["command"]

# Far beyond any cell of a catalogue.
_MAX_TEXT_LENGTH = 500_000
_FAILED = 2


@click.command("batch")
@click.argument("input", required=False)
@click.argument("output", required=False)
@click.option("--job", "file", type=click.Path(path_type=Path), help="A job file (TOML).")
@click.option("--from", "source", help="Language of the texts; und detects it.  [default: en]")
@click.option("--to", "target", help="Language to translate into.  [default: pt]")
@click.option("--format", type=click.Choice(format_names()), help="Instead of the file's ending.")
@click.option("--encoding", help="Of text files, such as utf-8 or cp1252; by default found out.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME[:KIND][,max=N][,into=NAME][,numbers]",
    help="A column to translate; KIND is text (the default), html or markdown. Repeatable.",
)
@click.option("--keep", multiple=True, metavar="NAME", help="A column of the preset that stays.")
@click.option("--preset", type=click.Choice(sorted(PRESETS)), help="By default told by the header.")
@click.option("--markup", multiple=True, metavar="SYNTAX", help="Template syntax in HTML.")
@click.option("--wrapped", is_flag=True, default=None, help="Line breaks in texts are spaces.")
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
@click.option(
    "--store", type=click.Path(path_type=Path), help="Where translations are kept for the next run."
)
@click.option("--store-size", metavar="SIZE", help="Forget the oldest beyond it, such as 2GB.")
@click.option("--no-store", is_flag=True, help="Keep nothing; a job that is killed starts anew.")
@click.option(
    "--memory", type=click.Path(path_type=Path), help="What people decided; it wins over models."
)
@click.option(
    "--fuzzy", type=int, metavar="PERCENT", help="Show similar texts of the memory in --errors."
)
@click.option("--overwrite", is_flag=True, default=None, help="Replace an output that exists.")
@click.option(
    "--errors",
    type=click.Path(path_type=Path),
    help="A file for what failed or has issues (JSONL).",
)
@click.option("--report", type=click.Path(path_type=Path), help="A file for the figures (JSON).")
@click.option(
    "--review",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A sample side by side, to look at (.html) or to correct for the memory (.csv).",
)
@click.option("--review-cells", type=int, help="How large the sample is.  [default: 200]")
@click.option(
    "--dry-run", is_flag=True, help="Only say what there is to do, and how long it takes."
)
def command(
    file: Path | None, columns: tuple[str, ...], no_store: bool, dry_run: bool, **options: Any
) -> None:
    """Translate INPUT, a file or a folder, into OUTPUT.

    Catalogues, documents and subtitles; all but their texts stays byte for byte. What cannot be
    translated stays too and is told, and the exit status is then 2. A job that was interrupted goes
    on where it was when it is run again, and what was translated once is taken from the store.
    """
    with one_sentence():
        given = {name: value for name, value in options.items() if value not in (None, ())}
        if columns:
            given["columns"] = {
                name: ColumnConfig(
                    kind=rule.kind, max=rule.max_length, into=rule.into, numbers=rule.numbers
                )
                for name, rule in map(parse_rule, columns)
            }
        job = load_job(file, given)
        if dry_run:
            _plan(job, keeps=not no_store)
            return
        report = _run(job, keeps=not no_store)
        if report.num_failed:
            raise click.exceptions.Exit(_FAILED)


def _run(job: JobConfig, *, keeps: bool) -> Report:
    for path in job.review:
        check_review(path)
    files = _files(job)
    with ExitStack() as stack:
        told = stack.enter_context(_failures(job.errors))
        sample = Sample(job.review_cells)
        report = Report(told, on_cell=sample.add if job.review else lambda *_: None)
        units = stack.enter_context(_units(job, keeps=keeps))
        progress = stack.enter_context(JobProgress(report, files))
        for each in files:
            with _opened(each.source) as opened:
                run_file(each, progress.watched(opened), units, report)
            report.num_files += 1
    progress.tell()
    for path in job.review:
        write_review(path, sample, report, (job.source, job.target))
    if job.report is not None:
        job.report.write_text(json.dumps(report.figures(), indent=2) + "\n", encoding="utf-8")
    return report


def _plan(job: JobConfig, *, keeps: bool) -> None:
    """Say what a job would do; a sample of its texts is translated to know how long it takes."""
    files = _files(job)
    plan = Plan()

    def units() -> Iterator[Unit]:
        for each in files:
            with _opened(each.source) as opened:
                pieces = each.format.pieces(opened, each.name, each.options)
                yield from plan.counted(piece for piece in pieces if isinstance(piece, Cell))

    with _units(job, keeps=keeps) as translator:
        plan.look_up(units(), translator)
        click.echo(plan.told())


def _files(job: JobConfig) -> list[JobFile]:
    """The files of a job, with their formats.

    Raises:
        ClientError: There is no such input, or an output exists already.
    """
    options = FormatOptions(
        job.source,
        job.target,
        job.rules(),
        job.encoding,
        job.preset,
        frozenset(job.keep),
        job.markup,
    )
    if job.input == "-":
        pairs: list[tuple[Path | None, Path | None]] = [(None, _path(job.output))]
    elif (folder := Path(job.input)).is_dir():
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        known = [path for path in found if job.format or path.suffix.lower() in SUFFIXES]
        if not known:
            raise InputFileError(Place(job.input), "there is no file of a known format in it")
        pairs = [(path, Path(job.output) / path.relative_to(folder)) for path in known]
    elif folder.exists():
        pairs = [(folder, _path(job.output))]
    else:
        raise InputFileError(Place(job.input), "there is no such file")
    files = []
    for source, target in pairs:
        name = "standard input" if source is None else str(source)
        if target is not None and target.exists():
            if source is not None and target.samefile(source):
                raise ClientError(f"{target}: is the input too; name another output")
            if not job.overwrite:
                raise ClientError(f"{target}: exists; --overwrite replaces it")
        kind = file_format(PurePath(name if source else job.output), job.format)
        files.append(JobFile(source, target, name, kind, options))
    return files


def _path(name: str) -> Path | None:
    return None if name == "-" else Path(name)


@contextmanager
def _opened(source: Path | None) -> Iterator[BinaryIO]:
    if source is None:
        yield sys.stdin.buffer
        return
    try:
        with source.open("rb") as file:
            yield file
    except OSError as error:
        raise InputFileError(Place(str(source)), f"cannot be read ({error.strerror})") from error


@contextmanager
def _units(job: JobConfig, *, keeps: bool) -> Iterator[UnitTranslator]:
    """What translates, with what people decided before."""
    with ExitStack() as stack:
        units = stack.enter_context(_stored_units(job, keeps=keeps))
        if any(column.numbers for column in job.columns.values()):
            units = NumberedUnits(units, job.target)
        if job.memory is None:
            if job.fuzzy:
                raise ClientError("fuzzy: needs a --memory to look into")
            yield units
            return
        if not job.memory.exists():
            raise ClientError(
                f"{job.memory}: there is no such memory; `translator memory import` makes one"
            )
        memory = stack.enter_context(Memory(job.memory)).view(job.source, job.target)
        if memory.is_empty:
            click.echo(f"{job.memory}: has nothing from {job.source} to {job.target}", err=True)
        fuzzy = Fuzzy(memory.all(), job.fuzzy) if job.fuzzy else None
        yield RememberedUnits(units, memory, fuzzy)


@contextmanager
def _stored_units(job: JobConfig, *, keeps: bool) -> Iterator[UnitTranslator]:
    """What translates, with the store that it shares with other jobs."""
    if job.address and job.models:
        raise click.UsageError("--model is for this process; --address names a running server")
    settings = UnitSettings(
        job.source, job.target, job.model, _terms(job), preserve_lines=not job.wrapped
    )
    with ExitStack() as stack:
        store = None
        if keeps:
            path = job.store or user_cache_path("translator") / "translations.db"
            store = stack.enter_context(Store(path, max_bytes=job.store_size))
        units: UnitTranslator
        if job.address:
            # It loads what a client needs.
            from translator.jobs.remote_units import RemoteUnits

            units = remote = RemoteUnits(job.address, settings)
            # Also where nothing is kept: a server that is not there is told at once.
            fingerprint = remote.fingerprint()

            def find_fingerprint() -> str:
                return fingerprint

        else:
            given: dict[str, Any] = {"models": job.models} if job.models else {}
            limits = {"limits": {"max_text_length": _MAX_TEXT_LENGTH}}
            config = load_config(None, given | limits)
            route = job.source, job.target, job.model

            @cache
            def translator() -> "Translator":
                # It takes seconds to import what models need.
                from translator.local import Translator

                return stack.enter_context(Translator(config))

            units = LocalUnits(translator, settings, store)

            def find_fingerprint() -> str:
                def compute() -> str:
                    return translator().fingerprint(*route)

                return remembered_fingerprint(store, config, route, compute) if store else ""

        yield (
            units if store is None else StoredUnits(units, store, settings.key(find_fingerprint()))
        )


def _terms(job: JobConfig) -> dict[str, str] | None:
    if job.glossary is None:
        return None
    table = read_table(job.glossary)
    pair = table.choose(job.source if job.source != "und" else "", job.target)
    return {
        row.term.source: row.term.forms[0] if row.term.forms else "" for row in table.terms(*pair)
    }


@contextmanager
def _failures(path: Path | None) -> Iterator[Any]:
    """What writes cells that failed to a file, each as it comes."""
    if path is None:
        yield lambda _: None
        return
    try:
        with path.open("w", encoding="utf-8", errors="surrogateescape") as file:

            def tell(failure: Failure) -> None:
                file.write(failure.to_json() + "\n")

            yield tell
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
