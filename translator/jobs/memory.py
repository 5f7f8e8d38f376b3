"""What people decided: translations of whole texts, which win over what a model says."""

import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from translator.errors import OperatorError
from translator.jobs.database import Database

__all__ = [
    "Memory",
    "MemoryEntry",
    "MemoryFileError",
    "MemoryPair",
    "MemoryStats",
    "MemoryView",
    "comparable",
    "fits",
]

# "ltmm", live-text-translator memory.
_APPLICATION_ID = 0x6C746D6D
_FORMAT = 1


class MemoryFileError(OperatorError):
    """A memory cannot be used; the message names the file."""


@dataclass(frozen=True, slots=True)
class MemoryEntry:
    """A text and its translation.

    Attributes:
        source: The text; outer white space does not count.
        target: Its translation.
        source_language: BCP-47.
        target_language: BCP-47.
        time: When it was decided; seconds since 1970.
        origin: Where it comes from, for people.
    """

    source: str
    target: str
    source_language: str
    target_language: str
    time: int
    origin: str = ""


@dataclass(frozen=True, slots=True)
class MemoryPair:
    """Two languages of a memory, as BCP-47 tags, and how many entries it has for them."""

    source: str
    target: str
    num_entries: int


@dataclass(slots=True)
class MemoryStats:
    """What became of entries that were added.

    Attributes:
        num_added: Were new.
        num_replaced: Replaced an older translation of the same text.
        num_same: Were there already.
        num_older: Were left out, since there is a newer translation.
        contradicted: Texts that came with more than one translation; the newest, and of those the
            last, counts.
    """

    num_added: int = 0
    num_replaced: int = 0
    num_same: int = 0
    num_older: int = 0
    contradicted: set[str] = field(default_factory=set)


class Memory(Database):
    """Entries, in a file of SQLite's. Several processes may share it.

    Raises:
        MemoryFileError: It is no memory, of another version, damaged, locked, or cannot be written.
    """

    application_id = _APPLICATION_ID
    version = _FORMAT
    schema = (
        "CREATE TABLE entries ("
        " source_language TEXT, target_language TEXT, source TEXT,"
        " target TEXT NOT NULL, time INTEGER NOT NULL, origin TEXT NOT NULL,"
        " PRIMARY KEY (source_language, target_language, source)) WITHOUT ROWID;"
        "CREATE TABLE revision (value TEXT NOT NULL)"
    )
    noun = "a memory of translations"
    error = MemoryFileError

    def add(self, entries: Iterable[MemoryEntry]) -> MemoryStats:
        """Add entries, all or none. Of two translations of a text the newer one counts.

        Entries without a source or a translation are left out.
        """
        stats = MemoryStats()
        given: dict[tuple[str, str, str], str] = {}
        with self._named(), self._transaction():
            for entry in entries:
                key = (
                    _tag(entry.source_language),
                    _tag(entry.target_language),
                    comparable(entry.source),
                )
                target = comparable(entry.target)
                if not key[2] or not target:
                    continue
                if given.setdefault(key, target) != target:
                    stats.contradicted.add(key[2])
                self._add(key, target, entry, stats)
            if stats.num_added or stats.num_replaced:
                self._database.execute("DELETE FROM revision")
                self._database.execute("INSERT INTO revision VALUES (?)", (secrets.token_hex(8),))
        return stats

    def _add(
        self, key: tuple[str, str, str], target: str, entry: MemoryEntry, stats: MemoryStats
    ) -> None:
        known = self._database.execute(
            "SELECT target, time FROM entries"
            " WHERE source_language = ? AND target_language = ? AND source = ?",
            key,
        ).fetchone()
        if known is None:
            stats.num_added += 1
        elif known[0] == target:
            stats.num_same += 1
            return
        elif known[1] > entry.time:
            stats.num_older += 1
            return
        else:
            stats.num_replaced += 1
        self._database.execute(
            "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?)",
            (*key, target, entry.time, entry.origin),
        )

    def entries(self) -> Iterator[MemoryEntry]:
        """All entries, by languages and text."""
        with self._named():
            for row in self._database.execute(
                "SELECT source, target, source_language, target_language, time, origin"
                " FROM entries ORDER BY source_language, target_language, source"
            ):
                yield MemoryEntry(*row)

    def pairs(self) -> list[MemoryPair]:
        """The languages that there are entries for."""
        with self._named():
            rows = self._database.execute(
                "SELECT source_language, target_language, COUNT(*) FROM entries GROUP BY 1, 2"
            )
            return [MemoryPair(*row) for row in rows]

    def revision(self) -> str:
        """Another one whenever entries have changed."""
        with self._named():
            found = self._database.execute("SELECT value FROM revision").fetchone()
            return str(found[0]) if found else ""

    def view(self, source: str, target: str) -> "MemoryView":
        """The entries that are for two languages.

        Args:
            source: BCP-47; "und": any.
            target: BCP-47. "pt" means "pt-BR" too, and "pt-BR" means "pt".
        """
        fitting = [
            (pair.source, pair.target)
            for pair in self.pairs()
            if (source == "und" or fits(source, pair.source)) and fits(target, pair.target)
        ]
        return MemoryView(self, fitting, (_tag(source), _tag(target)))

    def _of_pair(self, pair: tuple[str, str], texts: list[str]) -> dict[str, str]:
        with self._named():
            query = (
                "SELECT source, target FROM entries"
                " WHERE source_language = ? AND target_language = ? AND source IN"
            )
            return dict(self._rows_in(query, pair, texts))

    def _all_of_pair(self, pair: tuple[str, str]) -> Iterator[tuple[str, str]]:
        with self._named():
            yield from self._database.execute(
                "SELECT source, target FROM entries"
                " WHERE source_language = ? AND target_language = ? ORDER BY source",
                pair,
            )


