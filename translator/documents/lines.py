"""Cuts a whole text at white space and list markers into parts that are translated separately."""

import re
from collections.abc import Iterator

from translator.text.borders import CUE, MARKER, SEPARATOR
from translator.text.identifiers import MAX_WORD_LENGTH
from translator.text.words import UNSPACED

__all__ = ["parts"]

# Line breaks, tabs and runs of spaces, with all white space around them.
_BORDER = re.compile(r"(?:[ \u00a0]*+[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]|[ \u00a0]{2})\s*")
_RUN = re.compile(rf"(?<!\S)[^\s{UNSPACED}]{{{MAX_WORD_LENGTH + 1},}}(?!\S)")


def parts(text: str, *, lines: bool) -> Iterator[tuple[int, int, bool]]:
    """Cut a text into consecutive parts ``(start, end, is_text)``; positions are code points.

    Args:
        text: Any text.
        lines: Whether line breaks, tabs, runs of spaces, list markers and separators of list items
            are borders. Otherwise only a list marker at the very start, and a long run without
            spaces, such as encoded data, are cut out as no text.
    """
    reached = 0
    borders = _BORDER if lines else _RUN
    for match in borders.finditer(text):
        yield from _of_line(text, reached, match.start(), lines=lines)
        yield (*match.span(), False)
        reached = match.end()
    yield from _of_line(text, reached, len(text), lines=lines)


def _of_line(text: str, start: int, end: int, *, lines: bool) -> Iterator[tuple[int, int, bool]]:
    """Cut a text between two borders into its marker, separators, long runs and the rest."""
    # What runs on may begin with a bullet: in HTML, items are often lines with one.
    marker = MARKER.match(text, start, end) if lines or not start else None
    if marker is not None:
        yield (*marker.span(), False)
        start = marker.end()
    cue = CUE.match(text, start, end) if lines or not start else None
    if cue is not None:
        yield (*cue.span(), True)
        start = end - len(text[cue.end() : end].lstrip(" \u00a0"))
        yield cue.end(), start, False
    if not lines:
        if start < end:
            yield start, end, True
        return
    separators = list(SEPARATOR.finditer(text, start, end))
    for separator in separators:
        yield from _item(text, start, separator.start(), is_one_of_many=True)
        yield (*separator.span(), False)
        start = separator.end()
    yield from _item(text, start, end, is_one_of_many=bool(separators))


def _item(
    text: str, start: int, end: int, *, is_one_of_many: bool
) -> Iterator[tuple[int, int, bool]]:
    """A text without its long runs. A single letter in a row of items is a name: size L, row A."""
    if is_one_of_many and end - start == 1:
        yield start, end, False
        return
    for run in _RUN.finditer(text, start, end):
        if run.start() > start:
            yield start, run.start(), True
        yield (*run.span(), False)
        start = run.end()
    if start < end:
        yield start, end, True
