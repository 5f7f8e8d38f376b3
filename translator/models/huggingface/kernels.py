"""The network of Marian, M2M-100, NLLB and mBART in eight bits, compiled by numba.

As in ``models/marian/kernels.py``, every loop works on one row alone, sums have one order, and
there is no padding: a row has the same result, bit by bit, whatever is beside it. Here rows become
bytes with a scale of their own (see ``eight_bits.py``), and each layer attends to what was before
in the target: a request's keys and values are floats [L, 2, C·A], C positions, a multiple of 16:
keys [C/16, A, 16] and values [C, A].

Shapes: N rows, B sources or requests, D hidden size, L layers, H heads, A columns of all heads,
each filled up to a multiple of 16; M columns of a map, filled up to a multiple of 64.
"""

from typing import NamedTuple

import numpy as np
from numba import carray  # type: ignore[attr-defined]
from numpy.typing import NDArray

from translator.models.marian.kernel_cache import compiled
from translator.models.marian.kernels import (
    NEGLIGIBLE,
    exp,
    filled,
    pointer,
    softmax,
    to_byte,
)
from translator.models.marian.tiles import (
    BLOCK,
    LANES,
    REALS,
    TILE_ROWS,
    ZERO,
    groups_in,
    multiply_bytes,
    multiply_floats,
    sum_floats,
    sum_squares,
)

__all__ = [
    "GELU",
    "RELU",
    "SWISH",
    "Attention",
    "DecoderLayers",
    "EncoderLayers",
    "FeedForward",
    "Map",
    "Norm",
    "activate",
    "cross_states",
    "decode",
    "encode",
    "linear",
    "predict",
]

_LARGEST = np.float32(127)
RELU, SWISH, GELU = range(3)

_compiled = compiled(fastmath={"contract", "nnan", "ninf", "nsz"})


class Map(NamedTuple):
    """A linear map in each of L layers (L is 1 for a map that exists once).

    Attributes:
        weights: int8 [L, M/64, …]; see ``tiles.pack``.
        scales: float32 [L, M], from an integer to a real weight.
        offsets: float32 [L, M], what the 127 of each activation adds to a sum, negative, scaled.
        bias: float32 [L, M].
    """

    weights: NDArray[np.int8]
    scales: NDArray[np.float32]
    offsets: NDArray[np.float32]
    bias: NDArray[np.float32]


class Norm(NamedTuple):
    """Layer normalisation in each of L layers: float32 [L, D]; ``epsilon`` is float32 [1]."""

    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    epsilon: NDArray[np.float32]


class Attention(NamedTuple):
    """Attention; ``into`` makes queries, scaled already, and for attention to oneself the rest."""

    into: Map
    out: Map
    norm: Norm


class FeedForward(NamedTuple):
    """The last part of a layer."""

    inner: Map
    outer: Map
    norm: Norm


class EncoderLayers(NamedTuple):
    """The encoder."""

    own: Attention
    feed_forward: FeedForward


class DecoderLayers(NamedTuple):
    """The decoder; ``cross`` attends to the source."""

    own: Attention
    cross: Attention
    feed_forward: FeedForward


@_compiled
def _whole_blocks(columns):
    return (columns + BLOCK - 1) // BLOCK * BLOCK


@_compiled
def _to_bytes(x, groups, out, factors):
    """Turn real rows [N, K] into bytes ``out`` [N, at least 4·groups], each with its factor [N]."""
    rows, inner = x.shape
    for i in range(rows):
        largest = np.float32(0)
        for k in range(inner):
            largest = max(largest, abs(x[i, k]))
        factors[i] = largest / _LARGEST
        multiplier = _LARGEST / largest if largest > 0 else np.float32(0)
        for k in range(inner):
            out[i, k] = to_byte(x[i, k], multiplier)
        for k in range(inner, 4 * groups):
            out[i, k] = np.uint8(ZERO)


