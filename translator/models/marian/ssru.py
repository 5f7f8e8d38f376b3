"""Transformer encoder and recurrent decoder: the network of Marian's students, in torch.

The decoder's self-attention is replaced by an SSRU, a recurrent cell without a matrix product in
its recurrence (Kim et al. 2019, "From Research to Production and Back: Ludicrously Fast Neural
Machine Translation", https://aclanthology.org/D19-5632). So a known prefix runs through
all positions at once, except for one multiply-add each, and a request's state is one vector in each
layer.

Shapes: B sources or requests, S source tokens, T target positions, D hidden size, H heads,
L decoder layers, V vocabulary.
"""

import math
from collections.abc import Callable
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from translator.models.marian.hyper_parameters import HyperParameters
from translator.models.marian.layout import joined
from translator.models.marian.tensors import Tensors

__all__ = ["Network", "load_network", "sinusoids"]

_LAYER_NORM_EPSILON = 1e-6
_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "swish": F.silu}


# Parameters are loaded, or initialised by who trains. Random numbers would be wasted, and on the
# device "meta" they make torch import its compiler, which takes a second.
class _Linear(nn.Linear):
    def reset_parameters(self) -> None: ...


class _Embedding(nn.Embedding):
    def reset_parameters(self) -> None: ...


def _norm(dim: int) -> nn.LayerNorm:
    return nn.LayerNorm(dim, _LAYER_NORM_EPSILON)


class _FeedForward(nn.Module):
    def __init__(self, dim: int, inner: int, activation: str) -> None:
        super().__init__()
        self.inner = _Linear(dim, inner)
        self.outer = _Linear(inner, dim)
        self.norm = _norm(dim)
        self.activation = _ACTIVATIONS[activation]

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.norm(x + self.outer(self.activation(self.inner(x)))))


