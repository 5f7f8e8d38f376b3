"""Spells words otherwise by parts of them: "-or" as "-our"."""

import re
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["Respelling"]

# A vocabulary of everyday texts.
_MAX_REMEMBERED = 16_384


class Respelling:
    """Parts of words and what stands for them, as patterns; each sees what those before it left.

    Args:
        parts: Patterns for words in small letters, and their replacements.
    """

    def __init__(self, parts: Iterable[tuple[str, str]]) -> None:
        self._parts = [(re.compile(part), said) for part, said in parts]
        self.spelled = lru_cache(_MAX_REMEMBERED)(self._spelled)

    def _spelled(self, word: str) -> str:
        """A word in small letters, as it is spelled by these."""
        for part, said in self._parts:
            word = part.sub(said, word)
        return word
