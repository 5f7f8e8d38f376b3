"""Text as tokens, and what makes them of it: the ``Tokenizer`` protocol."""

from dataclasses import dataclass
from typing import Protocol

__all__ = ["EncodedText", "Tokenizer"]


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A source text as tokens.

    Attributes:
        tokens: Token ids, end of sentence included.
        spans: For each token the code points ``[start, end)`` of the text that it comes from; white
            space before a word belongs to the word. The end of sentence has an empty span.
    """

    tokens: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


class Tokenizer(Protocol):
    """Text to tokens and back, for one language pair of one model. Safe to call from any thread."""

    @property
    def eos_id(self) -> int:
        """The token that ends source and target."""
        ...

    @property
    def open_id(self) -> int | None:
        """The token that ends a source of which more is to come, where the model knows one."""
        ...

    @property
    def target_start(self) -> tuple[int, ...]:
        """Tokens that every target begins with and no reader sees, such as a language token."""
        ...

    def encode_source(self, text: str) -> EncodedText:
        """Tokens of a source text, end of sentence included, with where each comes from."""
        ...

    def encode_target(self, text: str) -> tuple[int, ...]:
        """Tokens of a target text, without end of sentence: for a target prefix given as text."""
        ...

    def piece(self, token: int) -> str:
        """A target token as text, a leading space included; ``""`` for control tokens."""
        ...
