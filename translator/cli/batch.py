"""``translator batch``: translates files."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from translator.cli.batch_shards import in_shards, joined, one_shard
from translator.cli.connect import login_options
from translator.cli.glossary_options import server_glossary_option
from translator.cli.job_progress import JobProgress
from translator.client.login import Login
from translator.errors import ClientError
from translator.jobs.cells import Cell
from translator.jobs.config import ColumnConfig, JobConfig, load_job
from translator.jobs.formats.registry import format_names
from translator.jobs.job_files import job_files, opened
from translator.jobs.opening import opened_job
from translator.jobs.plan import Plan
from translator.jobs.pool import LocalPool
from translator.jobs.report import Failure, Report
from translator.jobs.review import Sample, check_review, write_review
from translator.jobs.rules import PRESETS, parse_rule
from translator.jobs.run import run_file
from translator.jobs.units import Unit, UnitTranslator
from translator.jobs.whole_file import OutputError

__all__ = ["command", "run_job"]

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
@click.option("--markup", multiple=True, metavar="SYNTAX", help="Template syntax, such as icu.")
@click.option("--wrapped", is_flag=True, default=None, help="Line breaks in texts are spaces.")
@click.option("--glossary", type=click.Path(path_type=Path), help="A file of terms.")
@server_glossary_option
@click.option(
    "--model", "models", multiple=True, metavar="PAIR[=FOLDER]", help="As for `serve`; repeatable."
)
@click.option(
    "--address",
    multiple=True,
    metavar="HOST:PORT",
    help="A server to translate with; repeatable.  [default: in this process]",
)
@login_options
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
@click.option("--processes", type=click.IntRange(1), help="Translate with several processes.")
@click.option(
    "--ray",
    is_flag=False,
    flag_value="auto",
    metavar="[ADDRESS]",
    help="Translate with a Ray cluster; local: on this machine.  [default: the one that runs here]",
)
@click.option("--cpus", type=float, default=1.0, help="CPUs of Ray for each process.")
@click.option("--gpus", type=float, default=0.0, help="GPUs of Ray for each process, such as 0.5.")
@click.option("--shards", type=click.IntRange(1), help="Parts of a file.  [default: some for each]")
@click.option("--shard", metavar="K/N", help="Translate one of N parts only, on any machine.")
@click.option("--join", is_flag=True, help="Put together what --shard has made.")
@click.option(
    "--dry-run", is_flag=True, help="Only say what there is to do, and how long it takes."
)
def command(
    file: Path | None,
    columns: tuple[str, ...],
    no_store: bool,
    dry_run: bool,
    processes: int | None,
    shards: int | None,
    shard: str | None,
    join: bool,
    ray: str | None,
    cpus: float,
    gpus: float,
    login: Login,
    **options: Any,
) -> None:
    """Translate INPUT, a file or a folder, into OUTPUT.

    Catalogues, documents and subtitles; all but their texts stays byte for byte. What cannot be
    translated stays too and is told, and the exit status is then 2. A job that was interrupted goes
    on where it was when it is run again, and what was translated once is taken from the store.
    """
    options["tls"] = login.tls or None
    options |= {file: getattr(login, file) for file in ("ca", "cert", "key", "access_key")}
    given = {name: value for name, value in options.items() if value not in (None, ())}
    if columns:
        given["columns"] = {
            name: ColumnConfig(
                kind=rule.kind,
                max=rule.max_length,
                into=rule.into,
                markup=rule.templates,
                numbers=rule.numbers,
            )
            for name, rule in map(parse_rule, columns)
        }
    job = load_job(file, given)
    if dry_run:
        _plan(job, keeps=not no_store)
        return
    keeps = not no_store
    if not (shard or join or processes or ray):
        report = run_job(job, keeps=keeps)
    else:
        if job.review:
            raise ClientError(
                "review: is made by one process; run the job again without shards, which takes "
                "no time since all is in the store"
            )
        if shard:
            # What failed in it is told when all are joined.
            _write_report(job, one_shard(job, shard, keeps=keeps))
            return
        if join:
            report = joined(job)
        elif ray:
            from translator.jobs.ray_pool import RayPool, from_anywhere

            with RayPool(ray, processes or 0, cpus=cpus, gpus=gpus, keeps=keeps) as cluster:
                report = in_shards(from_anywhere(job), cluster, shards or 0)
        else:
            with LocalPool(processes or 1, keeps=keeps) as pool:
                report = in_shards(job, pool, shards or 0)
        _write_report(job, report)
    if report.num_failed:
        raise click.exceptions.Exit(_FAILED)


def run_job(job: JobConfig, *, keeps: bool) -> Report:
    """Translate the files of a job, and write what it asks for besides."""
    for path in job.review:
        check_review(path)
    files = job_files(job)
    with ExitStack() as stack:
        told = stack.enter_context(_failures(job.errors))
        sample = Sample(job.review_cells)
        report = Report(told, on_cell=sample.add if job.review else lambda *_: None)
        units = stack.enter_context(_units(job, keeps=keeps))
        progress = stack.enter_context(JobProgress(report, files))
        for each in files:
            with opened(each.source) as file:
                run_file(each, progress.watched(file), units, report)
            report.num_files += 1
    progress.tell()
    for path in job.review:
        write_review(path, sample, report, (job.source, job.target))
    _write_report(job, report)
    return report


def _write_report(job: JobConfig, report: Report) -> None:
    if job.report is not None:
        with _writing(job.report):
            job.report.write_text(json.dumps(report.figures(), indent=2) + "\n", encoding="utf-8")


def _plan(job: JobConfig, *, keeps: bool) -> None:
    """Say what a job would do; a sample of its texts is translated to know how long it takes."""
    files = job_files(job)
    plan = Plan()

    def units() -> Iterator[Unit]:
        for each in files:
            with opened(each.source) as file:
                pieces = each.format.pieces(file, each.name, each.options)
                yield from plan.counted(piece for piece in pieces if isinstance(piece, Cell))

    with _units(job, keeps=keeps) as translator:
        plan.look_up(units(), translator)
        click.echo(plan.told())


@contextmanager
def _units(job: JobConfig, *, keeps: bool) -> Iterator[UnitTranslator]:
    """What translates."""
    with opened_job(job, keeps=keeps, is_alone=True) as ready:
        if ready.memory is not None and ready.memory.is_empty:
            click.echo(f"{job.memory}: has nothing from {job.source} to {job.target}", err=True)
        yield ready.units


@contextmanager
def _failures(path: Path | None) -> Iterator[Any]:
    """What writes cells that failed to a file, each as it comes."""
    if path is None:
        yield lambda _: None
        return
    with _writing(path):
        file = path.open("w", encoding="utf-8")

    def tell(failure: Failure) -> None:
        with _writing(path):
            file.write(failure.to_json() + "\n")

    with file:
        yield tell


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tell which file cannot be written."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
