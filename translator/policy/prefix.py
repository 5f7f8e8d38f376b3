"""The longest beginning that texts share, in whole words."""

from collections.abc import Sequence
from os.path import commonprefix  # works on any texts, not only paths

from translator.text.words import word_ends

__all__ = ["common_words_length"]


def common_words_length(texts: Sequence[str]) -> int:
    """Code points of the longest run of whole words that all ``texts`` begin with.

    A word counts only where every text has a word end, so "translat" is not shared by "translate"
    and "translation", while "world" is by "world" and "world,".
    """
    shared = len(commonprefix(list(texts)))  # noqa: RUF071
    ends = set.intersection(*({e for e in word_ends(text) if e <= shared} for text in texts))
    return max(ends, default=0)
