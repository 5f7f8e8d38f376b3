"""What the engine needs from a model: the ``Seq2SeqModel`` protocol.

A model translates in three steps. ``encode`` turns source tokens into encoder states: one object
for each source, shared by all requests for that source. ``prefill`` runs the decoder over a known
target prefix, all positions in one pass, and keeps the decoder state of every position, so that
decoding can go on from any of them. A ``DecoderBatch`` holds the decoder states of the running
requests, one in each row, and ``step`` advances all rows by one token.

Shapes: B sources, R rows, S source tokens, T target positions, D hidden size, V vocabulary.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from translator.languages.pair import LanguagePair
from translator.models.info import ModelInfo
from translator.text.tokens import Tokenizer

__all__ = [
    "DecoderBatch",
    "DescribedModel",
    "EncoderStates",
    "FusedBatch",
    "FusedModel",
    "Known",
    "Opened",
    "ParallelModel",
    "Prediction",
    "Prefill",
    "Seq2SeqModel",
    "StepOutput",
    "Steps",
    "lengths_of",
    "predict_from_logits",
    "seconds_from_logits",
]


def lengths_of(sources: Sequence[Sequence[int]]) -> list[int]:
    """Number of tokens in each source; ValueError if one lacks even an end of sentence."""
    lengths = [len(source) for source in sources]
    if not all(lengths):
        raise ValueError("a source has at least its end of sentence")
    return lengths


class EncoderStates(Protocol):
    """The encoder's output for one source; opaque to the engine."""

    @property
    def num_tokens(self) -> int:
        """Number of source tokens S, for the cache's budget."""
        ...


@dataclass(frozen=True, slots=True)
class Prefill:
    """The decoder's output for known target prefixes of B requests.

    Position i has seen the first i target tokens, so it predicts token i: there is one position
    more than there are tokens. Positions past a request's own length hold garbage.

    Attributes:
        hidden: [B, T, D], input of ``logits``.
        alignment: [B, T, S] attention of position i on each source token, or None.
        states: Opaque to the engine: what the model needs to go on from any position.
    """

    hidden: Tensor
    alignment: Tensor | None
    states: object


@dataclass(frozen=True, slots=True)
class StepOutput:
    """The decoder's output after one more token in each of R rows.

    Attributes:
        hidden: [R, D], input of ``logits``.
        alignment: [R, S] attention on each source token (0 past a row's own source), or None.
    """

    hidden: Tensor
    alignment: Tensor | None


@dataclass(frozen=True, slots=True)
class Prediction:
    """The greedy choice at each of N positions, as plain Python.

    Attributes:
        tokens: The most probable token at each position.
        log_probabilities: Their natural log probabilities. Any finite number if they were not asked
            for; NaN or infinite if the scores are not numbers.
        draft_log_probabilities: Those of the drafted tokens at the same positions; empty if there
            are none.
    """

    tokens: list[int]
    log_probabilities: list[float]
    draft_log_probabilities: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a model says of the known targets of B requests.

    Attributes:
        predictions: Of each request, from a position of its own on, the one after its last token
            included.
        aligned: Of each request the source token that each position attends to most, all T of the
            longest; None if the model does not align.
        states: Opaque to the engine: what the model needs to go on from any position.
    """

    predictions: list[Prediction]
    aligned: list[list[int]] | None
    states: object


@dataclass(frozen=True, slots=True)
class Steps:
    """What each of R rows got in some steps.

    Attributes:
        tokens: Of each row the tokens, one or more.
        log_probabilities: Theirs, as in ``Prediction``.
        aligned: The source token that each attends to most; None if the model does not align.
    """

    tokens: list[list[int]]
    log_probabilities: list[list[float]]
    aligned: list[list[int]] | None

    @property
    def num_steps(self) -> int:
        """How many steps there were."""
        return max(map(len, self.tokens))


# What a row may go on from.
Known = Prefill | Opened


def predict_from_logits(
    logits: Tensor, drafted: Sequence[int] | None, *, probable: bool
) -> Prediction:
    """Implement ``Seq2SeqModel.predict`` on the scores [N, V] of all tokens."""
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
    """The first of the best tokens in each row, [N].

    It takes two passes, because torch finds maxima quickly but their positions slowly.
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
    """Decoder states of the running requests, in rows 0, 1, …; rows never affect each other."""

    def load(
        self, row: int, encoder_states: EncoderStates, known: Known, index: int, position: int
    ) -> None:
        """Put request ``index`` of ``known`` into ``row``, in its state at ``position``.

        The next ``step`` gets the token that this position predicts. The row's old content is gone.
        """
        ...

    def move(self, row: int, to: int) -> None:
        """Copy ``row`` over row ``to``; ``row`` holds garbage afterwards."""
        ...

    def step(self, tokens: Tensor) -> StepOutput:
        """Feed token r to row r. ``tokens`` is int64 [R]; rows from R on stand still."""
        ...


