"""The SentencePiece tokenizer of a model, with one vocabulary for both sides or one for each."""

from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path

import sentencepiece

from translator.errors import ModelFilesError
from translator.text.code_words import DEFAULT_CODE_WORDS, CodeWords
from translator.text.phrases import NO_PHRASES, Phrases
from translator.text.tokens import EncodedText

__all__ = ["SentencePieceTokenizer"]

_SPACE = "\u2581"
# How many words are known by heart, and how long they may be, in code points.
_WORDS, _LONGEST_WORD = 16_384, 32


class SentencePieceTokenizer:
    """Implements ``tokens.Tokenizer``. Immutable after construction, so any thread may use it.

    A vocabulary with byte fallback spells a character it lacks as several ``<0xE2>`` pieces. One
    of them alone is not text: ``piece`` returns ``""`` for bytes above 0x7F, and ``byte`` returns
    the value for callers that collect whole characters.

    Args:
        source: Vocabulary of the source side.
        target: Vocabulary of the target side.
        has_open_end: Whether the model knows an open end, which has the id after the last one.
        code_words: Those that the model copies.

    Raises:
        ModelFilesError: A file is missing or not a complete SentencePiece model.
    """

    def __init__(
        self,
        source: Path,
        target: Path,
        *,
        has_open_end: bool = False,
        code_words: CodeWords = DEFAULT_CODE_WORDS,
        phrases: Phrases = NO_PHRASES,
    ) -> None:
        self._code_words = code_words
        self._phrases = phrases
        self._source = _load(source)
        self._target = self._source if target == source else _load(target)
        self._eos_id: int = self._target.eos_id()
        self._eos_of_source: int = self._source.eos_id()
        self._open_id = int(self._source.get_piece_size()) if has_open_end else None
        self._bytes = _byte_values(self._target)
        self._texts = _piece_texts(self._target, self._bytes)
        self._written: dict[str, bool] = {}
        self._goes_by_words = _goes_by_words(self._source)
        self._known_word = lru_cache(_WORDS)(self._read)

    @property
    def eos_id(self) -> int:
        return self._eos_id

    @property
    def open_id(self) -> int | None:
        """The id of the open end, if the model knows one; see ``models/marian/open_end.py``."""
        return self._open_id

    @property
    def knows_sentences(self) -> bool:
        """True: it was trained on sentences."""
        return True

    @property
    def unk_id(self) -> int:
        """The target token for unknown text; a translation should never contain it."""
        return int(self._target.unk_id())

    @property
    def target_start(self) -> tuple[int, ...]:
        """Empty: a target begins with its first word."""
        return ()

    @property
    def vocabulary_sizes(self) -> tuple[int, int]:
        """Number of pieces in the source and in the target vocabulary."""
        return int(self._source.get_piece_size()), int(self._target.get_piece_size())

    def encode_source(self, text: str) -> EncodedText:
        """Tokenize a source text, and say which code points each token comes from.

        A token's span begins where the one before ended, so that characters dropped by
        normalisation (a second space, U+200B) belong to the token after them; those at the very end
        of the text belong to none. A span is empty where one character became several tokens.
        """
        tokens: list[int] = []
        reached = [0]
        at = 0
        # Words come again and again; and the library gives up the interpreter's lock for each call,
        # which in a busy server takes ten times as long to come by again as the call itself.
        for word in text.split(" ") if self._goes_by_words else (text,):
            read = self._known_word if len(word) <= _LONGEST_WORD else self._read
            ids, ends = read(word)
            tokens += ids
            reached += [at + end for end in ends] if at else ends
            at += len(word) + 1
        spans = (*pairwise(reached), (len(text), len(text)))
        return EncodedText((*tokens, self._eos_of_source), spans)

    def _read(self, text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The tokens of a text or a word, and how much of it each has reached."""
        encoded = self._source.encode(text, return_type="offset_mapping")
        return tuple(encoded["ids"]), tuple(accumulate((end for _, end in encoded["offsets"]), max))

    def encode_target(self, text: str) -> tuple[int, ...]:
        return tuple(self._target.encode(text, return_type=int))

    def piece(self, token: int) -> str:
        """The text of a target token, with its leading space.

        ``""`` for control and unused tokens, for the unknown token and for bytes above 0x7F.
        """
        return self._texts[token]

    def writes(self, character: str) -> bool:
        """Whether both vocabularies have a character, and not in another form only."""
        known = self._written.get(character)
        if known is None:
            pieces = self._source.encode(character, return_type=int)
            is_read = self._source.unk_id() not in pieces
            written = "".join(map(self.piece, self.encode_target(character)))
            known = self._written[character] = is_read and written.strip() == character
        return known

    @property
    def phrases(self) -> Phrases:
        """What its model need not translate."""
        return self._phrases

    @property
    def code_words(self) -> CodeWords:
        return self._code_words

    def byte(self, token: int) -> int | None:
        """The byte that a target token stands for, with byte fallback; else None."""
        return self._bytes.get(token)


def _load(path: Path) -> sentencepiece.SentencePieceProcessor:
    if not path.is_file():
        raise ModelFilesError(f"{path}: no such file, expected a SentencePiece model")
    try:
        processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        raise ModelFilesError(
            f"{path}: damaged or of another kind, expected a SentencePiece model"
        ) from error
    if processor.eos_id() < 0:
        raise ModelFilesError(f"{path}: has no end of sentence, expected a piece for it")
    return processor


def _goes_by_words(processor: sentencepiece.SentencePieceProcessor) -> bool:
    """Whether a text has the tokens of its words: no piece goes across a space, nor has one alone.

    The best way through a text is then the best way through each word.
    """
    pieces = processor.id_to_piece(list(range(processor.get_piece_size())))
    if any(_SPACE in piece[1:] for piece in pieces):
        return False
    once, twice = (processor.encode(text, return_type=int) for text in ("a", " a  a"))
    return bool(twice == [*once, *once])


def _byte_values(processor: sentencepiece.SentencePieceProcessor) -> dict[int, int]:
    """Maps byte tokens to their values; SentencePiece writes them as ``<0xE2>``."""
    return {
        token: int(processor.id_to_piece(token)[1:-1], 16)
        for token in range(processor.get_piece_size())
        if processor.is_byte(token)
    }


def _piece_texts(
    processor: sentencepiece.SentencePieceProcessor, byte_values: dict[int, int]
) -> tuple[str, ...]:
    tokens = range(processor.get_piece_size())
    texts = [str(piece).replace(_SPACE, " ") for piece in processor.id_to_piece(list(tokens))]
    for token in tokens:
        if processor.is_control(token) or processor.is_unused(token) or token == processor.unk_id():
            texts[token] = ""
    for token, value in byte_values.items():
        texts[token] = chr(value) if value < 0x80 else ""
    return tuple(texts)
