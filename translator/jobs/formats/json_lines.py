"""JSONL: a table with a JSON object a line, of which the strings under some keys are texts."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import BinaryIO

from translator.jobs.cells import Cell, FormatOptions, InputFileError, Piece, Place, Rule
from translator.jobs.encoding import Encoding, TextFile
from translator.jobs.formats.json_file import JsonScanner, no_text_named
from translator.jobs.formats.lines import lines_of
from translator.jobs.rules import PRESETS, preset_for

__all__ = ["JsonLines"]

_SHOWN_KEYS = 40


class JsonLines:
    """Tables with an object a line; see ``FileFormat``."""

    name = "jsonl"
    suffixes: tuple[str, ...] = (".jsonl", ".ndjson")

    def pieces(self, file: BinaryIO, name: str, options: FormatOptions) -> Iterator[Piece]:
        """See ``FileFormat.pieces``; a row is a line, a column a key or a path.

        A line that is no JSON stays, and is told. A list under a key has texts of that key.
        """
        text = TextFile(file, name, options.encoding)
        if not options.encoding and text.encoding.name == "cp1252":
            # JSON is Unicode; what is not, are damaged lines.
            text.encoding = Encoding("utf-8")
        encode = text.encoding.encode
        chunks = text.chunks()
        first = next(chunks, "")
        ascii_file = first.isascii() and "\\u" in first
        yield text.encoding.bom
        rules: Mapping[str, Rule] | None = None
        named = list(options.rules)
        # Where the first records have strings, while no rule names one of any.
        seen: list[str] | None = None
        has_found = not named or bool(options.skipped)
        for row, (line, end) in enumerate(lines_of(chain([first], chunks), name), 1):
            raw = encode(line)
            if not line.strip():
                yield raw + encode(end)
                continue
            if rules is None:
                rules = _rules(line, Place(name, row), options)
                options = replace(options, rules=rules)
            problem = text.encoding.problem_of(line)
            cells: list[tuple[int, int, Cell]] = []
            try:
                scanner = JsonScanner(
                    line, encode, name, options, line=row, is_record=True,
                    ascii_only=line.isascii() and (ascii_file or "\\u" in line),
                )  # fmt: skip
                cells = list(scanner.cells())
                if not has_found:
                    seen = seen or scanner.seen
                    has_found = not scanner.found_none
            except InputFileError as error:
                problem = problem or error.sentence
            if problem:
                yield Cell("", Place(name, row), partial(_same, raw), raw, problem=problem)
                yield encode(end)
                continue
            at = 0
            for begin, stop, cell in cells:
                yield encode(line[at:begin])
                yield cell
                at = stop
            yield encode(line[at:] + end)
        if not has_found and seen is not None:
            raise no_text_named(Place(name), named, seen)


def _same(raw: bytes, _: str) -> bytes:
    return raw


def _rules(line: str, place: Place, options: FormatOptions) -> dict[str, Rule]:
    """Those of the preset that is named, or else fits the first record, and the job's own.

    Raises:
        InputFileError: There are none, or a column is to be written into another.
    """
    for name, rule in options.rules.items():
        if rule.into:
            raise InputFileError(
                replace(place, column=name), "into: is for CSV, TSV and Parquet; leave it out"
            )
    try:
        record = json.loads(line)
        keys = list(record) if isinstance(record, dict) else []
    except (ValueError, RecursionError):
        keys = []
    preset = options.preset or ("" if options.rules else preset_for(keys))
    if not preset and not options.rules:
        shown = ", ".join(keys[:_SHOWN_KEYS]) + ", …" * (len(keys) > _SHOWN_KEYS)
        raise InputFileError(
            place,
            "which keys are to be translated? Name them with --column"
            + (f": {shown}" if keys else "; this line is no object that shows them"),
        )
    known = PRESETS[preset].rules if preset else {}
    return dict(known) | dict(options.rules)
