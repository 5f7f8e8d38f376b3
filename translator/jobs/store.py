"""What has been translated, on disk: nothing is paid twice, and a job that was killed goes on."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from translator.errors import OperatorError
from translator.jobs.database import Database

__all__ = ["Store", "StoreError", "StoreStats", "key_of"]

_FORMAT = 1
# "ltts", live-text-translator store: in the file's header, for file(1) and for us.
_APPLICATION_ID = 0x6C747473
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


class Store(Database):
    """Values by key, in a file of SQLite's. Several processes may share it.

    Args:
        path: The file; it is made if it is missing.
        max_bytes: From this size on, what was not used for longest is forgotten; None: never.

    Raises:
        StoreError: It is no store, of another version, damaged, locked, or cannot be written.
    """

    application_id = _APPLICATION_ID
    version = _FORMAT
    schema = (
        "CREATE TABLE entries"
        " (key BLOB PRIMARY KEY, value BLOB NOT NULL, day INTEGER NOT NULL) WITHOUT ROWID"
    )
    noun = "a store of translations"
    error = StoreError

    def __init__(self, path: Path, *, max_bytes: int | None = None) -> None:
        self._max_bytes = max_bytes
        super().__init__(path)

    def get(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The values of those keys that have one."""
        today = int(time.time()) // _SECONDS_A_DAY
        found: dict[bytes, bytes] = {}
        # Neighbours are on the same pages.
        keys = sorted(set(keys))
        old: list[tuple[int, bytes]] = []
        with self._named():
            rows = self._rows_in("SELECT key, value, day FROM entries WHERE key IN", (), keys)
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
            if self._max_bytes is not None and self.num_bytes > self._max_bytes:
                self._forget()

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
            return StoreStats(count, self.num_bytes)
