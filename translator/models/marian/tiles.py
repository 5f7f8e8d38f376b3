"""Matrix products that stay in registers, as LLVM instructions for numba's kernels.

A tile walks along the inner dimension with one accumulator for each result, so it loads nothing but
its operands. Each row of a tile is computed by itself, in the same order whatever rows are beside
it, so a row of a product is the same, bit by bit, alone or in a batch.

- ``multiply_bytes``: unsigned times signed bytes, exact, with what this processor has for it
  (``dots.py``). The sums are scaled, biased and stored as floats, or through a relu as
  bytes.
- ``dot_bytes``: one row of unsigned bytes with one row of signed ones, exact.
- ``multiply_floats``: up to four rows times vectors of 16 floats, for attention.
- ``sum_floats``, ``sum_squares``: sums in one order, however wide the processor's vectors are;
  ``max_floats``.

Addresses are integers. No alignment is needed; the caller is responsible for bounds.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from translator.models.marian.dots import COLUMNS, DOT, TILE, ZERO
from translator.models.marian.kernel_cache import compiled

__all__ = [
    "BLOCK",
    "BYTES",
    "FLOAT_ROWS",
    "LANES",
    "REALS",
    "SCORES",
    "TILE_ROWS",
    "ZERO",
    "dot_bytes",
    "float_bits",
    "groups_in",
    "max_floats",
    "multiply_bytes",
    "multiply_floats",
    "nearest",
    "pack",
    "packed_rows",
    "sum_floats",
    "sum_squares",
    "weight",
]

LANES = COLUMNS
# Columns of a packed block, and rows of bytes and of floats that a tile takes at most.
BLOCK = 64
TILE_ROWS = TILE.rows
FLOAT_ROWS = 4
# What ``multiply_bytes`` makes of its sums.
REALS, BYTES, SCORES = range(3)
_GROUP = 4
# Columns of a tile, which are side by side in memory; and lines before their weights.
_WIDTH = LANES * TILE.vectors
_LINES = 0 if TILE.from_zero else 1

_I8, _I32, _I64, _F32 = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.FloatType()
_SUMS, _FLOATS = ir.VectorType(_I32, LANES), ir.VectorType(_F32, LANES)
_BYTES = ir.VectorType(_I8, LANES)

_compiled = compiled()


def pack(matrix: NDArray[np.int8]) -> NDArray[np.int8]:
    """Put ``matrix`` [M, K] into a tile's reading order, padded with zeros.

    Returns:
        [M/64, 64/W, K/4, W, 4], where a tile takes W columns at a time. If its sums do not begin
        with zero, one more line before the K/4: what each column's begins with, an int32.
    """
    columns, inner = matrix.shape
    padded = np.zeros((-(-columns // BLOCK) * BLOCK, -(-inner // _GROUP) * _GROUP), np.int8)
    padded[:columns, :inner] = matrix
    parts = padded.reshape(len(padded) // BLOCK, BLOCK // _WIDTH, _WIDTH, -1, _GROUP)
    lines = np.ascontiguousarray(parts.transpose(0, 1, 3, 2, 4))
    if TILE.from_zero:
        return lines
    first = ZERO * lines.sum(axis=(2, 4), dtype=np.int32)
    return np.concatenate([first.view(np.int8).reshape(lines[:, :, :1].shape), lines], axis=2)


def packed_rows(packed: NDArray[np.int8], numbers: NDArray[np.int64]) -> NDArray[np.int8]:
    """Rows [N, K] of the matrix that was packed, K filled up to a multiple of four."""
    rows = packed[numbers // BLOCK, numbers % BLOCK // _WIDTH, _LINES:, numbers % _WIDTH]
    return rows.reshape(len(numbers), -1)


class _Writer:
    """Writes LLVM instructions; ``builder`` is llvmlite's."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder

    def at(self, address: Any, offset: int, kind: ir.Type) -> Any:
        """A pointer ``offset`` bytes past an address."""
        there = self.builder.add(address, ir.Constant(_I64, offset))
        return self.builder.inttoptr(there, kind.as_pointer())

    def load(self, address: Any, offset: int, kind: ir.Type) -> Any:
        value = self.builder.load(self.at(address, offset, kind))
        value.align = 1
        return value

    def store(self, value: Any, address: Any, offset: int) -> None:
        self.builder.store(value, self.at(address, offset, value.type)).align = 1

    def fetch(self, address: Any, offset: int) -> None:
        """Ask for the memory ``offset`` bytes past an address; past its end does no harm."""
        kind = ir.FunctionType(ir.VoidType(), [_I8.as_pointer(), _I32, _I32, _I32])
        prefetch = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.prefetch.p0i8")
        # To read, into the nearest cache, data.
        how = [ir.Constant(_I32, number) for number in (0, 3, 1)]
        self.builder.call(prefetch, [self.at(address, offset, _I8), *how])

    def row(self, address: Any, stride: Any, number: int) -> Any:
        """The address of a row."""
        return self.builder.add(address, self.builder.mul(stride, ir.Constant(_I64, number)))

    def times(self, value: Any, factor: int) -> Any:
        return self.builder.mul(value, ir.Constant(_I64, factor))

    def spread(self, scalar: Any, kind: ir.VectorType) -> Any:
        """A vector with the scalar in every lane."""
        anything = ir.Constant(kind, ir.Undefined)
        first = self.builder.insert_element(anything, scalar, ir.Constant(_I32, 0))
        lanes = ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES)
        return self.builder.shuffle_vector(first, anything, lanes)

    def constant(self, value: float) -> ir.Constant:
        return ir.Constant(_FLOATS, [value] * LANES)

    def call(self, name: str, *arguments: Any) -> Any:
        kinds = [argument.type for argument in arguments]
        function = cgutils.get_or_insert_function(
            self.builder.module, ir.FunctionType(kinds[0], kinds), name
        )
        return self.builder.call(function, arguments)

    def to_bytes(self, real: Any) -> Any:
        """Turn floats into bytes: max(0, ·), rounded to even, at most 127, plus 127."""
        real = self.call("llvm.maxnum.v16f32", real, self.constant(0))
        real = self.call("llvm.minnum.v16f32", real, self.constant(ZERO))
        whole = self.builder.fptosi(self.call("llvm.nearbyint.v16f32", real), _SUMS)
        whole = self.builder.add(whole, ir.Constant(_SUMS, [ZERO] * LANES))
        return self.builder.trunc(whole, _BYTES)

    def maximum(self, vector: Any) -> Any:
        """The largest of 16 floats."""
        return self.folded(vector, functools.partial(self.call, "llvm.maxnum.v16f32"))

    def folded(self, vector: Any, join: Callable[[Any, Any], Any]) -> Any:
        """What ``join`` makes of a vector's halves, of the halves of that, down to one float."""
        for half in (8, 4, 2, 1):
            lanes = [(lane + half) % LANES for lane in range(LANES)]
            turned = self.builder.shuffle_vector(
                vector, vector, ir.Constant(ir.VectorType(_I32, LANES), lanes)
            )
            vector = join(vector, turned)
        return self.builder.extract_element(vector, ir.Constant(_I32, 0))

    def variable(self, kind: ir.VectorType, value: float) -> Any:
        """A variable with this value in every lane; LLVM makes it a register."""
        made = cgutils.alloca_once(self.builder, kind)
        self.builder.store(ir.Constant(kind, [value] * kind.count), made)
        return made


