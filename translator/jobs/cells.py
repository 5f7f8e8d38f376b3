"""A file as a sequence of bytes that stay and of cells to translate."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import BinaryIO, Protocol

from translator.errors import ClientError

__all__ = [
    "Cell",
    "FileFormat",
    "FormatOptions",
    "InputFileError",
    "Kind",
    "Piece",
    "Place",
    "Rule",
    "Suggestion",
]


class Kind(StrEnum):
    """What the text of a cell is."""

    TEXT = "text"
    HTML = "html"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is in a file, for people.

    Attributes:
        file: The file's name.
        row: Number of the record, line, unit or cue, from 1; 0: the whole file.
        column: A column, key or path in it.
    """

    file: str
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        row = f", row {self.row}" if self.row else ""
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}{row}{column}"


class InputFileError(ClientError):
    """A file cannot be read as its format.

    Attributes:
        place: Where.
        sentence: What is wrong there.
    """

    def __init__(self, place: Place, sentence: str) -> None:
        self.place = place
        self.sentence = sentence
        super().__init__(f"{place}: {sentence}")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A similar text that people have translated.

    Attributes:
        source: The text.
        translation: Its translation.
        percent: How similar it is; 100: the same.
    """

    source: str
    translation: str
    percent: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A text of a file.

    Attributes:
        text: What to translate, decoded and unescaped.
        place: Where it is.
        encode: Makes the file's bytes of a translation: quotes, escapes, encoding.
        raw: Its bytes in the file, which stay if it is not translated.
        kind: What the text is.
        max_length: Most code points of the translation; 0: no limit.
        templates: Template syntaxes in it; see docs/markup.md.
        problem: Why it cannot be translated, if so; it then stays, and is reported.
        note: What helps people to understand it; no model sees it.
        numbers: Whether its translation may be that of a text with other numbers, filled in.
        encode_told: As ``encode``, for a format that says where a translation comes from: whether
            people have decided it, and what they said for similar texts.
    """

    text: str
    place: Place
    encode: Callable[[str], bytes] = field(repr=False)
    raw: bytes = field(repr=False)
    kind: Kind = Kind.TEXT
    max_length: int = 0
    templates: tuple[str, ...] = ()
    problem: str = ""
    note: str = ""
    numbers: bool = False
    encode_told: Callable[[str, bool, tuple[Suggestion, ...]], bytes] | None = field(
        default=None, repr=False
    )

    def told(self, *, is_decided: bool, suggestions: tuple[Suggestion, ...]) -> "Cell":
        """The cell, whose ``encode`` says what is known of the translation, if it can."""
        tell = self.encode_told
        if tell is None:
            return self
        return replace(self, encode=lambda text: tell(text, is_decided, suggestions))


Piece = bytes | Cell


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done with a column.

    Attributes:
        kind: What its texts are; None: they stay as they are.
        max_length: Most code points of a translation; 0: no limit.
        into: The column that gets the translations; empty: this one.
        templates: Template syntaxes in them; see docs/markup.md.
        numbers: Whether texts that differ only in numbers are translated once.
    """

    kind: Kind | None = Kind.TEXT
    max_length: int = 0
    into: str = ""
    templates: tuple[str, ...] = ()
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class FormatOptions:
    """How a file is to be read.

    Attributes:
        source: Language of the texts, BCP-47.
        target: Language to translate into, BCP-47.
        rules: What is done with each column or key; those without a rule stay.
        encoding: Of the file; empty: found out.
        preset: Rules by name, for a table; empty: those that fit, unless there are ``rules``.
        keep: Columns that stay although a preset has rules for them.
        templates: Template syntaxes in all texts, besides those of the rules.
        skipped: Bytes at the beginning of the file whose cells nobody needs; they may be given as
            bytes, which is quicker.
    """

    source: str
    target: str
    rules: Mapping[str, Rule] = field(default_factory=dict)
    encoding: str = ""
    preset: str = ""
    keep: frozenset[str] = frozenset()
    templates: tuple[str, ...] = ()
    skipped: int = 0


class FileFormat(Protocol):
    """Cuts files of one format.

    The bytes of all pieces, one after another, are the file's. A format that cannot be written so,
    because it is compressed for example, has a ``write`` too: see ``parquet.py``.
    """

    name: str
    suffixes: tuple[str, ...]

    def pieces(self, file: BinaryIO, name: str, options: FormatOptions) -> Iterator[Piece]:
        """Read a file from where it is.

        Args:
            file: The file; it need not be seekable.
            name: Its name, for places.
            options: Languages, rules, encoding.

        Raises:
            InputFileError: It is not such a file.
        """
        ...
