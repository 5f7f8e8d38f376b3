"""The network of ``ssru.py`` in eight bits, as loops that numba compiles for this processor.

Matrices and their inputs are eight-bit integers; everything between two products is float32. A row
of activations is turned into integers with the static multiplier in the model file, the products
are exact, and every other loop works on one row alone. So a row has the same result, bit by bit,
whatever is beside it: batched = alone and prefilled = stepped, by construction. There is no
padding: the rows of all sources stand one after another.

Activations are stored with 127 added, because the instruction needs one unsigned side; the bias
(``Affine.bias``) takes off what that adds to a sum.

Shapes: N rows, B sources or requests, S source tokens, D hidden size, H heads, L layers, V
vocabulary; M columns of a product, padded to a multiple of 64.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import carray, types  # type: ignore[attr-defined]
from numba.extending import intrinsic
from numpy.typing import NDArray

from translator.models.marian.kernel_cache import compiled
from translator.models.marian.tiles import (
    BLOCK,
    BYTES,
    LANES,
    REALS,
    SCORES,
    TILE_ROWS,
    ZERO,
    dot_bytes,
    float_bits,
    groups_in,
    max_floats,
    multiply_bytes,
    multiply_floats,
    nearest,
    sum_floats,
    sum_squares,
    weight,
)

__all__ = [
    "NEGLIGIBLE",
    "Affine",
    "DecoderLayers",
    "EncoderLayers",
    "Norm",
    "advance",
    "affine",
    "decode",
    "encode",
    "exp",
    "filled",
    "open_targets",
    "pointer",
    "predict",
    "predict_among",
    "softmax",
    "to_byte",
]

_EPSILON = np.float32(1e-6)
_LOG2E = np.float32(1.4426950408889634)
_LN2 = np.float32(0.6931471805599453)
# Beyond it e^x or e^-x is no float32.
_LARGEST_EXPONENT = np.float32(87.0)
# Scores this far below the best add less than 1e-7 of it to the sum of all 32,000.
NEGLIGIBLE = np.float32(-27.0)

# NaN and infinity cannot arise: weights are checked on loading, and what goes into a product is
# clamped to eight bits. Nothing is reordered, nor approximated: a sum of floats has the order that
# ``sum_floats`` gives it, however wide the processor's vectors are, so all come to the same.
_compiled = compiled(fastmath={"contract", "nnan", "ninf", "nsz"})


class Affine(NamedTuple):
    """An affine map in each of L layers (L is 1 for a map that exists once).

    Attributes:
        weights: int8 [L, M/64, …]; see ``tiles.pack``.
        scales: float32 [L, M], from an integer sum to a real one.
        bias: float32 [L, M], less what the activations' 127 adds to each sum.
        multipliers: float32 [L], from its real input to integers.
    """

    weights: NDArray[np.int8]
    scales: NDArray[np.float32]
    bias: NDArray[np.float32]
    multipliers: NDArray[np.float32]


class Norm(NamedTuple):
    """Layer normalisation in each of L layers: float32 [L, D]."""

    scale: NDArray[np.float32]
    bias: NDArray[np.float32]


class EncoderLayers(NamedTuple):
    """The encoder; queries are already scaled. ``cross`` makes all keys and values, [1, M]."""

    query_key_value: Affine
    out: Affine
    norm: Norm
    inner: Affine
    outer: Affine
    ffn_norm: Norm
    cross: Affine


class DecoderLayers(NamedTuple):
    """The decoder; ``cell`` gives value and gate, and queries are already scaled."""

    cell: Affine
    cell_norm: Norm
    query: Affine
    out: Affine
    norm: Norm
    inner: Affine
    outer: Affine
    ffn_norm: Norm


@intrinsic
def pointer(_typing, address):
    """Turn an address into a pointer to float32."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], ir.FloatType().as_pointer())

    return types.CPointer(types.float32)(types.intp), generate


@_compiled
def exp(x):
    """e^x of a float32 to within 2e-7, in a form that vectorises; clamped to e^±87."""
    x = min(max(x, -_LARGEST_EXPONENT), _LARGEST_EXPONENT)
    power = np.floor(x * _LOG2E + np.float32(0.5))
    r = x - power * _LN2
    p = np.float32(1 / 720)
    p = p * r + np.float32(1 / 120)
    p = p * r + np.float32(1 / 24)
    p = p * r + np.float32(1 / 6)
    p = p * r + np.float32(0.5)
    p = p * r + np.float32(1)
    p = p * r + np.float32(1)
    return p * float_bits((np.int32(power) + np.int32(127)) << np.int32(23))


