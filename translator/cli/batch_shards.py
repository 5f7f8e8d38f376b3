"""``translator batch`` in shards: one of several, all of them in several processes, or joined."""

import re
from collections.abc import Sequence
from contextlib import ExitStack

import click

from translator.cli.job_progress import JobProgress
from translator.errors import ClientError
from translator.jobs.config import JobConfig
from translator.jobs.job_files import job_files
from translator.jobs.pool import Outcome, ShardPool, run_shards
from translator.jobs.report import Report
from translator.jobs.shards import ShardTranslator, join, plan_shards, shard_of
from translator.jobs.whole_file import written_whole

__all__ = ["in_shards", "joined", "one_shard"]

_SHOWN_REASONS = 20


def one_shard(job: JobConfig, part: str, *, keeps: bool) -> Report:
    """Translate one shard, named as ``3/10``."""
    match = re.fullmatch(r"(\d+)/(\d+)", part)
    if match is None:
        raise ClientError(f"shard: is {part!r}; the third of ten is 3/10")
    shards = shard_of(job, int(match[1]), int(match[2]))
    report = Report()
    with JobProgress(report, []) as progress, ShardTranslator(job, keeps=keeps) as translator:
        for shard in shards:
            report.add(translator.translate(shard))
    progress.tell()
    return report


def joined(job: JobConfig) -> Report:
    """Join shards that were translated before."""
    report = Report()
    with ExitStack() as stack:
        errors = stack.enter_context(written_whole(job.errors)) if job.errors else None
        for figures in join(job, errors):
            report.add(figures)
    JobProgress(report, []).tell()
    return report


def in_shards(job: JobConfig, pool: ShardPool, num_shards: int) -> Report:
    """Translate all shards of a job with a pool, and join them.

    Raises:
        ClientError: A shard failed; those that are done stay, and the next run goes on from them.
    """
    shards = plan_shards(job, pool.num_workers, num_shards)
    report = Report()
    sizes = {shard.source: shard.source.stat().st_size for shard in shards}
    with JobProgress(report, job_files(job)) as progress:

        def tell(outcome: Outcome) -> None:
            if outcome.figures is not None:
                report.add(outcome.figures)
            progress.moved(sizes[outcome.shard.source] // outcome.shard.count)

        failed = run_shards(shards, pool, tell)
    if failed:
        raise _failure(failed, len(shards))
    with ExitStack() as stack:
        errors = stack.enter_context(written_whole(job.errors)) if job.errors else None
        join(job, errors)
    progress.tell()
    return report


def _failure(failed: Sequence[Outcome], num_shards: int) -> ClientError:
    """Say why shards failed, each reason once, and what there is to do."""
    by_reason: dict[str, list[Outcome]] = {}
    for outcome in failed:
        by_reason.setdefault(outcome.error, []).append(outcome)
    if len(failed) == num_shards and len(by_reason) == 1:
        return ClientError(failed[0].error)
    for reason, outcomes in list(by_reason.items())[:_SHOWN_REASONS]:
        more = f" and {len(outcomes) - 1} more" if len(outcomes) > 1 else ""
        click.echo(f"{outcomes[0].shard}{more}: {reason}", err=True)
    return ClientError(
        f"{len(failed)} of {num_shards} shards failed; those that are done are kept, so run it "
        "again when that is mended"
    )