def _bytes_tile(result: int) -> Callable[..., None]:
    """Multiply a few rows of bytes with one packed block; see ``multiply_bytes``."""

    def generate(context: Any, builder: Any, _signature: Any, args: Sequence[Any]) -> Any:
        left, stride, rows, *rest = args
        end = builder.append_basic_block("end")
        choice = builder.switch(rows, end)
        for number in range(1, TILE_ROWS + 1):
            block = builder.append_basic_block(f"rows{number}")
            choice.add_case(ir.Constant(_I64, number), block)
            builder.position_at_end(block)
            _write_bytes_tile(builder, number, result, left, stride, *rest)
            builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    @intrinsic
    def tile(_typing, a, b, c, d, e, f, g, h, i):
        return types.void(*[types.intp] * 9), generate

    return tile


def _write_bytes_tile(
    builder: Any,
    rows: int,
    result: int,
    left: Any,
    stride: Any,
    right: Any,
    groups: Any,
    scales: Any,
    bias: Any,
    out: Any,
    out_stride: Any,
) -> None:
    w = _Writer(builder)
    starts = [w.row(left, stride, r) for r in range(rows)]
    best = [w.variable(_FLOATS, -np.inf) for _ in range(rows)] if result == SCORES else []
    lines = builder.add(groups, ir.Constant(_I64, _LINES))
    part_size = w.times(lines, _WIDTH * _GROUP)
    with cgutils.for_range(builder, ir.Constant(_I64, BLOCK // _WIDTH), intp=_I64) as part:
        sums = _write_sums(
            w, starts, builder.add(right, builder.mul(part.index, part_size)), groups
        )
        first = w.times(part.index, TILE.vectors)
        parameters = [
            tuple(w.load(builder.add(a, w.times(first, 4 * LANES)), 4 * LANES * v, _FLOATS)
                  for a in (scales, bias))
            for v in range(TILE.vectors)
        ]  # fmt: skip
        size = LANES if result == BYTES else 4 * LANES
        for r, row in enumerate(sums):
            start = builder.add(w.row(out, out_stride, r), w.times(first, size))
            for v, (total, (scale, shift)) in enumerate(zip(row, parameters, strict=True)):
                real = w.call("llvm.fma.v16f32", builder.sitofp(total, _FLOATS), scale, shift)
                w.store(w.to_bytes(real) if result == BYTES else real, start, size * v)
                if result == SCORES:
                    higher = w.call("llvm.maxnum.v16f32", builder.load(best[r]), real)
                    builder.store(higher, best[r])
    for r, variable in enumerate(best):
        w.store(w.maximum(builder.load(variable)), w.row(out, out_stride, r), 4 * BLOCK)


def _write_sums(w: _Writer, starts: Sequence[Any], right: Any, groups: Any) -> list[list[Any]]:
    """For each row, the integer sums of ``TILE.vectors`` times 16 columns."""
    builder = w.builder
    totals = [
        [[w.variable(kind, 0) for kind in TILE.sums] for _ in range(TILE.vectors)] for _ in starts
    ]
    line_size = _WIDTH * _GROUP
    if not TILE.from_zero:
        for v in range(TILE.vectors):
            firsts = TILE.begin(builder, w.load(right, LANES * _GROUP * v, _SUMS))
            for row in totals:
                for total, first in zip(row[v], firsts, strict=True):
                    builder.store(first, total)
        right = builder.add(right, ir.Constant(_I64, line_size))
    with cgutils.for_range(builder, groups, intp=_I64) as loop:
        line = builder.add(right, w.times(loop.index, line_size))
        offset = w.times(loop.index, _GROUP)
        if TILE.ahead:
            w.fetch(line, TILE.ahead)
        columns = [
            TILE.right(builder, w.load(line, LANES * _GROUP * v, _SUMS))
            for v in range(TILE.vectors)
        ]
        for start, row in zip(starts, totals, strict=True):
            four = w.load(builder.add(start, offset), 0, _I32)
            spread = TILE.left(builder, w.spread(four, _SUMS))
            for vector, weights in zip(row, columns, strict=True):
                for total, weight in zip(vector, weights, strict=True):
                    more = TILE.add(builder, builder.load(total), spread, weight)
                    builder.store(more, total)
    return [
        [TILE.result(builder, [builder.load(total) for total in vector]) for vector in row]
        for row in totals
    ]


def _floats_tile(rows: int, vectors: int) -> Callable[..., None]:
    """Multiply ``rows`` rows with ``vectors`` vectors; see ``multiply_floats``."""

    def generate(context: Any, builder: Any, _signature: Any, args: Sequence[Any]) -> Any:
        left, stride, right, right_stride, inner, out, out_stride = args
        w = _Writer(builder)
        totals = [[w.variable(_FLOATS, 0) for _ in range(vectors)] for _ in range(rows)]
        starts = [w.row(left, stride, r) for r in range(rows)]
        with cgutils.for_range(builder, inner, intp=_I64) as loop:
            line = builder.add(right, builder.mul(loop.index, right_stride))
            factors = [w.load(line, 4 * LANES * v, _FLOATS) for v in range(vectors)]
            offset = w.times(loop.index, 4)
            for start, row in zip(starts, totals, strict=True):
                spread = w.spread(w.load(builder.add(start, offset), 0, _F32), _FLOATS)
                for total, factor in zip(row, factors, strict=True):
                    more = w.call("llvm.fma.v16f32", spread, factor, builder.load(total))
                    builder.store(more, total)
        for r, row in enumerate(totals):
            start = w.row(out, out_stride, r)
            for v, total in enumerate(row):
                w.store(builder.load(total), start, 4 * LANES * v)
        return context.get_dummy_value()

    @intrinsic
    def tile(_typing, a, b, c, d, e, f, g):
        return types.void(*[types.intp] * 7), generate

    return tile


def _write_sum(builder: Any, address: Any, count: Any, term: Callable[[Any], Any]) -> Any:
    """The sum of ``term`` of each of ``count`` floats: 16 sums side by side, then of these halves.

    The order is the same on every processor.
    """
    w = _Writer(builder)
    total = w.variable(_FLOATS, 0)
    vectors = builder.udiv(count, ir.Constant(_I64, LANES))
    with cgutils.for_range(builder, vectors, intp=_I64) as loop:
        values = w.load(builder.add(address, w.times(loop.index, 4 * LANES)), 0, _FLOATS)
        builder.store(builder.fadd(builder.load(total), term(values)), total)
    return w.folded(builder.load(total), builder.fadd)


@intrinsic
def sum_floats(_typing, address, count):
    """The sum of ``count`` floats, a multiple of 16."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Sequence[Any]) -> Any:
        return _write_sum(builder, *args, lambda values: values)

    return types.float32(types.intp, types.intp), generate


@intrinsic
def max_floats(_typing, address, count):
    """The largest of ``count`` floats, a multiple of 16; none is NaN."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Sequence[Any]) -> Any:
        address, count = args
        w = _Writer(builder)
        highest = w.variable(_FLOATS, float("-inf"))
        vectors = builder.udiv(count, ir.Constant(_I64, LANES))
        with cgutils.for_range(builder, vectors, intp=_I64) as loop:
            values = w.load(builder.add(address, w.times(loop.index, 4 * LANES)), 0, _FLOATS)
            higher = w.call("llvm.maxnum.v16f32", values, builder.load(highest))
            builder.store(higher, highest)
        return w.maximum(builder.load(highest))

    return types.float32(types.intp, types.intp), generate


@intrinsic
def sum_squares(_typing, address, count, mean):
    """The sum of squared differences of ``count`` floats, a multiple of 16, from ``mean``."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Sequence[Any]) -> Any:
        address, count, mean = args
        spread = _Writer(builder).spread(mean, _FLOATS)

        def squared(values: Any) -> Any:
            difference = builder.fsub(values, spread)
            return builder.fmul(difference, difference)

        return _write_sum(builder, address, count, squared)

    return types.float32(types.intp, types.intp, types.float32), generate


@intrinsic
def float_bits(_typing, bits):
    """The float32 with the same bits as this int32."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], _F32)

    return types.float32(types.int32), generate


@intrinsic
def nearest(_typing, x):
    """Round a float32 to the nearest integer, halves to even."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return _Writer(builder).call("llvm.nearbyint.f32", args[0])

    return types.float32(types.float32), generate


@intrinsic
def dot_bytes(_typing, left, right, length):
    """The int32 sum of ``length`` products of bytes, a multiple of 64; ``right`` is signed."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Sequence[Any]) -> Any:
        w = _Writer(builder)
        totals = [w.variable(kind, 0) for kind in DOT.sums]
        vectors = builder.lshr(args[2], ir.Constant(_I64, 6))
        with cgutils.for_range(builder, vectors, intp=_I64) as loop:
            offset = w.times(loop.index, 64)
            row, column = (w.load(builder.add(start, offset), 0, _SUMS) for start in args[:2])
            pairs = zip(DOT.lefts(builder, row), DOT.right(builder, column), strict=True)
            for total, (a, b) in zip(totals, pairs, strict=True):
                builder.store(DOT.add(builder, builder.load(total), a, b), total)
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_I32, [_SUMS]), "llvm.vector.reduce.add.v16i32"
        )
        sums = DOT.result(builder, [builder.load(total) for total in totals])
        return builder.call(function, [sums])

    return types.int32(types.intp, types.intp, types.intp), generate


