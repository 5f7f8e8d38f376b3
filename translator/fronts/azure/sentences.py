"""Where sentences end, as Azure counts it: the length of each, in units of UTF-16."""

import re
from collections.abc import Sequence
from itertools import pairwise

from translator.client import Translation
from translator.text.segmenter import Segmenter

__all__ = ["sentence_lengths", "translated_lengths", "units"]

# A line is a sentence at least.
_AFTER_BREAK = re.compile(r"(?<=\n)")


def units(text: str) -> list[int]:
    """Where each code point begins, and the text ends, in units of UTF-16."""
    places = [0]
    for character in text:
        places.append(places[-1] + (2 if character > "\uffff" else 1))
    return places


def sentence_lengths(text: str, language: str) -> list[int]:
    """The length of each sentence; white space belongs to the one before it.

    Args:
        text: The text.
        language: BCP-47.
    """
    return _lengths(text, _starts(text, language))


def translated_lengths(
    text: str, language: str, result: Translation
) -> tuple[list[int], list[int]]:
    """The length of each sentence of a text and of what it has become, as many of both.

    Sentences of which no border is known in the translation are told as one.

    Args:
        text: The text.
        language: BCP-47.
        result: Its translation, with alignments.
    """
    starts, targets = [0], [0]
    for start, end in pairwise([*_starts(text, language), len(text)]):
        inside = [
            each.target_start for each in result.alignments if start <= each.source_start < end
        ]
        if start and inside and min(inside) > targets[-1]:
            starts.append(start)
            targets.append(min(inside))
    return _lengths(text, starts), _lengths(result.text, targets)


def _starts(text: str, language: str) -> list[int]:
    """The first code point of each sentence; white space before the first belongs to it."""
    segmenter = Segmenter(language)
    starts: list[int] = []
    begin = 0
    for line in _AFTER_BREAK.split(text):
        place: int | None = 0 if line.strip() else None
        while place is not None:
            starts.append(begin + place)
            place = _next_start(segmenter, line, place)
        begin += len(line)
    return [0, *starts[1:]]


def _next_start(segmenter: Segmenter, line: str, start: int) -> int | None:
    """Where the sentence after the one that starts here does; None: it is the last."""
    while (end := segmenter.find_end(line, start=start)) is not None:
        start += end.position
        if not end.in_sentence:
            return start
    return None


def _lengths(text: str, starts: Sequence[int]) -> list[int]:
    places = units(text)
    return [places[end] - places[start] for start, end in pairwise([*starts, len(text)])]
