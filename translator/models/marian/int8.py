"""The recurrent model in eight bits on a CPU: parameters, batches and rows for the kernels.

Shapes: B sources or requests, N rows, S source tokens, T target positions, D hidden size, L decoder
layers, V vocabulary.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from translator.errors import ModelFilesError
from translator.models.base import EncoderStates, Prediction, Prefill, StepOutput, lengths_of
from translator.models.info import ModelInfo
from translator.models.marian import kernels
from translator.models.marian.folder import MarianFiles
from translator.models.marian.hyper_parameters import HyperParameters
from translator.models.marian.kernels import Affine, DecoderLayers, EncoderLayers, Norm
from translator.models.marian.names import (
    OUTPUT_BIAS,
    FeedForwardNames,
    MapNames,
    NormNames,
    decoder_layer,
    encoder_layer,
)
from translator.models.marian.recurrent import MarianPair
from translator.models.marian.shortlist import Shortlist
from translator.models.marian.ssru import sinusoids
from translator.models.marian.tensors import EightBit
from translator.models.marian.tiles import BLOCK, LANES, ZERO, pack
from translator.text.tokens import Tokenizer

__all__ = ["Int8Batch", "Int8EncoderStates", "Int8Model"]

_log = logging.getLogger(__name__)

# Marian's name for the output layer in the names of activation multipliers.
_OUTPUT = "none"
_IMPOSSIBLE = np.float32(-1e30)
_FIRST_CAPACITY = 8
# Real ones are around 20; what Marian writes where it saw no activation is far beyond.
_MAX_MULTIPLIER = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Int8EncoderStates:
    """A source as the decoder sees it; see ``kernels.encode`` for ``cross``.

    ``candidates`` are the target tokens of a shortlist, ascending.
    """

    cross: NDArray[np.float32]
    num_tokens: int
    candidates: NDArray[np.int32] | None = None

    @property
    def address(self) -> int:
        """Where the kernels find it."""
        return self.cross.ctypes.data


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Cell states after a prefill, [L, N, D], and the row where each request begins."""

    states: NDArray[np.float32]
    starts: Sequence[int]


