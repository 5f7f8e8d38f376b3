"""Reads TMX (translation memories) and TBX (term bases) as a stream; refuses entities."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from translator.terms.table import Cell, GlossaryFileError, Row, Table

__all__ = ["XmlEntry", "XmlFile", "XmlText", "parse"]

# The elements for a meaning, a language and a term; those of TBX in versions 2 and 3.
_ROOTS = {"tmx": "TMX", "tbx": "TBX", "martif": "TBX"}
_ENTRIES = frozenset(["tu", "termEntry", "conceptEntry"])
_LANGUAGES = frozenset(["tuv", "langSet", "langSec"])
_TERMS = frozenset(["seg", "term"])
# Elements that stand for markup inside a TMX segment; their content is the markup.
_CODES = frozenset(["bpt", "ept", "ph", "it", "ut"])


def parse(data: bytes, name: str) -> Table:
    """Parse TMX or TBX.

    Raises:
        GlossaryFileError: It is not well formed, is something else, or declares entities.
    """
    file = XmlFile(name)
    rows = tuple(_row(entry) for entry in file.entries([data]))
    if not rows:
        raise GlossaryFileError(f"{name}: it has no terms")
    return Table(name, file.format, rows, is_directed=False, keeps=False)


def _row(entry: "XmlEntry") -> Row:
    cells: dict[str, list[str]] = {}
    for text in entry.texts:
        term = " ".join(text.plain.split())
        if term:
            cells.setdefault(text.language.replace("_", "-"), []).append(term)
    return Row(entry.line, tuple(Cell(tag, tuple(terms)) for tag, terms in cells.items()))


@dataclass(slots=True)
class XmlText:
    """A text of an entry.

    Attributes:
        language: As the file has it.
        plain: The text without codes for markup.
        whole: The text with the markup that codes stand for.
        is_lossy: Whether a code does not say what it stands for.
    """

    language: str
    plain: str = ""
    whole: str = ""
    is_lossy: bool = False


@dataclass(slots=True)
class XmlEntry:
    """Texts that mean the same.

    Attributes:
        line: Where it begins in the file, from 1.
        source: The language that the others were translated from; "" if that is not told.
        date: When it was changed last, as TMX has it ("20240131T120000Z"); "" if not told.
        texts: One or more for each language.
    """

    line: int
    source: str
    date: str
    texts: list[XmlText] = field(default_factory=list)


class XmlFile:
    """Takes a parser's events, and makes entries of them.

    Attributes:
        format: "TMX" or "TBX"; known with the first entry.
    """

    def __init__(self, name: str) -> None:
        self.format = ""
        self._name = name
        self._read: list[XmlEntry] = []
        self._source = ""
        self._entry = XmlEntry(0, "", "")
        self._language = ""
        # The text of the term that is open, and of its code.
        self._text: XmlText | None = None
        self._num_codes = 0
        self._has_code = False
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.EntityDeclHandler = self._refuse
        self._parser.SkippedEntityHandler = self._refuse

    def entries(self, chunks: Iterable[bytes]) -> Iterator[XmlEntry]:
        """Read the file, some bytes at a time.

        Raises:
            GlossaryFileError: It is not well formed, is something else, or declares entities.
        """
        for chunk in chunks:
            yield from self._parsed(chunk)
        yield from self._parsed(b"", is_last=True)

    def _parsed(self, data: bytes, *, is_last: bool = False) -> list[XmlEntry]:
        try:
            self._parser.Parse(data, is_last)
        except expat.ExpatError as error:
            place = f"row {error.lineno}, column {error.offset + 1}"
            told = expat.ErrorString(error.code)
            raise GlossaryFileError(f"{self._name}: {place}: {told}") from error
        except LookupError as error:
            raise GlossaryFileError(f"{self._name}: {error}") from error
        read, self._read = self._read, []
        return read

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if not self.format:
            self.format = _ROOTS.get(name, "")
            if not self.format:
                raise GlossaryFileError(f"{self._name}: <{name}> is neither TMX nor TBX")
        if name == "header":
            self._source = _language(attributes.get("srclang", ""))
        elif name in _ENTRIES:
            source = _language(attributes.get("srclang", "")) or self._source
            self._entry = XmlEntry(self._parser.CurrentLineNumber, source, _date(attributes))
        elif name in _LANGUAGES:
            # TMX before 1.4 has it without the prefix.
            self._language = attributes.get("xml:lang") or attributes.get("lang", "")
            if not self._language:
                line = self._parser.CurrentLineNumber
                raise GlossaryFileError(f"{self._name}: row {line}: <{name}> has no xml:lang")
            self._entry.date = max(self._entry.date, _date(attributes))
        elif name in _TERMS:
            self._text = XmlText(self._language)
            self._num_codes = 0
        elif name in _CODES and self._text is not None:
            self._num_codes += 1
            self._has_code = False

    def _end(self, name: str) -> None:
        name = _local(name)
        if name in _TERMS and self._text is not None:
            self._entry.texts.append(self._text)
            self._text = None
        elif name in _CODES and self._text is not None:
            self._num_codes -= 1
            self._text.is_lossy |= not self._has_code
        elif name in _ENTRIES:
            self._read.append(self._entry)

    def _characters(self, text: str) -> None:
        if self._text is None:
            return
        self._text.whole += text
        if self._num_codes:
            self._has_code = True
        else:
            self._text.plain += text

    def _refuse(self, *_: object) -> None:
        line = self._parser.CurrentLineNumber
        raise GlossaryFileError(f"{self._name}: row {line}: it declares entities: remove them")


def _local(name: str) -> str:
    """The name of an element without its prefix."""
    return name.rpartition(":")[2]


def _language(tag: str) -> str:
    """The language of an attribute; "" for TMX's mark of any."""
    return "" if tag == "*all*" else tag


def _date(attributes: dict[str, str]) -> str:
    return attributes.get("changedate") or attributes.get("creationdate", "")