@_compiled
def _map(x, mapping, layer, bytes_in, factors, out):
    """Map real rows [N, K] to real rows ``out`` [N, at least M].

    ``bytes_in`` [at least N, at least K] and ``factors`` [at least N] are working space.
    """
    weights, scales = mapping.weights[layer], mapping.scales[layer]
    offsets, bias = mapping.offsets[layer], mapping.bias[layer]
    groups, rows = groups_in(weights), x.shape[0]
    _to_bytes(x, groups, bytes_in, factors)
    for j in range(weights.shape[0]):
        first = BLOCK * j
        multiply_bytes(
            bytes_in.ctypes.data, bytes_in.shape[1], rows, weights[j].ctypes.data, groups,
            scales.ctypes.data + 4 * first, offsets.ctypes.data + 4 * first,
            out.ctypes.data + 4 * first, 4 * out.shape[1], REALS,
        )  # fmt: skip
        for i in range(rows):
            for c in range(first, first + BLOCK):
                out[i, c] = out[i, c] * factors[i] + bias[c]


@_compiled
def linear(x, mapping, out):
    """Map real rows [N, K] to real rows ``out`` [N, M] with a map that exists once."""
    rows, inner = x.shape
    bytes_in = np.empty((rows, _whole_blocks(inner)), np.uint8)
    _map(x, mapping, 0, bytes_in, np.empty(rows, np.float32), out)


@_compiled
def activate(x, activation):
    """Put the activation of each number of ``x`` [N, M] in its place."""
    for i in range(x.shape[0]):
        if activation == RELU:
            for k in range(x.shape[1]):
                x[i, k] = max(x[i, k], np.float32(0))
        elif activation == SWISH:
            for k in range(x.shape[1]):
                x[i, k] = x[i, k] / (np.float32(1) + exp(-x[i, k]))
        else:
            for k in range(x.shape[1]):
                x[i, k] = _gelu(x[i, k])


@_compiled
def _gelu(x):
    """GELU, with the erf of Abramowitz and Stegun, 7.1.26, which is off by 1.5e-7 at most."""
    z = abs(x) * np.float32(0.7071067811865476)
    t = np.float32(1) / (np.float32(1) + np.float32(0.3275911) * z)
    p = np.float32(1.061405429)
    p = p * t - np.float32(1.453152027)
    p = p * t + np.float32(1.421413741)
    p = p * t - np.float32(0.284496736)
    p = p * t + np.float32(0.254829592)
    tail = np.float32(0.5) * p * t * exp(-z * z)
    return x * (np.float32(1) - tail if x > 0 else tail)


@_compiled
def _normalise(x, layer, norm, out):
    """``out`` [N, D] becomes LN(x)."""
    scale, bias, epsilon = norm.scale[layer], norm.bias[layer], norm.epsilon[0]
    rows, dim = x.shape
    for i in range(rows):
        mean = sum_floats(x[i].ctypes.data, dim) / np.float32(dim)
        squares = sum_squares(x[i].ctypes.data, dim, mean)
        inverse = np.float32(1) / np.sqrt(squares / np.float32(dim) + epsilon)
        for k in range(dim):
            out[i, k] = (x[i, k] - mean) * inverse * scale[k] + bias[k]


@_compiled
def _add(x, update, layer, norm, normalises_first):
    """Add columns of ``update`` to ``x`` [N, D], and normalise it where that comes last."""
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            x[i, k] += update[i, k]
    if not normalises_first:
        _normalise(x, layer, norm, x)


@_compiled
def _keep(rows, row, keys_at, values_at, place, keys, values, columns):
    """Copy keys and values out of a row of ``rows`` [N, M], from these columns on."""
    block, lane = place // LANES, place % LANES
    for a in range(columns):
        keys[(block * columns + a) * LANES + lane] = rows[row, keys_at + a]
        values[place * columns + a] = rows[row, values_at + a]


