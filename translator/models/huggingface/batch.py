"""Decoder states of the requests on a Transformers model: keys and values in rows.

Shapes: R rows, T positions, S source tokens, L layers, H heads, d size of a head.
"""

from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer, EncoderDecoderCache

from translator.models.base import EncoderStates, Known, StepOutput
from translator.models.huggingface.decoder import Decoder

__all__ = ["KeysAndValues", "RowsBatch"]

_FIRST_ROWS, _FIRST_POSITIONS, _FIRST_SOURCE_TOKENS = 8, 32, 32


@dataclass(frozen=True, slots=True)
class KeysAndValues:
    """The keys and values of a prefill for B requests.

    Attributes:
        own: Those of the target positions, [L, 2, B, H, T, d].
        cross: Those of the source tokens, [L, 2, B, H, S, d].
    """

    own: Tensor
    cross: Tensor

    @classmethod
    def of(cls, cache: EncoderDecoderCache) -> "KeysAndValues":
        """Take the keys and values that a pass over several positions has put into a cache."""
        return cls(_stacked(cache.self_attention_cache), _stacked(cache.cross_attention_cache))


def _stacked(cache: Cache) -> Tensor:
    layers = cast(list[DynamicLayer], cache.layers)
    pairs = [(cast(Tensor, la.keys), cast(Tensor, la.values)) for la in layers]
    return torch.stack([torch.stack(pair) for pair in pairs])


class _Rows(DynamicLayer):
    """One layer's keys and values [2, R, H, T, d]; each row writes at its own position."""

    def __init__(self, states: Tensor, positions: Tensor | None = None) -> None:
        super().__init__()
        self.keys, self.values = states[0], states[1]
        self.is_initialized = True
        self._positions = positions

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        keys, values = cast(Tensor, self.keys), cast(Tensor, self.values)
        rows = torch.arange(len(keys), device=keys.device)
        keys[rows, :, self._positions] = key_states[:, :, 0]
        values[rows, :, self._positions] = value_states[:, :, 0]
        return keys, values


class RowsBatch:
    """Implements ``models.base.DecoderBatch``: rows of tensors that grow by doubling.

    A step works on views of the first R rows, up to the longest target and source among them. A
    row's old content is masked out.
    """

    @torch.inference_mode()
    def __init__(self, decoder: Decoder, like: Tensor) -> None:
        self._decoder = decoder
        layers, heads, size = len(decoder.layers), decoder.num_heads, decoder.head_dim
        self._own = like.new_zeros(layers, 2, _FIRST_ROWS, heads, _FIRST_POSITIONS, size)
        self._cross = like.new_zeros(layers, 2, _FIRST_ROWS, heads, _FIRST_SOURCE_TOKENS, size)
        # On the host: they decide the size of the views.
        self._lengths = [0] * _FIRST_ROWS
        self._positions = [0] * _FIRST_ROWS

    @torch.inference_mode()
    def load(
        self, row: int, encoder_states: EncoderStates, known: Known, index: int, position: int
    ) -> None:
        states = cast(KeysAndValues, known.states)
        length = encoder_states.num_tokens
        self._grow(row + 1, position + 1, length)
        self._own[:, :, row, :, : position + 1] = states.own[:, :, index, :, : position + 1]
        self._cross[:, :, row, :, :length] = states.cross[:, :, index, :, :length]
        self._lengths[row] = length
        self._positions[row] = position

    @torch.inference_mode()
    def move(self, row: int, to: int) -> None:
        length, used = self._lengths[row], self._positions[row] + 1
        self._grow(to + 1, used, length)
        self._own[:, :, to, :, :used] = self._own[:, :, row, :, :used]
        self._cross[:, :, to, :, :length] = self._cross[:, :, row, :, :length]
        self._lengths[to] = length
        self._positions[to] = self._positions[row]

    @torch.inference_mode()
    def step(self, tokens: Tensor) -> StepOutput:
        rows, device = len(tokens), tokens.device
        self._positions[:rows] = [position + 1 for position in self._positions[:rows]]
        used, longest = max(self._positions[:rows]) + 1, max(self._lengths[:rows])
        self._grow(rows, used, longest)
        positions = torch.tensor(self._positions[:rows], device=device)
        own, cross = self._own[:, :, :rows, :, :used], self._cross[:, :, :rows, :, :longest]
        cache = EncoderDecoderCache(
            Cache([_Rows(layer, positions) for layer in own]),
            Cache([_Rows(layer) for layer in cross]),
        )
        # Its keys are in the cache: the layers only look whether there is a source.
        source = cross.new_zeros(0)
        mask = source_mask(self._lengths[:rows], cross)
        hidden, alignment = self._decoder(
            tokens[:, None], positions[:, None], used, source, mask, cache
        )
        return StepOutput(hidden[:, 0], None if alignment is None else alignment[:, 0])

    def _grow(self, rows: int, positions: int, source_tokens: int) -> None:
        """Make room. ``own`` and ``cross`` always have the same number of rows."""
        rows = _doubled(self._own.shape[2], rows)
        self._own = _grown(self._own, rows, _doubled(self._own.shape[4], positions))
        self._cross = _grown(self._cross, rows, _doubled(self._cross.shape[4], source_tokens))
        self._lengths += [0] * (rows - len(self._lengths))
        self._positions += [0] * (rows - len(self._positions))


def source_mask(lengths: list[int], like: Tensor) -> Tensor | None:
    """[R, 1, 1, S] with -inf past each length; None if there is no padding."""
    longest = max(lengths)
    if min(lengths) == longest:
        return None
    padded = torch.arange(longest) >= torch.tensor(lengths)[:, None]
    mask = torch.zeros(padded.shape).masked_fill_(padded, -torch.inf)
    return mask[:, None, None].to(like)


def _doubled(size: int, needed: int) -> int:
    while size < needed:
        size *= 2
    return size


def _grown(states: Tensor, rows: int, columns: int) -> Tensor:
    layers, two, old_rows, heads, old_columns, size = states.shape
    if (rows, columns) == (old_rows, old_columns):
        return states
    grown = states.new_zeros(layers, two, rows, heads, columns, size)
    grown[:, :, :old_rows, :, :old_columns] = states
    return grown
