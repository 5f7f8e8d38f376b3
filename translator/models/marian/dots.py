"""Sums of products of bytes, with the best instructions that this processor has.

A tile (``tiles.py``) multiplies unsigned bytes of a row with signed bytes of 16 columns,
four at a time, and adds the products up in 32 bits. The sums are integers, exact in any order, so
all processors give the same result.

- ``vpdpbusd`` (AVX-512 VNNI) multiplies 64 pairs of bytes and adds groups of four.
- AVX-VNNI has it for 32 pairs.
- AVX2 has ``vpmaddubsw``, which multiplies 32 pairs and adds two neighbours in 16 bits. Products of
  an unsigned byte with a signed one do not fit into these, but those of two signed bytes do. So the
  row is made signed, its bytes with the signs of the weights are multiplied with the weights'
  absolute values, and the sums begin with what was taken from the row: 127 times a column's sum.
- SSSE3 (Intel since Core 2, AMD since Bulldozer) does the same for 16 pairs.
- ARM has ``usdot`` (I8MM), which does what ``vpdpbusd`` does for 16 pairs, or ``sdot`` (dot
  product), whose bytes are all signed: the row is made signed, and the sums begin as with AVX2.
- Every other processor widens the bytes to 16 bits, multiplies pairs and adds two neighbours.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba.core import config

__all__ = ["COLUMNS", "DOT", "TILE", "ZERO", "Dot"]

# Columns whose sums are kept together.
COLUMNS = 16
# What is added to a signed byte to make it unsigned.
ZERO = 127

_I8, _I16, _I32 = ir.IntType(8), ir.IntType(16), ir.IntType(32)
_SUMS = ir.VectorType(_I32, COLUMNS)
_BYTES, _WORDS = ir.VectorType(_I8, 16), ir.VectorType(_I16, 16)
_FALSE = ir.Constant(ir.IntType(1), 0)
_PAIRS = 8


@dataclass(frozen=True)
class Dot(ABC):
    """Emits code that multiplies four bytes of a row with four of each of 16 columns.

    Attributes:
        rows: Most rows of a tile, chosen so that all sums stay in registers.
        vectors: How many times 16 columns a tile has.
        sums: LLVM types of the variables that hold the sums of a row and 16 columns.
        name: The name of the instructions.
        ahead: How many bytes before their turn weights are asked for; 0: not at all.
        from_zero: Whether sums begin with zero, else with ``ZERO`` times those of the columns.
    """

    rows: int
    vectors: int
    sums: tuple[ir.VectorType, ...]
    name: str
    ahead: int = 0
    from_zero: bool = True

    @abstractmethod
    def left(self, builder: Any, spread: Any) -> Any:
        """Prepare four unsigned bytes, given 16 times as <16 x i32>, for multiplication."""

    @abstractmethod
    def right(self, builder: Any, weights: Any) -> list[Any]:
        """Prepare the signed bytes of 16 columns, given as <16 x i32>, for multiplication."""

    @abstractmethod
    def add(self, builder: Any, total: Any, left: Any, right: Any) -> Any:
        """Add the products of ``left`` and one part of ``right`` to one variable of the sums."""

    def begin(self, builder: Any, columns: Any) -> list[Any]:
        """The variables' first values, of sums <16 x i32> that do not begin with zero."""
        raise NotImplementedError

    @abstractmethod
    def result(self, builder: Any, totals: list[Any]) -> Any:
        """The sums of 16 columns, as <16 x i32>."""


class RowDot(Dot):
    """The same for one row with one column, 64 bytes at a time, whose sums begin with zero."""

    @abstractmethod
    def lefts(self, builder: Any, row: Any) -> list[Any]:
        """Prepare 64 unsigned bytes, given as <16 x i32>, for multiplication."""


@dataclass(frozen=True)
class _Vnni(RowDot):
    """Sixteen sums of four products in one instruction; has 32 registers of 512 bits."""

    rows: int = 6
    vectors: int = 4
    sums: tuple[ir.VectorType, ...] = (_SUMS,)
    name: str = "AVX-512 VNNI"

    def left(self, _builder: Any, spread: Any) -> Any:
        return spread

    def lefts(self, _builder: Any, row: Any) -> list[Any]:
        return [row]

    def right(self, _builder: Any, weights: Any) -> list[Any]:
        return [weights]

    def add(self, builder: Any, total: Any, left: Any, right: Any) -> Any:
        return _call(builder, "llvm.x86.avx512.vpdpbusd.512", _SUMS, total, left, right)

    def result(self, _builder: Any, totals: list[Any]) -> Any:
        return totals[0]