_to_reals, _to_bytes, _to_scores = (_bytes_tile(result) for result in (REALS, BYTES, SCORES))
_f11, _f12, _f41, _f42 = (_floats_tile(rows, vectors) for rows in (1, 4) for vectors in (1, 2))


@_compiled
def groups_in(packed):
    """A quarter of the inner dimension of a packed matrix [M/64, …]."""
    return packed.shape[2] - _LINES


@_compiled
def weight(packed, row, k):
    """One number of the matrix that was packed."""
    part = row % BLOCK // _WIDTH
    return packed[row // BLOCK, part, _LINES + k // _GROUP, row % _WIDTH, k % _GROUP]


@_compiled
def multiply_bytes(left, stride, rows, right, groups, scales, bias, out, out_stride, result):
    """Compute one block of 64 columns of a product.

    Args:
        left: First of the rows of unsigned bytes.
        stride: Bytes from row to row.
        rows: Their number.
        right: A packed block; see ``pack``.
        groups: A quarter of the inner dimension; see ``groups_in``.
        scales: 64 floats that the sums are multiplied with.
        bias: 64 floats that are added after that.
        out: First row of 64 results.
        out_stride: Bytes from row to row of the results.
        result: ``BYTES`` to store max(0, ·), rounded, at most 127, plus 127, as bytes; ``REALS`` to
            store floats; ``SCORES`` to store floats and, after each row's 64, the largest of them.
    """
    for first in range(0, rows, TILE_ROWS):
        count = min(TILE_ROWS, rows - first)
        a, o = left + first * stride, out + first * out_stride
        if result == BYTES:
            _to_bytes(a, stride, count, right, groups, scales, bias, o, out_stride)
        elif result == SCORES:
            _to_scores(a, stride, count, right, groups, scales, bias, o, out_stride)
        else:
            _to_reals(a, stride, count, right, groups, scales, bias, o, out_stride)


@_compiled
def multiply_floats(left, stride, rows, right, right_stride, inner, columns, out, out_stride):
    """Multiply two matrices of floats.

    Args:
        left: First of the rows.
        stride: Bytes from row to row.
        rows: Their number.
        right: First of ``inner`` lines of ``columns`` floats.
        right_stride: Bytes from line to line.
        inner: Inner dimension.
        columns: A multiple of 16.
        out: First row of results.
        out_stride: Bytes from row to row of these.
    """
    for v in range(0, columns, 2 * LANES):
        b = right + 4 * v
        two = columns - v > LANES
        first = 0
        while first < rows:
            a, o = left + first * stride, out + first * out_stride + 4 * v
            if rows - first >= FLOAT_ROWS:
                if two:
                    _f42(a, stride, b, right_stride, inner, o, out_stride)
                else:
                    _f41(a, stride, b, right_stride, inner, o, out_stride)
                first += FLOAT_ROWS
            else:
                if two:
                    _f12(a, stride, b, right_stride, inner, o, out_stride)
                else:
                    _f11(a, stride, b, right_stride, inner, o, out_stride)
                first += 1
