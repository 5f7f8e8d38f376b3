"""A model whose every token depends on the source and on all tokens before it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tests.unit.driver import one_thread  # noqa: F401
from translator.languages.pair import LanguagePair
from translator.models.base import (
    EncoderStates,
    Known,
    Prediction,
    Prefill,
    StepOutput,
    predict_from_logits,
)
from translator.models.info import ModelInfo
from translator.testing import FakeTokenizer

__all__ = ["PAIR", "HashModel", "HashStates", "long_source", "scratch"]

PAIR = LanguagePair("xx", "yy")


@dataclass(frozen=True)
class HashStates:
    source: tuple[int, ...]

    @property
    def num_tokens(self) -> int:
        return len(self.source)


class HashModel:
    """Token 0 ends a target; each token is a hash of the source and of the target so far."""

    vocabulary_size = 6

    def __init__(self) -> None:
        self.info = ModelInfo(
            "hash", "hash", (PAIR,), supports_alignment=False, max_source_tokens=9
        )
        self.device = torch.device("cpu")
        self.num_steps = 0

    def tokenizer(self, pair: LanguagePair) -> FakeTokenizer:
        return FakeTokenizer()

    def max_target_tokens(self, num_source_tokens: int) -> int:
        return 2 * num_source_tokens + 4

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        return [HashStates(tuple(source)) for source in sources]

    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Prefill:
        longest = max(map(len, targets)) + 1
        hidden = [
            [float(self.next(s, t[:i])) if i <= len(t) else -1.0 for i in range(longest)]
            for s, t in zip(encoder_states, targets, strict=True)
        ]
        return Prefill(torch.tensor(hidden)[..., None], None, [tuple(t) for t in targets])

    def new_batch(self) -> "HashBatch":
        return HashBatch(self)

    def logits(self, hidden: Tensor) -> Tensor:
        logits = torch.zeros(len(hidden), self.vocabulary_size)
        return logits.scatter_(1, hidden.long(), 5.0)

    def predict(
        self,
        hidden: Tensor,
        drafted: Sequence[int] | None = None,
        *,
        probable: bool = True,
        sources: Sequence[EncoderStates] = (),
    ) -> Prediction:
        return predict_from_logits(self.logits(hidden), drafted, probable=probable)

    def next(self, states: EncoderStates, target: Sequence[int]) -> int:
        assert isinstance(states, HashStates)
        return random.Random(repr((states.source, tuple(target)))).randrange(self.vocabulary_size)


class HashBatch:
    def __init__(self, model: HashModel) -> None:
        self._model = model
        self._rows: dict[int, tuple[EncoderStates, list[int]]] = {}

    def load(
        self, row: int, encoder_states: EncoderStates, known: Known, index: int, position: int
    ) -> None:
        assert isinstance(known.states, list)
        self._rows[row] = (encoder_states, list(known.states[index][:position]))

    def move(self, row: int, to: int) -> None:
        self._rows[to] = self._rows.pop(row)

    def step(self, tokens: Tensor) -> StepOutput:
        self._model.num_steps += 1
        predicted = []
        for row, token in enumerate(tokens.tolist()):
            states, target = self._rows[row]
            target.append(token)
            predicted.append([float(self._model.next(states, target))])
        return StepOutput(torch.tensor(predicted), None)


def scratch(source: Sequence[int], prefix: Sequence[int] = ()) -> tuple[tuple[int, ...], bool]:
    """What the hash model decodes token by token: tokens, and whether the limit cut them."""
    model = HashModel()
    target = list(prefix)
    limit = model.max_target_tokens(len(source))
    while True:
        token = model.next(HashStates(tuple(source)), target)
        if token == 0:
            return tuple(target), False
        target.append(token)
        if len(target) >= limit:
            return tuple(target), True


def long_source() -> tuple[int, ...]:
    """A source that takes several steps."""
    return next((n, n) for n in range(1, 500) if len(scratch((n, n))[0]) >= 5)
