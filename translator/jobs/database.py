"""A file of SQLite's that several processes may share, and what is said when it cannot be used."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from translator.errors import OperatorError

__all__ = ["Database"]

_PATIENCE_S = 60.0
# Of the file in memory: as a map, and what is being changed, in KiB.
_MAPPED, _KIB = 1 << 30, 32_768
_ASKED_TOGETHER = 500


class Database:
    """A database with one schema; base class of those that have one.

    Args:
        path: The file; it is made if it is missing.

    Attributes:
        application_id: In the file's header, for file(1) and for us.
        version: Of the schema.
        schema: What makes the tables.
        noun: What such a file is.
        error: What is raised when it cannot be used; the message names the file.
    """

    application_id: int
    version: int
    schema: str
    noun: str
    error: type[OperatorError]

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._named():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._database.close()
                raise

    def _prepare(self) -> None:
        if not self._pragma("schema_version"):
            self._database.execute("PRAGMA journal_mode = WAL")
            # Two processes may be here at once; the second finds all of it.
            with self._transaction():
                if not self._pragma("schema_version"):
                    self._database.execute(f"PRAGMA application_id = {self.application_id}")
                    self._database.execute(f"PRAGMA user_version = {self.version}")
                    for statement in self.schema.split(";"):
                        self._database.execute(statement)
        found = self._pragma("application_id"), self._pragma("user_version")
        if found[0] != self.application_id:
            raise self.error(f"{self._path}: is not {self.noun}; name another file")
        if found[1] != self.version:
            raise self.error(
                f"{self._path}: has format {found[1]}, and this version reads {self.version}; "
                "name another file"
            )
        # A commit that the machine loses with its power is translated again.
        for setting in ("synchronous = NORMAL", f"mmap_size = {_MAPPED}", f"cache_size = -{_KIB}"):
            self._database.execute(f"PRAGMA {setting}")

    def _pragma(self, name: str) -> int:
        return int(self._database.execute(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Turn errors of the database into sentences."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self.error(f"{self._path}: {error}") from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def _rows_in(self, query: str, given: Sequence[Any], keys: Sequence[Any]) -> Iterator[Any]:
        """The rows of a query that ends in ``IN``, for some hundred keys at a time."""
        for first in range(0, len(keys), _ASKED_TOGETHER):
            some = keys[first : first + _ASKED_TOGETHER]
            marks = ",".join("?" * len(some))
            yield from self._database.execute(f"{query} ({marks})", (*given, *some))

    @property
    def num_bytes(self) -> int:
        """How much of the file is in use."""
        used = self._pragma("page_count") - self._pragma("freelist_count")
        return used * self._pragma("page_size")

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
