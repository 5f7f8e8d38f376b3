"""Runs the decoder layers of Transformers models, with our own positions.

The library's decoders take the position from the length of the cache, the same for all rows. In a
batch of requests every row is at another position, so this module calls the layers one by one, with
embeddings, masks and position biases for each row's own position. All rows are
left-aligned: the keys of position p are in column p.

Shapes: R rows, T positions that are run, K columns of the cache, S source tokens, D hidden size,
H heads, V vocabulary.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import EncoderDecoderCache, PreTrainedModel

__all__ = ["BartDecoder", "Decoder", "M2M100Decoder", "MBartDecoder", "MarianDecoder", "T5Decoder"]


class Decoder(ABC):
    """The decoder of one model.

    Args:
        network: The whole model, with eager attention, because only that returns its weights.
    """

    def __init__(self, network: PreTrainedModel) -> None:
        self.network: Any = network
        self.stack: Any = network.get_decoder()
        self._heads: dict[int, list[int]] = {}
        self._weights: list[Tensor] = []

    def align(self, heads: Sequence[tuple[int, int]]) -> None:
        """Take the alignment from these heads (layer, head) from now on: their mean."""
        for layer, head in heads:
            self._heads.setdefault(layer, []).append(head)
        for layer in self._heads:
            self.cross_attention(layer).register_forward_hook(self._keep_weights)

    @property
    @abstractmethod
    def layers(self) -> Sequence[nn.Module]:
        """The decoder layers, in order."""

    @property
    @abstractmethod
    def num_heads(self) -> int:
        """Number of attention heads H of a layer."""

    @property
    @abstractmethod
    def head_dim(self) -> int:
        """Size of a head's keys."""

    @abstractmethod
    def cross_attention(self, layer: int) -> nn.Module:
        """The module in a layer that attends to the source."""

    @abstractmethod
    def run(
        self,
        tokens: Tensor,
        positions: Tensor,
        source: Tensor,
        masks: tuple[Tensor, Tensor | None],
        cache: EncoderDecoderCache,
    ) -> Tensor:
        """Hidden states [R, T, D]. Arguments as in ``__call__``; ``masks`` are added to scores."""

    def __call__(
        self,
        tokens: Tensor,
        positions: Tensor,
        num_columns: int,
        source: Tensor,
        source_mask: Tensor | None,
        cache: EncoderDecoderCache,
    ) -> tuple[Tensor, Tensor | None]:
        """Run the layers.

        Args:
            tokens: [R, T], the token before each position.
            positions: [R, T], or [1, T] if they are the same for all rows.
            num_columns: K.
            source: [R, S, D] output of the encoder; unused if the cache has its keys.
            source_mask: [R, 1, 1, S], -inf past each source, or None.
            cache: Takes the new keys and values, and gives those of all columns.

        Returns:
            Hidden states [R, T, D] and alignment [R, T, S] or None.
        """
        columns = torch.arange(num_columns, device=tokens.device)
        future = columns > positions[:, None, :, None]
        mask = source.new_zeros(future.shape).masked_fill_(future, -torch.inf)
        self._weights.clear()
        hidden = self.run(tokens, positions, source, (mask, source_mask), cache)
        return hidden, self._alignment()

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores [N, V] of rows [N, D], as the library has them before any processing."""
        scores: Tensor = self.network.lm_head(hidden)
        return scores

    def _keep_weights(self, module: nn.Module, arguments: object, output: tuple[Any, ...]) -> None:
        self._weights.append(output[-1])

    def _alignment(self) -> Tensor | None:
        if not self._weights:
            return None
        # Hooks fire in the order of the layers.
        chosen = [
            weights[:, self._heads[layer]]
            for layer, weights in zip(sorted(self._heads), self._weights, strict=True)
        ]
        self._weights.clear()
        return torch.cat(chosen, dim=1).mean(dim=1)


class BartDecoder(Decoder):
    """What Marian, mBART and M2M-100 share; they embed tokens differently, and normalise each part
    of a layer before it (``normalises_first``) or after it.
    """

    normalises_first = True

    @property
    def layers(self) -> Sequence[nn.Module]:
        layers: Sequence[nn.Module] = self.stack.layers
        return layers

    @property
    def num_heads(self) -> int:
        return int(self.stack.config.decoder_attention_heads)

    @property
    def head_dim(self) -> int:
        return int(self.stack.config.d_model) // self.num_heads

    @abstractmethod
    def embed(self, stack: Any, tokens: Tensor, positions: Tensor) -> Tensor:
        """The input [..., D] of the first layer of encoder or decoder, for tokens [...]."""

    def cross_attention(self, layer: int) -> nn.Module:
        attention: nn.Module = self.stack.layers[layer].encoder_attn
        return attention

    def run(
        self,
        tokens: Tensor,
        positions: Tensor,
        source: Tensor,
        masks: tuple[Tensor, Tensor | None],
        cache: EncoderDecoderCache,
    ) -> Tensor:
        x = self.embed(self.stack, tokens, positions)
        for layer in self.layers:
            x = layer(x, masks[0], source, encoder_attention_mask=masks[1], cache=cache)
        # Marian does not normalise at the end.
        norm = getattr(self.stack, "layer_norm", None)
        return x if norm is None else norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        return super().logits(hidden) + getattr(self.network, "final_logits_bias", 0.0)


class MarianDecoder(BartDecoder):
    """Sinusoids that start at 0; no normalisation at the end."""

    normalises_first = False

    def embed(self, stack: Any, tokens: Tensor, positions: Tensor) -> Tensor:
        table: Tensor = stack.embed_positions.weight
        embedded: Tensor = stack.embed_tokens(tokens) * stack.embed_scale
        return embedded + table[positions.clamp(max=len(table) - 1)]


class MBartDecoder(BartDecoder):
    """Learnt positions, offset by two rows; normalisation after embedding and at the end."""

    def embed(self, stack: Any, tokens: Tensor, positions: Tensor) -> Tensor:
        table = stack.embed_positions
        rows = (positions + table.offset).clamp(max=table.num_embeddings - 1)
        embedded: Tensor = stack.layernorm_embedding(
            stack.embed_tokens(tokens) + table.weight[rows]
        )
        return embedded


class M2M100Decoder(BartDecoder):
    """Sinusoids that start after the padding token's, whose position is all zeros."""

    def embed(self, stack: Any, tokens: Tensor, positions: Tensor) -> Tensor:
        table = stack.embed_positions
        first = table.padding_idx + 1
        needed = int(positions.max()) + first + 1
        if needed > len(table.weights):
            table.make_weights(2 * needed, table.embedding_dim, table.padding_idx)
        rows = (positions + first).expand(tokens.shape)
        rows = rows.masked_fill(tokens == table.padding_idx, table.padding_idx)
        embedded: Tensor = stack.embed_tokens(tokens) + table.weights[rows]
        return embedded


