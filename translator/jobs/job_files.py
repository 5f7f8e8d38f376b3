"""The files of a job."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import BinaryIO

from translator.errors import ClientError
from translator.jobs.cells import FormatOptions, InputFileError, Place
from translator.jobs.config import JobConfig
from translator.jobs.formats.registry import SUFFIXES, file_format
from translator.jobs.run import JobFile

__all__ = ["job_file", "job_files", "opened"]


def job_file(job: JobConfig, source: Path | None, target: Path | None) -> JobFile:
    """A file of a job, with its format.

    Raises:
        InputFileError: Its ending is that of no format.
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
    name = "standard input" if source is None else str(source)
    kind = file_format(PurePath(name if source else job.output), job.format)
    return JobFile(source, target, name, kind, options)


def job_files(job: JobConfig) -> list[JobFile]:
    """The files of a job, with their formats.

    Raises:
        ClientError: There is no such input, or an output exists already.
    """
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
        if target is not None and target.exists():
            if source is not None and target.samefile(source):
                raise ClientError(f"{target}: is the input too; name another output")
            if not job.overwrite:
                raise ClientError(f"{target}: exists; --overwrite replaces it")
        files.append(job_file(job, source, target))
    return files


def _path(name: str) -> Path | None:
    return None if name == "-" else Path(name)


@contextmanager
def opened(source: Path | None) -> Iterator[BinaryIO]:
    """A file of a job, opened; None: standard input.

    Raises:
        InputFileError: It cannot be read.
    """
    if source is None:
        yield sys.stdin.buffer
        return
    try:
        with source.open("rb") as file:
            yield file
    except OSError as error:
        raise InputFileError(Place(str(source)), f"cannot be read ({error.strerror})") from error
