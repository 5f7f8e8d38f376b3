"""A source language and a target language."""

import re
from dataclasses import dataclass
from typing import Self

__all__ = ["LanguagePair"]

# Language, perhaps script, perhaps region. Their letters' case tells where the second tag begins.
_TAG = r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?"
_PAIR = re.compile(f"({_TAG})-({_TAG})")


@dataclass(frozen=True, slots=True, order=True)
class LanguagePair:
    """A source language and a target language, BCP-47."""

    source: str
    target: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``en-de`` or ``pt-BR-zh-Hans``.

        Raises:
            ValueError: It is not a pair.
        """
        match = _PAIR.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a pair of languages, such as en-de or pt-BR-zh-Hans")
        return cls(match[1], match[2])

    def __str__(self) -> str:
        return f"{self.source}-{self.target}"
