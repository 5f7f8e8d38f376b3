"""Reads memories from files (TMX, XLIFF, tables, the errors of a job), and writes them."""

import codecs
import csv
import io
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

from translator import __version__
from translator.jobs.cells import InputFileError, Place
from translator.jobs.formats.delimited import read_records
from translator.jobs.formats.xliff import read_decided
from translator.jobs.memory import MemoryEntry, fits
from translator.terms.table import GlossaryFileError, is_tag
from translator.terms.xml_files import XmlEntry, XmlFile, XmlText

__all__ = ["FORMATS", "read_memory", "write_csv", "write_tmx"]

_SAMPLE = 1 << 18
_CHUNK = 1 << 18
_SOURCES = frozenset(["source", "source term", "source_term"])
_TARGETS = frozenset(["target", "translation", "target term", "target_term"])
_SOURCE_LANGUAGES = frozenset(["source_language", "source_lang", "source language"])
_TARGET_LANGUAGES = frozenset(["target_language", "target_lang", "target language"])
_TMX_DATE = "%Y%m%dT%H%M%SZ"
# What XML 1.0 cannot hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COLUMNS = ("source", "target", "source_language", "target_language", "date", "origin")
_TMX_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4">
<header creationtool="live-text-translator" creationtoolversion="{__version__}" datatype="unknown"
 segtype="block" adminlang="en" srclang="*all*" o-tmf="live-text-translator"/>
