"""A folder of glossaries. The name of a file is the name of its glossary."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from translator.errors import InvalidRequestError
from translator.terms.files import read_table
from translator.terms.glossary import Glossary, find_problems
from translator.terms.table import GlossaryFileError, RowTerm, Table

__all__ = ["GlossaryFolder", "check_terms", "load_glossary"]

_log = logging.getLogger(__name__)

_SUFFIXES = frozenset([".csv", ".tsv", ".txt", ".tab", ".tmx", ".tbx"])
_MAX_NAMED = 20


class GlossaryFolder:
    """The glossaries of a folder, ``NAME.csv`` and so on. A file is read when it is first needed.

    It is read again after it has changed; where it is damaged then, it stays as it was, which is
    logged. Files may come and go. It may be used by several threads.

    Args:
        folder: The folder.

    Raises:
        GlossaryFileError: There is no such folder, or two of its files have the same name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._read: dict[str, _File] = {}
        paths = self._scan()
        for path in self._files():
            if paths[path.stem] != path:
                raise GlossaryFileError(f"{path}: {paths[path.stem].name} has the same name")

    @property
    def names(self) -> tuple[str, ...]:
        """The names, sorted."""
        return tuple(sorted(self._scan()))

    def check(self) -> None:
        """Read all files, and look at their terms in all the pairs that they have.

        Raises:
            GlossaryFileError: One is damaged, or its terms contradict each other.
        """
        for name in self.names:
            table = self._file(name, "").table
            for pair in table.pairs:
                _raise_problems(table, list(table.terms(*pair)))

    def check_names(self, names: Iterable[str], field: str = "glossary") -> None:
        """Check that there are glossaries of these names.

        Raises:
            InvalidRequestError: There is none of one of them.
        """
        for name in names:
            self._path(name, field)

    def get(self, name: str, source: str, target: str, *, field: str = "glossary") -> Glossary:
        """Get a glossary for a pair. The first call for a file as it is may take a second.

        A file that names no languages serves every pair.

        Args:
            name: The glossary's name.
            source: BCP-47 code of the source.
            target: BCP-47 code of the target.
            field: The field that names the glossary, for errors.

        Raises:
            InvalidRequestError: There is no such glossary, or it is not for this pair.
            GlossaryFileError: Its file is damaged; the message names file, row and column.
        """
        with self._lock:
            file = self._file(name, field)
            try:
                pair = file.table.choose(source, target)
            except GlossaryFileError as error:
                told = error.message.removeprefix(f"{file.table.name}: ")
                raise InvalidRequestError(field, f"glossary {name!r}: {told}") from error
            if pair not in file.glossaries:
                file.glossaries[pair] = load_glossary(file.table, *pair, name=name)
            return file.glossaries[pair]

    def _file(self, name: str, field: str) -> "_File":
        """A file as it is now."""
        path = self._path(name, field)
        try:
            seen = path.stat()
        except OSError as error:
            raise GlossaryFileError(f"{path}: {error.strerror}") from error
        version = path, seen.st_mtime_ns, seen.st_size, seen.st_ino
        former = self._read.get(name)
        if former is not None and former.version == version:
            return former
        try:
            file = _File(version, read_table(path))
            for pair in former.glossaries if former is not None else ():
                file.glossaries[pair] = load_glossary(file.table, *pair, name=name)
        except GlossaryFileError as error:
            if former is None:
                raise
            _log.warning("%s; it stays as it was before", error.message)
            file = replace(former, version=version)
        self._read[name] = file
        return file

    def _path(self, name: str, field: str) -> Path:
        paths = self._scan()
        if name not in paths:
            known = ", ".join(sorted(paths)[:_MAX_NAMED]) or "none"
            more = ", …" if len(paths) > _MAX_NAMED else ""
            raise InvalidRequestError(
                field, f"there is no glossary {name!r:.80}; there are {known}{more}"
            )
        return paths[name]

    def _scan(self) -> dict[str, Path]:
        """The files, by name; of two with one name the first."""
        return {path.stem: path for path in reversed(self._files())}

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            raise GlossaryFileError(f"{self._folder}: there is no such folder of glossaries")
        files = (path for path in self._folder.iterdir() if path.suffix.lower() in _SUFFIXES)
        return sorted(path for path in files if path.is_file())


@dataclass(frozen=True, slots=True)
class _File:
    """A file that has been read.

    Attributes:
        version: Tells whether it has changed: its path, time, size and inode.
        table: What it holds.
        glossaries: Those of its pairs that have been asked for.
    """

    version: tuple[Path, int, int, int]
    table: Table
    glossaries: dict[tuple[str, str], Glossary] = field(default_factory=dict)


def load_glossary(table: Table, source: str, target: str, *, name: str = "") -> Glossary:
    """Make a glossary from a file, for a pair as ``Table.choose`` returns it.

    Raises:
        GlossaryFileError: Terms are not valid, or contradict each other; the message names the
            first.
    """
    terms = list(table.terms(source, target))
    _raise_problems(table, terms)
    return Glossary((each.term for each in terms), name=name)


def _raise_problems(table: Table, terms: list[RowTerm]) -> None:
    problems = check_terms(table, terms)
    if problems:
        line, told = problems[0]
        more = f" ({len(problems) - 1} more problems)" if len(problems) > 1 else ""
        raise GlossaryFileError(f"{table.name}: {f'row {line}: ' if line else ''}{told}{more}")


def check_terms(table: Table, terms: list[RowTerm]) -> list[tuple[int, str]]:
    """List what is wrong with the terms of a file: the row (0 for the whole file), and why."""
    found = [(problem.line, problem.description) for problem in table.problems]
    for problem in find_problems([each.term for each in terms]):
        line = 0 if problem.entry is None else terms[problem.entry].line
        part = f"{problem.part.replace('_', ' ')}: " if problem.part else ""
        other = "" if problem.other is None else f" (row {terms[problem.other].line})"
        found.append((line, f"{part}{problem.description}{other}"))
    return sorted(found)