@_compiled
def to_byte(x, multiplier):
    """Turn a real activation into a byte: rounded to even, clamped to ±127, plus 127."""
    scaled = nearest(x * multiplier)
    return np.uint8(np.int32(min(max(scaled, np.float32(-127)), np.float32(127))) + np.int32(ZERO))


@_compiled
def _quantise(x, multiplier, out):
    """Turn real rows [N, D] into bytes."""
    for i in range(x.shape[0]):
        for k in range(x.shape[1]):
            out[i, k] = to_byte(x[i, k], multiplier)


@_compiled
def _embed(token, place, embeddings, scale, positions, out):
    """The network's input [D] for a token at its position; -1 is the zero vector."""
    for k in range(out.shape[0]):
        out[k] = positions[place, k]
        if token >= 0:
            out[k] += np.float32(weight(embeddings, token, k)) * scale


@_compiled
def _affine(x, layer, affine, out):
    """Map bytes [N, K] to real rows ``out`` [N, M]."""
    weights, scales, bias = affine.weights[layer], affine.scales[layer], affine.bias[layer]
    for j in range(weights.shape[0]):
        multiply_bytes(
            x.ctypes.data, x.shape[1], x.shape[0], weights[j].ctypes.data, groups_in(weights),
            scales.ctypes.data + 4 * BLOCK * j, bias.ctypes.data + 4 * BLOCK * j,
            out.ctypes.data + 4 * BLOCK * j, 4 * out.shape[1], REALS,
        )  # fmt: skip


@_compiled
def _affine_to_bytes(x, layer, affine, swish, multiplier, real, out):
    """Map bytes [N, K], with the activation, to bytes ``out`` [N, M].

    For a relu, ``multiplier`` is already part of scales and bias. A swish needs ``real`` [N, M] for
    values in between.
    """
    if swish:
        _affine(x, layer, affine, real)
        for i in range(real.shape[0]):
            for k in range(real.shape[1]):
                activated = real[i, k] / (np.float32(1) + exp(-real[i, k]))
                out[i, k] = to_byte(activated, multiplier)
        return
    weights, scales, bias = affine.weights[layer], affine.scales[layer], affine.bias[layer]
    for j in range(weights.shape[0]):
        multiply_bytes(
            x.ctypes.data, x.shape[1], x.shape[0], weights[j].ctypes.data, groups_in(weights),
            scales.ctypes.data + 4 * BLOCK * j, bias.ctypes.data + 4 * BLOCK * j,
            out.ctypes.data + BLOCK * j, out.shape[1], BYTES,
        )  # fmt: skip


@_compiled
def _add_and_norm(x, update, layer, norm, multiplier, out):
    """``x`` [N, D] becomes LN(x + update), and ``out`` [N, D] the same as bytes."""
    scale, bias = norm.scale[layer], norm.bias[layer]
    rows, dim = x.shape
    for i in range(rows):
        for k in range(dim):
            x[i, k] += update[i, k]
        mean = sum_floats(x[i].ctypes.data, dim) / np.float32(dim)
        squares = sum_squares(x[i].ctypes.data, dim, mean)
        inverse = np.float32(1) / np.sqrt(squares / np.float32(dim) + _EPSILON)
        for k in range(dim):
            x[i, k] = (x[i, k] - mean) * inverse * scale[k] + bias[k]
            out[i, k] = to_byte(x[i, k], multiplier)


@_compiled
def _attend(queries, first, count, keys, values, values_stride, length, heads, weights, out):
    """Attention of ``count`` scaled queries: rows of ``queries`` [N, M] from ``first`` on.

    ``keys`` [D, S] are padded to a multiple of 16. ``values`` is the address of as many values [D]
    as there are keys, so many bytes apart. ``weights`` [H, at least count, S] are left there for
    the caller, the context in rows of ``out`` [N, D].
    """
    dim, width = keys.shape
    size = dim // heads
    stride, out_stride = 4 * queries.shape[1], 4 * dim
    for h in range(heads):
        at = 4 * h * size
        multiply_floats(
            queries.ctypes.data + first * stride + at, stride, count,
            keys.ctypes.data + at * width, 4 * width, size, width,
            weights[h].ctypes.data, 4 * width,
        )  # fmt: skip
        softmax(weights[h], count, length, 0)
        multiply_floats(
            weights[h].ctypes.data, 4 * width, count,
            values + at, values_stride, length, size,
            out.ctypes.data + first * out_stride + at, out_stride,
        )  # fmt: skip


