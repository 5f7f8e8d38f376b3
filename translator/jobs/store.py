"""What has been translated, on disk: nothing is paid twice, and a job that was killed goes on."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Self

from translator.errors import OperatorError

__all__ = ["Store", "StoreError", "StoreStats", "key_of"]

_FORMAT = 1
# "ltts", live-text-translator store: in the file's header, for file(1) and for us.
_APPLICATION_ID = 0x6C747473
_LOOKED_UP_TOGETHER = 500
# Of the file in memory: as a map, and what is being changed, in KiB.
_MAPPED, _KIB = 1 << 30, 32_768
_PATIENCE_S = 60.0
_SECONDS_A_DAY = 86_400
# Of the entries, how many go at a time when the store is too large.
_FORGOTTEN_SHARE = 0.1


class StoreError(OperatorError):
    """A store cannot be used; the message names the file."""


@dataclass(frozen=True, slots=True)
class StoreStats:
    """What a store holds.

    Attributes:
        num_entries: Translations of whole texts, and hypotheses of segments.
        num_bytes: The size of the file.
    """

    num_entries: int
    num_bytes: int


def key_of(*parts: str | bytes) -> bytes:
    """The key of an entry: a digest of all that its value depends on. 16 bytes."""
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        # With its length, so that no two lists of parts read the same.
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.digest()


class Store:
    """Values by key, in a file of SQLite's. Several processes may share it.

    Args:
        path: The file; it is made if it is missing.
        max_bytes: From this size on, what was not used for longest is forgotten; None: never.

    Raises:
        StoreError: It is no store, of another version, damaged, locked, or cannot be written.
    """

    def __init__(self, path: Path, *, max_bytes: int | None = None) -> None:
        self._path = path
        self._max_bytes = max_bytes
        with self._named():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._database.close()
                raise

    def _prepare(self) -> None:
        found = self._pragma("application_id"), self._pragma("user_version")
        if found == (0, 0) and not self._pragma("schema_version"):
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.executescript(
                f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {_FORMAT};"
                "CREATE TABLE IF NOT EXISTS entries"
                " (key BLOB PRIMARY KEY, value BLOB NOT NULL, day INTEGER NOT NULL) WITHOUT ROWID;"
            )
        elif found[0] != _APPLICATION_ID:
            raise StoreError(f"{self._path}: is not a store of translations; name another file")
        elif found[1] != _FORMAT:
            raise StoreError(
                f"{self._path}: has format {found[1]}, and this version reads {_FORMAT}; "
                "name another file"
            )
        # A commit that the machine loses with its power is translated again.
        for setting in ("synchronous = NORMAL", f"mmap_size = {_MAPPED}", f"cache_size = -{_KIB}"):
            self._database.execute(f"PRAGMA {setting}")

    def _pragma(self, name: str) -> int:
        return int(self._database.execute(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self._path}: {error}") from error

    def get(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The values of those keys that have one."""
        today = int(time.time()) // _SECONDS_A_DAY
        found: dict[bytes, bytes] = {}
        # Neighbours are on the same pages.
        keys = sorted(set(keys))
        old: list[tuple[int, bytes]] = []
        with self._named():
            for first in range(0, len(keys), _LOOKED_UP_TOGETHER):
                some = keys[first : first + _LOOKED_UP_TOGETHER]
                marks = ",".join("?" * len(some))
                rows = self._database.execute(
                    f"SELECT key, value, day FROM entries WHERE key IN ({marks})",  # noqa: S608
                    some,
                )
                for key, value, day in rows:
                    found[key] = value
                    if day != today:
                        old.append((today, key))
            if old and self._max_bytes is not None:
                with self._transaction():
                    self._database.executemany("UPDATE entries SET day = ? WHERE key = ?", old)
        return found

    def put(self, entries: Mapping[bytes, bytes]) -> None:
        """Keep values; all or none of them."""
        if not entries:
            return
        today = int(time.time()) // _SECONDS_A_DAY
        with self._named():
            with self._transaction():
                self._database.executemany(
                    "INSERT OR REPLACE INTO entries VALUES (?, ?, ?)",
                    ((key, value, today) for key, value in entries.items()),
                )
            if self._max_bytes is not None and self._num_bytes() > self._max_bytes:
                self._forget()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def _num_bytes(self) -> int:
        used = self._pragma("page_count") - self._pragma("freelist_count")
        return used * self._pragma("page_size")

    def _forget(self) -> None:
        """Delete what was not used for longest."""
        with self._transaction():
            (count,) = self._database.execute("SELECT COUNT(*) FROM entries").fetchone()
            self._database.execute(
                "DELETE FROM entries WHERE key IN (SELECT key FROM entries ORDER BY day LIMIT ?)",
                (max(1, int(count * _FORGOTTEN_SHARE)),),
            )

    def stats(self) -> StoreStats:
        """Count what there is."""
        with self._named():
            (count,) = self._database.execute("SELECT COUNT(*) FROM entries").fetchone()
            return StoreStats(count, self._num_bytes())

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
