"""The recurrent model in eight bits on a CPU: parameters, batches and rows for the kernels.

Shapes: B sources or requests, N rows, S source tokens, T target positions, D hidden size, L decoder
layers, V vocabulary.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from translator.errors import ModelFilesError
from translator.models.base import (
    EncoderStates,
    Known,
    Opened,
    Prediction,
    Prefill,
    StepOutput,
    Steps,
    lengths_of,
)
from translator.models.info import ModelInfo
from translator.models.marian import kernels
from translator.models.marian.folder import MarianFiles
from translator.models.marian.hyper_parameters import HyperParameters
from translator.models.marian.int8_parameters import Int8Parameters
from translator.models.marian.recurrent import MarianPair
from translator.models.marian.shortlist import Shortlist
from translator.models.marian.ssru import sinusoids
from translator.models.marian.tiles import BLOCK
from translator.text.tokens import Tokenizer

__all__ = ["Int8Batch", "Int8EncoderStates", "Int8Model"]

_log = logging.getLogger(__name__)

_FIRST_CAPACITY = 8
_FLOAT = 4


@dataclass(frozen=True, slots=True, eq=False)
class Int8EncoderStates:
    """A source as the decoder sees it.

    Attributes:
        cross: See ``kernels.encode``.
        address: Where the kernels find it.
        num_tokens: Source tokens S.
        candidates: The target tokens of a shortlist, ascending.
    """

    cross: NDArray[np.float32]
    address: int
    num_tokens: int
    candidates: NDArray[np.int32] | None = None


class _Cells:
    """Cell states after known targets, [L, N, D], and the row where each request begins."""

    def __init__(self, states: NDArray[np.float32], starts: Sequence[int]) -> None:
        self.states = states
        self.starts = starts
        self.address = states.ctypes.data


class _Among(NamedTuple):
    """The tokens that each of N rows may become.

    Attributes:
        matrix: int8 [V, D], the output layer's weights, a token a row; empty: all tokens.
        candidates: See ``kernels.predict_among``, as for the others.
        firsts: See there.
        counts: See there.
    """

    matrix: NDArray[np.int8]
    candidates: NDArray[np.int32]
    firsts: NDArray[np.int64]
    counts: NDArray[np.int64]


_ALL = _Among(
    np.zeros((0, 0), np.int8), np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int64)
)


class _Positions(NamedTuple):
    """Target positions of B requests, one after another, as ``kernels.decode`` wants them."""

    tokens: NDArray[np.int64]
    places: NDArray[np.int64]
    lengths: NDArray[np.int64]
    sources: NDArray[np.int64]
    source_lengths: NDArray[np.int64]

    @classmethod
    def of(
        cls, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> "_Positions":
        """Known targets, each with its source."""
        sources = [cast(Int8EncoderStates, states) for states in encoder_states]
        return cls(
            # Position 0 has seen nothing: its input is the zero vector.
            np.array([token for target in targets for token in (-1, *target)]),
            np.array([place for target in targets for place in range(len(target) + 1)]),
            np.array([len(target) + 1 for target in targets]),
            np.array([source.address for source in sources]),
            np.array([source.num_tokens for source in sources]),
        )

    @property
    def starts(self) -> list[int]:
        """Where each request begins."""
        return [0, *accumulate(self.lengths.tolist())][:-1]


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
        self._parameters = Int8Parameters(files, unk_id)
        self._has_open_end = files.open_end is not None
        self._open_end = np.zeros(files.hyper_parameters.dim, np.float32)
        if files.open_end is not None:
            self._open_end = files.open_end
        self._positions = sinusoids(256, files.hyper_parameters.dim).numpy()
        _log.info("%s: loading its kernels; on a new machine they are compiled first", info.name)
        sources = self.encode([[0]])
        opened = self.open_targets(sources, [[]], [0], probable=True)
        batch = self.new_batch()
        batch.load(0, sources[0], opened, 0, 0)
        batch.advance([0], [1], end=0, most=1, bell=bytearray(1), probable=True)
        # Where second choices or a datastore are wanted, prediction is a call of its own.
        self.predict(self.prefill(sources, [[]]).hidden[0], sources=sources)

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        if not sources:
            return []
        lengths = lengths_of(sources)
        tokens = np.array([token for source in sources for token in source])
        hp = self._parameters.hp
        _check(tokens, 0, hp.source_vocabulary + self._has_open_end)
        depth = len(hp.decoder_layers)
        # An array each, so that one kept source does not hold the memory of all.
        cross = [
            np.empty(2 * depth * hp.dim * kernels.filled(length), np.float32) for length in lengths
        ]
        addresses = [each.ctypes.data for each in cross]
        kernels.encode(
            np.where(tokens == hp.source_vocabulary, -1, tokens),
            np.array(lengths),
            *self._parameters.source_embeddings,
            self._open_end,
            self._table(max(lengths)),
            hp.heads,
            hp.activation == "swish",
            self._parameters.encoder,
            depth,
            np.array(addresses),
        )
        return [
            Int8EncoderStates(states, address, length, self._candidates(source))
            for states, address, length, source in zip(
                cross, addresses, lengths, sources, strict=True
            )
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
        rows = _Positions.of(encoder_states, targets)
        hidden, after, alignment = self.decode(rows, self._first_cells(len(targets)))
        starts = rows.starts
        states = _Cells(after, starts)
        if len(targets) == 1:
            return Prefill(
                torch.from_numpy(hidden)[None],
                None if alignment is None else torch.from_numpy(alignment)[None],
                states,
            )
        lengths = rows.lengths.tolist()
        return Prefill(
            _padded(hidden, starts, lengths),
            None if alignment is None else _padded(alignment, starts, lengths),
            states,
        )

    def decode(
        self, rows: _Positions, cells: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32] | None]:
        """Hidden [N, D], cell states [L, N, D] and alignment; see ``kernels.decode``."""
        hp, count = self._parameters.hp, len(rows.tokens)
        _check(rows.tokens, -1, hp.target_vocabulary)
        hidden = np.empty((count, hp.dim), np.float32)
        after = np.empty((len(hp.decoder_layers), count, hp.dim), np.float32)
        aligns = hp.alignment_layer is not None
        width = int(rows.source_lengths.max()) if aligns else 1
        alignment = np.zeros((count, width), np.float32)
        kernels.decode(
            rows.tokens,
            rows.places,
            rows.lengths,
            cells,
            rows.sources,
            rows.source_lengths,
            *self._decoder(int(rows.places.max()) + 1),
            hidden,
            after,
            alignment,
        )
        return hidden, after, alignment if aligns else None

    def open_targets(
        self,
        encoder_states: Sequence[EncoderStates],
        known: Sequence[Sequence[int]],
        firsts: Sequence[int],
        *,
        probable: bool,
    ) -> Opened:
        """See ``models.base.FusedModel``."""
        rows, hp = _Positions.of(encoder_states, known), self._parameters.hp
        _check(rows.tokens, -1, hp.target_vocabulary)
        # Nothing is drafted for the position after the last token.
        drafts = [(*target[first:], -1) for target, first in zip(known, firsts, strict=True)]
        ends = [0, *accumulate(map(len, drafts))]
        sources = [
            source for source, draft in zip(encoder_states, drafts, strict=True) for _ in draft
        ]
        after = np.empty((len(hp.decoder_layers), len(rows.tokens), hp.dim), np.float32)
        aligned = np.empty(len(rows.tokens), np.int64)
        tokens = np.zeros(ends[-1], np.int64)
        scores, draft_scores = np.zeros((2, ends[-1]), np.float32)
        kernels.open_targets(
            rows.tokens,
            rows.places,
            rows.lengths,
            np.array(firsts),
            self._first_cells(len(known)),
            rows.sources,
            rows.source_lengths,
            *self._decoder(int(rows.lengths.max())),
            self._parameters.output,
            self.among(sources),
            np.array([token for draft in drafts for token in draft]),
            probable,
            after,
            aligned,
            tokens,
            scores,
            draft_scores,
        )
        found = tokens.tolist(), scores.tolist(), draft_scores.tolist()
        predictions = [
            Prediction(found[0][at:end], found[1][at:end], found[2][at : end - 1])
            for at, end in pairwise(ends)
        ]
        starts = rows.starts
        return Opened(predictions, self._in_parts(aligned.tolist(), starts), _Cells(after, starts))

    def advance(
        self,
        rows: _Positions,
        cells: NDArray[np.int64],
        among: _Among,
        room: Sequence[int],
        after: NDArray[np.float32],
        *,
        end: int,
        most: int,
        bell: bytearray,
        probable: bool,
    ) -> Steps:
        """Run rows on; see ``models.base.FusedBatch`` and ``kernels.advance``."""
        hp, count = self._parameters.hp, len(rows.tokens)
        _check(rows.tokens, -1, hp.target_vocabulary)
        made = np.empty(count, np.int64)
        tokens, aligned = np.empty((2, count, most), np.int64)
        scores = np.empty((count, most), np.float32)
        addresses, strides = cells
        kernels.advance(
            rows.tokens,
            rows.places,
            addresses,
            strides,
            rows.sources,
            rows.source_lengths,
            *self._decoder(int(rows.places.max()) + most + 1),
            self._parameters.output,
            among,
            probable,
            end,
            np.array(room),
            np.frombuffer(bell, np.uint8),
            made,
            after,
            tokens,
            scores,
            aligned,
        )
        lengths = made.tolist()
        return Steps(
            _cut(tokens, lengths),
            _cut(scores, lengths),
            None if hp.alignment_layer is None else _cut(aligned, lengths),
        )

    def among(self, sources: Sequence[EncoderStates]) -> "_Among":
        """What each of these rows may become, for the kernels."""
        if self._rows is None:
            return _ALL
        return _Among(self._rows, *_side_by_side(sources))

    def _first_cells(self, count: int) -> NDArray[np.float32]:
        hp = self._parameters.hp
        return np.zeros((len(hp.decoder_layers), count, hp.dim), np.float32)

    def _decoder(self, num_places: int) -> tuple[Any, ...]:
        """What all kernels that decode take: ``embeddings`` to ``alignment_layer``."""
        hp = self._parameters.hp
        return (
            *self._parameters.target_embeddings,
            self._table(num_places),
            hp.heads,
            hp.activation == "swish",
            self._parameters.decoder,
            -1 if hp.alignment_layer is None else hp.alignment_layer,
        )

    def _in_parts(self, aligned: list[int], starts: list[int]) -> list[list[int]] | None:
        """What is aligned with each position, for each request; None if nothing is aligned."""
        if self._parameters.hp.alignment_layer is None:
            return None
        return [aligned[at:end] for at, end in pairwise((*starts, len(aligned)))]

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
            matrix, *among = self.among(sources)
            kernels.predict_among(rows, matrix, output, *among, asked, probable, *results)
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


def _cut(values: NDArray[Any], lengths: Sequence[int]) -> list[list[Any]]:
    """The first so many of each row [N, K], as plain Python."""
    return [row[:length] for row, length in zip(values.tolist(), lengths, strict=True)]


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


class _Row(NamedTuple):
    """What the addresses of a row point at: its source, and its cell states [L, D]."""

    source: Int8EncoderStates
    cells: NDArray[np.float32]


class Int8Batch:
    """Implements ``models.base.DecoderBatch`` and ``FusedBatch``.

    A row is a position, and the addresses of encoder states and of cell states. These are not
    copied: NumPy gives up the interpreter's lock for all but the smallest copies, and in a busy
    server it takes milliseconds to come by again.
    """

    def __init__(self, model: Int8Model, hp: HyperParameters) -> None:
        self._model = model
        self._depth, self._dim = len(hp.decoder_layers), hp.dim
        self._rows: list[_Row] = []
        # Of each row: its position, address and length of its source, address and stride of its
        # cell states.
        self._numbers = np.zeros((5, _FIRST_CAPACITY), np.int64)

    def load(
        self, row: int, encoder_states: EncoderStates, known: Known, index: int, position: int
    ) -> None:
        source, cells = cast(Int8EncoderStates, encoder_states), cast(_Cells, known.states)
        at, stride = cells.starts[index] + position, cells.states.shape[1] * self._dim
        self._put(
            row,
            _Row(source, cells.states[:, at]),
            (
                position,
                source.address,
                source.num_tokens,
                cells.address + _FLOAT * at * self._dim,
                stride,
            ),
        )

    def move(self, row: int, to: int) -> None:
        self._put(to, self._rows[row], self._numbers[:, row])

    def step(self, tokens: Tensor) -> StepOutput:
        count = len(tokens)
        self._numbers[0, :count] += 1
        cells = np.stack([row.cells for row in self._rows[:count]], axis=1)
        hidden, after, alignment = self._model.decode(self._positions(tokens.numpy()), cells)
        self._keep(after.transpose(1, 0, 2))
        return StepOutput(
            torch.from_numpy(hidden), None if alignment is None else torch.from_numpy(alignment)
        )

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
        """See ``models.base.FusedBatch``."""
        count = len(tokens)
        after = np.empty((count, self._depth, self._dim), np.float32)
        steps = self._model.advance(
            self._positions(np.array(tokens)),
            self._numbers[3:, :count],
            self._model.among([row.source for row in self._rows[:count]]),
            room,
            after,
            end=end,
            most=most,
            bell=bell,
            probable=probable,
        )
        self._keep(after)
        return steps

    def _positions(self, tokens: NDArray[np.int64]) -> _Positions:
        """The first rows, of which each has one position."""
        places, sources, source_lengths = self._numbers[:3, : len(tokens)]
        return _Positions(tokens, places, np.ones(len(tokens), np.int64), sources, source_lengths)

    def _keep(self, cells: NDArray[np.float32]) -> None:
        """Go on from other cell states [R, L, D] in the first rows."""
        count = len(cells)
        self._rows[:count] = [
            _Row(row.source, own) for row, own in zip(self._rows, cells, strict=False)
        ]
        address, (of_row, of_layer, _) = cells.ctypes.data, cells.strides
        self._numbers[3, :count] = range(address, address + count * of_row, of_row)
        self._numbers[4, :count] = of_layer // _FLOAT

    def _put(self, row: int, held: _Row, numbers: Sequence[int] | NDArray[np.int64]) -> None:
        capacity = self._numbers.shape[1]
        if row >= capacity:
            self._numbers = np.pad(self._numbers, ((0, 0), (0, max(capacity, row + 1 - capacity))))
        self._rows[row : row + 1] = [held]
        self._numbers[:, row] = numbers