@runtime_checkable
class ParallelModel(Protocol):
    """A model that several threads may call at once, each with a batch of its own."""

    @property
    def is_parallel(self) -> bool: ...


class Seq2SeqModel(Protocol):
    """An encoder–decoder model. Called from the engine's thread only, unless ``ParallelModel``.

    Three equalities hold, token for token, on a CPU in float32: batched = alone, prefilled =
    stepped, and any order of arrival gives the same.
    """

    @property
    def info(self) -> ModelInfo: ...

    @property
    def device(self) -> torch.device:
        """Where tensors that are given to the model must be."""
        ...

    def tokenizer(self, pair: LanguagePair) -> Tokenizer:
        """The tokenizer for one of the pairs in ``info.pairs``."""
        ...

    def max_target_tokens(self, num_source_tokens: int) -> int:
        """The longest target that is decoded for a source of this length."""
        ...

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        """Encode each source, given as token ids with the end of sentence."""
        ...

    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Prefill:
        """Run the decoder over the known ``targets`` in one pass, each with its source."""
        ...

    def new_batch(self) -> DecoderBatch:
        """Make a batch without any rows."""
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
            hidden: From a prefill or a step.
            drafted: One token for each row, whose log probability is wanted too.
            probable: Whether log probabilities are wanted; if not, they may be any number.
            sources: The source of each row. A model may then look only at tokens that this source
                can become; without, it looks at all of them.
        """
        ...


@runtime_checkable
class FusedModel(Protocol):
    """A model that decodes and predicts in one call, during which Python has nothing to do.

    What it says is the same as by ``prefill`` and ``predict``, bit by bit. Other threads may have
    the interpreter's lock meanwhile, and each call waits for it once and not many times.
    """

    def open_targets(
        self,
        encoder_states: Sequence[EncoderStates],
        known: Sequence[Sequence[int]],
        firsts: Sequence[int],
        *,
        probable: bool,
    ) -> Opened:
        """``prefill``, and ``predict`` with the known tokens as what is drafted.

        Args:
            encoder_states: The source of each request.
            known: Target tokens of each.
            firsts: The first position of each that is predicted.
            probable: Whether log probabilities are wanted.
        """
        ...


@runtime_checkable
class FusedBatch(Protocol):
    """The ``DecoderBatch`` of a ``FusedModel``."""

    def advance(
        self,
        tokens: Sequence[int],
        room: Sequence[int],
        *,
        end: int,
        most: int,
        bell: bytearray,
        probable: bool,
    ) -> Steps:
        """Feed token r to row r, what it predicts next, and so on, until all rows have ended.

        Args:
            tokens: What each row is given first; rows behind them stand still.
            room: How many tokens each may get, at least one; it ends after so many, or with the
                next. The state of a row that has ended is garbage.
            end: The token that ends a target.
            most: No more steps than so many.
            bell: One byte. Any thread may make it other than 0; then no further step begins.
            probable: Whether log probabilities are wanted.
        """
        ...


@dataclass(frozen=True, slots=True)
class DescribedModel:
    """A model before it is loaded.

    Attributes:
        info: The same as that of the loaded model.
        load: Reads the parameters, which takes time and memory. Raises ModelFilesError if the files
            do not hold what their headers say.
    """

    info: ModelInfo
    load: Callable[[], Seq2SeqModel]

    @classmethod
    def of(cls, model: "Seq2SeqModel | DescribedModel") -> "DescribedModel":
        """A model that is loaded already, or only described.

        Raises:
            TypeError: It is no model but, say, the name of one.
        """
        if isinstance(model, DescribedModel):
            return model
        if not isinstance(getattr(model, "info", None), ModelInfo):
            raise TypeError(
                f"models: a model is needed, not {model!r}; "
                "translator.models.loading.describe_model makes one of PAIR=FOLDER"
            )
        return cls(model.info, lambda: model)
