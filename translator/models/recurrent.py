"""Transformer encoder, recurrent decoder: the network of Marian's student models, in plain torch.

The decoder's self-attention is replaced by an SSRU, a recurrent cell without a matrix product in
its recurrence (Kim et al. 2019, "From Research to Production and Back: Ludicrously Fast Neural
Machine Translation", https://aclanthology.org/D19-5632). A known prefix is therefore run for all
positions at once but for one multiply-add each, and the state of a request is one vector a layer.

Shapes: B sources or requests, R rows, S source tokens, T target positions, D hidden size, H heads,
L decoder layers, V vocabulary.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from translator.models.base import (
    EncoderStates,
    LanguagePair,
    ModelInfo,
    Prefill,
    StepOutput,
    Tokenizer,
)
from translator.models.marian import HyperParameters, MarianModel, Tensors

__all__ = ["RecurrentBatch", "RecurrentEncoderStates", "RecurrentModel"]

_LAYER_NORM_EPSILON = 1e-6
_FIRST_CAPACITY = 8
_FIRST_SOURCE_TOKENS = 32
# A short source may need more than its share: "ok" can become a phrase.
_EXTRA_TARGET_TOKENS = 8
_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "swish": F.silu}


class _Linear(nn.Module):
    """Affine maps [in, out] of the same input, as one product."""

    weight: Tensor
    bias: Tensor

    def __init__(
        self, weights: Sequence[NDArray[np.float32]], biases: Sequence[NDArray[np.float32]]
    ) -> None:
        super().__init__()
        self.register_buffer("weight", torch.from_numpy(np.concatenate([w.T for w in weights])))
        self.register_buffer("bias", torch.from_numpy(np.concatenate([b[0] for b in biases])))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)


class _AddAndNorm(nn.Module):
    """Residual connection followed by layer normalisation."""

    scale: Tensor
    bias: Tensor

    def __init__(self, tensors: Tensors, prefix: str) -> None:
        super().__init__()
        self.register_buffer("scale", torch.from_numpy(tensors[f"{prefix}_ln_scale"][0]))
        self.register_buffer("bias", torch.from_numpy(tensors[f"{prefix}_ln_bias"][0]))

    def forward(self, x: Tensor, update: Tensor) -> Tensor:
        return F.layer_norm(
            x + update, self.scale.shape, self.scale, self.bias, _LAYER_NORM_EPSILON
        )


class _FeedForward(nn.Module):
    def __init__(self, tensors: Tensors, prefix: str, activation: str) -> None:
        super().__init__()
        self.inner = _Linear([tensors[f"{prefix}_W1"]], [tensors[f"{prefix}_b1"]])
        self.outer = _Linear([tensors[f"{prefix}_W2"]], [tensors[f"{prefix}_b2"]])
        self.norm = _AddAndNorm(tensors, f"{prefix}_ffn")
        self.activation = _ACTIVATIONS[activation]

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.norm(x, self.outer(self.activation(self.inner(x)))))


def _projections(tensors: Tensors, prefix: str, parts: str) -> _Linear:
    return _Linear(
        [tensors[f"{prefix}_W{part}"] for part in parts],
        [tensors[f"{prefix}_b{part}"] for part in parts],
    )


def _attend(
    query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Attention of ``query`` [B, H, T, d] on ``keys`` and ``values`` [B, H, S, d].

    ``mask`` [B, 1, 1, S] is added to the scores. Returns [B, T, H·d] and the weights [B, H, T, S].
    """
    scores = (query * query.shape[-1] ** -0.5) @ keys.transpose(-1, -2)
    weights = F.softmax(scores if mask is None else scores + mask, dim=-1)
    return (weights @ values).transpose(1, 2).flatten(2), weights


class _EncoderLayer(nn.Module):
    def __init__(self, tensors: Tensors, prefix: str, hp: HyperParameters) -> None:
        super().__init__()
        self.heads = hp.heads
        self.query_key_value = _projections(tensors, f"{prefix}_self", "qkv")
        self.out = _projections(tensors, f"{prefix}_self", "o")
        self.norm = _AddAndNorm(tensors, f"{prefix}_self_Wo")
        self.feed_forward = _FeedForward(tensors, f"{prefix}_ffn", hp.activation)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """[B, S, D] to the same shape."""
        joint = self.query_key_value(x).unflatten(-1, (3, self.heads, -1))
        query, keys, values = joint.permute(2, 0, 3, 1, 4).unbind()
        context, _ = _attend(query, keys, values, mask)
        return cast(Tensor, self.feed_forward(self.norm(x, self.out(context))))


