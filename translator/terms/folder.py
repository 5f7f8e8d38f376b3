"""A folder of glossaries. The name of a file is the name of its glossary."""

from pathlib import Path
from threading import Lock

from translator.errors import InvalidRequestError
from translator.terms.files import read_table
from translator.terms.glossary import Glossary, find_problems
from translator.terms.table import GlossaryFileError, RowTerm, Table

__all__ = ["GlossaryFolder", "check_terms", "load_glossary"]

_SUFFIXES = frozenset([".csv", ".tsv", ".txt", ".tab", ".tmx", ".tbx"])
_MAX_NAMED = 20


class GlossaryFolder:
    """The glossaries of a folder, ``NAME.csv`` and so on. Each file is read once, when needed.

    It may be used by several threads.

    Args:
        folder: The folder.

    Raises:
        GlossaryFileError: There is no such folder, or two of its files have the same name.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise GlossaryFileError(f"{folder}: there is no such folder of glossaries")
        self._paths: dict[str, Path] = {}
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in _SUFFIXES and path.is_file():
                other = self._paths.setdefault(path.stem, path)
                if other != path:
                    raise GlossaryFileError(f"{path}: {other.name} has the same name")
        self._lock = Lock()
        self._tables: dict[str, Table] = {}
        self._glossaries: dict[tuple[str, str, str], Glossary] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names, sorted."""
        return tuple(self._paths)

    def get(self, name: str, source: str, target: str, *, field: str = "glossary") -> Glossary:
        """Get a glossary for a pair, read at the first call.

        A file that names no languages serves every pair. The first call may take a second.

        Args:
            name: The glossary's name.
            source: BCP-47 code of the source.
            target: BCP-47 code of the target.
            field: The field that names the glossary, for errors.

        Raises:
            InvalidRequestError: There is no such glossary, or it is not for this pair.
            GlossaryFileError: Its file is damaged; the message names file, row and column.
        """
        if name not in self._paths:
            known = ", ".join(self.names[:_MAX_NAMED]) or "none"
            raise InvalidRequestError(
                field, f"there is no glossary {name!r:.80}; there are {known}"
            )
        with self._lock:
            table = self._tables.get(name)
            if table is None:
                table = self._tables[name] = read_table(self._paths[name])
            try:
                pair = table.choose(source, target)
            except GlossaryFileError as error:
                told = error.message.removeprefix(f"{self._paths[name]}: ")
                raise InvalidRequestError(field, f"glossary {name!r}: {told}") from error
            key = (name, *pair)
            if key not in self._glossaries:
                self._glossaries[key] = load_glossary(table, *pair)
            return self._glossaries[key]


def load_glossary(table: Table, source: str, target: str) -> Glossary:
    """Make a glossary from a file, for a pair as ``Table.choose`` returns it.

    Raises:
        GlossaryFileError: Terms are not valid, or contradict each other; the message names the
            first.
    """
    terms = list(table.terms(source, target))
    problems = check_terms(table, terms)
    if problems:
        line, told = problems[0]
        more = f" ({len(problems) - 1} more problems)" if len(problems) > 1 else ""
        raise GlossaryFileError(f"{table.name}: {f'row {line}: ' if line else ''}{told}{more}")
    return Glossary(each.term for each in terms)


def check_terms(table: Table, terms: list[RowTerm]) -> list[tuple[int, str]]:
    """List what is wrong with the terms of a file: the row (0 for the whole file), and why."""
    found = [(problem.line, problem.description) for problem in table.problems]
    for problem in find_problems([each.term for each in terms]):
        line = 0 if problem.entry is None else terms[problem.entry].line
        part = f"{problem.part.replace('_', ' ')}: " if problem.part else ""
        other = "" if problem.other is None else f" (row {terms[problem.other].line})"
        found.append((line, f"{part}{problem.description}{other}"))
    return sorted(found)
