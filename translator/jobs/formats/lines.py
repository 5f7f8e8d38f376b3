"""Plain text: each line is a text."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from translator.jobs.cells import Cell, FormatOptions, InputFileError, Piece, Place
from translator.jobs.encoding import TextFile

__all__ = ["Lines", "lines_of"]

_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|$)")
_MAX_LINE = 4_000_000


class Lines:
    """Text files, with whatever line ends they have."""

    name = "lines"
    suffixes: tuple[str, ...] = (".txt", ".text")

    def pieces(self, file: BinaryIO, name: str, options: FormatOptions) -> Iterator[Piece]:
        """See ``FileFormat.pieces``."""
        text = TextFile(file, name, options.encoding)
        encode = text.encoding.encode
        yield text.encoding.bom
        for number, (line, end) in enumerate(lines_of(text.chunks(), name), 1):
            if line.strip():
                problem = text.encoding.problem_of(line)
                yield Cell(
                    line, Place(name, number), encode, encode(line),
                    templates=options.templates, problem=problem,
                )  # fmt: skip
            else:
                yield encode(line)
            yield encode(end)


def lines_of(chunks: Iterator[str], name: str) -> Iterator[tuple[str, str]]:
    """Each line, and what ends it.

    Raises:
        InputFileError: A line is far too long.
    """
    rest = ""
    number = 1
    for chunk in chunks:
        rest += chunk
        done = 0
        for match in _LINE.finditer(rest):
            # A carriage return at the end may be half of a line end.
            if match.end() >= len(rest):
                break
            yield match[1], match[2]
            number += 1
            done = match.end()
        rest = rest[done:]
        if len(rest) > _MAX_LINE:
            raise InputFileError(
                Place(name, number), f"is longer than {_MAX_LINE} characters; is this a text?"
            )
    for match in _LINE.finditer(rest):
        if match.group():
            yield match[1], match[2]