@dataclass(frozen=True)
class _AvxVnni(RowDot):
    """Eight sums of four products in one instruction; has 16 registers of 256 bits."""

    rows: int = 2
    vectors: int = 2
    sums: tuple[ir.VectorType, ...] = (ir.VectorType(_I32, _PAIRS),) * 2
    name: str = "AVX-VNNI"

    def left(self, builder: Any, spread: Any) -> Any:
        return _half(builder, spread, 0)

    def lefts(self, builder: Any, row: Any) -> list[Any]:
        return self.right(builder, row)

    def right(self, builder: Any, weights: Any) -> list[Any]:
        return [_half(builder, weights, first) for first in (0, _PAIRS)]

    def add(self, builder: Any, total: Any, left: Any, right: Any) -> Any:
        return _call(builder, "llvm.x86.avx512.vpdpbusd.256", total.type, total, left, right)

    def result(self, builder: Any, totals: list[Any]) -> Any:
        return _joined(builder, totals)


@dataclass(frozen=True)
class _Widened(RowDot):
    """Bytes widened to 16 bits, four columns at a time; neighbouring sums are added at the end."""

    rows: int = 1
    name: str = "any processor"
    vectors: int = 1
    sums: tuple[ir.VectorType, ...] = (ir.VectorType(_I32, _PAIRS),) * 4

    def left(self, builder: Any, spread: Any) -> Any:
        return builder.zext(_quarter(builder, spread, 0), _WORDS)

    def lefts(self, builder: Any, row: Any) -> list[Any]:
        return [builder.zext(_quarter(builder, row, at), _WORDS) for at in range(0, COLUMNS, 4)]

    def right(self, builder: Any, weights: Any) -> list[Any]:
        return [builder.sext(_quarter(builder, weights, at), _WORDS) for at in range(0, COLUMNS, 4)]

    def add(self, builder: Any, total: Any, left: Any, right: Any) -> Any:
        return builder.add(total, self._neighbours(builder, left, right))

    def _neighbours(self, builder: Any, left: Any, right: Any) -> Any:
        products = [
            builder.mul(
                *(
                    builder.sext(builder.shuffle_vector(side, side, _lanes(lanes)), self.sums[0])
                    for side in (left, right)
                )
            )
            for lanes in (range(0, 16, 2), range(1, 16, 2))
        ]
        return builder.add(*products)

    def result(self, builder: Any, totals: list[Any]) -> Any:
        halves = [
            builder.add(
                *(
                    builder.shuffle_vector(*totals[at : at + 2], _lanes(range(first, 16, 2)))
                    for first in (0, 1)
                )
            )
            for at in (0, 2)
        ]
        return builder.shuffle_vector(*halves, _lanes(range(COLUMNS)))


@dataclass(frozen=True)
class _WidenedAvx2(_Widened):
    """The same for AVX2, which LLVM would turn into two half-empty instructions."""

    name: str = "AVX2"

    def _neighbours(self, builder: Any, left: Any, right: Any) -> Any:
        return _call(builder, "llvm.x86.avx2.pmadd.wd", self.sums[0], left, right)