@_compiled
def softmax(scores, count, length, more):
    """Softmax of the first ``count`` rows [N, S], in place.

    The first has ``length`` values, each later one ``more`` more; what is past them becomes 0. The
    rows take each step together: alone, a row would wait for what it has just computed.
    """
    width = scores.shape[1]
    at = np.empty(count, np.float32)
    for t in range(count):
        for s in range(length + more * t, width):
            scores[t, s] = np.float32(-1e30)
    for t in range(count):
        at[t] = max_floats(scores.ctypes.data + 4 * t * width, width)
    for t in range(count):
        best = at[t]
        for s in range(width):
            scores[t, s] = exp(scores[t, s] - best)
    for t in range(count):
        at[t] = np.float32(1) / sum_floats(scores.ctypes.data + 4 * t * width, width)
    for t in range(count):
        inverse = at[t]
        for s in range(width):
            scores[t, s] *= inverse
        for s in range(length + more * t, width):
            scores[t, s] = np.float32(0)


@_compiled
def _after_attention(x, context, layer, layers, swish, following, bytes_in, update, real, inner):
    """The rest of an encoder or decoder layer, from the context [N, D] of its attention.

    ``x`` [N, D] becomes the layer's output and ``bytes_in`` its bytes, with the multiplier
    ``following``; the last three arrays are working space.
    """
    _quantise(context, layers.out.multipliers[layer], bytes_in)
    _affine(bytes_in, layer, layers.out, update)
    _add_and_norm(x, update, layer, layers.norm, layers.inner.multipliers[layer], bytes_in)
    _affine_to_bytes(
        bytes_in, layer, layers.inner, swish, layers.outer.multipliers[layer], real, inner
    )
    _affine(inner, layer, layers.outer, update)
    _add_and_norm(x, update, layer, layers.ffn_norm, following, bytes_in)


@_compiled
def filled(length):
    """How many keys space is kept for: whole vectors."""
    return (length + LANES - 1) // LANES * LANES


@_compiled
def _turn(rows, first, length, at, keys):
    """Copy keys out of ``rows`` [N, M], from row ``first`` and column ``at`` on.

    They go to ``keys`` [D, S], padded with zeros.
    """
    dim, width = keys.shape
    for d in range(dim):
        for s in range(length):
            keys[d, s] = rows[first + s, at + d]
        for s in range(length, width):
            keys[d, s] = np.float32(0)