class _Parameters:
    """A model's parameters in the form that the kernels take.

    Raises:
        ModelFilesError: A matrix is not in eight bits, or its input has no multiplier.
    """

    def __init__(self, files: MarianFiles, unk_id: int) -> None:
        hp = self.hp = files.hyper_parameters
        self._files = files
        if hp.dim // hp.heads % LANES:
            raise ModelFilesError(
                f"{files.path}: heads of size {hp.dim // hp.heads} cannot run in eight bits, "
                f"expected a multiple of {LANES}; use the precision float32"
            )
        encoders = [encoder_layer(n) for n in range(1, hp.encoder_layers + 1)]
        decoders = [decoder_layer(n) for n in hp.decoder_layers]
        here = [layer.attention for layer in encoders]
        across = [layer.attention for layer in decoders]
        self.encoder = EncoderLayers(
            self._affine([[a.query, a.key, a.value] for a in here], query=True),
            self._affine([[a.out] for a in here]),
            self._norm([a.norm for a in here]),
            *self._feed_forward([layer.feed_forward for layer in encoders]),
            self._affine([[each for a in across for each in (a.key, a.value)]]),
        )
        self.decoder = DecoderLayers(
            self._affine([[layer.cell, layer.gate] for layer in decoders]),
            self._norm([layer.cell_norm for layer in decoders]),
            self._affine([[a.query] for a in across], query=True),
            self._affine([[a.out] for a in across]),
            self._norm([a.norm for a in across]),
            *self._feed_forward([layer.feed_forward for layer in decoders]),
        )
        self.output, packed = self._output(unk_id)
        self.source_embeddings = self._embeddings(hp.source_embeddings, packed)
        self.target_embeddings = self._embeddings(hp.target_embeddings, packed)
        # All is copied; the file's memory can go.
        del self._files

    def _eight_bit(self, name: str) -> EightBit:
        stored = self._files.tensors.eight_bit(name)
        if stored is None:
            raise ModelFilesError(
                f"{self._files.path}: tensor {name} is not in eight bits; use the precision float32"
            )
        return stored

    def _multiplier(self, names: Sequence[str]) -> float:
        """The multiplier of the common input of these maps; the one with the widest range."""
        multipliers = self._files.tensors.activation_multipliers
        found = [multipliers.get(name, 0.0) for name in names]
        for name, multiplier in zip(names, found, strict=True):
            if not 0 < multiplier < _MAX_MULTIPLIER:
                raise ModelFilesError(
                    f"{self._files.path}: no activation multiplier for {name}, "
                    "which eight bits need; use the precision float32"
                )
        return min(found)

    def _affine(
        self,
        layers: Sequence[Sequence[MapNames]],
        *,
        query: bool = False,
        following: Affine | None = None,
    ) -> Affine:
        """Put maps of the same input side by side, for each layer.

        With ``query``, the first map is scaled for attention. With ``following``, the results are
        scaled as input of that map, which comes after a relu.
        """
        hp, made = self.hp, []
        for layer, maps in enumerate(layers):
            names = [each.weight for each in maps]
            matrices = [self._eight_bit(name) for name in names]
            bias = np.concatenate([self._bias(each) for each in maps])
            factors = np.ones(len(bias), np.float32)
            if query:
                factors[: hp.dim] = (hp.dim // hp.heads) ** -0.5
            if following is not None and hp.activation == "relu":
                factors *= following.multipliers[layer]
            made.append(_one_affine(matrices, bias, factors, self._multiplier(names)))
        return Affine(*(np.stack(parts) for parts in zip(*made, strict=True)))

    def _feed_forward(self, layers: Sequence[FeedForwardNames]) -> tuple[Affine, Affine, Norm]:
        outer = self._affine([[layer.outer] for layer in layers])
        inner = self._affine([[layer.inner] for layer in layers], following=outer)
        return inner, outer, self._norm([layer.norm for layer in layers])

    def _bias(self, names: MapNames) -> NDArray[np.float32]:
        # Of the maps that are as wide as the network, the cell's value has none.
        if names.bias is None:
            return np.zeros(self.hp.dim, np.float32)
        bias: NDArray[np.float32] = self._files.tensors[names.bias][0]
        return bias

    def _norm(self, layers: Sequence[NormNames]) -> Norm:
        tensors = self._files.tensors
        return Norm(
            np.stack([tensors[names.scale][0] for names in layers]),
            np.stack([tensors[names.bias][0] for names in layers]),
        )

    def _output(self, unk_id: int) -> tuple[Affine, dict[str, NDArray[np.int8]]]:
        """The output layer, and its packed matrix by the embeddings' name if they are the same."""
        hp, tensors = self.hp, self._files.tensors
        name = hp.output_embeddings
        matrix = self._eight_bit(name)
        if hp.tied_output:
            matrix = EightBit(matrix.integers.T, matrix.multiplier)
        bias = np.zeros(hp.target_vocabulary, np.float32)
        if hp.output_bias:
            bias += tensors[OUTPUT_BIAS][0]
        # Marian never writes <unk> unless it is told to (--allow-unk).
        bias[unk_id] = _IMPOSSIBLE
        multiplier = self._multiplier(
            [_OUTPUT if _OUTPUT in tensors.activation_multipliers else name]
        )
        one = _one_affine([matrix], bias, np.ones(len(bias), np.float32), multiplier)
        affine = Affine(*(part[None] for part in one))
        return affine, {name: affine.weights[0]} if hp.tied_output else {}

    def _embeddings(
        self, name: str, packed: dict[str, NDArray[np.int8]]
    ) -> tuple[NDArray[np.int8], np.float32]:
        """Embeddings, packed like the output layer, with the scale of an input."""
        stored = self._eight_bit(name)
        if name not in packed:
            packed[name] = pack(stored.integers)
        return packed[name], np.float32(np.sqrt(self.hp.dim) / stored.multiplier)


def _one_affine(
    matrices: Sequence[EightBit],
    bias: NDArray[np.float32],
    factors: NDArray[np.float32],
    multiplier: float,
) -> tuple[NDArray[Any], ...]:
    """The parts of an ``Affine`` for one layer; column m is scaled by ``factors[m]``."""
    integers = np.concatenate([matrix.integers.T for matrix in matrices])
    scales = factors / np.concatenate(
        [np.full(m.shape[1], multiplier * m.multiplier) for m in matrices]
    )
    shifted = bias * factors - ZERO * integers.sum(axis=1, dtype=np.int64) * scales
    filling = -len(integers) % BLOCK
    return (
        pack(integers),
        np.pad(scales, (0, filling)).astype(np.float32),
        # What fills a block is never the best token.
        np.pad(shifted, (0, filling), constant_values=_IMPOSSIBLE).astype(np.float32),
        np.asarray(multiplier, np.float32),
    )


class Int8Model(MarianPair):
    """Implements ``models.base.Seq2SeqModel`` for one language pair.

    Args:
        files: The checked files.
        tokenizer: The tokenizer with the model's vocabularies.
        unk_id: The target token that is never predicted.
        info: What the model is.
        shortlist: Limits which tokens a source may become.

    Raises:
        ModelFilesError: The files are not made for eight bits.
    """

    # The kernels change nothing but what they are given, and do not hold the interpreter's lock.
    is_parallel = True

    def __init__(
        self,
        files: MarianFiles,
        tokenizer: Tokenizer,
        unk_id: int,
        info: ModelInfo,
        shortlist: Shortlist | None = None,
    ) -> None:
        super().__init__(files, tokenizer, info)
        self._shortlist = shortlist
        # The output layer a token a row, for looking at some.
        self._rows = None if shortlist is None else _output_rows(files)
        self._parameters = _Parameters(files, unk_id)
        self._has_open_end = files.open_end is not None
        self._open_end = np.zeros(files.hyper_parameters.dim, np.float32)
        if files.open_end is not None:
            self._open_end = files.open_end
        self._positions = sinusoids(256, files.hyper_parameters.dim).numpy()
        _log.info("%s: loading its kernels; on a new machine they are compiled first", info.name)
        sources = self.encode([[0]])
        self.predict(self.prefill(sources, [[]]).hidden[0], sources=sources)

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        if not sources:
            return []
        lengths = np.array(lengths_of(sources))
        tokens = np.array([token for source in sources for token in source])
        hp = self._parameters.hp
        _check(tokens, 0, hp.source_vocabulary + self._has_open_end)
        depth = len(hp.decoder_layers)
        sizes = [2 * depth * hp.dim * kernels.filled(len(source)) for source in sources]
        cross = np.empty(sum(sizes), np.float32)
        kernels.encode(
            np.where(tokens == hp.source_vocabulary, -1, tokens),
            lengths,
            *self._parameters.source_embeddings,
            self._open_end,
            self._table(int(lengths.max())),
            hp.heads,
            hp.activation == "swish",
            self._parameters.encoder,
            depth,
            cross,
        )
        # A copy each, so that one kept source does not hold the memory of all.
        parts = [cross]
        if len(sources) > 1:
            parts = [part.copy() for part in np.split(cross, np.cumsum(sizes)[:-1])]
        return [
            Int8EncoderStates(part, len(source), self._candidates(source))
            for part, source in zip(parts, sources, strict=True)
        ]

    def _candidates(self, source: Sequence[int]) -> NDArray[np.int32] | None:
        if self._shortlist is None:
            return None
        size = self._parameters.hp.source_vocabulary
        return self._shortlist.candidates([token for token in source if token < size])

    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Prefill:
        """Run the decoder over known targets, without padding."""
        lengths = [len(target) + 1 for target in targets]
        # Position 0 has seen nothing: its input is the zero vector.
        tokens = np.array([token for target in targets for token in (-1, *target)])
        places = np.concatenate([np.arange(length) for length in lengths])
        hp = self._parameters.hp
        _check(tokens, -1, hp.target_vocabulary)
        cells = np.zeros((len(hp.decoder_layers), len(targets), hp.dim), np.float32)
        sources = [cast(Int8EncoderStates, states) for states in encoder_states]
        hidden, after, alignment = self.decode(
            tokens,
            places,
            np.array(lengths),
            cells,
            np.array([source.address for source in sources]),
            np.array([source.num_tokens for source in sources]),
        )
        starts = [0, *np.cumsum(lengths)[:-1].tolist()]
        states = _Cells(after, starts)
        if len(targets) == 1:
            return Prefill(
                torch.from_numpy(hidden)[None],
                None if alignment is None else torch.from_numpy(alignment)[None],
                states,
            )
        return Prefill(
            _padded(hidden, starts, lengths),
            None if alignment is None else _padded(alignment, starts, lengths),
            states,
        )

    def decode(
        self,
        tokens: NDArray[np.int64],
        places: NDArray[np.int64],
        lengths: NDArray[np.int64],
        cells: NDArray[np.float32],
        sources: NDArray[np.int64],
        source_lengths: NDArray[np.int64],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32] | None]:
        """Hidden [N, D], cell states [L, N, D] and alignment; see ``kernels.decode``."""
        hp = self._parameters.hp
        hidden = np.empty((len(tokens), hp.dim), np.float32)
        after = np.empty((len(hp.decoder_layers), len(tokens), hp.dim), np.float32)
        aligns = hp.alignment_layer is not None
        width = int(source_lengths.max()) if aligns else 1
        alignment = np.zeros((len(tokens), width), np.float32)
        kernels.decode(
            tokens,
            places,
            lengths,
            cells,
            sources,
            source_lengths,
            *self._parameters.target_embeddings,
            self._table(int(places.max()) + 1),
            hp.heads,
            hp.activation == "swish",
            self._parameters.decoder,
            -1 if hp.alignment_layer is None else hp.alignment_layer,
            hidden,
            after,
            alignment,
        )
        return hidden, after, alignment if aligns else None

    def new_batch(self) -> "Int8Batch":
        return Int8Batch(self, self._parameters.hp)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores [N, V]; -1e30 for the unknown token."""
        output = self._parameters.output
        scores = np.empty((len(hidden), output.bias.shape[1]), np.float32)
        kernels.affine(np.ascontiguousarray(hidden.numpy()), output, scores)
        return torch.from_numpy(scores)[:, : self._parameters.hp.target_vocabulary]

    def predict(
        self,
        hidden: Tensor,
        drafted: Sequence[int] | None = None,
        *,
        probable: bool = True,
        sources: Sequence[EncoderStates] = (),
    ) -> Prediction:
        rows = np.ascontiguousarray(hidden.numpy())
        count = len(rows)
        asked = np.full(count, -1) if drafted is None else np.array(drafted)
        tokens = np.zeros(count, np.int64)
        scores, draft_scores = np.zeros(count, np.float32), np.zeros(count, np.float32)
        output, results = self._parameters.output, (tokens, scores, draft_scores)
        if sources and self._rows is not None:
            kernels.predict_among(
                rows, self._rows, output, *_side_by_side(sources), asked, probable, *results
            )
        else:
            kernels.predict(rows, output, asked, probable, *results)
        return Prediction(
            tokens.tolist(), scores.tolist(), [] if drafted is None else draft_scores.tolist()
        )

    def _table(self, count: int) -> NDArray[np.float32]:
        """Position vectors for at least ``count`` positions."""
        if count > len(self._positions):
            self._positions = sinusoids(2 * count, self._parameters.hp.dim).numpy()
        return self._positions


def _output_rows(files: MarianFiles) -> NDArray[np.int8]:
    """The output layer's matrix [V, D]."""
    hp = files.hyper_parameters
    if hp.dim % BLOCK:
        raise ModelFilesError(
            f"{files.path}: a shortlist needs a hidden size that is a multiple of {BLOCK}, "
            f"not {hp.dim}; leave it out"
        )
    stored = files.tensors.eight_bit(hp.output_embeddings)
    if stored is None:
        raise ModelFilesError(f"{files.path}: its output layer is not in eight bits")
    return np.array(stored.integers if hp.tied_output else stored.integers.T, order="C")