<body>
"""
_TMX_FOOT = "</body>\n</tmx>\n"

# What cannot be used of a file, by reason.
Skipped = Counter[str]


def read_memory(path: Path, source: str, target: str, skipped: Skipped) -> Iterator[MemoryEntry]:
    """Read TMX, XLIFF, CSV or TSV with a header, or JSON lines with "source" and "translation".

    Args:
        path: The file.
        source: The language of its sources, BCP-47; "" if the file has to tell. Of a file with
            several languages it chooses.
        target: The same for its translations.
        skipped: Is told what cannot be used, by reason.

    Raises:
        InputFileError: It is none of the formats, or names no languages; with the row.
    """
    try:
        with path.open("rb") as file:
            sample = file.read(_SAMPLE)
            file.seek(0)
            kind = _kind(path, sample)
            yield from _READERS[kind](file, str(path), (source, target), skipped)
    except OSError as error:
        raise InputFileError(Place(str(path)), f"cannot be read ({error.strerror})") from error


def _kind(path: Path, sample: bytes) -> str:
    suffix = path.suffix.lower()
    if suffix[1:] in _READERS:
        return suffix[1:]
    start = sample.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if start == b"<":
        return "tmx"
    if start == b"{":
        return "jsonl"
    raise InputFileError(
        Place(str(path)), "is no memory; allowed: .tmx, .xliff, .csv, .tsv and .jsonl"
    )


def _tmx(
    file: BinaryIO, name: str, languages: tuple[str, str], skipped: Skipped
) -> Iterator[MemoryEntry]:
    now = int(time.time())
    xml = XmlFile(name)
    try:
        for entry in xml.entries(iter(lambda: file.read(_CHUNK), b"")):
            if xml.format != "TMX":
                raise InputFileError(Place(name), "has terms, not translations; see --glossary")
            source = languages[0] or entry.source
            if not source:
                raise InputFileError(
                    Place(name, entry.line), "does not tell what is source; name it with --from"
                )
            yield from _of_unit(entry, source, languages[1], _seconds(entry.date, now), skipped)
    except GlossaryFileError as error:
        # Here the file is the input, not part of an installation; the message names it.
        raise InputFileError(Place(name), error.message.removeprefix(f"{name}: ")) from error


def _of_unit(
    entry: XmlEntry, source: str, target: str, seconds: int, skipped: Skipped
) -> Iterator[MemoryEntry]:
    sources = [text for text in entry.texts if fits(source, text.language)][:1]
    targets = [
        text
        for text in entry.texts
        if not fits(source, text.language) and (not target or fits(target, text.language))
    ]
    if not sources or not targets:
        skipped["of other languages"] += 1
    for text in sources:
        for translation in targets:
            if text.is_lossy or translation.is_lossy:
                skipped["with markup that is not in the file"] += 1
            else:
                yield from _entry(text, translation, seconds, skipped)


def _entry(
    source: XmlText, target: XmlText, seconds: int, skipped: Skipped
) -> Iterator[MemoryEntry]:
    if source.whole.strip() and target.whole.strip():
        yield MemoryEntry(
            source.whole, target.whole, source.language, target.language, seconds, "TMX"
        )
    else:
        skipped["without source or translation"] += 1


def _xliff(
    file: BinaryIO, name: str, languages: tuple[str, str], skipped: Skipped
) -> Iterator[MemoryEntry]:
    now = int(time.time())
    for each in read_decided(file, name):
        source, target = (
            said or given for said, given in zip(each.languages, languages, strict=True)
        )
        if not source or not target:
            raise InputFileError(
                Place(name, each.number),
                "does not tell its languages; name them with --from and --to",
            )
        if each.source is None:
            skipped["with elements inside"] += 1
        else:
            entry = MemoryEntry(each.source, each.target, source, target, now, "XLIFF")
            yield from _checked(entry, skipped)


def _table(
    file: BinaryIO, name: str, languages: tuple[str, str], skipped: Skipped, separator: str
) -> Iterator[MemoryEntry]:
    records = read_records(file, name, separator)
    header = next(records, [])
    columns = _Columns(header, languages, name)
    now = int(time.time())
    for row, cells in enumerate(records, 2):
        if len(cells) != len(header):
            raise InputFileError(
                Place(name, row), f"has {len(cells)} fields; the header has {len(header)}"
            )
        yield from _checked(columns.entry(cells, now), skipped)


class _Columns:
    """Where a table has what.

    Raises:
        InputFileError: It has no sources, or no translations, or does not tell their languages.
    """

    def __init__(self, header: list[str], languages: tuple[str, str], name: str) -> None:
        names = [cell.strip().lower() for cell in header]
        self._languages = languages
        if len(header) >= 2 and is_tag(header[0].strip()) and is_tag(header[1].strip()):
            self._source, self._target = 0, 1
            self._tags: tuple[int | None, int | None] = None, None
            self._languages = header[0].strip(), header[1].strip()
            return
        source, target = _index(names, _SOURCES), _index(names, _TARGETS)
        if source is None or target is None:
            raise InputFileError(
                Place(name, 1),
                'has to name its columns "source" and "target", or by their languages such as '
                f'"en" and "pt"; it has: {", ".join(header)}',
            )
        self._source, self._target = source, target
        self._tags = _index(names, _SOURCE_LANGUAGES), _index(names, _TARGET_LANGUAGES)
        for tag, language, option in zip(self._tags, languages, ("--from", "--to"), strict=True):
            if tag is None and not language:
                raise InputFileError(
                    Place(name, 1), f"does not tell its languages; name them with {option}"
                )
        self._date, self._origin = _index(names, {"date"}), _index(names, {"origin"})

    _date: int | None = None
    _origin: int | None = None

    def entry(self, cells: list[str], now: int) -> MemoryEntry:
        source, target = (
            language if tag is None else cells[tag] or language
            for tag, language in zip(self._tags, self._languages, strict=True)
        )
        date = now if self._date is None else _seconds(cells[self._date], now)
        origin = "table" if self._origin is None else cells[self._origin]
        return MemoryEntry(cells[self._source], cells[self._target], source, target, date, origin)


def _index(names: list[str], wanted: Iterable[str]) -> int | None:
    return next((index for index, name in enumerate(names) if name in wanted), None)


def _json_lines(
    file: BinaryIO, name: str, languages: tuple[str, str], skipped: Skipped
) -> Iterator[MemoryEntry]:
    now = int(time.time())
    for row, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise InputFileError(Place(name, row), f"is not JSON ({error})") from error
        source = value.get("source") if isinstance(value, dict) else None
        if not isinstance(source, str):
            raise InputFileError(Place(name, row), 'has no "source"')
        target = value.get("translation")
        tags = [
            value.get(key) or language
            for key, language in zip(("source_language", "target_language"), languages, strict=True)
        ]
        if not all(isinstance(tag, str) and tag for tag in tags):
            raise InputFileError(
                Place(name, row), "does not tell its languages; name them with --from and --to"
            )
        entry = MemoryEntry(source, str(target or ""), tags[0], tags[1], now, "errors file")
        yield from _checked(entry, skipped)


def _checked(entry: MemoryEntry, skipped: Skipped) -> Iterator[MemoryEntry]:
    if not entry.source.strip() or not entry.target.strip():
        skipped["without source or translation"] += 1
    elif not all(is_tag(tag) for tag in (entry.source_language, entry.target_language)):
        skipped["whose languages are no codes such as en or pt-BR"] += 1
    elif any("\ud800" <= each <= "\udfff" for each in entry.source + entry.target):
        skipped["that are no text"] += 1
    else:
        yield entry


def _seconds(date: str, default: int) -> int:
    try:
        return int(datetime.strptime(date, _TMX_DATE).replace(tzinfo=UTC).timestamp())
    except ValueError:
        pass
    try:
        return int(datetime.fromisoformat(date).timestamp())
    except ValueError:
        return default


_Reader = Callable[[BinaryIO, str, tuple[str, str], Skipped], Iterator[MemoryEntry]]
_READERS: Mapping[str, _Reader] = {
    "tmx": _tmx,
    "csv": partial(_table, separator=""),
    "tsv": partial(_table, separator="\t"),
    "jsonl": _json_lines,
    "xliff": _xliff,
    "xlf": _xliff,
}


def write_tmx(entries: Iterable[MemoryEntry], file: BinaryIO) -> tuple[int, int]:
    """Write TMX 1.4b.

    Returns:
        How many entries were written, and how many not, since XML cannot hold their characters.
    """
    written = left_out = 0
    file.write(_TMX_HEAD.encode())
    for entry in entries:
        if _NOT_XML.search(entry.source + entry.target):
            left_out += 1
            continue
        written += 1
        date = datetime.fromtimestamp(entry.time, UTC).strftime(_TMX_DATE)
        parts = [f'<tu srclang={quoteattr(entry.source_language)} changedate="{date}">\n']
        for language, text in (
            (entry.source_language, entry.source),
            (entry.target_language, entry.target),
        ):
            # A bare carriage return would be read as a line feed.
            seg = escape(text, {"\r": "&#13;"})
            parts.append(f"<tuv xml:lang={quoteattr(language)}><seg>{seg}</seg></tuv>\n")
        file.write("".join([*parts, "</tu>\n"]).encode())
    file.write(_TMX_FOOT.encode())
    return written, left_out


def write_csv(entries: Iterable[MemoryEntry], file: BinaryIO) -> tuple[int, int]:
    """Write a table, with the mark by which spreadsheets know UTF-8. Returns as ``write_tmx``."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    written = 0
    for entry in entries:
        date = datetime.fromtimestamp(entry.time, UTC).isoformat()
        row = (entry.source, entry.target, entry.source_language, entry.target_language)
        writer.writerow((*row, date, entry.origin))
        written += 1
    text.flush()
    text.detach()
    return written, 0


FORMATS: Mapping[str, Callable[[Iterable[MemoryEntry], BinaryIO], tuple[int, int]]] = {
    ".tmx": write_tmx,
    ".csv": write_csv,
}
