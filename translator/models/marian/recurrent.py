"""The recurrent model behind the engine's protocol: batches, padding and rows.

Shapes: B sources or requests, R rows, S source tokens, T target positions, D hidden size, H heads,
L decoder layers, V vocabulary.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from translator.languages.pair import LanguagePair
from translator.models.base import (
    EncoderStates,
    Known,
    Prediction,
    Prefill,
    StepOutput,
    lengths_of,
    predict_from_logits,
)
from translator.models.info import ModelInfo
from translator.models.marian.folder import MarianFiles
from translator.models.marian.ssru import Network, load_network
from translator.text.tokens import Tokenizer

__all__ = ["MarianPair", "RecurrentBatch", "RecurrentEncoderStates", "RecurrentModel"]

_FIRST_CAPACITY = 8
_FIRST_SOURCE_TOKENS = 32
# A short source may need more than its share: "ok" can become a phrase.
_EXTRA_TARGET_TOKENS = 8


@dataclass(frozen=True, slots=True, eq=False)
class RecurrentEncoderStates:
    """Keys and values of a source: ``cross`` [L, 2, H, S, D/H], without padding."""

    cross: Tensor

    @property
    def num_tokens(self) -> int:
        return self.cross.shape[3]


def _cross(states: EncoderStates) -> Tensor:
    return cast(RecurrentEncoderStates, states).cross


def _padding_mask(lengths: Sequence[int], like: Tensor) -> Tensor | None:
    """[B, 1, 1, S] with -inf past each length; None if there is no padding."""
    longest = max(lengths)
    if min(lengths) == longest:
        return None
    padded = torch.arange(longest) >= torch.tensor(lengths)[:, None]
    mask = torch.zeros(padded.shape).masked_fill_(padded, -math.inf)
    return mask[:, None, None].to(like)


class MarianPair:
    """What all models of a Marian folder share, however they compute.

    Args:
        files: The checked files.
        tokenizer: The tokenizer with the model's vocabularies.
        info: What the model is.
    """

    def __init__(self, files: MarianFiles, tokenizer: Tokenizer, info: ModelInfo) -> None:
        self._info = info
        self._tokenizer = tokenizer
        self._max_length_factor = files.max_length_factor

    @property
    def info(self) -> ModelInfo:
        return self._info

    def tokenizer(self, pair: LanguagePair) -> Tokenizer:
        if pair not in self._info.pairs:
            raise KeyError(pair)
        return self._tokenizer

    def max_target_tokens(self, num_source_tokens: int) -> int:
        """Marian's ``max-length-factor`` times the source length, plus a few."""
        return int(self._max_length_factor * num_source_tokens) + _EXTRA_TARGET_TOKENS