@dataclass(frozen=True)
class _Avx2(Dot):
    """Bytes with signs, eight columns at a time; has 16 registers."""

    rows: int = 4
    vectors: int = 1
    sums: tuple[ir.VectorType, ...] = (ir.VectorType(_I32, _PAIRS),) * 2
    name: str = "AVX2"
    # Two pages: processors do not look for more beyond the end of one.
    ahead: int = 8192
    from_zero: bool = False
    # LLVM's names for the three instructions.
    sign: str = "llvm.x86.avx2.psign.b"
    pairs: str = "llvm.x86.avx2.pmadd.ub.sw"
    neighbours: str = "llvm.x86.avx2.pmadd.wd"

    def left(self, builder: Any, spread: Any) -> Any:
        row = self._parts(builder, spread)[0]
        return builder.sub(row, ir.Constant(row.type, [ZERO] * row.type.count))

    def right(self, builder: Any, weights: Any) -> list[Any]:
        parts = self._parts(builder, weights)
        name = f"llvm.abs.v{parts[0].type.count}i8"
        sizes = [_call(builder, name, part.type, part, _FALSE) for part in parts]
        return list(zip(parts, sizes, strict=True))

    def add(self, builder: Any, total: Any, left: Any, right: Any) -> Any:
        weights, sizes = right
        words = ir.VectorType(_I16, left.type.count // 2)
        signed = _call(builder, self.sign, left.type, left, weights)
        pairs = _call(builder, self.pairs, words, sizes, signed)
        ones = ir.Constant(words, [1] * words.count)
        return builder.add(total, _call(builder, self.neighbours, total.type, pairs, ones))

    def begin(self, builder: Any, columns: Any) -> list[Any]:
        return self._columns(builder, columns)

    def result(self, builder: Any, totals: list[Any]) -> Any:
        return _joined(builder, totals)

    def _columns(self, builder: Any, vector: Any) -> list[Any]:
        """<16 x i32> in as many parts as there are variables."""
        size = self.sums[0].count
        return [
            builder.shuffle_vector(vector, vector, _lanes(range(first, first + size)))
            for first in range(0, COLUMNS, size)
        ]

    def _parts(self, builder: Any, vector: Any) -> list[Any]:
        kind = ir.VectorType(_I8, 4 * self.sums[0].count)
        return [builder.bitcast(part, kind) for part in self._columns(builder, vector)]


@dataclass(frozen=True)
class _Ssse3(_Avx2):
    """The same with half as many in a register."""

    rows: int = 2
    sums: tuple[ir.VectorType, ...] = (ir.VectorType(_I32, 4),) * 4
    name: str = "SSSE3"
    sign: str = "llvm.x86.ssse3.psign.b.128"
    pairs: str = "llvm.x86.ssse3.pmadd.ub.sw.128"
    neighbours: str = "llvm.x86.sse2.pmadd.wd"


@dataclass(frozen=True)
class _Usdot(RowDot):
    """Four sums of four products in one instruction; has 32 registers of 128 bits."""

    rows: int = 4
    vectors: int = 1
    sums: tuple[ir.VectorType, ...] = (ir.VectorType(_I32, 4),) * 4
    name: str = "ARM I8MM"

    def left(self, builder: Any, spread: Any) -> Any:
        return _quarter(builder, spread, 0)

    def lefts(self, builder: Any, row: Any) -> list[Any]:
        return self.right(builder, row)

    def right(self, builder: Any, weights: Any) -> list[Any]:
        return [_quarter(builder, weights, at) for at in range(0, COLUMNS, 4)]

    def add(self, builder: Any, total: Any, left: Any, right: Any) -> Any:
        name = "llvm.aarch64.neon.usdot.v4i32.v16i8"
        return _call(builder, name, total.type, total, left, right)

    def result(self, builder: Any, totals: list[Any]) -> Any:
        return _joined(builder, totals)


@dataclass(frozen=True)
class _Sdot(_Usdot):
    """The same for signed bytes."""

    name: str = "ARM dot product"
    from_zero: bool = False

    def left(self, builder: Any, spread: Any) -> Any:
        return builder.sub(super().left(builder, spread), ir.Constant(_BYTES, [ZERO] * 16))

    def add(self, builder: Any, total: Any, left: Any, right: Any) -> Any:
        name = "llvm.aarch64.neon.sdot.v4i32.v16i8"
        return _call(builder, name, total.type, total, left, right)

    def begin(self, builder: Any, columns: Any) -> list[Any]:
        return [
            builder.shuffle_vector(columns, columns, _lanes(range(at, at + 4)))
            for at in range(0, COLUMNS, 4)
        ]


def _call(builder: Any, name: str, result: ir.Type, *arguments: Any) -> Any:
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
    return builder.call(function, arguments)


def _joined(builder: Any, parts: list[Any]) -> Any:
    """Two or four vectors, one after the other, as <16 x i32>."""
    while len(parts) > 1:
        lanes = _lanes(range(2 * parts[0].type.count))
        parts = [
            builder.shuffle_vector(*pair, lanes)
            for pair in zip(parts[::2], parts[1::2], strict=True)
        ]
    return parts[0]


def _half(builder: Any, vector: Any, first: int) -> Any:
    """Eight lanes of <16 x i32>, starting at this one."""
    return builder.shuffle_vector(vector, vector, _lanes(range(first, first + _PAIRS)))


def _quarter(builder: Any, vector: Any, first: int) -> Any:
    """Sixteen bytes of <16 x i32>, starting at this lane."""
    four = builder.shuffle_vector(vector, vector, _lanes(range(first, first + 4)))
    return builder.bitcast(four, _BYTES)


def _lanes(numbers: range) -> ir.Constant:
    """A mask that picks these lanes from two vectors."""
    return ir.Constant(ir.VectorType(_I32, len(numbers)), list(numbers))


def _choose() -> tuple[Dot, RowDot]:
    """The best ones for the processor that numba compiles for: for a tile, and for one row."""
    # NUMBA_CPU_NAME and NUMBA_CPU_FEATURES make it a lesser one.
    named: str | None = config.CPU_FEATURES  # type: ignore[attr-defined]
    features = get_host_cpu_features().flatten() if named is None else named
    if "+avx512vnni" in features:
        return _Vnni(), _Vnni()
    if "+avxvnni" in features:
        return _AvxVnni(), _AvxVnni()
    if "+avx2" in features:
        return _Avx2(), _WidenedAvx2()
    if "+ssse3" in features:
        return _Ssse3(), _Widened()
    if "+i8mm" in features:
        return _Usdot(), _Usdot()
    if "+dotprod" in features:
        return _Sdot(), _Widened()
    return _Widened(), _Widened()


TILE, DOT = _choose()