class T5Decoder(Decoder):
    """No positions in the input: each head of the first layer has a bias for each distance."""

    @property
    def layers(self) -> Sequence[nn.Module]:
        layers: Sequence[nn.Module] = self.stack.block
        return layers

    @property
    def num_heads(self) -> int:
        return int(self.stack.config.num_heads)

    @property
    def head_dim(self) -> int:
        return int(self.stack.config.d_kv)

    def cross_attention(self, layer: int) -> nn.Module:
        attention: nn.Module = self.stack.block[layer].layer[1].EncDecAttention
        return attention

    def run(
        self,
        tokens: Tensor,
        positions: Tensor,
        source: Tensor,
        masks: tuple[Tensor, Tensor | None],
        cache: EncoderDecoderCache,
    ) -> Tensor:
        x = self.stack.embed_tokens(tokens)
        bias = self._position_bias(positions, masks[0].shape[-1])
        for layer in self.layers:
            x, bias, _ = layer(x, masks[0], bias, source, masks[1], cache=cache)
        normalised: Tensor = self.stack.final_layer_norm(x)
        return normalised

    def _position_bias(self, positions: Tensor, num_columns: int) -> Tensor:
        """[R or 1, H, T, K], by how far each column is from each position."""
        attention = self.stack.block[0].layer[0].SelfAttention
        # The last of as many positions sees every distance that there is, the longest first.
        longest = int(positions.max()) + 1
        by_distance = attention.compute_bias(1, longest, past_seen_tokens=longest - 1)
        columns = torch.arange(num_columns, device=positions.device)
        distance = (positions[:, :, None] - columns).clamp(min=0)
        bias: Tensor = by_distance[0, :, 0].flip(-1)[:, distance].transpose(0, 1)
        return bias

    def logits(self, hidden: Tensor) -> Tensor:
        # T5 1.1 and mT5 have embeddings that are not tied to the output, and do not scale.
        if getattr(self.network.config, "scale_decoder_outputs", False):
            hidden = hidden * self.network.config.d_model**-0.5
        return super().logits(hidden)
