"""The glossaries that callers make: kept here, and sent along with each text that names one."""

import asyncio
import csv
import hashlib
import io
import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from translator.errors import ConfigError, InvalidRequestError, OverloadedError
from translator.fronts.web.fields import BodyError, Fields
from translator.languages.tags import language

__all__ = ["Dictionary", "Glossaries", "Glossary", "GlossaryNotFoundError", "read_dictionary"]

_log = logging.getLogger(__name__)

_MAX_ENTRIES = 10_000
_MAX_NAME_LENGTH = 1024
_MAX_OF_ONE, _MAX_GLOSSARIES = 1_000, 10_000
# Of one caller and of all, in code points.
_MAX_LENGTH = 20_000_000


class GlossaryNotFoundError(BodyError):
    """The caller has no such glossary."""

    def __init__(self, message: str = "Glossary not found") -> None:
        super().__init__(404, message)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The terms of a pair, without regions: it is for all of them."""

    source: str
    target: str
    entries: Mapping[str, str] = field(repr=False)

    def to_tsv(self) -> str:
        """The entries, one a line."""
        return "\n".join(f"{source}\t{target}" for source, target in self.entries.items())


@dataclass(frozen=True, slots=True)
class Glossary:
    """A glossary.

    Attributes:
        id: Names it.
        owner: Digest of the key of its maker.
        name: What the maker calls it.
        created: When it was made, in ISO 8601.
        dictionaries: One for each pair.
    """

    id: str
    owner: str
    name: str
    created: str
    dictionaries: tuple[Dictionary, ...]

    def find(self, source: str, target: str) -> Dictionary | None:
        """The dictionary of a pair, whatever the regions."""
        pair = base(source), base(target)
        return next((d for d in self.dictionaries if (d.source, d.target) == pair), None)

    def with_dictionary(self, new: Dictionary) -> "Glossary":
        """The same with this dictionary for its pair."""
        others = [d for d in self.dictionaries if (d.source, d.target) != (new.source, new.target)]
        return replace(self, dictionaries=(*others, new))

    @property
    def length(self) -> int:
        """Code points of all entries."""
        return sum(len(a) + len(b) for d in self.dictionaries for a, b in d.entries.items())


class Glossaries:
    """All glossaries.

    Args:
        folder: Where they are kept, one file each; None: in memory.

    Raises:
        ConfigError: The folder cannot be used.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._kept: dict[str, Glossary] = {}
        if folder is not None:
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._load(folder)
            except OSError as error:
                told = error.strerror or error
                raise ConfigError(f"glossaries: {folder} cannot be used ({told})") from error

    def _load(self, folder: Path) -> None:
        for path in sorted(folder.glob("*.json")):
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
                dictionaries = [Dictionary(**each) for each in found.pop("dictionaries")]
                glossary = Glossary(**found, dictionaries=tuple(dictionaries))
            except (ValueError, TypeError, KeyError, AttributeError):
                _log.warning("glossaries: %s is damaged, and left out", path)
                continue
            self._kept[glossary.id] = glossary

    def of(self, key: str) -> list[Glossary]:
        """The glossaries of a caller."""
        owner = _digest(key)
        return [glossary for glossary in self._kept.values() if glossary.owner == owner]

    def find(self, key: str, name: str) -> Glossary:
        """A glossary of a caller, by its id.

        Raises:
            GlossaryNotFoundError: They have none of this id.
        """
        glossary = self._kept.get(name)
        if glossary is None or glossary.owner != _digest(key):
            raise GlossaryNotFoundError
        return glossary

    async def make(self, key: str, name: str, dictionaries: Sequence[Dictionary]) -> Glossary:
        """Make one.

        Raises:
            InvalidRequestError: The name is not allowed.
            OverloadedError: There are too many.
        """
        made = secrets.token_hex(16)
        glossary = Glossary(
            f"{made[:8]}-{made[8:12]}-{made[12:16]}-{made[16:20]}-{made[20:]}",
            _digest(key),
            _checked_name(name),
            datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            (),
        )
        for dictionary in dictionaries:
            glossary = glossary.with_dictionary(dictionary)
        await self.keep(glossary)
        return glossary

    async def keep(self, glossary: Glossary) -> None:
        """Keep one, new or changed.

        Raises:
            InvalidRequestError: The name is not allowed.
            OverloadedError: There are too many, or they are too large.
        """
        _checked_name(glossary.name)
        others = [each for each in self._kept.values() if each.id != glossary.id]
        own = [each for each in others if each.owner == glossary.owner]
        length = sum(each.length for each in own) + glossary.length
        if len(own) >= _MAX_OF_ONE or len(others) >= _MAX_GLOSSARIES or length > _MAX_LENGTH:
            raise OverloadedError("there are too many glossaries; delete some", retry_after_s=60.0)
        self._kept[glossary.id] = glossary
        if self._folder is not None:
            await asyncio.to_thread(_write, self._folder / f"{glossary.id}.json", glossary)

    async def drop(self, glossary: Glossary) -> None:
        """Delete one."""
        self._kept.pop(glossary.id, None)
        if self._folder is not None:
            path = self._folder / f"{glossary.id}.json"
            await asyncio.to_thread(path.unlink, missing_ok=True)


