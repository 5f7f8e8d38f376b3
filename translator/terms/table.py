"""What a glossary file holds, whatever its format: rows of terms in several languages."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from translator.errors import OperatorError
from translator.terms.term import Term

__all__ = ["Cell", "GlossaryFileError", "Row", "RowProblem", "RowTerm", "Table", "is_tag"]

_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z]{4})?(?:[-_](?:[a-z]{2}|[0-9]{3}))?", re.IGNORECASE)
# ISO 639-1, and frequent languages that have no code of two letters. Any other word of this length
# is a term.
_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu "
    "cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi "
    "ho hr ht hu hy hz ia id ie ig ii ik io is it iu iw ja jv ka kg ki kj kk kl km kn ko kr "
    "ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng "
    "nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk "
    "sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz "
    "ve vi vo wa wo xh yi yo yue za zh zu ast ceb fil haw hmn kab "
)
_LANGUAGES = frozenset(_CODES.split())
_MAX_NAMED = 10
_CHINESE = {"cn": "hans", "sg": "hans", "tw": "hant", "hk": "hant", "mo": "hant"}


class GlossaryFileError(OperatorError):
    """A glossary file cannot be used; the message names the file, the row and the column."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Terms with the same meaning in one language; it is "" if the file names no language."""

    language: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One meaning, in several languages.

    Attributes:
        line: Its first line in the file, from 1.
        cells: One for each language.
    """

    line: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that cannot be read: its line, and why, with the column."""

    line: int
    description: str


@dataclass(frozen=True, slots=True)
class RowTerm:
    """A term, and the line of the file that it comes from."""

    line: int
    term: Term


@dataclass(frozen=True, slots=True)
class Table:
    """The contents of a file.

    Attributes:
        name: The file, for errors.
        format: The file's format, such as "CSV" or "TMX".
        rows: The rows that could be read.
        is_directed: Whether the first cell of a row is the source. Otherwise any cell may be.
        keeps: Whether a term beside an empty cell is kept as it is. Otherwise it is left out.
        problems: Rows that could not be read.
    """

    name: str
    format: str
    rows: tuple[Row, ...]
    is_directed: bool
    keeps: bool
    problems: tuple[RowProblem, ...] = ()

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The language pairs that it serves, in the order of the file."""
        found: dict[tuple[str, str], None] = {}
        for languages in dict.fromkeys(tuple(c.language for c in row.cells) for row in self.rows):
            for place, source in enumerate(languages):
                for target in languages if not self.is_directed else languages[place + 1 :]:
                    if source != target or not source:
                        found[source, target] = None
        return tuple(found)

    def choose(self, source: str = "", target: str = "") -> tuple[str, str]:
        """Choose the file's pair for two languages.

        A tag stands for itself, or else for the only tag of its language: "pt" may mean "pt-BR".

        Args:
            source: BCP-47 code of the source; "" takes the file's.
            target: BCP-47 code of the target; "" takes the file's.

        Returns:
            The two tags as the file writes them; "" if it names none.

        Raises:
            GlossaryFileError: It has no such pair, or several.
        """
        pairs = self.pairs
        if not pairs or pairs == (("", ""),):
            return "", ""
        exact = [p for p in pairs if _is_same(source, p[0]) and _is_same(target, p[1])]
        near = [p for p in pairs if _is_near(source, p[0]) and _is_near(target, p[1])]
        found = exact if source and target and exact else near
        if not source and not target and not self.is_directed and self.rows:
            # The first two columns, unless there are more.
            found = found[:1] if len({tag for pair in pairs for tag in pair}) == 2 else found
        if len(found) == 1:
            return found[0]
        wanted = f"from {source or 'any language'} to {target or 'any language'}"
        told = f"several pairs fit {wanted}" if found else f"no terms {wanted}"
        raise GlossaryFileError(f"{self.name}: {told}; it has {self._languages(pairs)}")

    def _languages(self, pairs: Sequence[tuple[str, str]]) -> str:
        if self.is_directed:
            has = [f"{source} to {target}" for source, target in pairs]
        else:
            has = list(dict.fromkeys(tag for pair in pairs for tag in pair))
        return ", ".join(has[:_MAX_NAMED]) + (" …" if len(has) > _MAX_NAMED else "")

    def terms(self, source: str, target: str) -> Iterator[RowTerm]:
        """Yield the terms of a pair, as ``choose`` returns it, each with its line."""
        for row in self.rows:
            cells = self._cells(row.cells, source, target)
            if cells is None:
                continue
            sources, forms = cells
            if not sources and not self.is_directed and row.cells[0].language == target:
                # A kept term is kept in the other direction too.
                sources, forms = forms, ()
            for term in sources or ("",):
                yield RowTerm(row.line, Term(term, forms))

    def _cells(
        self, cells: Sequence[Cell], source: str, target: str
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The terms of a row in the two languages; None if it says nothing about them."""
        if source == target == "" or self.is_directed:
            if len(cells) < 2 or (cells[0].language, cells[1].language) != (source, target):
                return None
            return cells[0].terms, cells[1].terms
        own = [next((c.terms for c in cells if c.language == tag), ()) for tag in (source, target)]
        has_both = bool(own[0]) and bool(own[1])
        return (own[0], own[1]) if has_both or (self.keeps and any(own)) else None


def is_tag(text: str) -> bool:
    """Whether a cell names a language, such as "pt" or "pt-BR"."""
    found = _TAG.fullmatch(text)
    return found is not None and found[1].lower() in _LANGUAGES


def _is_same(wanted: str, tag: str) -> bool:
    return wanted.replace("_", "-").lower() == tag.replace("_", "-").lower()


def _is_near(wanted: str, tag: str) -> bool:
    """Whether two tags name the same language, and no different scripts."""
    if not wanted:
        return True
    scripts = {_script(wanted), _script(tag)} - {""}
    return _language(wanted) == _language(tag) and len(scripts) < 2


def _language(tag: str) -> str:
    language = re.split("[-_]", tag.lower())[0]
    return "nb" if language == "no" else language


def _script(tag: str) -> str:
    language, *parts = re.split("[-_]", tag.lower())
    script = next((part for part in parts if len(part) == 4), "")
    if script or language != "zh":
        return script
    return _CHINESE.get(parts[0], "") if parts else ""
