"""A model that decodes with a datastore: what the nearest keys say has its part in each choice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import exp, inf, log
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from translator.languages.pair import LanguagePair
from translator.models.base import (
    DecoderBatch,
    EncoderStates,
    Known,
    ParallelModel,
    Prediction,
    Prefill,
    Seq2SeqModel,
    StepOutput,
)
from translator.models.datastore import Datastore, Found, Neighbours, quantized
from translator.models.info import ModelInfo
from translator.text.tokens import Tokenizer

__all__ = ["DatastoreModel"]

# How much the nearest keys say at a distance d: _SHARE * exp(-d / _SCALE). Among them each counts
# exp(-d / _TEMPERATURE). Measured: docs/models.md, Your own translations.
_SHARE, _SCALE, _TEMPERATURE = 0.9, 0.15, 0.05
# Where they would say less, they are not asked.
_LEAST = 0.05
_REACH = _SCALE * log(_SHARE / _LEAST)
# In natural logs. A token that the model finds less probable than this comes of a free translation
# of all of another text ("I think you are on mute." → "Seu microfone está desligado."), unless
# several texts have it here.
_POSSIBLE, _SEEN_TWICE = -4.0, -9.0


@dataclass(frozen=True, slots=True, eq=False)
class _States:
    """Encoder states of a source, and what the datastore has for it."""

    states: EncoderStates
    found: Found | None

    @property
    def num_tokens(self) -> int:
        return self.states.num_tokens


class _Near(NamedTuple):
    """An output that is near to keys.

    Attributes:
        row: Which one.
        part: How much the keys say, 0 to 1.
        weights: By token how much of that.
        least: By token how probable the model has to find it, in natural logs.
    """

    row: int
    part: float
    weights: dict[int, float]
    least: dict[int, float]

    def favours_other(self, token: int) -> bool:
        """Whether the keys are for another token than this; else the most probable one stays."""
        return max(self.weights.values()) > self.weights.get(token, 0.0)


class DatastoreModel:
    """Implements ``models.base.Seq2SeqModel`` by a model and a datastore that was made with it.

    Where an output is near to keys, the probability of a token t is

        (1 - a) P(t | source, tokens before) + a · (share of t among the nearest keys)

    with a that falls with the distance of the nearest. Where they are far, or favour what the model
    does, the choice and its probability are the model's own, bit by bit.

    Args:
        model: The model.
        datastore: Made with this very model.
    """

    def __init__(self, model: Seq2SeqModel, datastore: Datastore) -> None:
        self._model = model
        self._datastore = datastore
        if len(datastore.keys):
            # On a new machine the search is compiled: not while somebody waits.
            datastore.nearest(np.zeros(1, np.int64), datastore.keys[:1].copy(), 0.0)

    @property
    def info(self) -> ModelInfo:
        return self._model.info

    @property
    def is_parallel(self) -> bool:
        """As ``models.base.ParallelModel`` says; a datastore is only read."""
        return isinstance(self._model, ParallelModel) and self._model.is_parallel

    @property
    def device(self) -> torch.device:
        return self._model.device

    def tokenizer(self, pair: LanguagePair) -> Tokenizer:
        return self._model.tokenizer(pair)

    def max_target_tokens(self, num_source_tokens: int) -> int:
        return self._model.max_target_tokens(num_source_tokens)

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        encoded = self._model.encode(sources)
        return [
            _States(states, self._datastore.look_up(source))
            for states, source in zip(encoded, sources, strict=True)
        ]

    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Prefill:
        return self._model.prefill(_inner(encoder_states), targets)

    def new_batch(self) -> DecoderBatch:
        return _Batch(self._model.new_batch())

    def logits(self, hidden: Tensor) -> Tensor:
        """The scores of the model alone: the second choice of an output is its own."""
        return self._model.logits(hidden)

    def predict(
        self,
        hidden: Tensor,
        drafted: Sequence[int] | None = None,
        *,
        probable: bool = True,
        sources: Sequence[EncoderStates] = (),
    ) -> Prediction:
        own = self._model.predict(hidden, drafted, probable=probable, sources=_inner(sources))
        near = list(self._near(hidden, own.tokens, cast("Sequence[_States]", sources)))
        if not near:
            return own
        tokens, scores = list(own.tokens), list(own.log_probabilities)
        draft_scores = list(own.draft_log_probabilities)
        rows = [each.row for each in near]
        probabilities = torch.log_softmax(self._model.logits(hidden[rows]), -1)
        for each, known in zip(near, probabilities, strict=True):
            row, first = each.row, own.tokens[each.row]
            asked = [first, *each.weights, *(drafted or ())[row : row + 1]]
            found = zip(asked, known[asked].tolist(), strict=True)
            mixed = {token: _mixed(each, token, score) for token, score in found}
            # Of equal ones the model's own choice.
            tokens[row] = max(mixed, key=lambda token: (mixed[token], token == first))
            scores[row] = mixed[tokens[row]]
            if drafted is not None:
                draft_scores[row] = mixed[drafted[row]]
        return Prediction(tokens, scores, draft_scores)

    def _near(
        self, hidden: Tensor, own: Sequence[int], sources: Sequence[_States]
    ) -> Iterator[_Near]:
        """The outputs whose nearest keys favour something else than the model, in order."""
        outputs: NDArray[np.int8] | None = None
        first = 0
        # Those of one source are side by side.
        for source, same in groupby(sources):
            last = first + len(list(same))
            if (known := source.found) is not None:
                if outputs is None:
                    outputs = quantized(hidden.detach().float().cpu().numpy())
                found = self._datastore.nearest(known.places, outputs[first:last], _REACH)
                for row, each in enumerate(found, first):
                    near = None if each is None else _near_of(row, each, known.same)
                    if near is not None and near.favours_other(own[row]):
                        yield near
            first = last


class _Batch:
    """Implements ``models.base.DecoderBatch`` by the model's own."""

    def __init__(self, batch: DecoderBatch) -> None:
        self._batch = batch

    def load(
        self, row: int, encoder_states: EncoderStates, known: Known, index: int, position: int
    ) -> None:
        (inner,) = _inner([encoder_states])
        self._batch.load(row, inner, known, index, position)

    def move(self, row: int, to: int) -> None:
        self._batch.move(row, to)

    def step(self, tokens: Tensor) -> StepOutput:
        return self._batch.step(tokens)


def _inner(encoder_states: Sequence[EncoderStates]) -> list[EncoderStates]:
    return [cast(_States, each).states for each in encoder_states]


def _near_of(row: int, found: Neighbours, same: frozenset[int]) -> _Near:
    nearest = found.distances[0]
    shares = [exp((nearest - each) / _TEMPERATURE) for each in found.distances]
    weights: dict[int, float] = {}
    texts: dict[int, set[int]] = {}
    for token, text, share in zip(found.tokens, found.texts, shares, strict=True):
        weights[token] = weights.get(token, 0.0) + share / sum(shares)
        texts.setdefault(token, set()).add(text)
    least = {
        token: -inf if each & same else _POSSIBLE if len(each) == 1 else _SEEN_TWICE
        for token, each in texts.items()
    }
    return _Near(row, _SHARE * exp(-nearest / _SCALE), weights, least)


def _mixed(near: _Near, token: int, log_probability: float) -> float:
    """Natural log of the probability of a token, with what the keys say of it."""
    # What is no number stays so, and the request fails.
    own = log_probability + log(1 - near.part)
    if log_probability > near.least.get(token, inf):
        return log(exp(own) + near.part * near.weights[token])
    return own
