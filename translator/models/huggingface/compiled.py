"""Transformers models in eight bits whose whole pass is one compiled call (``kernels.py``).

Those are Marian, M2M-100, NLLB and mBART. T5 has its maps in eight bits only (``eight_bits.py``).

Shapes: B sources or requests, S source tokens, N rows, D hidden size, L layers, C positions that
keys and values have room for, A columns of all heads, each filled up to a multiple of 16.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from translator.errors import ModelFilesError
from translator.models.base import (
    EncoderStates,
    Known,
    Prediction,
    Prefill,
    StepOutput,
    lengths_of,
)
from translator.models.huggingface import kernels
from translator.models.huggingface.decoder import BartDecoder, Decoder
from translator.models.huggingface.eight_bits import EightBitLinear, to_eight_bits
from translator.models.huggingface.generation import Generation
from translator.models.huggingface.languages import Languages
from translator.models.huggingface.model import Encoded, TransformersModel
from translator.models.huggingface.vocabulary import Vocabulary
from translator.models.info import ModelInfo
from translator.models.marian.tiles import LANES
from translator.text.code_words import DEFAULT_CODE_WORDS, CodeWords

__all__ = ["CompiledModel", "eight_bit_model"]

_log = logging.getLogger(__name__)

_ACTIVATIONS = {
    "relu": kernels.RELU,
    "silu": kernels.SWISH,
    "swish": kernels.SWISH,
    "gelu": kernels.GELU,
}
# What is never chosen.
_IMPOSSIBLE = np.float32(-1e30)
_FIRST_ROWS = 8


def eight_bit_model(
    decoder: Decoder,
    generation: Generation,
    vocabulary: Vocabulary,
    languages: Languages,
    info: ModelInfo,
    code_words: CodeWords = DEFAULT_CODE_WORDS,
) -> TransformersModel:
    """A model in eight bits, compiled if its family can be. Arguments as for ``TransformersModel``,
    with a network in float32, of which little is left afterwards.

    Raises:
        ModelFilesError: It has values that are no numbers.
    """
    if isinstance(decoder, BartDecoder) and _can_be_compiled(decoder):
        return CompiledModel(decoder, generation, vocabulary, languages, info, code_words)
    to_eight_bits(decoder.network)
    return TransformersModel(decoder, generation, vocabulary, languages, info, code_words)


def _can_be_compiled(decoder: BartDecoder) -> bool:
    config = decoder.stack.config
    return config.activation_function in _ACTIVATIONS and config.d_model % LANES == 0


# Weight [M, K] and bias [M] of a linear map.
_Linear = tuple[Tensor, Tensor]


def _linear(module: Any) -> _Linear:
    weight = module.weight
    return weight, weight.new_zeros(len(weight)) if module.bias is None else module.bias


class _Heads:
    """The columns of attention, each head filled up to whole vectors with zeros.

    Args:
        module: An attention of the library.
    """

    def __init__(self, module: Any) -> None:
        self.count = int(module.num_heads)
        self._size = int(module.head_dim)
        self._filled = -(-self._size // LANES) * LANES
        self.columns = self.count * self._filled

    def query(self, module: Any) -> _Linear:
        """Makes scaled queries."""
        return self._filled_rows(module.q_proj, self._size**-0.5)

    def keys_and_values(self, module: Any) -> list[_Linear]:
        """Makes keys, and makes values."""
        return [self._filled_rows(module.k_proj), self._filled_rows(module.v_proj)]

    def out(self, module: Any) -> _Linear:
        """Takes the contexts of filled heads."""
        weight, bias = _linear(module.out_proj)
        parts = weight.reshape(len(weight), self.count, self._size)
        return self._fill(parts).flatten(1), bias

    def _filled_rows(self, module: Any, factor: float = 1.0) -> _Linear:
        weight, bias = (factor * part for part in _linear(module))
        rows = self._fill(weight.T.reshape(-1, self.count, self._size)).flatten(1).T
        return rows, self._fill(bias.reshape(self.count, self._size)).flatten()

    def _fill(self, parts: Tensor) -> Tensor:
        return nn.functional.pad(parts, (0, self._filled - self._size))


def _map(layers: Iterable[Sequence[_Linear]]) -> kernels.Map:
    """One map for each layer, which does what several do, side by side."""
    maps = []
    for linears in layers:
        weights, biases = zip(*linears, strict=True)
        _check(*biases)
        maps.append(EightBitLinear(torch.cat(weights), torch.cat(biases)).map)
    return kernels.Map(*(np.concatenate(parts) for parts in zip(*maps, strict=True)))


def _norm(modules: Sequence[Any], dim: int) -> kernels.Norm:
    """One for each layer; [0, D] without any."""
    for module in modules:
        _check(module.weight, module.bias)
    empty = np.zeros((0, dim), np.float32)
    return kernels.Norm(
        np.stack([m.weight.detach().numpy() for m in modules]) if modules else empty,
        np.stack([m.bias.detach().numpy() for m in modules]) if modules else empty,
        np.array([m.eps for m in modules[:1]] or [0], np.float32),
    )


def _check(*values: Tensor) -> None:
    if not all(torch.isfinite(tensor).all() for tensor in values):
        raise ModelFilesError("its weights are not numbers (NaN or infinite)")


class _Stack:
    """What the kernels need of encoder and decoder alike; their layers are taken from the network.

    Args:
        stack: The library's encoder or decoder.
        normalises_first: See ``kernels.encode``.
    """

    def __init__(self, stack: Any, *, normalises_first: bool) -> None:
        layers, dim = list(stack.layers), int(stack.config.d_model)
        self.heads = heads = _Heads(layers[0].self_attn)
        self.depth = len(layers)
        self.own = kernels.Attention(
            _map(
                [heads.query(m), *heads.keys_and_values(m)] for m in (la.self_attn for la in layers)
            ),
            _map([heads.out(la.self_attn)] for la in layers),
            _norm([la.self_attn_layer_norm for la in layers], dim),
        )
        self.feed_forward = kernels.FeedForward(
            _map([_linear(la.fc1)] for la in layers),
            _map([_linear(la.fc2)] for la in layers),
            _norm([la.final_layer_norm for la in layers], dim),
        )
        last = getattr(stack, "layer_norm", None)
        # What comes after the layers in a kernel's arguments.
        self.how = (
            heads.count,
            heads.columns,
            normalises_first,
            _ACTIVATIONS[stack.config.activation_function],
            _norm([] if last is None else [last], dim),
        )


@dataclass(frozen=True, slots=True)
class _States:
    """Of B requests: keys and values of their targets and sources, [L, 2, C·A] each."""

    own: list[NDArray[np.float32]]
    cross: list[NDArray[np.float32]]
    source_lengths: list[int]


class CompiledModel(TransformersModel):
    """Implements ``models.base.Seq2SeqModel``. Arguments as for ``eight_bit_model``."""

    def __init__(
        self,
        decoder: BartDecoder,
        generation: Generation,
        vocabulary: Vocabulary,
        languages: Languages,
        info: ModelInfo,
        code_words: CodeWords = DEFAULT_CODE_WORDS,
    ) -> None:
        network, first = decoder.network, decoder.normalises_first
        self._embed = decoder.embed
        self._source_stack, self._target_stack = network.get_encoder(), decoder.stack
        self._encoding = _Stack(self._source_stack, normalises_first=first)
        self._decoding = _Stack(self._target_stack, normalises_first=first)
        self._encoder_layers = kernels.EncoderLayers(
            self._encoding.own, self._encoding.feed_forward
        )
        layers = list(decoder.layers)
        crosses: list[Any] = [decoder.cross_attention(i) for i in range(len(layers))]
        heads = self._decoding.heads
        norms = [cast(Any, layer).encoder_attn_layer_norm for layer in layers]
        self._decoder_layers = kernels.DecoderLayers(
            self._decoding.own,
            kernels.Attention(
                _map([heads.query(m)] for m in crosses),
                _map([heads.out(m)] for m in crosses),
                _norm(norms, network.config.d_model),
            ),
            self._decoding.feed_forward,
        )
        self._keys_and_values = _map([[m for c in crosses for m in heads.keys_and_values(c)]])
        # What is left of the network are its embeddings.
        for stack in (self._source_stack, self._target_stack):
            stack.layers = nn.ModuleList()
        to_eight_bits(network)
        self._aligning = np.array(generation.alignment_heads, np.int64).reshape(-1, 2)
        self._head = _head(network, generation.suppressed)
        super().__init__(decoder, generation, vocabulary, languages, info, code_words)
        _log.info("%s: loading its kernels; on a new machine they are compiled first", info.name)
        self.predict(self.prefill(self.encode([[0]]), [[]]).hidden[0])

    @torch.inference_mode()
    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        if not sources:
            return []
        lengths = lengths_of(sources)
        x = self._embedded(self._source_stack, sources, [0] * len(sources))
        kernels.encode(x, np.array(lengths), self._encoder_layers, *self._encoding.how)
        # A copy each, so that one kept source does not hold the memory of all.
        return [Encoded(part.clone()) for part in torch.from_numpy(x).split(lengths)]

    def _embedded(
        self, stack: Any, tokens: Sequence[Sequence[int]], firsts: Sequence[int]
    ) -> NDArray[np.float32]:
        """The first layer's input [N, D] for tokens at the positions from ``firsts`` on."""
        flat = torch.tensor([token for part in tokens for token in part])
        places = [
            first + n for part, first in zip(tokens, firsts, strict=True) for n in range(len(part))
        ]
        x: NDArray[np.float32] = self._embed(stack, flat, torch.tensor(places)).numpy()
        return np.ascontiguousarray(x)

    @torch.inference_mode()
    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Prefill:
        """Run the decoder over known targets, without padding."""
        sources = [cast(Encoded, states).hidden for states in encoder_states]
        source_lengths = [len(hidden) for hidden in sources]
        cross = [self._room(length) for length in source_lengths]
        kernels.cross_states(
            torch.cat(sources).numpy(),
            np.array(source_lengths),
            self._keys_and_values,
            self._decoding.depth,
            self._decoding.heads.columns,
            _addresses(cross),
        )
        start = self._generation.start_id
        tokens = [(start, *target) for target in targets]
        lengths = [len(part) for part in tokens]
        own = [self._room(length) for length in lengths]
        hidden, alignment = self.decode(
            tokens,
            [0] * len(tokens),
            _addresses(own),
            np.array([self.capacity(states) for states in own]),
            _addresses(cross),
            np.array(source_lengths),
        )
        return Prefill(
            pad_sequence(hidden.split(lengths), batch_first=True),
            None if alignment is None else pad_sequence(alignment.split(lengths), batch_first=True),
            _States(own, cross, source_lengths),
        )

    def decode(
        self,
        tokens: Sequence[Sequence[int]],
        firsts: Sequence[int],
        own: NDArray[np.int64],
        capacities: NDArray[np.int64],
        cross: NDArray[np.int64],
        source_lengths: NDArray[np.int64],
    ) -> tuple[Tensor, Tensor | None]:
        """Hidden states [N, D] and alignment [N, S] or None; see ``kernels.decode``.

        Args:
            tokens: Those of each request that are run.
            firsts: The position of each request's first one.
            own: See there, ``states``.
            capacities: See there.
            cross: See there, ``sources``.
            source_lengths: See there.
        """
        x = self._embedded(self._target_stack, tokens, firsts)
        lengths = np.array([len(part) for part in tokens])
        places = np.concatenate([np.arange(a, a + n) for a, n in zip(firsts, lengths, strict=True)])
        alignment = np.zeros((len(x), int(source_lengths.max())), np.float32)
        kernels.decode(
            x,
            places,
            lengths,
            own,
            capacities,
            cross,
            source_lengths,
            self._decoder_layers,
            *self._decoding.how,
            self._aligning,
            alignment,
        )
        aligned = torch.from_numpy(alignment) if len(self._aligning) else None
        return torch.from_numpy(x), aligned

    def _room(self, positions: int) -> NDArray[np.float32]:
        """Keys and values for at least so many positions, all zeros."""
        return self.grown(np.zeros((self._decoding.depth, 2, 0), np.float32), positions)

    def grown(self, states: NDArray[np.float32], positions: int) -> NDArray[np.float32]:
        """A copy of as much of ``states`` [L, 2, C·A] as fits into room for so many positions."""
        depth, two, size = states.shape
        filled = -(-positions // LANES) * LANES * self._decoding.heads.columns
        made = np.zeros((depth, two, filled), np.float32)
        made[:, :, :size] = states[:, :, :filled]
        return made

    def capacity(self, states: NDArray[np.float32]) -> int:
        """Positions C that keys and values have room for."""
        return int(states.shape[2]) // self._decoding.heads.columns

    def new_batch(self) -> "CompiledBatch":
        return CompiledBatch(self)

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
        asked = np.full(count, -1) if drafted is None else np.array(drafted, np.int64)
        tokens = np.zeros(count, np.int64)
        scores, draft_scores = np.zeros(count, np.float32), np.zeros(count, np.float32)
        kernels.predict(rows, self._head, asked, probable, tokens, scores, draft_scores)
        return Prediction(
            tokens.tolist(), scores.tolist(), [] if drafted is None else draft_scores.tolist()
        )


def _head(network: Any, suppressed: Sequence[int]) -> kernels.Map:
    """The output layer. What is added to the scores becomes its bias."""
    head = network.lm_head
    if (added := getattr(network, "final_logits_bias", None)) is not None:
        _check(added)
        head.map.bias[0, : head.out_features] += added[0].numpy()
        added.zero_()
    bias = head.map.bias.copy()
    # What fills a block is never the best token.
    bias[:, head.out_features :] = _IMPOSSIBLE
    bias[:, list(suppressed)] = _IMPOSSIBLE
    made: kernels.Map = head.map._replace(bias=bias)
    return made


def _addresses(states: Sequence[NDArray[np.float32]]) -> NDArray[np.int64]:
    return np.array([part.ctypes.data for part in states])


class CompiledBatch:
    """Implements ``models.base.DecoderBatch``.

    A row is the addresses of keys and values: its own, which grow, and its source's, which are not
    copied.
    """

    def __init__(self, model: CompiledModel) -> None:
        self._model = model
        # Hold what the addresses point at.
        self._own: list[NDArray[np.float32] | None] = [None] * _FIRST_ROWS
        self._cross: list[NDArray[np.float32] | None] = [None] * _FIRST_ROWS
        # Of each row: address and capacity of its own, address and length of its source, position.
        self._numbers = np.zeros((5, _FIRST_ROWS), np.int64)

    def load(
        self, row: int, encoder_states: EncoderStates, known: Known, index: int, position: int
    ) -> None:
        self._grow(row + 1)
        states = cast(_States, known.states)
        # Room for the next position too, which is soon needed.
        self._own[row] = own = self._model.grown(states.own[index], position + 2)
        self._cross[row] = cross = states.cross[index]
        self._numbers[:, row] = (
            own.ctypes.data,
            self._model.capacity(own),
            cross.ctypes.data,
            states.source_lengths[index],
            position,
        )

    def move(self, row: int, to: int) -> None:
        self._grow(to + 1)
        self._own[to], self._cross[to] = self._own[row], self._cross[row]
        self._numbers[:, to] = self._numbers[:, row]

    def step(self, tokens: Tensor) -> StepOutput:
        rows = len(tokens)
        self._numbers[4, :rows] += 1
        own, capacities, cross, source_lengths, places = self._numbers[:, :rows]
        for row in np.flatnonzero(places >= capacities).tolist():
            self._own[row] = grown = self._model.grown(
                cast("NDArray[np.float32]", self._own[row]), 2 * int(capacities[row])
            )
            own[row], capacities[row] = grown.ctypes.data, self._model.capacity(grown)
        with torch.inference_mode():
            hidden, alignment = self._model.decode(
                [(token,) for token in tokens.tolist()],
                places.tolist(),
                own,
                capacities,
                cross,
                source_lengths,
            )
        return StepOutput(hidden, alignment)

    def _grow(self, rows: int) -> None:
        capacity = len(self._own)
        if rows <= capacity:
            return
        more = max(capacity, rows - capacity)
        self._own += [None] * more
        self._cross += [None] * more
        self._numbers = np.pad(self._numbers, ((0, 0), (0, more)))
