"""The tokenizer of the recurrent model for Transformers."""

import shutil
from pathlib import Path
from typing import Any

import sentencepiece
from transformers import AddedToken, PreTrainedTokenizer

from translator.errors import ModelFilesError
from translator.models.marian.converted import SOURCE_VOCABULARY, TARGET_VOCABULARY

__all__ = ["MarianSsruTokenizer"]


class MarianSsruTokenizer(PreTrainedTokenizer):
    """SentencePiece with the vocabulary's own ids, as in ``SentencePieceTokenizer``.

    A text is a source, or a target if given as ``text_target=``; this matters if each side has its
    own vocabulary. Decoding is for target tokens. ``</s>`` and the like in a text are plain text.

    Args:
        vocab_file: SentencePiece file of the source side.
        target_vocab_file: SentencePiece file of the target side; by default the same.

    Raises:
        ModelFilesError: The two sides have different numbers for the end of sentence.
    """

    vocab_files_names = {  # noqa: RUF012  (Transformers' name and kind)
        "vocab_file": SOURCE_VOCABULARY,
        "target_vocab_file": TARGET_VOCABULARY,
    }
    model_input_names = ["input_ids", "attention_mask"]  # noqa: RUF012

    def __init__(
        self, vocab_file: str, target_vocab_file: str | None = None, **kwargs: Any
    ) -> None:
        self.vocab_file, self.target_vocab_file = vocab_file, target_vocab_file
        self._source = sentencepiece.SentencePieceProcessor(model_file=vocab_file)
        self._target = (
            sentencepiece.SentencePieceProcessor(model_file=target_vocab_file)
            if target_vocab_file
            else self._source
        )
        self._current = self._source
        eos, unk = self._source.eos_id(), self._source.unk_id()
        if (self._target.eos_id(), self._target.unk_id()) != (eos, unk):
            raise ModelFilesError(
                f"{target_vocab_file}: its end of sentence and unknown token are "
                f"{self._target.eos_id()} and {self._target.unk_id()}, expected {eos} and {unk} as "
                f"in {vocab_file}: Transformers has one number for both sides"
            )
        pad = max(self._source.get_piece_size(), self._target.get_piece_size())
        names = {
            "eos_token": self._source.id_to_piece(eos),
            "unk_token": self._source.id_to_piece(unk),
            "pad_token": "<pad>",
        }
        ids = zip((eos, unk, pad), names.values(), strict=True)
        special = {token: AddedToken(name, special=True, normalized=False) for token, name in ids}
        defaults: dict[str, Any] = {
            "added_tokens_decoder": special,
            "special_tokens_pattern": "eos",
            "split_special_tokens": True,
            "model_max_length": 512,
        }
        super().__init__(**{**defaults, **names, **kwargs})

    @property
    def vocab_size(self) -> int:
        """Number of pieces in the larger vocabulary; padding comes after them."""
        return max(self._source.get_piece_size(), self._target.get_piece_size())

    def get_vocab(self) -> dict[str, int]:
        """Pieces of the source side and added tokens, with their ids."""
        pieces = self._source.id_to_piece(list(range(self._source.get_piece_size())))
        return {piece: token for token, piece in enumerate(pieces)} | self.get_added_vocab()

    def _tokenize(self, text: str, **_: Any) -> list[str]:
        return list(self._current.encode(text, return_type=str))

    def _convert_token_to_id(self, token: str) -> int:
        return int(self._current.piece_to_id(token))

    def _convert_id_to_token(self, index: int) -> str:
        return str(self._target.id_to_piece(index))

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """The text of target pieces."""
        return str(self._target.decode_pieces(tokens))

    def _switch_to_input_mode(self) -> None:
        self._current = self._source

    def _switch_to_target_mode(self) -> None:
        self._current = self._target

    def save_vocabulary(
        self, save_directory: str, filename_prefix: str | None = None
    ) -> tuple[str, ...]:
        files = {SOURCE_VOCABULARY: self.vocab_file, TARGET_VOCABULARY: self.target_vocab_file}
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        saved = []
        for name, file in files.items():
            if file is not None:
                to = Path(save_directory) / f"{prefix}{name}"
                if not (to.exists() and to.samefile(file)):
                    shutil.copyfile(file, to)
                saved.append(str(to))
        return tuple(saved)