class RecurrentModel(MarianPair):
    """Implements ``models.base.Seq2SeqModel`` for one language pair, in torch.

    Args:
        files: The checked files.
        tokenizer: The tokenizer with the model's vocabularies.
        unk_id: The target token that is never predicted.
        info: Its ``device`` is where the model runs.
        dtype: float32 for the three equalities; a half type on a GPU trades them for speed.
    """

    def __init__(
        self,
        files: MarianFiles,
        tokenizer: Tokenizer,
        unk_id: int,
        info: ModelInfo,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(files, tokenizer, info)
        network = load_network(files.tensors, files.hyper_parameters)
        network = self._network = network.to(device=torch.device(info.device), dtype=dtype).eval()
        # [D, V], a copy: for one row, the common case of a live stream, the product is bound by
        # memory and runs twice as fast in this order.
        self._output_weight = network.output_weight.T.contiguous()
        bias = network.output_bias
        self._output_bias = self._output_weight.new_zeros(len(network.output_weight))
        if bias is not None:
            self._output_bias += bias
        self._open_end = None
        if files.open_end is not None:
            self._open_end = torch.from_numpy(files.open_end).to(self._output_bias)
        # Marian never writes <unk> unless it is told to (--allow-unk).
        self._output_bias[unk_id] = -math.inf

    @property
    def device(self) -> torch.device:
        return self._output_bias.device

    @torch.inference_mode()
    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        if not sources:
            return []
        lengths = lengths_of(sources)
        longest = max(lengths)
        tokens = torch.tensor([[*s, *[0] * (longest - len(s))] for s in sources])
        mask = _padding_mask(lengths, self._output_bias)
        network = self._network
        x = self._embed(tokens.to(self.device))
        cross = network.keys_and_values(network.encode(x, mask))
        # A copy each, so that one kept source does not hold the memory of all.
        return [
            RecurrentEncoderStates(
                cross[:, :, b, :, :length].clone(memory_format=torch.contiguous_format)
            )
            for b, length in enumerate(lengths)
        ]

    def _embed(self, tokens: Tensor) -> Tensor:
        """The encoder's input [B, S, D], open ends included."""
        network = self._network
        if self._open_end is None:
            return network.embed_source(tokens)
        is_open = tokens == network.hp.source_vocabulary
        x = network.embed_source(tokens.masked_fill(is_open, 0))
        return torch.where(is_open[..., None], self._open_end, x)

    @torch.inference_mode()
    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Prefill:
        """Run the decoder over known targets. ``Prefill.states`` is the cells [L, B, T, D]."""
        network, dim = self._network, self._network.hp.dim
        like = network.target_embeddings
        longest = max(len(target) for target in targets)
        tokens = torch.tensor([[*t, *[0] * (longest - len(t))] for t in targets], dtype=torch.int64)
        x = like.new_zeros(len(targets), longest + 1, dim)
        # Position 0 has seen nothing: its input is the zero vector.
        x[:, 1:] = network.embed_target(tokens.to(self.device))
        x += network.positions(longest + 1)[: longest + 1]
        cross, mask = self._stack(encoder_states)
        start = like.new_zeros(len(network.hp.decoder_layers), len(targets), dim)
        hidden, cells, alignment = network.decode(x, start, cross, mask)
        return Prefill(hidden, alignment, cells)

    def _stack(self, encoder_states: Sequence[EncoderStates]) -> tuple[Tensor, Tensor | None]:
        """Pad keys and values of all sources to [L, 2, B, H, S, D/H], and make their mask."""
        sources = [_cross(states) for states in encoder_states]
        lengths = [states.num_tokens for states in encoder_states]
        mask = _padding_mask(lengths, self._output_bias)
        if mask is None:
            return torch.stack(sources, dim=2), None
        layers, two, heads, _, size = sources[0].shape
        cross = sources[0].new_zeros(layers, two, len(sources), heads, max(lengths), size)
        for b, (source, length) in enumerate(zip(sources, lengths, strict=True)):
            cross[:, :, b, :, :length] = source
        return cross, mask

    def new_batch(self) -> "RecurrentBatch":
        return RecurrentBatch(self._network)

    @torch.inference_mode()
    def logits(self, hidden: Tensor) -> Tensor:
        """Scores [N, V]; -inf for the unknown token."""
        return torch.addmm(self._output_bias, hidden, self._output_weight)

    @torch.inference_mode()
    def predict(
        self,
        hidden: Tensor,
        drafted: Sequence[int] | None = None,
        *,
        probable: bool = True,
        sources: Sequence[EncoderStates] = (),
    ) -> Prediction:
        return predict_from_logits(self.logits(hidden), drafted, probable=probable)


class RecurrentBatch:
    """Implements ``models.base.DecoderBatch``: rows of tensors that grow by doubling.

    A step works on views of the first R rows, up to the longest source among them, so nothing is
    gathered. A row's old content is masked out.
    """

    @torch.inference_mode()
    def __init__(self, network: Network) -> None:
        self._network = network
        hp, layers = network.hp, len(network.hp.decoder_layers)
        like, head = network.output_weight, hp.dim // hp.heads
        self._cells = like.new_zeros(layers, _FIRST_CAPACITY, hp.dim)
        self._cross = like.new_zeros(
            layers, 2, _FIRST_CAPACITY, hp.heads, _FIRST_SOURCE_TOKENS, head
        )
        self._mask = like.new_full((_FIRST_CAPACITY, _FIRST_SOURCE_TOKENS), -math.inf)
        # On the host: they decide the size of the views.
        self._lengths = [0] * _FIRST_CAPACITY
        self._positions = [0] * _FIRST_CAPACITY

    @torch.inference_mode()
    def load(
        self, row: int, encoder_states: EncoderStates, known: Known, index: int, position: int
    ) -> None:
        cross, length = _cross(encoder_states), encoder_states.num_tokens
        self._grow(row + 1, length)
        self._cells[:, row] = cast(Tensor, known.states)[:, index, position]
        self._cross[:, :, row, :, :length] = cross
        self._mask[row, :length] = 0
        self._mask[row, length:] = -math.inf
        self._lengths[row] = length
        self._positions[row] = position

    @torch.inference_mode()
    def move(self, row: int, to: int) -> None:
        length = self._lengths[row]
        self._grow(to + 1, length)
        self._cells[:, to] = self._cells[:, row]
        self._cross[:, :, to, :, :length] = self._cross[:, :, row, :, :length]
        self._mask[to] = self._mask[row]
        self._lengths[to] = length
        self._positions[to] = self._positions[row]

    @torch.inference_mode()
    def step(self, tokens: Tensor) -> StepOutput:
        rows, network = len(tokens), self._network
        lengths = self._lengths[:rows]
        longest = max(lengths)
        self._positions[:rows] = positions = [p + 1 for p in self._positions[:rows]]
        table = network.positions(max(positions) + 1)
        x = network.embed_target(tokens)
        x = x + table[torch.tensor(positions, device=table.device)]
        mask = None if min(lengths) == longest else self._mask[:rows, None, None, :longest]
        cross = self._cross[:, :, :rows, :, :longest]
        hidden, cells, alignment = network.decode(x[:, None], self._cells[:, :rows], cross, mask)
        self._cells[:, :rows] = cells[:, :, 0]
        return StepOutput(hidden[:, 0], None if alignment is None else alignment[:, 0])

    def _grow(self, rows: int, source_tokens: int) -> None:
        capacity, width = self._mask.shape
        if rows <= capacity and source_tokens <= width:
            return
        while capacity < rows:
            capacity *= 2
        while width < source_tokens:
            width *= 2
        old_cells, old_cross, old_mask = self._cells, self._cross, self._mask
        used, filled = old_mask.shape
        layers, two, _, heads, _, head = old_cross.shape
        self._cells = old_cells.new_zeros(layers, capacity, old_cells.shape[2])
        self._cells[:, :used] = old_cells
        self._cross = old_cross.new_zeros(layers, two, capacity, heads, width, head)
        self._cross[:, :, :used, :, :filled] = old_cross
        self._mask = old_mask.new_full((capacity, width), -math.inf)
        self._mask[:used, :filled] = old_mask
        self._lengths += [0] * (capacity - used)
        self._positions += [0] * (capacity - used)
