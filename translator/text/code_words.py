"""The words that stand in a source for what a model must not touch.

Models copy some made-up words as they are, lose others and translate a few. Which they copy best
depends on the model, so there are several families, and each model has one
(``models/code_words.py``). The family ``%1`` is the best guess for a model that nobody has asked:
among thirteen families untrained models copied it in 99.5 % of sentences, and in real sentences
with several it did best.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

__all__ = ["DEFAULT_CODE_WORDS", "FAMILIES", "CodeWords"]

# A pattern is made for so many words at least.
_FEW = 64


@dataclass(frozen=True, slots=True)
class CodeWords:
    """A family of code words. Two families are the same if their names are.

    Attributes:
        name: Its first word, which names it.
        word: Makes the n-th word, from 1 on. No two are the same, whatever their case.
        any_number: Matches all words of the family, however high their numbers are; None: it is
            made of as many words as are needed.
    """

    name: str
    word: Callable[[int], str] = field(compare=False)
    any_number: re.Pattern[str] | None = field(default=None, compare=False)

    def find(self, text: str, count: int = 0) -> Iterator[tuple[int, int, str]]:
        """Find the family's words in a text, whatever their case.

        Args:
            text: A model's output, or a source that may have such words of its own.
            count: How many words are in use.

        Yields:
            Where it begins, with the space before it; where it ends; and its key: see ``key``.
        """
        pattern = self.any_number
        if pattern is None:
            pattern = _pattern(self.name, 1 << max(_FEW, count).bit_length())
        for match in pattern.finditer(text):
            yield match.start(), match.end(), self.key(match[0])

    @staticmethod
    def key(word: str) -> str:
        """What is the same for a word in any case."""
        return word.strip().casefold()


@lru_cache(maxsize=64)
def _pattern(name: str, count: int) -> re.Pattern[str]:
    family = FAMILIES[name]
    words = sorted((family.word(number) for number in range(1, count + 1)), key=len, reverse=True)
    inner = "|".join(map(re.escape, words))
    before = r"(?<!\w)" if name[0].isalnum() else ""
    after = r"(?!\w)" if name[-1].isalnum() else ""
    return re.compile(f" ?{before}(?:{inner}){after}", re.IGNORECASE)


def _percent(number: int) -> str:
    return f"%{number}"


def _letters_and_digits(number: int) -> str:
    """A1B2, C3D4, …: 13 pairs of letters, and then the same with other digits."""
    turn, pair = divmod(number - 1, 13)
    first, second = (chr(ord("A") + 2 * pair + place) for place in range(2))
    more = str(turn // 5) if turn >= 5 else ""
    digit = 2 * (pair + turn) % 10
    return f"{first}{(digit + 1) % 10}{second}{(digit + 2) % 10}{more}"


_BEGINNINGS = (
    "Zor",
    "Quix",
    "Vrax",
    "Plim",
    "Dreb",
    "Skov",
    "Wuff",
    "Glyn",
    "Jarb",
    "Thwe",
    "Kelp",
)
_ENDINGS = ("blax", "lor", "ton", "dok", "vist", "zem", "quar")
_NAMES = tuple(
    _BEGINNINGS[(place + turn) % len(_BEGINNINGS)] + ending
    for turn, (place, ending) in product(range(len(_BEGINNINGS)), enumerate(_ENDINGS))
)


def _name(number: int) -> str:
    """Zorblax, Quixlor, Vraxton, …"""
    turn, place = divmod(number - 1, len(_NAMES))
    return _NAMES[place] + (f"-{turn}" if turn else "")


def _capitals(number: int) -> str:
    """QXZ, WXZ, …: three letters that no word has beside each other, and then a number."""
    turn, place = divmod(number - 1, len(_CAPITALS))
    return _CAPITALS[place] + (str(turn) if turn else "")


_CAPITALS = tuple(
    f"{a}{b}{c}" for b, a, c in product("XQZ", "QWKJVG", "ZXK") if len({a, b, c}) == 3
)


def _numbered(before: str, after: str = "", first: int = 0) -> Callable[[int], str]:
    return lambda number: f"{before}{number + first}{after}"


# In this order, of two that do equally well the first is taken.
FAMILIES = {
    family.name: family
    for family in (
        CodeWords("%1", _percent, re.compile(r" ?%\d+")),
        CodeWords("A1B2", _letters_and_digits),
        CodeWords("Zorblax", _name),
        CodeWords("QXZ", _capitals),
        CodeWords("XZ17", _numbered("XZ", first=16)),
        CodeWords("TERM1", _numbered("TERM")),
        CodeWords("[X1X]", _numbered("[X", "X]")),
        CodeWords("P-1", _numbered("P-")),
        CodeWords("(1)", _numbered("(", ")")),
    )
}
DEFAULT_CODE_WORDS = FAMILIES["%1"]