def _side_by_side(
    sources: Sequence[EncoderStates],
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """The candidates of all sources in one array, and where each row's begin and how many."""
    lists: list[NDArray[np.int32]] = []
    places: list[tuple[int, int]] = []
    first = count = 0
    last: EncoderStates | None = None
    for source in sources:
        # Rows of one source stand one after another.
        if source is not last:
            candidates = cast(Int8EncoderStates, source).candidates
            assert candidates is not None, "the source was encoded without a shortlist"  # noqa: S101
            first, count, last = first + count, len(candidates), source
            lists.append(candidates)
        places.append((first, count))
    firsts, counts = np.array(places).T
    return np.concatenate(lists), firsts, counts


def _check(tokens: NDArray[np.int64], first: int, vocabulary: int) -> None:
    """Raise IndexError for a token that does not exist: a kernel would read past its array."""
    if tokens.min() < first or tokens.max() >= vocabulary:
        raise IndexError(f"tokens are {tokens.min()} to {tokens.max()}; there are {vocabulary}")


def _padded(rows: NDArray[np.float32], starts: Sequence[int], lengths: Sequence[int]) -> Tensor:
    """Turn rows [N, D] of B requests into [B, T, D]."""
    padded = np.zeros((len(starts), max(lengths), rows.shape[1]), np.float32)
    for b, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        padded[b, :length] = rows[start : start + length]
    return torch.from_numpy(padded)


class Int8Batch:
    """Implements ``models.base.DecoderBatch``.

    A row is a cell state, a position, and the address of encoder states, which are not copied.
    """

    def __init__(self, model: Int8Model, hp: HyperParameters) -> None:
        self._model = model
        self._cells = np.zeros((len(hp.decoder_layers), _FIRST_CAPACITY, hp.dim), np.float32)
        self._ones = np.ones(_FIRST_CAPACITY, np.int64)
        self._places = np.zeros(_FIRST_CAPACITY, np.int64)
        self._addresses = np.zeros(_FIRST_CAPACITY, np.int64)
        self._source_lengths = np.zeros(_FIRST_CAPACITY, np.int64)
        # Holds what the addresses point at.
        self._sources: list[Int8EncoderStates | None] = [None] * _FIRST_CAPACITY

    def load(
        self, row: int, encoder_states: EncoderStates, prefill: Prefill, index: int, position: int
    ) -> None:
        self._grow(row + 1)
        source, cells = cast(Int8EncoderStates, encoder_states), cast(_Cells, prefill.states)
        self._cells[:, row] = cells.states[:, cells.starts[index] + position]
        self._places[row] = position
        self._sources[row] = source
        self._addresses[row] = source.address
        self._source_lengths[row] = source.num_tokens

    def move(self, row: int, to: int) -> None:
        self._grow(to + 1)
        self._cells[:, to] = self._cells[:, row]
        for values in (self._places, self._addresses, self._source_lengths):
            values[to] = values[row]
        self._sources[to] = self._sources[row]

    def step(self, tokens: Tensor) -> StepOutput:
        rows = len(tokens)
        self._places[:rows] += 1
        hidden, after, alignment = self._model.decode(
            tokens.numpy(),
            self._places[:rows],
            self._ones[:rows],
            self._cells,
            self._addresses[:rows],
            self._source_lengths[:rows],
        )
        self._cells[:, :rows] = after
        return StepOutput(
            torch.from_numpy(hidden), None if alignment is None else torch.from_numpy(alignment)
        )

    def _grow(self, rows: int) -> None:
        capacity = len(self._places)
        if rows <= capacity:
            return
        more = max(capacity, rows - capacity)
        self._cells = np.pad(self._cells, ((0, 0), (0, more), (0, 0)))
        self._ones = np.ones(capacity + more, np.int64)
        self._places, self._addresses, self._source_lengths = (
            np.pad(values, (0, more))
            for values in (self._places, self._addresses, self._source_lengths)
        )
        self._sources += [None] * more