class MemoryView:
    """The entries of a memory that are for two languages.

    Args:
        memory: Has them.
        pairs: Those of its pairs that fit.
        wanted: The tags that are wanted; an entry of just these comes before others.
    """

    def __init__(
        self, memory: Memory, pairs: list[tuple[str, str]], wanted: tuple[str, str]
    ) -> None:
        self._memory = memory
        self._exact = [pair for pair in pairs if pair == wanted]
        self._others = [pair for pair in pairs if pair != wanted]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing for these languages."""
        return not self._exact and not self._others

    def get(self, texts: Iterable[str]) -> dict[str, str]:
        """The translations of those texts that have one, with the white space around each text.

        Where "pt-BR" and "pt-PT" say different things and "pt" is wanted, there is none.
        """
        # What is no text, such as a lone surrogate, is not looked for.
        by_text = {text: comparable(text) for text in texts if _iscomparable(text)}
        wanted = sorted({text for text in by_text.values() if text})
        found = self._merged(self._memory._of_pair(pair, wanted) for pair in self._others)
        for pair in self._exact:
            found |= self._memory._of_pair(pair, wanted)
        return {
            text: _surrounded(text, found[inner])
            for text, inner in by_text.items()
            if inner in found
        }

    def all(self) -> dict[str, str]:
        """All texts with their translations."""
        found = self._merged(self._memory._all_of_pair(pair) for pair in self._others)
        for pair in self._exact:
            found |= self._memory._all_of_pair(pair)
        return found

    @staticmethod
    def _merged(
        all_found: "Iterable[dict[str, str] | Iterable[tuple[str, str]]]",
    ) -> dict[str, str]:
        """What they agree on."""
        merged: dict[str, str] = {}
        disputed: set[str] = set()
        for found in all_found:
            for source, target in dict(found).items():
                if merged.setdefault(source, target) != target:
                    disputed.add(source)
        return {source: target for source, target in merged.items() if source not in disputed}


def comparable(text: str) -> str:
    """A text as it is compared: composed, without white space around it."""
    return unicodedata.normalize("NFC", text.strip())


def _iscomparable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _surrounded(text: str, translation: str) -> str:
    inner = text.strip()
    start = text.index(inner)
    return text[:start] + translation + text[start + len(inner) :]


def _tag(language: str) -> str:
    """A tag as it is compared, and as it is usually written: "pt-BR", "zh-Hant-TW"."""
    first, *rest = language.replace("_", "-").split("-")
    named = [
        part.title()
        if len(part) == 4 and part.isalpha()
        else part.upper()
        if len(part) == 2
        else part.lower()
        for part in rest
    ]
    return "-".join([first.lower(), *named])


def fits(wanted: str, tag: str) -> bool:
    """Whether one of two tags says more than the other, and nothing against it."""
    parts, own = _tag(wanted).split("-"), _tag(tag).split("-")
    return parts[: len(own)] == own[: len(parts)]
