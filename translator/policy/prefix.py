"""Finds the longest beginning that texts share, in whole words."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from translator.text.words import word_ends

__all__ = ["common_words_length"]

_SPACE = re.compile(r"\s")


def common_words_length(texts: Sequence[str]) -> int:
    """Length in code points of the longest run of whole words that all ``texts`` begin with.

    A word counts only if it ends in every text: "translate" and "translation" do not share
    "translat", while "world" and "world," share "world".
    """
    first, last = min(texts), max(texts)
    shared = bisect_left(
        range(len(first)), True, key=lambda index: not last.startswith(first[: index + 1])
    )
    # A word ends before white space in all of them alike. So only the run that ``shared`` is in has
    # to be looked at, with what each text has of it up to the next white space.
    parts = first[:shared].rsplit(None, 1)
    begin = len(parts[0]) if len(parts) == 2 else 0
    runs = {text[begin : _next_space(text, shared)] for text in texts}
    ends = set.intersection(*(set(word_ends(run)) for run in runs))
    return begin + max((end for end in ends if begin + end <= shared), default=0)


def _next_space(text: str, start: int) -> int | None:
    space = _SPACE.search(text, start)
    return space.start() if space else None
