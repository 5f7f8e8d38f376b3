"""Shards: parts of a job that are translated apart, by any process on any machine, and joined."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from translator.errors import ClientError
from translator.jobs.cells import FileFormat, FormatOptions, InputFileError, Piece, Place
from translator.jobs.config import JobConfig
from translator.jobs.job_files import job_file, job_files, opened
from translator.jobs.opening import OpenedJob, opened_job
from translator.jobs.report import Failure, Figures, Report
from translator.jobs.run import JobFile, is_sequence, run_file
from translator.jobs.whole_file import written_whole

__all__ = [
    "Manifest",
    "Shard",
    "ShardTranslator",
    "join",
    "plan_shards",
    "shard_of",
    "translate_shard",
]

_PARTS = ".parts"
_NAME = re.compile(r"(\d{5})-of-(\d{5})")
# A shard is not worth less; and each is found by reading the file up to its end.
_LEAST_BYTES, _MOST_SHARDS = 1 << 16, 256
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a file of a job. It can be pickled.

    Attributes:
        job: The job.
        source: The file.
        target: Where the file's translation goes; None: standard output.
        number: Which part, from 1.
        count: Of how many.
    """

    job: JobConfig
    source: Path
    target: Path | None
    number: int = 1
    count: int = 1

    def __str__(self) -> str:
        part = f", shard {self.number} of {self.count}" if self.count > 1 else ""
        return f"{self.source}{part}"

    @property
    def part(self) -> Path | None:
        """Where its translation goes: a folder beside the target has the parts of a file."""
        if self.target is None:
            return None
        return _folder(self.target) / f"{self.number:05}-of-{self.count:05}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a shard that is done says of itself.

    Attributes:
        key: What its bytes depend on, besides the input.
        input_digest: Digest of the whole input.
        num_bytes: The size of the part.
        digest: Digest of the part.
        figures: What was done.
    """

    key: str
    input_digest: str
    num_bytes: int
    digest: str
    figures: Figures

    def to_json(self) -> str:
        """As it is kept beside the part."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, part: Path) -> Self | None:
        """The manifest of a part; None if that is not done."""
        try:
            values = json.loads(_manifest(part).read_text("utf-8"))
            values["figures"] = Figures(**values["figures"])
            found = cls(**values)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return found if part.is_file() and part.stat().st_size == found.num_bytes else None


def _folder(target: Path) -> Path:
    return target.with_name(target.name + _PARTS)


