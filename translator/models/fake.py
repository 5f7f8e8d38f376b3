"""A model without weights, for tests and trials.

Its translations are simple and exactly known, yet it behaves like a real model: its hypothesis of
an unfinished sentence is wrong at the end, so policies, drafts and commits have work to do.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from translator.languages.pair import LanguagePair
from translator.models.base import EncoderStates, Known, Prediction, Prefill, StepOutput
from translator.models.info import ModelInfo
from translator.text.code_words import DEFAULT_CODE_WORDS, CodeWords
from translator.text.phrases import NO_PHRASES
from translator.text.tokens import EncodedText

__all__ = ["FAKE_FAMILY", "FakeBatch", "FakeModel", "FakeTokenizer", "fake_translation"]

FAKE_FAMILY = "fake"
# How much the next token scores above all others, and how much its second choice does.
_BEST_SCORE = 10.0
_SECOND_SCORE = 3.0
_PIECES = re.compile(r"\s*(?:\w+|[^\w\s])")


def fake_translation(source: str, word: Callable[[str], str] = str.upper) -> str:
    """The fake model's translation: every word in capitals, or as ``word`` translates it.

    A source that does not end with ``.``, ``!`` or ``?`` counts as unfinished: its last word gets a
    ``~`` and an invented full stop. Both disappear with the next word.
    """
    pieces = [word(piece) for piece in _split(source)]
    return "".join(_finish(pieces)).lstrip(" ")


def _split(text: str) -> list[str]:
    """Split ``text`` into words and marks, each with at most one space before it."""
    pieces = (match.group() for match in _PIECES.finditer(text))
    return [" " + p.strip() if p[0].isspace() else p for p in pieces]


def _finish(pieces: list[str]) -> list[str]:
    if not pieces or pieces[-1] in {".", "!", "?"}:
        return pieces
    return [*pieces[:-1], pieces[-1].removesuffix("~") + "~", "."]


class FakeTokenizer:
    """A vocabulary that grows with each new word; token 0 ends a sentence.

    Args:
        word: Translates a word or a mark, which may begin with a space.
        code_words: Those of the model.
    """

    eos_id = 0
    open_id: int | None = None
    target_start: tuple[int, ...] = ()
    knows_sentences = False
    phrases = NO_PHRASES

    def __init__(
        self,
        word: Callable[[str], str] = str.upper,
        code_words: CodeWords = DEFAULT_CODE_WORDS,
    ) -> None:
        self.code_words = code_words
        self._word = word
        self._pieces: list[str] = [""]
        self._ids: dict[str, int] = {"": 0}
        self._seconds: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._pieces)

    def encode_source(self, text: str) -> EncodedText:
        spans: list[tuple[int, int]] = [match.span() for match in _PIECES.finditer(text)]
        tokens = [self.id(piece) for piece in _split(text)]
        return EncodedText((*tokens, self.eos_id), (*spans, (len(text), len(text))))

    def encode_target(self, text: str) -> tuple[int, ...]:
        """Tokenize as the model would have written it: a ``~`` belongs to the word before."""
        pieces: list[str] = []
        for piece in _split(text):
            if piece == "~" and pieces:
                pieces[-1] += "~"
            else:
                pieces.append(piece)
        return tuple(self.id(piece) for piece in pieces)

    def piece(self, token: int) -> str:
        return self._pieces[token]

    def writes(self, character: str) -> bool:
        return True

    def id(self, piece: str) -> int:
        """The token of a word or mark, which is added if it is new."""
        if piece not in self._ids:
            self._ids[piece] = len(self._pieces)
            self._pieces.append(piece)
        return self._ids[piece]

    def second(self, token: int) -> int:
        """The second choice to ``token``: its letters backwards.

        For the end of sentence it is another mark.
        """
        if token not in self._seconds:
            piece = self.piece(token) or "!"
            backwards = piece.lstrip(" ")[::-1]
            self._seconds[token] = self.id(" " + backwards if piece[:1] == " " else backwards)
        return self._seconds[token]

    def translate(self, source: Sequence[int]) -> list[int]:
        """Translate source tokens to target tokens; both include the end of sentence."""
        pieces = [self._word(self.piece(token)) for token in source[:-1]]
        tokens = [*(self.id(piece) for piece in _finish(pieces)), self.eos_id]
        for token in tokens:
            # Known from now on: how probable tokens are depends on how many there are.
            self.second(token)
        return tokens


@dataclass(frozen=True, slots=True)
class _FakeStates:
    """The finished translation, which the fake decoder reads out."""

    target: tuple[int, ...]
    num_tokens: int

    def at(self, position: int) -> int:
        return self.target[min(position, len(self.target) - 1)]


class FakeModel:
    """Implements ``Seq2SeqModel`` without weights; see ``fake_translation``.

    Hidden states are [.., 1] and hold the next token itself.

    Args:
        pairs: The pairs it translates; by default ``xx`` to ``yy`` and to ``zz``.
        name: The model's name.
        word: Translates a word or a mark, which may begin with a space.
        code_words: What stands for parts that it must not touch.
        unwritable: What it says that it cannot write.

    Attributes:
        num_encoded: Sources that were encoded.
        num_prefills: Calls of prefill.
        num_steps: Steps that were run.
    """

    def __init__(
        self,
        *pairs: LanguagePair,
        name: str = "fake",
        memory_bytes: int = 0,
        word: Callable[[str], str] = str.upper,
        code_words: CodeWords = DEFAULT_CODE_WORDS,
        unwritable: str = "",
    ) -> None:
        self.info = ModelInfo(
            name=name,
            family=FAKE_FAMILY,
            pairs=pairs or (LanguagePair("xx", "yy"), LanguagePair("xx", "zz")),
            supports_alignment=True,
            max_source_tokens=512,
            license="Apache-2.0",
            origin="translator.testing",
            memory_bytes=memory_bytes,
            shares_encoding=True,
            fingerprint=f"fingerprint of {name}",
            unwritable=unwritable,
        )
        self.device = torch.device("cpu")
        self.num_encoded = self.num_prefills = self.num_steps = 0
        self._tokenizer = FakeTokenizer(word, code_words)

    def tokenizer(self, pair: LanguagePair) -> FakeTokenizer:
        return self._tokenizer

    def max_target_tokens(self, num_source_tokens: int) -> int:
        return 2 * num_source_tokens + 8

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        """Translate at once; decoding only reads it out."""
        self.num_encoded += len(sources)
        return [_FakeStates(tuple(self._tokenizer.translate(s)), len(s)) for s in sources]

    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Prefill:
        """Predict token i of the translation at position i, whatever came before."""
        self.num_prefills += 1
        num_positions = max(len(target) for target in targets) + 1
        hidden = [
            [[float(_own(states).at(position))] for position in range(num_positions)]
            for states in encoder_states
        ]
        num_source = max(states.num_tokens for states in encoder_states)
        alignment = torch.stack(
            [
                torch.stack([_attend(_own(s), i, num_source) for i in range(num_positions)])
                for s in encoder_states
            ]
        )
        return Prefill(torch.tensor(hidden), alignment, None)

    def new_batch(self) -> "FakeBatch":
        return FakeBatch(self)

    def logits(self, hidden: Tensor) -> Tensor:
        """Score 10 for the next token, 3 for its second choice, 0 for all others."""
        seconds = [[self._tokenizer.second(int(token))] for token in hidden.flatten().tolist()]
        logits = torch.zeros(len(hidden), len(self._tokenizer))
        logits.scatter_(1, torch.tensor(seconds), _SECOND_SCORE)
        return logits.scatter_(1, hidden.long(), _BEST_SCORE)

    def predict(
        self,
        hidden: Tensor,
        drafted: Sequence[int] | None = None,
        *,
        probable: bool = True,
        sources: Sequence[EncoderStates] = (),
    ) -> Prediction:
        """Predict as ``logits`` would, without tensors, so that the model costs almost nothing."""
        tokens = [int(token) for token in hidden.flatten().tolist()]
        seconds = [self._tokenizer.second(token) for token in tokens]
        others = (len(self._tokenizer) - 1) * math.exp(-_BEST_SCORE)
        more = math.exp(_SECOND_SCORE - _BEST_SCORE) - math.exp(-_BEST_SCORE)
        best = [
            -math.log1p(others + more * (token != second))
            for token, second in zip(tokens, seconds, strict=True)
        ]
        return Prediction(
            tokens,
            best,
            [
                best[i]
                + {seconds[i]: _SECOND_SCORE - _BEST_SCORE, tokens[i]: 0.0}.get(asked, -_BEST_SCORE)
                for i, asked in enumerate(drafted or ())
            ],
        )


class FakeBatch:
    """Rows of (translation, position)."""

    def __init__(self, model: FakeModel) -> None:
        self._model = model
        self._rows: dict[int, tuple[_FakeStates, int]] = {}

    def load(
        self, row: int, encoder_states: EncoderStates, known: Known, index: int, position: int
    ) -> None:
        self._rows[row] = (_own(encoder_states), position + 1)

    def move(self, row: int, to: int) -> None:
        self._rows[to] = self._rows.pop(row)

    def step(self, tokens: Tensor) -> StepOutput:
        self._model.num_steps += 1
        rows = [self._rows[row] for row in range(len(tokens))]
        num_source = max(states.num_tokens for states, _ in rows)
        for row, (states, position) in enumerate(rows):
            self._rows[row] = (states, position + 1)
        return StepOutput(
            torch.tensor([[float(states.at(position))] for states, position in rows]),
            torch.stack([_attend(states, position, num_source) for states, position in rows]),
        )


def _own(states: EncoderStates) -> _FakeStates:
    if not isinstance(states, _FakeStates):
        raise TypeError("these encoder states belong to another model")
    return states


@lru_cache(maxsize=4096)
def _one_hot(index: int, size: int) -> Tensor:
    return torch.eye(size)[index]


def _attend(states: _FakeStates, position: int, num_source: int) -> Tensor:
    """Align word i of the target with word i of the source."""
    return _one_hot(min(position, states.num_tokens - 1), num_source)
