"""Reads TMX (translation memories) and TBX (term bases) as a stream; refuses entities."""

from xml.parsers import expat

from translator.terms.table import Cell, GlossaryFileError, Row, Table

__all__ = ["parse"]

# The elements for a meaning, a language and a term; those of TBX in versions 2 and 3.
_ROOTS = {"tmx": "TMX", "tbx": "TBX", "martif": "TBX"}
_ENTRIES = frozenset(["tu", "termEntry", "conceptEntry"])
_LANGUAGES = frozenset(["tuv", "langSet", "langSec"])
_TERMS = frozenset(["seg", "term"])
# Elements that stand for markup inside a TMX segment.
_CODES = frozenset(["bpt", "ept", "ph", "it", "ut"])


def parse(data: bytes, name: str) -> Table:
    """Parse TMX or TBX.

    Raises:
        GlossaryFileError: It is not well formed, is something else, or declares entities.
    """
    return _Reader(name).read(data)


class _Reader:
    """Takes the parser's events."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._format = ""
        self._rows: list[Row] = []
        # By language; of the entry that is open.
        self._entry: dict[str, list[str]] = {}
        self._line = 0
        self._language = ""
        # The text of the term that is open, and how many codes are open in it.
        self._text: list[str] | None = None
        self._num_codes = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.EntityDeclHandler = self._refuse
        self._parser.SkippedEntityHandler = self._refuse

    def read(self, data: bytes) -> Table:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            place = f"row {error.lineno}, column {error.offset + 1}"
            told = expat.ErrorString(error.code)
            raise GlossaryFileError(f"{self._name}: {place}: {told}") from error
        except LookupError as error:
            raise GlossaryFileError(f"{self._name}: {error}") from error
        if not self._rows:
            raise GlossaryFileError(f"{self._name}: it has no terms")
        return Table(self._name, self._format, tuple(self._rows), is_directed=False, keeps=False)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if not self._format:
            self._format = _ROOTS.get(name, "")
            if not self._format:
                raise GlossaryFileError(f"{self._name}: <{name}> is neither TMX nor TBX")
        if name in _ENTRIES:
            self._entry = {}
            self._line = self._parser.CurrentLineNumber
        elif name in _LANGUAGES:
            # TMX before 1.4 has it without the prefix.
            self._language = attributes.get("xml:lang") or attributes.get("lang", "")
            if not self._language:
                line = self._parser.CurrentLineNumber
                raise GlossaryFileError(f"{self._name}: row {line}: <{name}> has no xml:lang")
        elif name in _TERMS:
            self._text = []
            self._num_codes = 0
        elif name in _CODES and self._text is not None:
            self._num_codes += 1

    def _end(self, name: str) -> None:
        name = _local(name)
        if name in _TERMS and self._text is not None:
            term = " ".join("".join(self._text).split())
            if term:
                self._entry.setdefault(self._language.replace("_", "-"), []).append(term)
            self._text = None
        elif name in _CODES and self._text is not None:
            self._num_codes -= 1
        elif name in _ENTRIES:
            cells = (Cell(tag, tuple(terms)) for tag, terms in self._entry.items())
            self._rows.append(Row(self._line, tuple(cells)))

    def _characters(self, text: str) -> None:
        if self._text is not None and not self._num_codes:
            self._text.append(text)

    def _refuse(self, *_: object) -> None:
        line = self._parser.CurrentLineNumber
        raise GlossaryFileError(f"{self._name}: row {line}: it declares entities: remove them")


def _local(name: str) -> str:
    """The name of an element without its prefix."""
    return name.rpartition(":")[2]
