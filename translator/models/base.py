"""What the engine needs of a model: the ``Seq2SeqModel`` protocol.

A model translates in three moves. ``encode`` turns source tokens into encoder states, one object
for each source, kept and shared by whoever translates that source. ``prefill`` runs the decoder
over a known target prefix, all positions in one pass, and keeps the decoder state of every
position, so that decoding can go on from any of them. A ``DecoderBatch`` holds the decoder states
of the requests that run, one a row, and ``step`` advances all rows by one token.

Shapes: B sources, R rows, S source tokens, T target positions, D hidden size, V vocabulary.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from translator.languages.pair import LanguagePair
from translator.models.info import ModelInfo
from translator.text.tokens import Tokenizer

__all__ = [
    "DecoderBatch",
    "DescribedModel",
    "EncoderStates",
    "Prediction",
    "Prefill",
    "Seq2SeqModel",
    "StepOutput",
    "lengths_of",
    "predict_from_logits",
    "seconds_from_logits",
]


def lengths_of(sources: Sequence[Sequence[int]]) -> list[int]:
    """Tokens of each source; ValueError for one without even an end of sentence."""
    lengths = [len(source) for source in sources]
    if not all(lengths):
        raise ValueError("a source has at least its end of sentence")
    return lengths


class EncoderStates(Protocol):
    """What ``encode`` leaves of one source; opaque to the engine."""

    @property
    def num_tokens(self) -> int:
        """Source tokens S, for the cache's budget."""
        ...


@dataclass(frozen=True, slots=True)
class Prefill:
    """The decoder after a known target prefix, for B requests.

    Position i has seen the first i target tokens, so it predicts token i: there is one position
    more than there are tokens. Positions past a request's own length hold garbage.

    Attributes:
        hidden: [B, T, D], input of ``logits``.
        alignment: [B, T, S] attention of position i on each source token, or None.
        states: The model's own: enough to go on from any position.
    """

    hidden: Tensor
    alignment: Tensor | None
    states: object


@dataclass(frozen=True, slots=True)
class StepOutput:
    """The decoder after one more token in each of R rows.

    Attributes:
        hidden: [R, D], input of ``logits``.
        alignment: [R, S] attention on each source token (0 past a row's own source), or None.
    """

    hidden: Tensor
    alignment: Tensor | None


@dataclass(frozen=True, slots=True)
class Prediction:
    """The greedy choice at N positions as plain Python.

    Attributes:
        tokens: The most probable of each.
        log_probabilities: Natural logs of these; any finite number where they were not asked for,
            NaN or infinite where the scores are no numbers.
        draft_log_probabilities: Of the drafted tokens at the same positions; empty without.
    """

    tokens: list[int]
    log_probabilities: list[float]
    draft_log_probabilities: list[float] = field(default_factory=list)


def predict_from_logits(
    logits: Tensor, drafted: Sequence[int] | None, *, probable: bool
) -> Prediction:
    """``Seq2SeqModel.predict`` from scores [N, V] of all tokens."""
    tokens = _argmax(logits)
    scores = torch.log_softmax(logits, -1) if probable else logits
    asked = [tokens] if drafted is None else [tokens, torch.tensor(drafted, device=tokens.device)]
    found = scores.gather(-1, torch.stack(asked, -1)).T.tolist()
    return Prediction(tokens.tolist(), *found)


def seconds_from_logits(logits: Tensor, best: Sequence[int]) -> list[tuple[int, float]]:
    """For each row of scores [N, V] the most probable token but for ``best``, and its log
    probability.
    """
    scores = torch.log_softmax(logits, -1)
    scores[torch.arange(len(best)), torch.tensor(best, device=scores.device)] = -torch.inf
    tokens = _argmax(scores)
    found = scores.gather(-1, tokens[:, None])[:, 0]
    return list(zip(tokens.tolist(), found.tolist(), strict=True))


def _argmax(logits: Tensor) -> Tensor:
    """The first best token of each row, [N].

    In two rounds, since torch is quick at maxima and slow at their places.
    """
    block = math.gcd(logits.shape[-1], 128)
    if block == 1:
        return logits.argmax(-1)
    blocks = logits.view(len(logits), -1, block)
    best = blocks.amax(-1).argmax(-1)
    row = torch.arange(len(logits), device=logits.device)
    found: Tensor = best * block + blocks[row, best].argmax(-1)
    return found


class DecoderBatch(Protocol):
    """Decoder states of the requests that run, in rows 0, 1, …; a row never sees another."""

    def load(
        self, row: int, encoder_states: EncoderStates, prefill: Prefill, index: int, position: int
    ) -> None:
        """Make ``row`` request ``index`` of ``prefill`` as it was at ``position``.

        The next ``step`` is given the token that this position predicts. Whatever the row held
        before is gone.
        """
        ...

    def move(self, row: int, to: int) -> None:
        """Copy ``row`` over row ``to``; ``row`` is garbage from then on."""
        ...

    def step(self, tokens: Tensor) -> StepOutput:
        """Feed token r to row r and advance. ``tokens``: int64 [R]; rows from R on stand still."""
        ...


class Seq2SeqModel(Protocol):
    """An encoder–decoder model. Called from the engine's thread only.

    Three equalities hold, token for token on CPU in float32: batched = alone, prefilled = stepped,
    and any order of arrival = the same.
    """

    @property
    def info(self) -> ModelInfo:
        """What the model is."""
        ...

    @property
    def device(self) -> torch.device:
        """Where tensors given to the model must be."""
        ...

    def tokenizer(self, pair: LanguagePair) -> Tokenizer:
        """The tokenizer for a pair of ``info.pairs``."""
        ...

    def max_target_tokens(self, num_source_tokens: int) -> int:
        """Longest target that is decoded for a source of this length."""
        ...

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        """Encoder states of each source (token ids, end of sentence included)."""
        ...

    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Prefill:
        """Run the decoder over the known ``targets``, each with its source, in one pass."""
        ...

    def new_batch(self) -> DecoderBatch:
        """An empty batch."""
        ...

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores [N, V] of the next token for each row of ``hidden`` [N, D]."""
        ...

    def predict(
        self,
        hidden: Tensor,
        drafted: Sequence[int] | None = None,
        *,
        probable: bool = True,
        sources: Sequence[EncoderStates] = (),
    ) -> Prediction:
        """The greedy choice for each row of ``hidden`` [N, D].

        Args:
            hidden: Of a prefill or a step.
            drafted: A token for each row whose log probability is asked for too.
            probable: Whether log probabilities are wanted; without, they may be any number.
            sources: For each row the source that it translates: a model may look only at tokens
                that this can become. Without, it looks at all.
        """
        ...


@dataclass(frozen=True, slots=True)
class DescribedModel:
    """A model before it is loaded.

    Attributes:
        info: What it is; the loaded model says the same.
        load: Reads its parameters, which takes time and memory. It raises ModelFilesError where the
            files do not hold what their headers say.
    """

    info: ModelInfo
    load: Callable[[], Seq2SeqModel]

    @classmethod
    def of(cls, model: "Seq2SeqModel | DescribedModel") -> "DescribedModel":
        """A model that is loaded already, or only described."""
        if isinstance(model, DescribedModel):
            return model
        return cls(model.info, lambda: model)