def base(code: str) -> str:
    """A language without its region, in small letters.

    Raises:
        InvalidRequestError: It is none.
    """
    try:
        return language(code)
    except ValueError:
        raise InvalidRequestError("language", f"{code[:32]!r} is not a language") from None


def read_dictionary(fields: Fields) -> Dictionary:
    """The dictionary in a request.

    Raises:
        InvalidRequestError: Something of it is missing or not valid.
    """
    values = {name: fields.text(name) for name in ("source_lang", "target_lang", "entries")}
    for name, value in values.items():
        if not value.strip():
            raise InvalidRequestError(name, "is missing")
    kind = fields.text("entries_format", "tsv").lower()
    if kind not in ("tsv", "csv"):
        raise InvalidRequestError("entries_format", "tsv or csv is needed")
    entries = _entries(values["entries"], kind)
    return Dictionary(base(values["source_lang"]), base(values["target_lang"]), entries)


def _entries(text: str, kind: str) -> dict[str, str]:
    if kind == "tsv":
        rows = [line.split("\t") for line in text.splitlines()]
    else:
        try:
            rows = list(csv.reader(io.StringIO(text), strict=True))
        except csv.Error as error:
            raise InvalidRequestError("entries", f"is not CSV: {error}") from None
    entries: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) < 2 or not cells[0] or not cells[1] or (kind == "tsv" and len(cells) > 2):
            raise InvalidRequestError("entries", f"row {number} needs a term and its translation")
        if cells[0] in entries:
            raise InvalidRequestError("entries", f"row {number} has a term that is there already")
        entries[cells[0]] = cells[1]
    if not 1 <= len(entries) <= _MAX_ENTRIES:
        raise InvalidRequestError("entries", f"1 to {_MAX_ENTRIES} are needed")
    return entries


def _checked_name(name: str) -> str:
    if not name.strip() or len(name) > _MAX_NAME_LENGTH:
        raise InvalidRequestError("name", f"1 to {_MAX_NAME_LENGTH} characters are needed")
    return name


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _write(path: Path, glossary: Glossary) -> None:
    part = path.with_suffix(".part")
    dictionaries = [
        {"source": d.source, "target": d.target, "entries": dict(d.entries)}
        for d in glossary.dictionaries
    ]
    told: dict[str, Any] = {
        "id": glossary.id,
        "owner": glossary.owner,
        "name": glossary.name,
        "created": glossary.created,
        "dictionaries": dictionaries,
    }
    part.touch(mode=0o600)
    part.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    part.replace(path)
