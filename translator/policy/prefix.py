"""The longest beginning that texts share, in whole words."""

from bisect import bisect_left
from collections.abc import Sequence

from translator.text.words import word_ends

__all__ = ["common_words_length"]


def common_words_length(texts: Sequence[str]) -> int:
    """Code points of the longest run of whole words that all ``texts`` begin with.

    A word counts only where every text has a word end, so "translat" is not shared by "translate"
    and "translation", while "world" is by "world" and "world,".
    """
    first, last = min(texts), max(texts)
    shared = bisect_left(
        range(len(first)), True, key=lambda index: not last.startswith(first[: index + 1])
    )
    # Words end before white space in all of them alike; only after the last of it may they differ.
    parts = first[:shared].rsplit(None, 1)
    begin = len(parts[0]) if len(parts) == 2 else 0
    ends = set.intersection(*(set(word_ends(text, begin, shared)) for text in texts))
    return max(ends, default=begin)
