"""Markdown files: a cell for each of their outermost blocks."""

from collections.abc import Iterator
from typing import BinaryIO

from translator.documents.markdown import parse, sections
from translator.jobs.cells import Cell, FormatOptions, Kind, Piece, Place
from translator.jobs.formats.whole_text import WholeText, read_whole_text

__all__ = ["MarkdownFile"]


class MarkdownFile:
    """Files of Markdown; see ``FileFormat``."""

    name = "markdown"
    suffixes: tuple[str, ...] = (".md", ".markdown")

    def pieces(self, file: BinaryIO, name: str, options: FormatOptions) -> Iterator[Piece]:
        """See ``FileFormat.pieces``; a row is a line."""
        whole = read_whole_text(file, name, options)
        text, templates = whole.text, options.templates
        yield whole.mark
        at, line = 0, 1
        for start, end, suffix in sections(text, templates=templates):
            block = text[start:end]
            if not parse(block + suffix, templates=templates).texts:
                continue
            yield whole.encode(text[at:start])
            line += whole.num_lines(at, start)
            yield _cell(whole, block, suffix, Place(name, line), templates)
            line += whole.num_lines(start, end)
            at = end
        yield whole.encode(text[at:])


def _cell(
    whole: WholeText, block: str, suffix: str, place: Place, templates: tuple[str, ...]
) -> Cell:
    def encode(translation: str) -> bytes:
        if not translation.endswith(suffix):
            raise ValueError("the definitions of its links are not kept")
        return whole.encode(translation.removesuffix(suffix))

    return Cell(
        block + suffix, place, encode, whole.encode(block), Kind.MARKDOWN, templates=templates
    )
