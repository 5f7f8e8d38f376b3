"""HTML files: a cell for each of their texts, with the tags in it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from translator.documents.html import escaped, parse
from translator.documents.html_runs import Region
from translator.documents.marks import MarkedText
from translator.jobs.cells import Cell, FormatOptions, Kind, Piece, Place
from translator.jobs.formats.whole_text import WholeText, read_whole_text

__all__ = ["HtmlFile"]

_HEAD = 4096
_DECLARED = re.compile(
    rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)
# What browsers take these names for.
_MEANT = {"iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252"}


class HtmlFile:
    """Files of HTML; see ``FileFormat``."""

    name = "html"
    suffixes: tuple[str, ...] = (".html", ".htm", ".xhtml")

    def pieces(self, file: BinaryIO, name: str, options: FormatOptions) -> Iterator[Piece]:
        """See ``FileFormat.pieces``; a row is a line."""
        head = file.read(_HEAD)
        declared = _DECLARED.search(head)
        if declared and not options.encoding and not head.startswith((b"\xef\xbb", b"\xff\xfe")):
            encoding = (declared[1] or declared[2]).decode("ascii").lower()
            options = replace(options, encoding=_MEANT.get(encoding, encoding))
        whole = read_whole_text(file, name, options, head)
        yield whole.mark
        text, templates = whole.text, options.templates
        page = parse(text, templates=templates)
        parts = list(page.parts())
        if not all(_stands_alone(text, *part, templates) for part in parts):
            # One of them needs what is around it.
            yield _cell(whole, text, Place(name), templates)
            return
        at, line = 0, 1
        for marked, region in parts:
            yield whole.encode(text[at : region.start])
            line += whole.num_lines(at, region.start)
            place = Place(name, line)
            own = text[region.start : region.end]
            if marked.is_attribute:
                yield _attribute(whole, marked, region, own, place)
            else:
                yield _cell(whole, own, place, templates)
            line += whole.num_lines(region.start, region.end)
            at = region.end
        yield whole.encode(text[at:])


def _stands_alone(page: str, text: MarkedText, region: Region, templates: tuple[str, ...]) -> bool:
    """Whether the source of a text means the same by itself."""
    if text.is_attribute:
        return not text.opaque
    if not text.marks and not text.opaque and not templates:
        return True
    alone = [
        each for each, _ in parse(page[region.start : region.end], templates=templates).parts()
    ]
    return alone == [text]


def _cell(whole: WholeText, own: str, place: Place, templates: tuple[str, ...]) -> Cell:
    return Cell(
        own, place, partial(_encoded, whole), whole.encode(own), Kind.HTML, templates=templates
    )


def _attribute(whole: WholeText, text: MarkedText, region: Region, own: str, place: Place) -> Cell:
    def encode(translation: str) -> bytes:
        if translation == text.text:
            return whole.encode(own)
        return _encoded(whole, escaped(translation, region, everything=False))

    return Cell(text.text, place, encode, whole.encode(own))


def _encoded(whole: WholeText, html: str) -> bytes:
    """What the encoding lacks becomes a character reference."""
    return html.encode(whole.encoding, errors="xmlcharrefreplace")
