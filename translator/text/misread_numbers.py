"""Numbers that a model copied wrongly: of "7,911" the embedded models make 7.711, two in a hundred.

A number of a translation that its source does not have, and that is nearly one that the translation
lacks, is that one. Pure text.
"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from translator.text.number_format import number_as_written_in
from translator.text.rewriting import Edit

__all__ = ["misread_numbers"]

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MARKS = re.compile(r"[.,]")
# Smaller ones are written out, or part of a time or a date.
_MIN_DIGITS = 3
# How alike two numbers are, from 0 to 1, of which one is the other misread: most digits are the
# same, in the same order.
_MIN_ALIKE = 0.6


def misread_numbers(said: str, text: str, source: str, target: str) -> Iterator[Edit]:
    """Find the numbers of a translation that are others of its source, with these, in order.

    Args:
        said: The translation.
        text: What the model got.
        source: BCP-47 code of its language.
        target: BCP-47 code of the translation's.
    """
    if not any(map(str.isdigit, said)) or not any(map(str.isdigit, text)):
        return
    ours = {_digits(match[0]): match[0] for match in _NUMBER.finditer(text)}
    theirs = {_digits(match[0]) for match in _NUMBER.finditer(said)}
    lost = [digits for digits in ours if len(digits) >= _MIN_DIGITS and digits not in theirs]
    if not lost:
        return
    for match in _NUMBER.finditer(said):
        digits = _digits(match[0])
        if digits in ours or len(digits) < _MIN_DIGITS:
            continue
        best = max(lost, key=lambda each: _alike(each, digits))
        if _alike(best, digits) >= _MIN_ALIKE:
            lost.remove(best)
            yield Edit(*match.span(), number_as_written_in(ours[best], source, target))
        if not lost:
            return


def _digits(number: str) -> str:
    return _MARKS.sub("", number)


def _alike(first: str, second: str) -> float:
    ratio = SequenceMatcher(None, first, second, autojunk=False).ratio()
    if len(first) != len(second):
        return ratio
    in_place = sum(a == b for a, b in zip(first, second, strict=True))
    return max(ratio, in_place / len(first))