@_compiled
def encode(
    tokens, lengths, embeddings, embedding_scale, open_end, positions, heads, swish, layers,
    decoder_depth, cross
):  # fmt: skip
    """Encode sources, one after another, to the keys and values of every decoder layer.

    Args:
        tokens: int64 [N]; -1 is the open end.
        lengths: int64 [B]; their sum is N.
        embeddings: int8 [V/64, …], packed.
        embedding_scale: Turns an integer of these into a real input.
        open_end: float32 [D].
        positions: float32 [at least the longest, D].
        heads: H.
        swish: Whether the activation is swish, else relu.
        layers: The encoder.
        decoder_depth: Decoder layers L.
        cross: int64 [B], addresses of what each source becomes: float32 [L, 2, S·D], keys [D, S]
            and values [S, D], S padded to a multiple of 16.
    """
    count, depth = len(tokens), layers.norm.scale.shape[0]
    dim = layers.norm.scale.shape[1]
    x = np.empty((count, dim), np.float32)
    row = 0
    for b in range(len(lengths)):
        for s in range(lengths[b]):
            _embed(tokens[row], s, embeddings, embedding_scale, positions, x[row])
            if tokens[row] < 0:
                for k in range(dim):
                    x[row, k] += open_end[k]
            row += 1
    bytes_in = np.empty((count, dim), np.uint8)
    joint = np.empty((count, layers.query_key_value.bias.shape[1]), np.float32)
    context = np.empty((count, dim), np.float32)
    update = np.empty((count, layers.out.bias.shape[1]), np.float32)
    inner = np.empty((count, layers.inner.bias.shape[1]), np.uint8)
    real = np.empty(inner.shape if swish else (0, 0), np.float32)
    widest = filled(lengths.max())
    all_keys = np.empty(widest * dim, np.float32)
    all_weights = np.empty(heads * lengths.max() * widest, np.float32)
    _quantise(x, layers.query_key_value.multipliers[0], bytes_in)
    for layer in range(depth):
        _affine(bytes_in, layer, layers.query_key_value, joint)
        row = 0
        for b in range(len(lengths)):
            length = lengths[b]
            width = filled(length)
            keys = all_keys[: width * dim].reshape(dim, width)
            _turn(joint, row, length, dim, keys)
            weights = all_weights[: heads * length * width].reshape(heads, length, width)
            _attend(
                joint, row, length, keys, joint.ctypes.data + 4 * (row * joint.shape[1] + 2 * dim),
                4 * joint.shape[1], length, heads, weights, context,
            )  # fmt: skip
            row += length
        following = (
            layers.query_key_value.multipliers[layer + 1]
            if layer + 1 < depth
            else layers.cross.multipliers[0]
        )
        _after_attention(x, context, layer, layers, swish, following, bytes_in, update, real, inner)
    states = np.empty((count, layers.cross.bias.shape[1]), np.float32)
    _affine(bytes_in, 0, layers.cross, states)
    row = 0
    for b in range(len(lengths)):
        length = lengths[b]
        part = filled(length) * dim
        made = carray(pointer(cross[b]), 2 * decoder_depth * part, np.float32)
        for at in range(decoder_depth):
            keys = made[2 * at * part : (2 * at + 1) * part].reshape(dim, part // dim)
            values = made[(2 * at + 1) * part : 2 * (at + 1) * part].reshape(part // dim, dim)
            _turn(states, row, length, 2 * at * dim, keys)
            for s in range(length):
                for d in range(dim):
                    values[s, d] = states[row + s, (2 * at + 1) * dim + d]
            for s in range(length, part // dim):
                for d in range(dim):
                    values[s, d] = np.float32(0)
        row += length


@_compiled
def decode(
    tokens, places, lengths, cells, sources, source_lengths, embeddings, embedding_scale,
    positions, heads, swish, layers, alignment_layer, hidden, after, alignment
):  # fmt: skip
    """Run known target tokens of B requests, one after another, through the decoder.

    Args:
        tokens: int64 [N], what each position is given; -1 for the zero vector of the first.
        places: int64 [N], its position in the target.
        lengths: int64 [B], positions of each request; their sum is N.
        cells: float32 [L, at least B, D], cell states before the first position of each.
        sources: int64 [B], address of each request's part of ``cross``; see ``encode``.
        source_lengths: int64 [B].
        embeddings: As in ``encode``, as are the next four.
        embedding_scale: See there.
        positions: See there.
        heads: See there.
        swish: See there.
        layers: The decoder, its layers in order.
        alignment_layer: Whose first head aligns; -1 for none.
        hidden: float32 [N, D], output.
        after: float32 [L, N, D], output: cell states after each position.
        alignment: float32 [N, the longest source], output: attention on each source token.
    """
    count, dim = hidden.shape
    x = hidden
    for i in range(count):
        _embed(tokens[i], places[i], embeddings, embedding_scale, positions, x[i])
    bytes_in = np.empty((count, dim), np.uint8)
    joint = np.empty((count, layers.cell.bias.shape[1]), np.float32)
    query = np.empty((count, layers.query.bias.shape[1]), np.float32)
    context = np.empty((count, dim), np.float32)
    update = np.empty((count, layers.out.bias.shape[1]), np.float32)
    inner = np.empty((count, layers.inner.bias.shape[1]), np.uint8)
    real = np.empty(inner.shape if swish else (0, 0), np.float32)
    all_weights = np.empty(heads * lengths.max() * filled(source_lengths.max()), np.float32)
    _quantise(x, layers.cell.multipliers[0], bytes_in)
    for layer in range(layers.norm.scale.shape[0]):
        _affine(bytes_in, layer, layers.cell, joint)
        row = 0
        for b in range(len(lengths)):
            for t in range(lengths[b]):
                for k in range(dim):
                    before = cells[layer, b, k] if t == 0 else after[layer, row - 1, k]
                    gate = np.float32(1) / (np.float32(1) + exp(-joint[row, dim + k]))
                    cell = gate * before + (np.float32(1) - gate) * joint[row, k]
                    after[layer, row, k] = cell
                    update[row, k] = max(cell, np.float32(0))
                row += 1
        _add_and_norm(x, update, layer, layers.cell_norm, layers.query.multipliers[layer], bytes_in)
        _affine(bytes_in, layer, layers.query, query)
        row = 0
        for b in range(len(lengths)):
            length = source_lengths[b]
            width = filled(length)
            part = width * dim
            states = carray(pointer(sources[b]), 2 * (layer + 1) * part, np.float32)
            keys = states[2 * layer * part : (2 * layer + 1) * part].reshape(dim, width)
            values = states[(2 * layer + 1) * part :]
            weights = all_weights[: heads * lengths[b] * width].reshape(heads, lengths[b], width)
            _attend(
                query, row, lengths[b], keys, values.ctypes.data, 4 * dim, length, heads, weights,
                context,
            )  # fmt: skip
            if layer == alignment_layer:
                for t in range(lengths[b]):
                    for s in range(length):
                        alignment[row + t, s] = weights[0, t, s]
            row += lengths[b]
        following = (
            layers.cell.multipliers[layer + 1]
            if layer + 1 < layers.norm.scale.shape[0]
            else np.float32(1)
        )
        _after_attention(x, context, layer, layers, swish, following, bytes_in, update, real, inner)


@_compiled
def affine(x, parameters, out):
    """Map real rows [N, K] through a map that exists once, to real rows ``out`` [N, M]."""
    bytes_in = np.empty(x.shape, np.uint8)
    _quantise(x, parameters.multipliers[0], bytes_in)
    _affine(bytes_in, 0, parameters, out)


@_compiled
def predict(hidden, output, drafted, probable, tokens, log_probabilities, draft_log_probabilities):
    """The best token of each row and, if wanted, log probabilities; scores are not kept.

    Each block of 64 tokens is visited once. Each row keeps its best score so far and the sum of
    e^(score - best), which is rescaled when the best changes (Milakov and Gimelshein 2018, "Online
    normalizer calculation for softmax", arXiv 1805.02867).

    Args:
        hidden: float32 [N, D].
        output: The output layer; what fills its last block is never the best.
        drafted: int64 [N], a token whose log probability is asked for too; -1 for none.
        probable: Whether log probabilities are wanted; 0 if not.
        tokens: int64 [N], output.
        log_probabilities: float32 [N], output, of these.
        draft_log_probabilities: float32 [N], output, of ``drafted``.
    """
    rows, dim = hidden.shape
    x = np.empty((rows, dim), np.uint8)
    _quantise(hidden, output.multipliers[0], x)
    weights, scales, bias = output.weights[0], output.scales[0], output.bias[0]
    scores = np.empty((TILE_ROWS, BLOCK + LANES), np.float32)
    powers = np.empty(BLOCK, np.float32)
    best = np.full(rows, np.float32(-1e30), np.float32)
    totals = np.zeros(rows, np.float32)
    for j in range(weights.shape[0]):
        first = j * BLOCK
        for i in range(0, rows, TILE_ROWS):
            count = min(TILE_ROWS, rows - i)
            multiply_bytes(
                x.ctypes.data + i * dim, dim, count, weights[j].ctypes.data, groups_in(weights),
                scales.ctypes.data + 4 * first, bias.ctypes.data + 4 * first,
                scores.ctypes.data, 4 * scores.shape[1], SCORES,
            )  # fmt: skip
            for r in range(count):
                n = i + r
                highest = scores[r, BLOCK]
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


@_compiled
def predict_among(
    hidden, matrix, output, candidates, firsts, counts, drafted, probable, tokens,
    log_probabilities, draft_log_probabilities,
):  # fmt: skip
    """The best of each row's own candidates and, if wanted, log probabilities among them.

    Args:
        hidden: float32 [N, D]; D is a multiple of 64.
        matrix: int8 [V, D], the output layer's weights, a token a row.
        output: The output layer.
        candidates: int32, the candidates of all rows.
        firsts: int64 [N], where a row's begin.
        counts: int64 [N], how many there are, at least one.
        drafted: int64 [N], a token whose log probability is asked for too, impossible where it is
            no candidate; -1 for none.
        probable: Whether log probabilities are wanted; 0 if not.
        tokens: int64 [N], output.
        log_probabilities: float32 [N], output, of these.
        draft_log_probabilities: float32 [N], output, of ``drafted``.
    """
    rows, dim = hidden.shape
    x = np.empty((rows, dim), np.uint8)
    _quantise(hidden, output.multipliers[0], x)
    scales, bias, weights = output.scales[0], output.bias[0], matrix.ctypes.data
    scores = np.empty(filled(counts.max()), np.float32)
    for n in range(rows):
        row = x.ctypes.data + n * dim
        best = np.float32(-1e30)
        draft_log_probabilities[n] = np.float32(-1e30)
        tokens[n] = candidates[firsts[n]]
        for c in range(counts[n]):
            token = candidates[firsts[n] + c]
            total = dot_bytes(row, weights + np.int64(token) * dim, dim)
            scores[c] = np.float32(total) * scales[token] + bias[token]
            if scores[c] > best:
                best = scores[c]
                tokens[n] = token
            if token == drafted[n]:
                draft_log_probabilities[n] = scores[c]
        log_probabilities[n] = np.float32(0)
        if probable:
            width = filled(counts[n])
            for c in range(counts[n]):
                scores[c] = exp(scores[c] - best)
            for c in range(counts[n], width):
                scores[c] = np.float32(0)
            log_probabilities[n] = -np.log(sum_floats(scores.ctypes.data, width))
            draft_log_probabilities[n] += log_probabilities[n] - best


@_compiled
def _copy(rows, row, others, to):
    """Copy a row [D] to one of ``others``; assigning it takes seconds longer to compile."""
    for k in range(rows.shape[1]):
        others[to, k] = rows[row, k]


@_compiled
def _most_attended(alignment, aligned):
    """The first of the source tokens that each row of ``alignment`` attends to most."""
    for n in range(len(aligned)):
        best = 0
        for s in range(1, alignment.shape[1]):
            if alignment[n, s] > alignment[n, best]:
                best = s
        aligned[n] = best


@_compiled
def _predict(hidden, output, among, drafted, probable, tokens, log_probabilities, draft_scores):
    """``predict_among`` where there are candidates, else ``predict``."""
    matrix, candidates, firsts, counts = among
    if len(matrix):
        predict_among(
            hidden, matrix, output, candidates, firsts, counts, drafted, probable, tokens,
            log_probabilities, draft_scores,
        )  # fmt: skip
    else:
        predict(hidden, output, drafted, probable, tokens, log_probabilities, draft_scores)


@_compiled
def open_targets(
    tokens, places, lengths, firsts, cells, sources, source_lengths, embeddings, embedding_scale,
    positions, heads, swish, layers, alignment_layer, output, among, drafted, probable, after,
    aligned, chosen, log_probabilities, draft_log_probabilities,
):  # fmt: skip
    """``decode``, and ``predict`` of each request from a position of its own on, in one call.

    M are the positions that are predicted.

    Args:
        tokens: As in ``decode``, as is all up to ``alignment_layer``, but for ``firsts``.
        places: See there.
        lengths: See there.
        firsts: int64 [B], the first position of each request that is predicted.
        cells: See there.
        sources: See there.
        source_lengths: See there.
        embeddings: See there.
        embedding_scale: See there.
        positions: See there.
        heads: See there.
        swish: See there.
        layers: See there.
        alignment_layer: See there.
        output: The output layer.
        among: ``matrix``, ``candidates``, ``firsts`` and ``counts`` of ``predict_among`` for each
            position that is predicted; an empty matrix: all tokens.
        drafted: int64 [M], as in ``predict``.
        probable: See there.
        after: float32 [L, N, D], output, as in ``decode``.
        aligned: int64 [N], output: the source token that each position attends to most.
        chosen: int64 [M], output: the best tokens.
        log_probabilities: float32 [M], output, of these.
        draft_log_probabilities: float32 [M], output, of ``drafted``.
    """
    count = len(tokens)
    hidden = np.empty((count, cells.shape[2]), np.float32)
    alignment = np.zeros((count, source_lengths.max() if alignment_layer >= 0 else 1), np.float32)
    decode(
        tokens, places, lengths, cells, sources, source_lengths, embeddings, embedding_scale,
        positions, heads, swish, layers, alignment_layer, hidden, after, alignment,
    )  # fmt: skip
    _most_attended(alignment, aligned)
    asked = np.empty((len(chosen), hidden.shape[1]), np.float32)
    row, at = 0, 0
    for b in range(len(lengths)):
        for t in range(firsts[b], lengths[b]):
            _copy(hidden, row + t, asked, at)
            at += 1
        row += lengths[b]
    _predict(
        asked, output, among, drafted, probable, chosen, log_probabilities, draft_log_probabilities
    )


@_compiled
def advance(
    tokens, places, cells, strides, sources, source_lengths, embeddings, embedding_scale, positions,
    heads, swish, layers, alignment_layer, output, among, probable, end, room, bell, made, after,
    chosen, log_probabilities, aligned,
):  # fmt: skip
    """Run R rows on, a token each at a time, until all have ended, or somebody rings.

    A row that ends drops out: the others go on, as they would without it.

    Args:
        tokens: int64 [R], what each row is given first.
        places: int64 [R], position of the token before; changed.
        cells: int64 [R], address of each row's cell state [D] in the first layer.
        strides: int64 [R], how many numbers further on that in the next layer is.
        sources: As in ``decode``, as is all up to ``alignment_layer``.
        source_lengths: See there.
        embeddings: See there.
        embedding_scale: See there.
        positions: See there.
        heads: See there.
        swish: See there.
        layers: See there.
        alignment_layer: See there.
        output: The output layer.
        among: As in ``open_targets``, for each row.
        probable: Whether log probabilities are wanted.
        end: The token that ends a target.
        room: int64 [R], how many tokens each may get, at least one.
        bell: uint8 [1]; not 0: stop after this step.
        made: int64 [R], output: how many tokens each got.
        after: float32 [R, L, D], output: cell states of those that have not ended.
        chosen: int64 [R, K], output: these tokens; no more than K.
        log_probabilities: float32 [R, K], output, of these.
        aligned: int64 [R, K], output: the source token that each attends to most.
    """
    count, most = chosen.shape
    depth, dim = after.shape[1], after.shape[2]
    matrix, candidates, all_firsts, all_counts = among
    # Of the rows that go on, which are the first ``left`` of these: their numbers, and what they
    # are.
    rows, left = np.arange(count), count
    given, at, to, lengths = tokens.copy(), places.copy(), sources.copy(), source_lengths.copy()
    states = np.empty((depth, count, dim), np.float32)
    for r in range(count):
        for layer in range(depth):
            first = layer * strides[r]
            state = carray(pointer(cells[r]), first + dim, np.float32)
            for k in range(dim):
                states[layer, r, k] = state[first + k]
    ones, drafted = np.ones(count, np.int64), np.full(count, -1, np.int64)
    firsts, counts = all_firsts.copy(), all_counts.copy()
    all_hidden = np.empty((count, dim), np.float32)
    best, best_aligned = np.empty(count, np.int64), np.empty(count, np.int64)
    scores, unused = np.empty(count, np.float32), np.empty(count, np.float32)
    for r in range(count):
        made[r] = 0
    for step in range(most):
        for r in range(left):
            at[r] += 1
        hidden, following = all_hidden[:left], np.empty((depth, left, dim), np.float32)
        width = lengths[:left].max() if alignment_layer >= 0 else 1
        alignment = np.zeros((left, width), np.float32)
        decode(
            given[:left], at[:left], ones[:left], states, to[:left], lengths[:left], embeddings,
            embedding_scale, positions, heads, swish, layers, alignment_layer, hidden, following,
            alignment,
        )  # fmt: skip
        _most_attended(alignment, best_aligned[:left])
        _predict(
            hidden, output, (matrix, candidates, firsts[:left], counts[:left]), drafted[:left],
            probable, best[:left], scores[:left], unused[:left],
        )  # fmt: skip
        kept = 0
        for r in range(left):
            row = rows[r]
            chosen[row, step], log_probabilities[row, step] = best[r], scores[r]
            aligned[row, step] = best_aligned[r]
            made[row] = step + 1
            if best[r] == end or step + 1 >= room[row]:
                continue
            rows[kept], given[kept], at[kept] = row, best[r], at[r]
            to[kept], lengths[kept] = to[r], lengths[r]
            if len(matrix):
                firsts[kept], counts[kept] = firsts[r], counts[r]
            for layer in range(depth):
                _copy(following[layer], r, states[layer], kept)
            kept += 1
        left = kept
        if not left or bell[0] != 0:
            break
    for r in range(left):
        places[rows[r]] = at[r]
        for layer in range(depth):
            _copy(states[layer], r, after[rows[r]], layer)
