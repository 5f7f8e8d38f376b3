"""Files that are translated while their sender waits, or asks for them later."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Self

from translator.client.login import Login, bearer
from translator.errors import (
    InvalidRequestError,
    OverloadedError,
    ServiceError,
    TranslatorError,
    UnauthenticatedError,
)
from translator.jobs.cells import Cell, FormatOptions, Rule
from translator.jobs.formats.registry import SUFFIXES, file_format
from translator.jobs.remote_units import RemoteUnits
from translator.jobs.report import Report
from translator.jobs.run import JobFile, run_file
from translator.jobs.settings import UnitSettings

__all__ = ["FORMATS", "Document", "Documents", "Upload"]

_log = logging.getLogger(__name__)

# Tables need rules for their columns, which no protocol here can name.
_UNSERVED = {"csv", "tsv", "parquet", "json"}
FORMATS = tuple(suffix for suffix, name in SUFFIXES.items() if name not in _UNSERVED)
_MAX_AT_ONCE = 4
_MAX_COMING = 8
_MAX_KEPT = 64
_KEPT_S = 3600.0
# How long a server may be away.
_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, and how it is to be translated.

    Attributes:
        name: Its name; the ending says what it is.
        contents: Its bytes.
        source: BCP-47; "und": each text is detected.
        target: BCP-47.
        key: The sender's key; "": the gateway's own.
        glossary: Source terms to target terms.
    """

    name: str
    contents: bytes = field(repr=False)
    source: str
    target: str
    key: str = field(default="", repr=False)
    glossary: Mapping[str, str] | None = None


@dataclass(slots=True)
class Document:
    """A file and what has become of it.

    Attributes:
        id: Names it.
        secret: Whoever has it gets the result.
        upload: The file.
        result: Where the result is, once there is one.
        began_s: When it came.
        is_running: Whether it is being translated.
        characters: Code points of its texts so far.
        error: Why there is no result.
    """

    id: str
    secret: str = field(repr=False)
    upload: Upload
    result: Path
    began_s: float
    is_running: bool = False
    characters: int = 0
    error: TranslatorError | None = None
    finished: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def name(self) -> str:
        """What the result is called: ``talk.pt.srt``."""
        path = PurePath(self.upload.name)
        return f"{path.stem}.{self.upload.target}{path.suffix}"


class Documents:
    """Translates files as jobs do, in threads, and keeps the results for an hour.

    Args:
        addresses: The servers.
        login: How the gateway and they know each other.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        login: Login = Login(),  # noqa: B008
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._addresses = addresses
        self._login = login
        self._clock = clock
        self._places = asyncio.Semaphore(_MAX_AT_ONCE)
        self._num_coming = 0
        self._kept: dict[str, Document] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="translator-")
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._folder.cleanup()

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """A place for a file that comes in, which is in memory until it is whole.

        Raises:
            OverloadedError: Too many come already.
        """
        if self._num_coming >= _MAX_COMING:
            raise OverloadedError("too many files are sent at once", retry_after_s=5.0)
        self._num_coming += 1
        try:
            yield
        finally:
            self._num_coming -= 1

    async def add(self, upload: Upload) -> Document:
        """Begin to translate a file.

        Raises:
            InvalidRequestError: Files of its kind are not translated.
            UnauthenticatedError: No key looks like that of its sender.
            OverloadedError: There are too many already.
        """
        suffix = PurePath(upload.name).suffix.lower()
        if suffix not in FORMATS:
            raise InvalidRequestError(
                "file", f"files of kind {suffix[:16]!r} are not served; served: {' '.join(FORMATS)}"
            )
        self._forget()
        if len(self._kept) >= _MAX_KEPT:
            raise OverloadedError("too many files are kept already", retry_after_s=30.0)
        if upload.key:
            try:
                bearer(upload.key)
            except ValueError:
                raise UnauthenticatedError("the key is not known") from None
        name = secrets.token_hex(16)
        result = Path(self._folder.name) / f"{name}{suffix}"
        document = Document(name, secrets.token_hex(32), upload, result, self._clock())
        self._kept[name] = document
        try:
            await asyncio.to_thread(_source_of(result).write_bytes, upload.contents)
        except BaseException:
            self.drop(document)
            raise
        document.upload = replace(upload, contents=b"")
        task = asyncio.create_task(self._translate(document))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return document

    def find(self, name: str, secret: str | None = None) -> Document | None:
        """A document that is kept; with a secret only if it is its own."""
        self._forget()
        document = self._kept.get(name)
        if document is None or secret is None:
            return document
        is_own = secrets.compare_digest(document.secret.encode(), secret.encode())
        return document if is_own else None

    def drop(self, document: Document) -> None:
        """Forget a document, and delete its result."""
        if self._kept.pop(document.id, None) is not None:
            for path in (document.result, _source_of(document.result)):
                path.unlink(missing_ok=True)

    def _forget(self) -> None:
        old = self._clock() - _KEPT_S
        for document in [each for each in self._kept.values() if each.began_s < old]:
            if document.finished.is_set():
                self.drop(document)

    async def _translate(self, document: Document) -> None:
        try:
            async with self._places:
                document.is_running = True
                await asyncio.to_thread(self._run, document)
        except TranslatorError as error:
            document.error = error
        except Exception as error:
            # Its message may hold text.
            _log.error("a file could not be translated: %s", type(error).__name__)
            document.error = ServiceError("an error of this server; it is in its log")
        finally:
            document.is_running = False
            document.finished.set()
            document.upload = replace(document.upload, key="")

    def _run(self, document: Document) -> None:
        upload = document.upload
        settings = UnitSettings(upload.source, upload.target, glossary=upload.glossary)
        login = replace(self._login, secret=upload.key) if upload.key else self._login
        units = RemoteUnits(self._addresses, settings, login, patience_s=_PATIENCE_S)

        def counted(cell: Cell, *_: object) -> None:
            document.characters += len(cell.text)

        source = _source_of(document.result)
        rules: dict[str, Rule] = {}
        options = FormatOptions(upload.source, upload.target, rules)
        kind = file_format(PurePath(upload.name))
        job = JobFile(source, document.result, PurePath(upload.name).name, kind, options)
        try:
            # Tells what is wrong with the key or the pair, since a file may have no text.
            units.fingerprint()
            with source.open("rb") as file:
                run_file(job, file, units, Report(on_cell=counted))
        finally:
            with contextlib.suppress(OSError):
                source.unlink()


def _source_of(result: Path) -> Path:
    """Where a file is until it is translated."""
    return result.with_suffix(".source")
