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

from translator.models.pair import LanguagePair

__all__ = [
    "ENCODER_CACHE_TOKENS",
    "DecoderBatch",
    "DescribedModel",
    "EncodedText",
    "EncoderStates",
    "LanguagePair",
    "ModelInfo",
    "Prediction",
    "Prefill",
    "Seq2SeqModel",
    "StepOutput",
    "Tokenizer",
    "lengths_of",
    "predict_from_logits",
    "seconds_from_logits",
]

# Source tokens of each model whose encoder states the engine keeps.
ENCODER_CACHE_TOKENS = 4_096


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a model is.

    Attributes:
        name: Unique in a catalog.
        family: Kind of network, for example ``marian-ssru``.
        pairs: The pairs it translates.
        supports_alignment: Whether prefill and step return alignment weights.
        max_source_tokens: Longest source, end of sentence included.
        license: SPDX identifier of the weights' licence; empty when unknown.
        origin: Where the files came from.
        device: Where it runs, for example ``cpu``.
        memory_bytes: Estimate of what it takes there when loaded, encoder states included.
        shares_encoding: Whether a source has the same tokens whatever it is translated into, so
            that one encoding serves several targets.
        has_open_end: Whether it can be told that a source goes on; see ``open_end.py``.
    """

    name: str
    family: str
    pairs: tuple[LanguagePair, ...]
    supports_alignment: bool
    max_source_tokens: int
    license: str = ""
    origin: str = ""
    device: str = "cpu"
    memory_bytes: int = 0
    shares_encoding: bool = False
    has_open_end: bool = False


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A source text as tokens.

    Attributes:
        tokens: Token ids, end of sentence included.
        spans: For each token the code points ``[start, end)`` of the text that it comes from; white
            space before a word belongs to the word. The end of sentence has an empty span.
    """

    tokens: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


class Tokenizer(Protocol):
    """Text to tokens and back, for one language pair of one model. Safe to call from any thread."""

    @property
    def eos_id(self) -> int:
        """The token that ends source and target."""
        ...

    @property
    def open_id(self) -> int | None:
        """The token that ends a source of which more is to come, where the model knows one."""
        ...

    @property
    def target_start(self) -> tuple[int, ...]:
        """Tokens that every target begins with and no reader sees, such as a language token."""
        ...

    def encode_source(self, text: str) -> EncodedText:
        """Tokens of a source text, end of sentence included, with where each comes from."""
        ...

    def encode_target(self, text: str) -> tuple[int, ...]:
        """Tokens of a target text, without end of sentence: for a target prefix given as text."""
        ...

    def piece(self, token: int) -> str:
        """A target token as text, a leading space included; ``""`` for control tokens."""
        ...


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