class _DecoderLayer(nn.Module):
    def __init__(self, tensors: Tensors, prefix: str, hp: HyperParameters) -> None:
        super().__init__()
        self.heads = hp.heads
        gate_bias = tensors[f"{prefix}_rnn_bf"]
        self.cell = _Linear(
            [tensors[f"{prefix}_rnn_W"], tensors[f"{prefix}_rnn_Wf"]],
            [np.zeros_like(gate_bias), gate_bias],
        )
        self.cell_norm = _AddAndNorm(tensors, f"{prefix}_rnn_ffn")
        self.query = _projections(tensors, f"{prefix}_context", "q")
        self.out = _projections(tensors, f"{prefix}_context", "o")
        self.norm = _AddAndNorm(tensors, f"{prefix}_context_Wo")
        self.feed_forward = _FeedForward(tensors, f"{prefix}_ffn", hp.activation)

    def forward(
        self, x: Tensor, cell: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Run T positions from cell state ``cell`` [B, D].

        Returns the output [B, T, D], the cell state after each position [B, T, D] and the
        attention weights [B, H, T, S].
        """
        value, gate = self.cell(x).chunk(2, dim=-1)
        gate = torch.sigmoid(gate)
        update = (1 - gate) * value
        cells = torch.empty_like(update)
        for t in range(x.shape[1]):
            torch.addcmul(update[:, t], gate[:, t], cell, out=cells[:, t])
            cell = cells[:, t]
        x = self.cell_norm(x, F.relu(cells))
        query = self.query(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        context, weights = _attend(query, keys, values, mask)
        x = self.norm(x, self.out(context))
        return self.feed_forward(x), cells, weights


class _Network(nn.Module):
    source_embeddings: Tensor
    target_embeddings: Tensor
    output_weight: Tensor
    output_bias: Tensor
    _table: Tensor

    def __init__(self, tensors: Tensors, hp: HyperParameters, unk_id: int) -> None:
        super().__init__()
        self.hp = hp
        names = {hp.source_embeddings, hp.target_embeddings}
        embeddings = {name: torch.from_numpy(tensors[name]) for name in names}
        self.register_buffer("source_embeddings", embeddings[hp.source_embeddings])
        self.register_buffer("target_embeddings", embeddings[hp.target_embeddings])
        # [D, V] even when it is the embeddings' transpose: for one row, the common case of a live
        # stream, the product is bound by memory and runs twice as fast in this order.
        output = torch.from_numpy(tensors[hp.output_embeddings])
        tied = hp.output_embeddings == hp.target_embeddings
        self.register_buffer("output_weight", (output.T if tied else output).contiguous())
        bias = torch.zeros(hp.target_vocabulary)
        if hp.output_bias:
            bias += torch.from_numpy(tensors["decoder_ff_logit_out_b"][0])
        # Marian never writes <unk> unless it is told to (--allow-unk).
        bias[unk_id] = -math.inf
        self.register_buffer("output_bias", bias)
        self.register_buffer("_table", _sinusoids(256, hp.dim))
        self.encoder = nn.ModuleList(
            _EncoderLayer(tensors, f"encoder_l{n}", hp) for n in range(1, hp.encoder_layers + 1)
        )
        layers = {
            n: _DecoderLayer(tensors, f"decoder_l{n}", hp) for n in sorted(set(hp.decoder_layers))
        }
        self.decoder = nn.ModuleList(layers[n] for n in hp.decoder_layers)
        contexts = [f"decoder_l{n}_context" for n in hp.decoder_layers]
        self.cross = _Linear(
            [tensors[f"{context}_W{part}"] for context in contexts for part in "kv"],
            [tensors[f"{context}_b{part}"] for context in contexts for part in "kv"],
        )

    def positions(self, count: int) -> Tensor:
        """Position vectors of at least the first ``count`` positions, [N, D]."""
        if count > len(self._table):
            self._table = _sinusoids(2 * count, self.hp.dim).to(self._table)
        return self._table

    def encode(self, tokens: Tensor, mask: Tensor | None) -> Tensor:
        """Source [B, S] to keys and values of every decoder layer, [L, 2, B, H, S, D/H]."""
        x = F.embedding(tokens, self.source_embeddings) * math.sqrt(self.hp.dim)
        x = x + self.positions(tokens.shape[1])[: tokens.shape[1]]
        for layer in self.encoder:
            x = layer(x, mask)
        cross = self.cross(x).unflatten(-1, (len(self.decoder), 2, self.hp.heads, -1))
        return cast(Tensor, cross.permute(2, 3, 0, 4, 1, 5))

    def decode(
        self, x: Tensor, cells: Tensor, cross: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Run T positions from cell states ``cells`` [L, B, D].

        Returns hidden [B, T, D], cell states [L, B, T, D] and the alignment [B, T, S].
        """
        alignment = None
        after = []
        for i, layer in enumerate(self.decoder):
            x, states, weights = layer(x, cells[i], cross[i, 0], cross[i, 1], mask)
            after.append(states)
            if i == self.hp.alignment_layer:
                # Guided alignment trains the first head; a copy frees the others.
                alignment = weights[:, 0].clone()
        return x, torch.stack(after), alignment


def _sinusoids(count: int, dim: int) -> Tensor:
    """Marian's position vectors [count, dim]: all sines, then all cosines."""
    rates = torch.exp(
        torch.arange(dim // 2, dtype=torch.float64) * -(math.log(10000) / (dim // 2 - 1))
    )
    angles = torch.arange(count, dtype=torch.float64)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()


@dataclass(frozen=True, slots=True, eq=False)
class RecurrentEncoderStates:
    """A source as the decoder sees it: ``cross`` [L, 2, H, S, D/H], keys and values, no padding."""

    cross: Tensor

    @property
    def num_tokens(self) -> int:
        """Source tokens S."""
        return self.cross.shape[3]


def _cross(states: EncoderStates) -> Tensor:
    return cast(RecurrentEncoderStates, states).cross


def _padding_mask(lengths: Sequence[int], like: Tensor) -> Tensor | None:
    """[B, 1, 1, S], -inf past each length; None when there is no padding."""
    longest = max(lengths)
    if min(lengths) == longest:
        return None
    padded = torch.arange(longest) >= torch.tensor(lengths)[:, None]
    mask = torch.zeros(padded.shape).masked_fill_(padded, -math.inf)
    return mask[:, None, None].to(like)


class RecurrentModel:
    """Implements ``models.base.Seq2SeqModel`` for one language pair.

    Args:
        files: The checked files.
        tokenizer: Of the model's vocabularies.
        unk_id: The target token that is never predicted.
        info: Its ``device`` is where the model runs.
        dtype: float32 for the three equalities; a half type on a GPU trades them for speed.
    """

    def __init__(
        self,
        files: MarianModel,
        tokenizer: Tokenizer,
        unk_id: int,
        info: ModelInfo,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self._info = info
        self._tokenizer = tokenizer
        self._max_length_factor = files.max_length_factor
        network = _Network(files.tensors, files.hyper_parameters, unk_id)
        self._network = network.to(device=torch.device(info.device), dtype=dtype).eval()

    @property
    def info(self) -> ModelInfo:
        """What the model is."""
        return self._info

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self._network.output_bias.device

    def tokenizer(self, pair: LanguagePair) -> Tokenizer:
        """The tokenizer of the only pair; KeyError for another."""
        if pair not in self._info.pairs:
            raise KeyError(pair)
        return self._tokenizer

    def max_target_tokens(self, num_source_tokens: int) -> int:
        """Marian's ``max-length-factor`` times the source, and a few."""
        return int(self._max_length_factor * num_source_tokens) + _EXTRA_TARGET_TOKENS

    @torch.inference_mode()
    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        """Encoder states of each source; ValueError for one without even an end of sentence."""
        if not sources:
            return []
        lengths = [len(source) for source in sources]
        if min(lengths) < 1:
            raise ValueError("a source has at least its end of sentence")
        longest = max(lengths)
        tokens = torch.tensor([[*s, *[0] * (longest - len(s))] for s in sources])
        mask = _padding_mask(lengths, self._network.output_bias)
        cross = self._network.encode(tokens.to(self.device), mask)
        # A copy each, so that one kept source does not hold the memory of all.
        return [
            RecurrentEncoderStates(
                cross[:, :, b, :, :length].clone(memory_format=torch.contiguous_format)
            )
            for b, length in enumerate(lengths)
        ]

    @torch.inference_mode()
    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Prefill:
        """Run the decoder over known targets. ``Prefill.states`` are its cells [L, B, T, D]."""
        hp, embeddings = self._network.hp, self._network.target_embeddings
        longest = max(len(target) for target in targets)
        tokens = torch.tensor([[*t, *[0] * (longest - len(t))] for t in targets], dtype=torch.int64)
        x = embeddings.new_zeros(len(targets), longest + 1, hp.dim)
        # Position 0 has seen nothing: its input is the zero vector.
        x[:, 1:] = F.embedding(tokens.to(self.device), embeddings) * math.sqrt(hp.dim)
        x += self._network.positions(longest + 1)[: longest + 1]
        cross, mask = self._stack(encoder_states)
        start = embeddings.new_zeros(len(self._network.decoder), len(targets), hp.dim)
        hidden, cells, alignment = self._network.decode(x, start, cross, mask)
        return Prefill(hidden, alignment, cells)

    def _stack(self, encoder_states: Sequence[EncoderStates]) -> tuple[Tensor, Tensor | None]:
        """Keys and values of all sources, padded, [L, 2, B, H, S, D/H], and their mask."""
        sources = [_cross(states) for states in encoder_states]
        lengths = [states.num_tokens for states in encoder_states]
        mask = _padding_mask(lengths, self._network.output_bias)
        if mask is None:
            return torch.stack(sources, dim=2), None
        layers, two, heads, _, size = sources[0].shape
        cross = sources[0].new_zeros(layers, two, len(sources), heads, max(lengths), size)
        for b, (source, length) in enumerate(zip(sources, lengths, strict=True)):
            cross[:, :, b, :, :length] = source
        return cross, mask

    def new_batch(self) -> "RecurrentBatch":
        """An empty batch."""
        return RecurrentBatch(self._network)

    @torch.inference_mode()
    def logits(self, hidden: Tensor) -> Tensor:
        """Scores [N, V]; -inf for the unknown token."""
        return torch.addmm(self._network.output_bias, hidden, self._network.output_weight)


class RecurrentBatch:
    """Implements ``models.base.DecoderBatch``: rows of tensors that grow by doubling.

    A step works on views of the first R rows, as far as the longest source among them, so nothing
    is gathered. What a row held before stays behind its mask.
    """

    @torch.inference_mode()
    def __init__(self, network: _Network) -> None:
        self._network = network
        hp, layers = network.hp, len(network.decoder)
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
        self, row: int, encoder_states: EncoderStates, prefill: Prefill, index: int, position: int
    ) -> None:
        """Make ``row`` request ``index`` of ``prefill`` as it was at ``position``."""
        cross, length = _cross(encoder_states), encoder_states.num_tokens
        self._grow(row + 1, length)
        self._cells[:, row] = cast(Tensor, prefill.states)[:, index, position]
        self._cross[:, :, row, :, :length] = cross
        self._mask[row, :length] = 0
        self._mask[row, length:] = -math.inf
        self._lengths[row] = length
        self._positions[row] = position

    @torch.inference_mode()
    def move(self, row: int, to: int) -> None:
        """Copy ``row`` over row ``to``, which may be a new one."""
        length = self._lengths[row]
        self._grow(to + 1, length)
        self._cells[:, to] = self._cells[:, row]
        self._cross[:, :, to, :, :length] = self._cross[:, :, row, :, :length]
        self._mask[to] = self._mask[row]
        self._lengths[to] = length
        self._positions[to] = self._positions[row]

    @torch.inference_mode()
    def step(self, tokens: Tensor) -> StepOutput:
        """Feed token r to row r; each row goes on from its own position."""
        rows, network = len(tokens), self._network
        lengths = self._lengths[:rows]
        longest = max(lengths)
        self._positions[:rows] = positions = [p + 1 for p in self._positions[:rows]]
        table = network.positions(max(positions) + 1)
        x = F.embedding(tokens, network.target_embeddings) * math.sqrt(network.hp.dim)
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