def _attend(
    query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Attention of ``query`` [B, H, T, d] over ``keys`` and ``values`` [B, H, S, d].

    ``mask`` [B, 1, 1, S] is added to the scores. Returns [B, T, H·d] and the weights [B, H, T, S].
    """
    scores = (query * query.shape[-1] ** -0.5) @ keys.transpose(-1, -2)
    weights = F.softmax(scores if mask is None else scores + mask, dim=-1)
    return (weights @ values).transpose(1, 2).flatten(2), weights


class _EncoderLayer(nn.Module):
    def __init__(self, hp: HyperParameters) -> None:
        super().__init__()
        self.heads = hp.heads
        # Maps of the same input are one product, here and below.
        self.query_key_value = _Linear(hp.dim, 3 * hp.dim)
        self.out = _Linear(hp.dim, hp.dim)
        self.norm = _norm(hp.dim)
        self.feed_forward = _FeedForward(hp.dim, hp.encoder_ffn, hp.activation)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """[B, S, D] to the same shape."""
        joint = self.query_key_value(x).unflatten(-1, (3, self.heads, -1))
        query, keys, values = joint.permute(2, 0, 3, 1, 4).unbind()
        context, _ = _attend(query, keys, values, mask)
        return cast(Tensor, self.feed_forward(self.norm(x + self.out(context))))


class _DecoderLayer(nn.Module):
    def __init__(self, hp: HyperParameters) -> None:
        super().__init__()
        self.heads = hp.heads
        self.cell = _Linear(hp.dim, 2 * hp.dim, bias=False)
        self.gate_bias = nn.Parameter(torch.zeros(hp.dim))
        self.cell_norm = _norm(hp.dim)
        self.query = _Linear(hp.dim, hp.dim)
        self.out = _Linear(hp.dim, hp.dim)
        self.norm = _norm(hp.dim)
        self.feed_forward = _FeedForward(hp.dim, hp.decoder_ffn, hp.activation)

    def forward(
        self, x: Tensor, cell: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Run T positions from cell state ``cell`` [B, D].

        Returns the output [B, T, D], the cell state after each position [B, T, D] and the
        attention weights [B, H, T, S].
        """
        value, gate = self.cell(x).chunk(2, dim=-1)
        gate = torch.sigmoid(gate + self.gate_bias)
        update = (1 - gate) * value
        after = []
        for t in range(x.shape[1]):
            cell = torch.addcmul(update[:, t], gate[:, t], cell)
            after.append(cell)
        cells = torch.stack(after, dim=1)
        x = self.cell_norm(x + F.relu(cells))
        query = self.query(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        context, weights = _attend(query, keys, values, mask)
        x = self.norm(x + self.out(context))
        return self.feed_forward(x), cells, weights


class Network(nn.Module):
    """The layers and their parameters; padding and batching are up to the caller.

    Parameters are uninitialised until they are loaded.
    """

    def __init__(self, hp: HyperParameters) -> None:
        super().__init__()
        self.hp = hp
        sizes = {
            hp.source_embeddings: hp.source_vocabulary,
            hp.target_embeddings: hp.target_vocabulary,
        }
        # By Marian's name: where both sides share them there is one.
        self.embeddings = nn.ModuleDict(
            {name: _Embedding(size, hp.dim) for name, size in sizes.items()}
        )
        self.encoder = nn.ModuleList(_EncoderLayer(hp) for _ in range(hp.encoder_layers))
        self.decoder = nn.ModuleList(_DecoderLayer(hp) for _ in hp.own_decoder_layers)
        # Keys and values of every decoder layer.
        self.cross = _Linear(hp.dim, 2 * len(self.decoder) * hp.dim)
        self.output = None if hp.tied_output else _Linear(hp.dim, hp.target_vocabulary, bias=False)
        self.output_bias = (
            nn.Parameter(torch.zeros(hp.target_vocabulary)) if hp.output_bias else None
        )
        self._decoder_order = [hp.own_decoder_layers.index(n) for n in hp.decoder_layers]
        self._table = torch.empty(0, 0, device="cpu")

    @property
    def source_embeddings(self) -> Tensor:
        """The source's embedding matrix [source vocabulary, D]."""
        return cast(Tensor, self.embeddings[self.hp.source_embeddings].weight)

    @property
    def target_embeddings(self) -> Tensor:
        """The target's embedding matrix [V, D]."""
        return cast(Tensor, self.embeddings[self.hp.target_embeddings].weight)

    @property
    def output_weight(self) -> Tensor:
        """The output layer's matrix [V, D]."""
        return self.target_embeddings if self.output is None else self.output.weight

    def positions(self, count: int) -> Tensor:
        """Position vectors for at least ``count`` positions, [N, D]."""
        like = self.source_embeddings
        if count > len(self._table) or self._table.device != like.device:
            # No inference tensor: the table is kept, and may be used in training.
            with torch.inference_mode(False):
                self._table = sinusoids(max(256, 2 * count), self.hp.dim).to(like)
        return self._table.to(like.dtype)

    def embed_source(self, tokens: Tensor) -> Tensor:
        """The encoder's input [*, D], without positions."""
        return F.embedding(tokens, self.source_embeddings) * math.sqrt(self.hp.dim)

    def embed_target(self, tokens: Tensor) -> Tensor:
        """The decoder's input [*, D], without positions."""
        return F.embedding(tokens, self.target_embeddings) * math.sqrt(self.hp.dim)

    def encode(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Run the encoder on embedded sources [B, S, D]."""
        x = x + self.positions(x.shape[1])[: x.shape[1]]
        for layer in self.encoder:
            x = layer(x, mask)
        return x

    def keys_and_values(self, states: Tensor) -> Tensor:
        """The encoder's output as each decoder layer sees it, [L, 2, B, H, S, D/H]."""
        cross = self.cross(states).unflatten(-1, (len(self.decoder), 2, self.hp.heads, -1))
        cross = cross.permute(2, 3, 0, 4, 1, 5)
        tied = len(self.decoder) < len(self._decoder_order)
        return cast(Tensor, cross[self._decoder_order] if tied else cross)

    def decode(
        self, x: Tensor, cells: Tensor, cross: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Run T positions from cell states ``cells`` [L, B, D].

        Returns hidden [B, T, D], cell states [L, B, T, D] and the alignment [B, T, S].
        """
        alignment = None
        after = []
        for i, number in enumerate(self._decoder_order):
            x, states, weights = self.decoder[number](x, cells[i], cross[i, 0], cross[i, 1], mask)
            after.append(states)
            if i == self.hp.alignment_layer:
                # Guided alignment trains the first head; a copy frees the others.
                alignment = weights[:, 0].clone()
        return x, torch.stack(after), alignment

    def score(self, hidden: Tensor) -> Tensor:
        """Scores of every token, [*, V]; the unknown token is treated like any other."""
        return F.linear(hidden, self.output_weight, self.output_bias)


def load_network(tensors: Tensors, hp: HyperParameters) -> Network:
    """Make the network with a copy of Marian's parameters."""
    with torch.device("meta"):
        network = Network(hp)
    parameters = {key: torch.from_numpy(value) for key, value in joined(tensors, hp).items()}
    network.load_state_dict(parameters, assign=True)
    return network.requires_grad_(False)


def sinusoids(count: int, dim: int) -> Tensor:
    """Marian's position vectors [count, dim]: all sines, then all cosines."""
    rates = torch.exp(
        torch.arange(dim // 2, dtype=torch.float64) * -(math.log(10000) / (dim // 2 - 1))
    )
    angles = torch.arange(count, dtype=torch.float64)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()
