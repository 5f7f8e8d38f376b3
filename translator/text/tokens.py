"""Text as tokens, and the ``Tokenizer`` protocol that converts between them."""

from dataclasses import dataclass
from typing import Protocol

from translator.text.code_words import CodeWords
from translator.text.phrases import Phrases

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
    """Converts text to tokens and back, for one language pair. Safe to call from any thread."""

    @property
    def eos_id(self) -> int:
        """The token that ends both source and target."""
        ...

    @property
    def open_id(self) -> int | None:
        """The token that ends a source when more of it is to come; None if the model has none."""
        ...

    @property
    def target_start(self) -> tuple[int, ...]:
        """Tokens that every target begins with but no reader sees, such as a language token."""
        ...

    @property
    def knows_sentences(self) -> bool:
        """Whether its model was trained on sentences, with a capital and a full stop."""
        ...

    @property
    def phrases(self) -> Phrases:
        """What its model need not translate, since it is known."""
        ...

    def encode_source(self, text: str) -> EncodedText:
        """Tokenize a source text and append the end of sentence."""
        ...

    def encode_target(self, text: str) -> tuple[int, ...]:
        """Tokenize a target text, for a target prefix; no end of sentence is appended."""
        ...

    def piece(self, token: int) -> str:
        """The text of a target token, with its leading space; ``""`` for control tokens."""
        ...

    def writes(self, character: str) -> bool:
        """Whether a character of a source is read, and of a target written, as it is."""
        ...

    @property
    def code_words(self) -> CodeWords:
        """What stands in a source for parts that the model must not touch."""
        ...
