"""Converts text to a Transformers model's tokens and back, for any kind of tokenizer."""

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
        hidden: Tokens that a reader never sees: control and language tokens.
        eos_id: The token that ends source and target.

    Attributes:
        num_tokens: Number of target tokens.
    """

    def __init__(self, pieces: Sequence[str], hidden: Collection[int], eos_id: int) -> None:
        self.eos_id = eos_id
        self.num_tokens = len(pieces)
        self._written: dict[str, bool] = {}
        self._texts = tuple(
            "" if token in hidden else _text(piece) for token, piece in enumerate(pieces)
        )

    def text(self, token: int) -> str:
        """The text of a target token, with its leading space; ``""`` if it is hidden.

        A byte above 0x7F is not text by itself, so it is hidden too.
        """
        return self._texts[token] if token < len(self._texts) else ""

    def writes(self, character: str) -> bool:
        """Whether the target side has a character, and not in another form only.

        Both sides number their pieces in the same table.
        """
        known = self._written.get(character)
        if known is None:
            written = "".join(map(self.text, self.encode_target(character)))
            known = self._written[character] = written.strip() == character
        return known

    @abstractmethod
    def encode(self, text: str) -> tuple[Sequence[int], Sequence[tuple[int, int]]]:
        """The tokens of a source text, with the code points they come from; none are added."""

    @abstractmethod
    def encode_target(self, text: str) -> Sequence[int]:
        """The tokens of a target text; none are added."""


def _text(piece: str) -> str:
    if len(piece) == 6 and piece.startswith("<0x"):
        value = int(piece[3:5], 16)
        return chr(value) if value < 0x80 else ""
    return piece.replace(_SPACE, " ")


class PieceVocabulary(Vocabulary):
    """SentencePiece splits the text, and a table numbers the pieces (Marian, M2M-100).

    Args:
        pieces, hidden, eos_id: See ``Vocabulary``.
        source: Splits source text.
        target: Splits target text.
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
        encoded = self._source.encode(text, return_type="offset_mapping")
        return [self._source_id(piece) for piece in encoded["pieces"]], encoded["offsets"]

    def encode_target(self, text: str) -> Sequence[int]:
        return [self._target_id(piece) for piece in self._target.encode(text, return_type=str)]


class BackendVocabulary(Vocabulary):
    """One tokenizer of the ``tokenizers`` library for both sides (NLLB, mBART-50, T5).

    Args:
        backend: The tokenizer; this vocabulary owns it from now on.
        hidden, eos_id: See ``Vocabulary``.
        unknown_id: The token for ``</s>`` and the like in a text, so that a text cannot end a
            sentence or change the language.
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
        encoded = self._backend.encode(text, add_special_tokens=False)
        ids = [self._unknown_id if i in self._hidden else i for i in encoded.ids]
        return ids, encoded.offsets

    def encode_target(self, text: str) -> Sequence[int]:
        return self.encode(text)[0]
