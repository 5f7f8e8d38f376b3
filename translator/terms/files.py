"""Reads glossary files: CSV, TSV, ``source##target`` lines, TMX and TBX.

The content of a file decides its format, not its name.
"""

import codecs
from pathlib import Path

from translator.errors import InvalidRequestError
from translator.terms import tables, xml_files
from translator.terms.table import GlossaryFileError, Table

__all__ = ["MAX_FILE_BYTES", "GlossaryFileError", "Table", "parse", "read_entries", "read_table"]

MAX_FILE_BYTES = 20_000_000
_XML_STARTS = (b"<?xml", b"<!doc", b"<!--", b"<tmx", b"<tbx", b"<mart")
# UTF-32 is not supported: its byte order mark looks like UTF-16's, followed by NUL characters.
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def read_table(path: Path) -> Table:
    """Read a file of any of the formats.

    Raises:
        GlossaryFileError: It cannot be read, or is no glossary; the message names file, row and
            column.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise GlossaryFileError(f"{path}: {error.strerror or error}") from error
    return parse(data, str(path))


def read_entries(path: Path, source: str, target: str) -> dict[str, str]:
    """Read the terms of a file that a request is made with.

    Args:
        path: The file.
        source: BCP-47 code of the source; "und": whatever the file has for the target.
        target: BCP-47 code of the target.

    Returns:
        Source terms with their first target form; "" keeps the source term.

    Raises:
        InvalidRequestError: It cannot be read, is none, or is not for this pair.
    """
    try:
        table = read_table(path)
        pair = table.choose("" if source == "und" else source, target)
    except GlossaryFileError as error:
        # The file is the input here, not part of an installation.
        raise InvalidRequestError("glossary", error.message) from error
    return {
        row.term.source: row.term.forms[0] if row.term.forms else "" for row in table.terms(*pair)
    }


def parse(data: bytes, name: str) -> Table:
    """Parse the contents of a file.

    Args:
        data: Its bytes: UTF-8, or UTF-16 with a byte order mark; XML may name others.
        name: The file, for errors.

    Raises:
        GlossaryFileError: It has none of the formats; the message names file, row and column.
    """
    if len(data) > MAX_FILE_BYTES:
        raise GlossaryFileError(f"{name}: larger than {MAX_FILE_BYTES / 1e6:.0f} MB")
    mark = next((mark for mark in _MARKS if data.startswith(mark)), b"")
    text = None if mark == b"" and _is_xml(data) else _decoded(data, mark, name)
    if text is None or _is_xml(text[:1000].encode(errors="replace")):
        return xml_files.parse(data, name)
    return tables.parse(text, name)


def _is_xml(data: bytes) -> bool:
    return data.lstrip()[:5].lower().startswith(_XML_STARTS)


def _decoded(data: bytes, mark: bytes, name: str) -> str:
    encoding = _MARKS.get(mark, "utf-8")
    body = data[len(mark) :]
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        before = body[: error.start].decode(encoding, errors="replace")
        row, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        told = f"the byte 0x{body[error.start]:02X} is not {encoding.upper()}; save it as UTF-8"
        raise GlossaryFileError(f"{name}: row {row}, column {column}: {told}") from error
