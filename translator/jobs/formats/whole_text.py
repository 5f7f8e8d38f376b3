"""A file that is read whole and decoded, for formats that are cut by the characters in it."""

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO

from translator.jobs.cells import FormatOptions, InputFileError, Place
from translator.jobs.encoding import Encoding

__all__ = ["WholeText", "read_whole_text"]

# Of a file that is held in memory at once.
_MAX_SIZE = 64 * 2**20
_NEWLINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class WholeText:
    """A decoded file: ``mark + encode(text)`` is all of it.

    Attributes:
        text: Its characters, without a byte order mark.
        encoding: How they are written.
        mark: The byte order mark.
    """

    text: str
    encoding: str
    mark: bytes

    def num_lines(self, start: int, end: int) -> int:
        """How many lines end in a range of the text."""
        return sum(1 for _ in _NEWLINE.finditer(self.text, start, end))

    def encode(self, text: str) -> bytes:
        """Write a part of the file.

        Raises:
            UnicodeEncodeError: It cannot be written in the file's encoding.
        """
        return text.encode(self.encoding)


def read_whole_text(
    file: BinaryIO, name: str, options: FormatOptions, head: bytes = b""
) -> WholeText:
    """Read and decode a file.

    ``head`` is what has been read of it. Without ``options.encoding`` it is what the byte order
    mark says, UTF-16 if its zeros say so, or else UTF-8.

    Raises:
        InputFileError: It is larger than 64 MiB, or is not in its encoding.
    """
    data = head + file.read(_MAX_SIZE + 1)
    if len(data) > _MAX_SIZE:
        limit = _MAX_SIZE // 2**20
        raise InputFileError(
            Place(name), f"is larger than {limit} MiB; split it, such files are read at once"
        )
    marked = Encoding.marked(data) or Encoding("utf-8")
    mark, found = marked.bom, marked.name
    encoding = _plain_name(options.encoding, name) or found
    if mark and not encoding.startswith(found[:6]):
        mark = b""
    body = data[len(mark) :]
    if encoding in ("utf-16", "utf-32"):
        encoding = found if found.startswith(encoding) else f"{encoding}-le"
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        before = body[: error.start].decode(encoding, errors="replace")
        line = len(_NEWLINE.findall(before)) + 1
        raise InputFileError(
            Place(name, line),
            f"byte 0x{body[error.start]:02X} is not {encoding}; "
            "name the file's encoding, such as cp1252",
        ) from None
    if text.encode(encoding, errors="replace") != body:
        raise InputFileError(
            Place(name), f"is not the same when it is written in {encoding} again; use UTF-8"
        )
    return WholeText(text, encoding, mark)


def _plain_name(encoding: str, name: str) -> str:
    """An encoding's name without its mark: ``utf-8-sig`` is UTF-8."""
    if not encoding:
        return ""
    try:
        found = codecs.lookup(encoding)
        "".encode(found.name)
    except LookupError:
        raise InputFileError(
            Place(name), f"there is no encoding {encoding!r}; allowed are those of Python"
        ) from None
    return "utf-8" if found.name == "utf-8-sig" else found.name
