"""Text to a Transformers model's tokens and back, whatever its tokenizer is made of."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import Any

import sentencepiece

__all__ = ["BackendVocabulary", "PieceVocabulary", "Vocabulary"]

_SPACE = "\u2581"


class Vocabulary(ABC):
    """Immutable after construction, so any thread may use it.

    Args:
        pieces: The pieces of all target tokens, in order.
        hidden: Tokens that no reader sees: control and language tokens.
        eos_id: The token that ends source and target.

    Attributes:
        num_tokens: Target tokens.
    """

    def __init__(self, pieces: Sequence[str], hidden: Collection[int], eos_id: int) -> None:
        self.eos_id = eos_id
        self.num_tokens = len(pieces)
        self._texts = tuple(
            "" if token in hidden else _text(piece) for token, piece in enumerate(pieces)
        )

    def text(self, token: int) -> str:
        """A target token as text, a leading space included; ``""`` for those that are hidden.

        A byte of a character above 0x7F is no text by itself, and hidden too.
        """
        return self._texts[token] if token < len(self._texts) else ""

    @abstractmethod
    def encode(self, text: str) -> tuple[Sequence[int], Sequence[tuple[int, int]]]:
        """Tokens of a source text, none added, and the code points that each comes from."""

    @abstractmethod
    def encode_target(self, text: str) -> Sequence[int]:
        """Tokens of a target text, none added."""


def _text(piece: str) -> str:
    if len(piece) == 6 and piece.startswith("<0x"):
        value = int(piece[3:5], 16)
        return chr(value) if value < 0x80 else ""
    return piece.replace(_SPACE, " ")


class PieceVocabulary(Vocabulary):
    """SentencePiece cuts, a table numbers the pieces (Marian, M2M-100).

    Args:
        pieces, hidden, eos_id: As of ``Vocabulary``.
        source: Cuts source text.
        target: Cuts target text.
        source_id: The token of a source piece.
        target_id: The token of a target piece.
    """

    def __init__(
        self,
        pieces: Sequence[str],
        hidden: Collection[int],
        eos_id: int,
        *,
        source: sentencepiece.SentencePieceProcessor,
        target: sentencepiece.SentencePieceProcessor,
        source_id: Callable[[str], int],
        target_id: Callable[[str], int],
    ) -> None:
        super().__init__(pieces, hidden, eos_id)
        self._source, self._target = source, target
        self._source_id, self._target_id = source_id, target_id

    def encode(self, text: str) -> tuple[Sequence[int], Sequence[tuple[int, int]]]:
        """As SentencePiece cuts it."""
        encoded = self._source.encode(text, return_type="offset_mapping")
        return [self._source_id(piece) for piece in encoded["pieces"]], encoded["offsets"]

    def encode_target(self, text: str) -> Sequence[int]:
        """As SentencePiece cuts it."""
        return [self._target_id(piece) for piece in self._target.encode(text, return_type=str)]


class BackendVocabulary(Vocabulary):
    """One tokenizer of the ``tokenizers`` library for both sides (NLLB, mBART-50, T5).

    Args:
        backend: It belongs to this vocabulary from now on.
        hidden, eos_id: As of ``Vocabulary``.
        unknown_id: What ``</s>`` and the like in a text become: a text cannot end a sentence or
            change the language.
    """

    def __init__(self, backend: Any, hidden: Collection[int], eos_id: int, unknown_id: int) -> None:
        size = backend.get_vocab_size(with_added_tokens=True)
        super().__init__([backend.id_to_token(t) or "" for t in range(size)], hidden, eos_id)
        self._backend = backend
        self._hidden, self._unknown_id = frozenset(hidden), unknown_id
        backend.encode_special_tokens = True
        backend.no_truncation()
        backend.no_padding()

    def encode(self, text: str) -> tuple[Sequence[int], Sequence[tuple[int, int]]]:
        """As the backend cuts it."""
        encoded = self._backend.encode(text, add_special_tokens=False)
        ids = [self._unknown_id if i in self._hidden else i for i in encoded.ids]
        return ids, encoded.offsets

    def encode_target(self, text: str) -> Sequence[int]:
        """As the backend cuts it."""
        return self.encode(text)[0]
