"""Transformer encoder, recurrent decoder: the network of Marian's student models, in plain torch.

The decoder's self-attention is replaced by an SSRU, a recurrent cell without a matrix product in
its recurrence (Kim et al. 2019, "From Research to Production and Back: Ludicrously Fast Neural
Machine Translation", https://aclanthology.org/D19-5632). A known prefix is therefore run for all
positions at once but for one multiply-add each, and the state of a request is one vector a layer.

Shapes: B sources or requests, S source tokens, T target positions, D hidden size, H heads,
L decoder layers, V vocabulary.
"""

import math
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from translator.models.marian import HyperParameters, Tensors

__all__ = ["Network"]

_LAYER_NORM_EPSILON = 1e-6
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


class Network(nn.Module):
    """The layers and their weights; padding and batches are the caller's."""

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
        self.register_buffer("_table", sinusoids(256, hp.dim))
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
            self._table = sinusoids(2 * count, self.hp.dim).to(self._table)
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


def sinusoids(count: int, dim: int) -> Tensor:
    """Marian's position vectors [count, dim]: all sines, then all cosines."""
    rates = torch.exp(
        torch.arange(dim // 2, dtype=torch.float64) * -(math.log(10000) / (dim // 2 - 1))
    )
    angles = torch.arange(count, dtype=torch.float64)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()
