"""The encoding of a file: found out, and used again for what is written."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from translator.jobs.cells import InputFileError, Kind, Place

__all__ = ["Encoding", "TextFile"]

_SAMPLE = 1 << 18
# Where UTF-16 without a mark is looked for.
_FIRST = 1 << 12
_CHUNK = 1 << 18
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# So many times more lines are no UTF-8 than are, where a file is none.
_BY_CHANCE = 5
# What a byte that is no character becomes; see codecs.register_error("surrogateescape").
_ESCAPE = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How text is made of a file's bytes, and bytes of text.

    A byte that means nothing becomes a lone surrogate, and that byte again.

    Attributes:
        name: As Python's codecs have it.
        bom: The byte order mark that the file begins with.
    """

    name: str
    bom: bytes = b""

    @classmethod
    def marked(cls, sample: bytes) -> "Encoding | None":
        """What a byte order mark says, or that every other byte is 0, as in UTF-16 without one."""
        for bom, name in _BOMS:
            if sample.startswith(bom):
                return cls(name, bom)
        even, odd = sample[:_FIRST:2], sample[1:_FIRST:2]
        for wide, name in ((odd, "utf-16-le"), (even, "utf-16-be")):
            # A single 0 is a bad byte of a text, and no more.
            if len(sample) > 3 and 2 * wide.count(0) > len(wide):
                return cls(name)
        return None

    @classmethod
    def detect(cls, sample: bytes) -> "Encoding":
        """Find out the encoding of a file from its first bytes: of Unicode's, or Windows-1252."""
        found = cls.marked(sample)
        if found is not None:
            return found
        # The sample may end inside a character, which then is not counted.
        text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(sample)
        lines = [line for line in text.split("\n") if not line.isascii()]
        wrong = sum(_ESCAPE.search(line) is not None for line in lines)
        # In other encodings hardly a line is UTF-8 by chance; in UTF-8 a line may be damaged.
        return cls("cp1252" if wrong > _BY_CHANCE * (len(lines) - wrong) else "utf-8")

    @property
    def errors(self) -> str:
        """The error handler; wide encodings have no single bytes to keep."""
        return "surrogateescape" if self.name in {"utf-8", "cp1252"} else "strict"

    def encode(self, text: str, kind: Kind = Kind.TEXT) -> bytes:
        """The bytes of a text; what the encoding lacks becomes a character reference in HTML.

        Raises:
            UnicodeEncodeError: It cannot be written.
        """
        if kind is Kind.HTML and self.name == "cp1252":
            return text.encode(self.name, "xmlcharrefreplace")
        return text.encode(self.name, self.errors)

    def problem_of(self, text: str) -> str:
        """Why a text that was read is none; empty if it is."""
        wrong = _ESCAPE.search(text)
        return (
            ""
            if wrong is None
            else (
                f"byte 0x{ord(wrong.group()) - 0xDC00:02X} is not {self.name}; "
                "name the encoding with --encoding"
            )
        )


class TextFile:
    """The text of a file, some at a time.

    Args:
        file: The file, read from where it is.
        name: Its name, for errors.
        encoding: The name of its encoding; empty: it is found out.

    Raises:
        InputFileError: There is no such encoding.
    """

    def __init__(self, file: BinaryIO, name: str, encoding: str = "") -> None:
        self._file = file
        self._name = name
        self._begin = file.read(_SAMPLE)
        if encoding:
            try:
                found = codecs.lookup(encoding).name
            except LookupError:
                raise InputFileError(
                    Place(name), f"there is no encoding {encoding!r}; utf-8 or cp1252 is one"
                ) from None
            bom = next((b for b, n in _BOMS if n == found and self._begin.startswith(b)), b"")
            self.encoding = Encoding(found, bom)
        else:
            self.encoding = Encoding.detect(self._begin)

    def chunks(self) -> Iterator[str]:
        """The text after the byte order mark.

        Raises:
            InputFileError: The bytes do not make text; where, is told in bytes.
        """
        decoder = codecs.getincrementaldecoder(self.encoding.name)(self.encoding.errors)
        data = self._begin[len(self.encoding.bom) :]
        done = len(self.encoding.bom)
        self._begin = b""
        while True:
            try:
                text = decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                raise InputFileError(
                    Place(self._name),
                    f"is not {self.encoding.name} near byte {done + error.start}; "
                    "name its encoding with --encoding",
                ) from None
            if text:
                yield text
            if not data:
                return
            done += len(data)
            data = self._file.read(_CHUNK)