def _manifest(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _failures(part: Path) -> Path:
    return part.with_name(part.name + ".errors.jsonl")


# Planning


def plan_shards(job: JobConfig, num_workers: int, num_shards: int = 0) -> list[Shard]:
    """Cut a job into shards: large files into several.

    A file whose parts are there, of a run that was interrupted, is cut as it was.

    Args:
        job: The job; from a file or folder, into one.
        num_workers: How many shards can be translated at once.
        num_shards: How many there should be of a file; 0: some for each worker.

    Raises:
        ClientError: The input or output cannot be cut.
    """
    return [
        Shard(job, source, target, number, count)
        for file, source, target in _files(job)
        for count in [_count(file, source, target, num_workers, num_shards)]
        for number in range(1, count + 1)
    ]


def shard_of(job: JobConfig, number: int, count: int) -> list[Shard]:
    """One of several parts of a job: of a file a part of its bytes, of a folder some files.

    Raises:
        ClientError: There is no such part, or the input cannot be cut.
    """
    if not 1 <= number <= count:
        raise ClientError(f"shard: is {number}/{count}; the first is 1/{count}")
    if Path(job.input).is_dir():
        files = list(_files(job))[number - 1 :: count]
        return [Shard(job, source, target) for _, source, target in files]
    if job.input == "-":
        raise ClientError("input: standard input cannot be cut into shards; name a file")
    [file] = job_files(job)
    if count > 1 and not is_sequence(file.format):
        raise ClientError(f"{file.name}: a {file.format.name} file cannot be cut into shards")
    return [Shard(job, Path(job.input), file.target, number, count)]


def _files(job: JobConfig) -> Iterator[tuple[JobFile, Path, Path]]:
    for file in job_files(job):
        if file.source is None or file.target is None:
            raise ClientError("shards are cut from a file or folder and joined to one, not - ")
        yield file, file.source, file.target


def _count(file: JobFile, source: Path, target: Path, num_workers: int, num_shards: int) -> int:
    if not is_sequence(file.format):
        return 1
    done = Counter(count for _, count, _ in _parts(target))
    if done and not num_shards:
        return done.most_common(1)[0][0]
    wanted = num_shards or min(8 * num_workers, source.stat().st_size // _LEAST_BYTES)
    return max(1, min(wanted, _MOST_SHARDS))


def _parts(target: Path) -> list[tuple[int, int, Path]]:
    """The parts of a file that are there: number, count and path."""
    folder = _folder(target)
    if not folder.is_dir():
        return []
    found = [
        (int(match[1]), int(match[2]), path)
        for path in folder.iterdir()
        if (match := _NAME.fullmatch(path.name))
    ]
    return sorted(found)


# Translating


def translate_shard(shard: Shard, *, keeps: bool = True) -> Path | None:
    """Translate a shard, unless that is done. Returns the file with its bytes.

    It can be called anywhere: only the job, the input and the models decide what is in the file,
    which is there whole or not at all.

    Args:
        shard: The shard.
        keeps: Whether translations are kept in a store.

    Raises:
        TranslatorError: It cannot be translated.
    """
    with ShardTranslator(shard.job, keeps=keeps) as translator:
        translator.translate(shard)
    return shard.part


class ShardTranslator:
    """Translates shards of a job one after another; models are loaded once.

    Args:
        job: The job.
        keeps: Whether translations are kept in a store.
    """

    def __init__(self, job: JobConfig, *, keeps: bool = True) -> None:
        self._stack = ExitStack()
        self._opened: OpenedJob = self._stack.enter_context(opened_job(job, keeps=keeps))
        self._digests: dict[Path, tuple[int, int, str]] = {}

    def translate(self, shard: Shard) -> Figures:
        """Translate a shard, unless that is done already. Returns what was done.

        Raises:
            TranslatorError: It cannot be translated.
        """
        part = shard.part
        if part is None:
            return self._translated(shard, None).counted()
        key, input_digest = self._opened.key().hex(), self._digest(shard.source)
        done = Manifest.read(part)
        if done is not None and (done.key, done.input_digest) == (key, input_digest):
            return done.figures
        _manifest(part).unlink(missing_ok=True)
        figures = self._translated(shard, part).counted()
        manifest = Manifest(key, input_digest, part.stat().st_size, _file_digest(part), figures)
        with written_whole(_manifest(part)) as file:
            file.write(manifest.to_json().encode())
        return figures

    def _translated(self, shard: Shard, part: Path | None) -> Report:
        whole = job_file(shard.job, shard.source, part)
        size = shard.source.stat().st_size
        begin, end = (size * n // shard.count for n in (shard.number - 1, shard.number))
        cut: FileFormat = whole.format
        if shard.count > 1:
            cut = _Cut(whole.format, begin, None if shard.number == shard.count else end)
        with ExitStack() as stack:
            told: BinaryIO | None = None
            if part is not None:
                told = stack.enter_context(written_whole(_failures(part)))

            def tell(failure: Failure) -> None:
                if told is not None:
                    told.write(failure.to_json().encode() + b"\n")

            report = Report(tell)
            file = stack.enter_context(opened(shard.source))
            run_file(replace(whole, format=cut), file, self._opened.units, report)
        report.num_files = int(shard.number == 1)
        return report

    def _digest(self, path: Path) -> str:
        """The digest of an input, which is found out once while it is the same file."""
        if not path.is_file():
            raise InputFileError(Place(str(path)), "there is no such file")
        stat = path.stat()
        size, time, digest = self._digests.get(path, (-1, 0, ""))
        if (size, time) != (stat.st_size, stat.st_mtime_ns):
            digest = _file_digest(path)
            self._digests[path] = stat.st_size, stat.st_mtime_ns, digest
        return digest

    def close(self) -> None:
        """Let go of the models."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class _Cut:
    """A format of which only those pieces are given that begin in some bytes of the file."""

    def __init__(self, whole: FileFormat, begin: int, end: int | None) -> None:
        self.name = whole.name
        self.suffixes = whole.suffixes
        self._whole = whole
        self._begin = begin
        self._end = end

    def pieces(self, file: BinaryIO, name: str, options: FormatOptions) -> Iterator[Piece]:
        """See ``FileFormat.pieces``."""
        at = 0
        for piece in self._whole.pieces(file, name, replace(options, skipped=self._begin)):
            if self._end is not None and at >= self._end:
                return
            if at >= self._begin:
                yield piece
            at += len(piece if isinstance(piece, bytes) else piece.raw)


def _file_digest(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


# Joining


def join(job: JobConfig, errors: BinaryIO | None = None) -> list[Figures]:
    """Join the parts of a job's files, and delete them. Returns the figures of the parts.

    Args:
        job: The job.
        errors: What failed is written to it, in the order of the files.

    Raises:
        ClientError: A part is missing, or was made of another input or job; nothing is changed.
        OutputError: A file cannot be written.
    """
    files = list(_files(job))
    found = [_complete(source, target) for _, source, target in files]
    for (_, _, target), parts in zip(files, found, strict=True):
        with written_whole(target) as output:
            for part in parts:
                with part.open("rb") as file:
                    shutil.copyfileobj(file, output, _CHUNK)
    figures = [manifest.figures for parts in found for manifest in parts.values()]
    for (_, _, target), parts in zip(files, found, strict=True):
        for part in parts:
            if errors is not None and _failures(part).is_file():
                errors.write(_failures(part).read_bytes())
        shutil.rmtree(_folder(target), ignore_errors=True)
    return figures


def _complete(source: Path, target: Path) -> dict[Path, Manifest]:
    """The parts of a file with their manifests, in their order, if all are there."""
    by_count: dict[int, dict[int, Path]] = {}
    for number, count, path in _parts(target):
        by_count.setdefault(count, {})[number] = path
    if not by_count:
        raise ClientError(f"{target}: no shard of it is there in {_folder(target)}")
    if len(by_count) > 1:
        counts = " and ".join(map(str, sorted(by_count)))
        raise ClientError(f"{_folder(target)}: has shards of {counts}; delete one kind of them")
    [(count, parts)] = by_count.items()
    manifests = {number: Manifest.read(path) for number, path in parts.items()}
    missing = [str(n) for n in range(1, count + 1) if manifests.get(n) is None]
    if missing:
        raise ClientError(f"{target}: of its {count} shards some are missing: {_few(missing)}")
    found = {parts[n]: m for n in range(1, count + 1) if (m := manifests[n]) is not None}
    digest = _file_digest(source)
    changed = [path.name for path, m in found.items() if m.input_digest != digest]
    if changed:
        raise ClientError(f"{source}: was changed since these shards were made: {_few(changed)}")
    if len({manifest.key for manifest in found.values()}) > 1:
        raise ClientError(
            f"{target}: its shards were made with different options, models or memories; make "
            "them again with the same"
        )
    damaged = [path.name for path, m in found.items() if m.digest != _file_digest(path)]
    if damaged:
        raise ClientError(f"{target}: these shards are damaged; delete them: {_few(damaged)}")
    return found


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + ", …" * (len(names) > 20)