@_compiled
def _attend(queries, first, count, keys, values, length, more, heads, columns, weights, out):
    """Attention of ``count`` queries, rows of ``queries`` [N, M] from ``first`` on.

    The first looks at ``length`` positions, each later one at ``more`` more. ``weights`` [H, at
    least count, S] are left there for the caller, S the most positions, filled; the contexts are in
    rows of ``out`` [N, A].
    """
    width = weights.shape[2]
    size = columns // heads
    stride = 4 * queries.shape[1]
    for h in range(heads):
        at = 4 * h * size
        for block in range(width // LANES):
            multiply_floats(
                queries.ctypes.data + first * stride + at, stride, count,
                keys.ctypes.data + 4 * LANES * (block * columns + h * size), 4 * LANES, size, LANES,
                weights[h].ctypes.data + 4 * LANES * block, 4 * width,
            )  # fmt: skip
        softmax(weights[h], count, length, more)
        multiply_floats(
            weights[h].ctypes.data, 4 * width, count, values.ctypes.data + at, 4 * columns, width,
            size, out.ctypes.data + first * 4 * columns + at, 4 * columns,
        )  # fmt: skip


@_compiled
def _feed_forward(x, layer, layers, normalises_first, activation, room):
    """The last part of a layer; ``x`` [N, D] becomes its output."""
    normed, bytes_in, factors, update, inner = room
    if normalises_first:
        _normalise(x, layer, layers.norm, normed)
        _map(normed, layers.inner, layer, bytes_in, factors, inner)
    else:
        _map(x, layers.inner, layer, bytes_in, factors, inner)
    activate(inner, activation)
    _map(inner, layers.outer, layer, bytes_in, factors, update)
    _add(x, update, layer, layers.norm, normalises_first)


@_compiled
def encode(x, lengths, layers, heads, columns, normalises_first, activation, last):
    """Encode sources, one after another, in place.

    Args:
        x: float32 [N, D], the embedded tokens; D is a multiple of 16.
        lengths: int64 [B]; their sum is N.
        layers: The encoder.
        heads: H.
        columns: A.
        normalises_first: Whether each part of a layer begins with its normalisation, or ends.
        activation: ``RELU``, ``SWISH`` or ``GELU``.
        last: The normalisation at the end; without any layer there is none.
    """
    count, dim = x.shape
    own, feed_forward = layers.own, layers.feed_forward
    joint = np.empty((count, own.into.bias.shape[1]), np.float32)
    context = np.empty((count, columns), np.float32)
    normed = np.empty((count, dim), np.float32)
    inner = np.empty((count, feed_forward.inner.bias.shape[1]), np.float32)
    update = np.empty((count, own.out.bias.shape[1]), np.float32)
    bytes_in = np.empty((count, _whole_blocks(max(inner.shape[1], columns, dim))), np.uint8)
    factors = np.empty(count, np.float32)
    room = (normed, bytes_in, factors, update, inner)
    widest = filled(lengths.max())
    keys, values = np.empty(widest * columns, np.float32), np.empty(widest * columns, np.float32)
    all_weights = np.empty(heads * lengths.max() * widest, np.float32)
    for layer in range(own.norm.scale.shape[0]):
        if normalises_first:
            _normalise(x, layer, own.norm, normed)
            _map(normed, own.into, layer, bytes_in, factors, joint)
        else:
            _map(x, own.into, layer, bytes_in, factors, joint)
        row = 0
        for b in range(len(lengths)):
            length = lengths[b]
            width = filled(length)
            # What is past the end weighs nothing, but must be a number.
            keys[: width * columns] = np.float32(0)
            values[: width * columns] = np.float32(0)
            for s in range(length):
                _keep(joint, row + s, columns, 2 * columns, s, keys, values, columns)
            weights = all_weights[: heads * length * width].reshape(heads, length, width)
            _attend(
                joint, row, length, keys, values, length, 0, heads, columns, weights, context
            )  # fmt: skip
            row += length
        _map(context, own.out, layer, bytes_in, factors, update)
        _add(x, update, layer, own.norm, normalises_first)
        _feed_forward(x, layer, feed_forward, normalises_first, activation, room)
    if last.scale.shape[0]:
        _normalise(x, 0, last, x)


@_compiled
def cross_states(x, lengths, mapping, depth, columns, states):
    """Make every decoder layer's keys and values of encoded sources, one after another.

    Args:
        x: float32 [N, D].
        lengths: int64 [B]; their sum is N.
        mapping: Makes all of them, [1, 2·L·A].
        depth: Decoder layers L.
        columns: A.
        states: int64 [B], output: addresses of [L, 2, C·A], C the length, filled; all zeros.
    """
    count, dim = x.shape
    joint = np.empty((count, mapping.bias.shape[1]), np.float32)
    _map(
        x,
        mapping,
        0,
        np.empty((count, _whole_blocks(dim)), np.uint8),
        np.empty(count, np.float32),
        joint,
    )
    row = 0
    for b in range(len(lengths)):
        part = filled(lengths[b]) * columns
        whole = carray(pointer(states[b]), 2 * depth * part, np.float32)
        for layer in range(depth):
            keys = whole[2 * layer * part : (2 * layer + 1) * part]
            values = whole[(2 * layer + 1) * part : 2 * (layer + 1) * part]
            for s in range(lengths[b]):
                at = 2 * layer * columns
                _keep(joint, row + s, at, at + columns, s, keys, values, columns)
        row += lengths[b]


@_compiled
def decode(
    x, places, lengths, states, capacities, sources, source_lengths, layers, heads,
    columns, normalises_first, activation, last, aligning, alignment
):  # fmt: skip
    """Run known target tokens of B requests, one after another, through the decoder, in place.

    Args:
        x: float32 [N, D], the embedded tokens.
        places: int64 [N], the position of each in its target; a request's follow one another.
        lengths: int64 [B], positions of each request; their sum is N.
        states: int64 [B], addresses of each request's keys and values, which are added to.
        capacities: int64 [B], positions C of these, more than the last place.
        sources: int64 [B], addresses of what ``cross_states`` made.
        source_lengths: int64 [B].
        layers: The decoder.
        heads: H.
        columns: A.
        normalises_first: As in ``encode``.
        activation: See there.
        last: See there.
        aligning: int64 [any number, 2], layers and heads whose attention is the alignment.
        alignment: float32 [N, the longest source], output, all zeros: attention on the source.
    """
    count, dim = x.shape
    own, cross, feed_forward = layers.own, layers.cross, layers.feed_forward
    depth = own.norm.scale.shape[0]
    joint = np.empty((count, own.into.bias.shape[1]), np.float32)
    query = np.empty((count, cross.into.bias.shape[1]), np.float32)
    context = np.empty((count, columns), np.float32)
    normed = np.empty((count, dim), np.float32)
    inner = np.empty((count, feed_forward.inner.bias.shape[1]), np.float32)
    update = np.empty((count, own.out.bias.shape[1]), np.float32)
    bytes_in = np.empty((count, _whole_blocks(max(inner.shape[1], columns, dim))), np.uint8)
    factors = np.empty(count, np.float32)
    room = (normed, bytes_in, factors, update, inner)
    widest = filled(max(places.max() + 1, source_lengths.max()))
    all_weights = np.empty(heads * lengths.max() * widest, np.float32)
    share = np.float32(1) / np.float32(max(1, len(aligning)))
    for layer in range(depth):
        if normalises_first:
            _normalise(x, layer, own.norm, normed)
            _map(normed, own.into, layer, bytes_in, factors, joint)
        else:
            _map(x, own.into, layer, bytes_in, factors, joint)
        row = 0
        for b in range(len(lengths)):
            part = capacities[b] * columns
            whole = carray(pointer(states[b]), 2 * (layer + 1) * part, np.float32)
            keys = whole[2 * layer * part : (2 * layer + 1) * part]
            values = whole[(2 * layer + 1) * part :]
            for t in range(lengths[b]):
                _keep(joint, row + t, columns, 2 * columns, places[row + t], keys, values, columns)
            seen = places[row] + 1
            width = filled(seen + lengths[b] - 1)
            weights = all_weights[: heads * lengths[b] * width].reshape(heads, lengths[b], width)
            _attend(
                joint, row, lengths[b], keys, values, seen, 1, heads, columns, weights, context
            )  # fmt: skip
            row += lengths[b]
        _map(context, own.out, layer, bytes_in, factors, update)
        _add(x, update, layer, own.norm, normalises_first)
        if normalises_first:
            _normalise(x, layer, cross.norm, normed)
            _map(normed, cross.into, layer, bytes_in, factors, query)
        else:
            _map(x, cross.into, layer, bytes_in, factors, query)
        row = 0
        for b in range(len(lengths)):
            length = source_lengths[b]
            width = filled(length)
            part = width * columns
            whole = carray(pointer(sources[b]), 2 * (layer + 1) * part, np.float32)
            keys = whole[2 * layer * part : (2 * layer + 1) * part]
            values = whole[(2 * layer + 1) * part :]
            weights = all_weights[: heads * lengths[b] * width].reshape(heads, lengths[b], width)
            _attend(
                query, row, lengths[b], keys, values, length, 0, heads, columns, weights, context
            )  # fmt: skip
            for n in range(len(aligning)):
                if aligning[n, 0] == layer:
                    for t in range(lengths[b]):
                        for s in range(length):
                            alignment[row + t, s] += share * weights[aligning[n, 1], t, s]
            row += lengths[b]
        _map(context, cross.out, layer, bytes_in, factors, update)
        _add(x, update, layer, cross.norm, normalises_first)
        _feed_forward(x, layer, feed_forward, normalises_first, activation, room)
    if last.scale.shape[0]:
        _normalise(x, 0, last, x)


@_compiled
def predict(hidden, output, drafted, probable, tokens, log_probabilities, draft_log_probabilities):
    """The best token of each row; as in ``models/marian/kernels.py``, with ``output`` a ``Map``."""
    rows = len(hidden)
    weights, scales = output.weights[0], output.scales[0]
    offsets, bias = output.offsets[0], output.bias[0]
    groups = groups_in(weights)
    x, factors = np.empty((rows, 4 * groups), np.uint8), np.empty(rows, np.float32)
    _to_bytes(hidden, groups, x, factors)
    scores = np.empty((TILE_ROWS, BLOCK), np.float32)
    powers = np.empty(BLOCK, np.float32)
    best = np.full(rows, np.float32(-1e30), np.float32)
    totals = np.zeros(rows, np.float32)
    for j in range(weights.shape[0]):
        first = j * BLOCK
        for i in range(0, rows, TILE_ROWS):
            count = min(TILE_ROWS, rows - i)
            multiply_bytes(
                x.ctypes.data + i * x.shape[1], x.shape[1], count, weights[j].ctypes.data, groups,
                scales.ctypes.data + 4 * first, offsets.ctypes.data + 4 * first,
                scores.ctypes.data, 4 * BLOCK, REALS,
            )  # fmt: skip
            for r in range(count):
                n = i + r
                highest = np.float32(-1e30)
                for c in range(BLOCK):
                    scores[r, c] = scores[r, c] * factors[n] + bias[first + c]
                    highest = max(highest, scores[r, c])
                if highest > best[n]:
                    if probable:
                        totals[n] *= exp(best[n] - highest)
                    best[n] = highest
                    for c in range(BLOCK):
                        if scores[r, c] == highest:
                            tokens[n] = first + c
                            break
                if probable:
                    if highest - best[n] > NEGLIGIBLE:
                        for c in range(BLOCK):
                            powers[c] = exp(scores[r, c] - best[n])
                        totals[n] += sum_floats(powers.ctypes.data, BLOCK)
                    if first <= drafted[n] < first + BLOCK:
                        draft_log_probabilities[n] = scores[r, drafted[n] - first]
    for n in range(rows):
        log_probabilities[n] = np.float32(0)
        if probable:
            total = np.log(totals[n])
            log_probabilities[n] = -total
            draft_log_probabilities[n] -= best[n] + total
