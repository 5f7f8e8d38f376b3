"""A model without weights, for tests and trials.

Its translations are exact and simple, yet it behaves as real ones do: its hypothesis of an
unfinished sentence is wrong at the end, so policies, drafts and commits have something to do.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from translator.languages.pair import LanguagePair
from translator.models.base import EncoderStates, Prediction, Prefill, StepOutput
from translator.models.info import ModelInfo
from translator.text.tokens import EncodedText

__all__ = ["FakeBatch", "FakeModel", "FakeTokenizer", "fake_translation"]

# How much the next token scores above all others, and how much its second choice does.
_BEST_SCORE = 10.0
_SECOND_SCORE = 3.0
_PIECES = re.compile(r"\s*(?:\w+|[^\w\s])")


def fake_translation(source: str, word: Callable[[str], str] = str.upper) -> str:
    """What the fake model makes of a source: every word in capitals, or as ``word`` puts it.

    A source that does not end with ``.``, ``!`` or ``?`` counts as unfinished: its last word gets a
    ``~`` and a full stop is invented, both of which the next word makes disappear.
    """
    pieces = [word(piece) for piece in _split(source)]
    return "".join(_finish(pieces)).lstrip(" ")


def _split(text: str) -> list[str]:
    """Words and marks of ``text``, each with at most one space before it."""
    pieces = (match.group() for match in _PIECES.finditer(text))
    return [" " + p.strip() if p[0].isspace() else p for p in pieces]


def _finish(pieces: list[str]) -> list[str]:
    if not pieces or pieces[-1] in {".", "!", "?"}:
        return pieces
    return [*pieces[:-1], pieces[-1].removesuffix("~") + "~", "."]


class FakeTokenizer:
    """A vocabulary that grows with each word it sees; token 0 ends a sentence.

    Args:
        word: Translates a word or a mark, which may begin with a space.
    """

    eos_id = 0
    open_id: int | None = None
    target_start: tuple[int, ...] = ()

    def __init__(self, word: Callable[[str], str] = str.upper) -> None:
        self._word = word
        self._pieces: list[str] = [""]
        self._ids: dict[str, int] = {"": 0}
        self._seconds: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._pieces)

    def encode_source(self, text: str) -> EncodedText:
        """One token for each word or mark."""
        spans: list[tuple[int, int]] = [match.span() for match in _PIECES.finditer(text)]
        tokens = [self.id(piece) for piece in _split(text)]
        return EncodedText((*tokens, self.eos_id), (*spans, (len(text), len(text))))

    def encode_target(self, text: str) -> tuple[int, ...]:
        """As the model would have put it: its ``~`` belongs to the word before."""
        pieces: list[str] = []
        for piece in _split(text):
            if piece == "~" and pieces:
                pieces[-1] += "~"
            else:
                pieces.append(piece)
        return tuple(self.id(piece) for piece in pieces)

    def piece(self, token: int) -> str:
        """The word or mark of a token."""
        return self._pieces[token]

    def id(self, piece: str) -> int:
        """The token of a word or mark, a new one if need be."""
        if piece not in self._ids:
            self._ids[piece] = len(self._pieces)
            self._pieces.append(piece)
        return self._ids[piece]

    def second(self, token: int) -> int:
        """The second choice where ``token`` is the first: the same letters backwards.

        Instead of ending a sentence, another mark.
        """
        if token not in self._seconds:
            piece = self.piece(token) or "!"
            backwards = piece.lstrip(" ")[::-1]
            self._seconds[token] = self.id(" " + backwards if piece[:1] == " " else backwards)
        return self._seconds[token]

    def translate(self, source: Sequence[int]) -> list[int]:
        """Target tokens of source tokens (end of sentence included in both)."""
        pieces = [self._word(self.piece(token)) for token in source[:-1]]
        tokens = [*(self.id(piece) for piece in _finish(pieces)), self.eos_id]
        for token in tokens:
            # Known from now on: how probable tokens are depends on how many there are.
            self.second(token)
        return tokens


@dataclass(frozen=True, slots=True)
class _FakeStates:
    """The finished translation, which the fake decoder then reads out."""

    target: tuple[int, ...]
    num_tokens: int

    def at(self, position: int) -> int:
        return self.target[min(position, len(self.target) - 1)]


class FakeModel:
    """Implements ``Seq2SeqModel`` without weights; see ``fake_translation``.

    Hidden states are [.., 1] and hold the next token itself.

    Args:
        pairs: What it translates; without any, ``xx`` to ``yy`` and to ``zz``.
        name: Its name.
        word: What it makes of a word or a mark, which may begin with a space.

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
    ) -> None:
        self.info = ModelInfo(
            name=name,
            family="fake",
            pairs=pairs or (LanguagePair("xx", "yy"), LanguagePair("xx", "zz")),
            supports_alignment=True,
            max_source_tokens=512,
            license="Apache-2.0",
            origin="translator.testing",
            memory_bytes=memory_bytes,
            shares_encoding=True,
        )
        self.device = torch.device("cpu")
        self.num_encoded = self.num_prefills = self.num_steps = 0
        self._tokenizer = FakeTokenizer(word)

    def tokenizer(self, pair: LanguagePair) -> FakeTokenizer:
        """One for all pairs."""
        return self._tokenizer

    def max_target_tokens(self, num_source_tokens: int) -> int:
        """Longest target."""
        return 2 * num_source_tokens + 8

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        """Translate at once; decoding reads it out."""
        self.num_encoded += len(sources)
        return [_FakeStates(tuple(self._tokenizer.translate(s)), len(s)) for s in sources]

    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Prefill:
        """Position i predicts token i of the translation, whatever came before."""
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
        """An empty batch."""
        return FakeBatch(self)

    def logits(self, hidden: Tensor) -> Tensor:
        """10 for the next token, 3 for its second choice, 0 for all others."""
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
        """What ``logits`` says, without tensors: this stands for a model that costs nothing."""
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
        self, row: int, encoder_states: EncoderStates, prefill: Prefill, index: int, position: int
    ) -> None:
        """Go on after ``position``."""
        self._rows[row] = (_own(encoder_states), position + 1)

    def move(self, row: int, to: int) -> None:
        """Copy a row."""
        self._rows[to] = self._rows.pop(row)

    def step(self, tokens: Tensor) -> StepOutput:
        """Read out the next token of each row."""
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
        raise TypeError("these encoder states are of another model")
    return states


@lru_cache(maxsize=4096)
def _one_hot(index: int, size: int) -> Tensor:
    return torch.eye(size)[index]


def _attend(states: _FakeStates, position: int, num_source: int) -> Tensor:
    """Word i of the target comes from word i of the source."""
    return _one_hot(min(position, states.num_tokens - 1), num_source)
