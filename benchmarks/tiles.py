"""Products of bytes, as the tile makes them, beside torch's of float32, by turns in one run.

    python -m benchmarks.tiles

Shapes are those of the embedded models. What is small stays in the cache; the output layer, which
every token needs, does not. One thread, CPU time, the best of some rounds, so that other work on
the machine hardly matters. ``NUMBA_CPU_NAME`` and ``NUMBA_CPU_FEATURES`` make it a lesser
one, such as a ``haswell``; the second alone leaves it what its own name implies.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numba import njit

from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.models.marian.dots import TILE
from translator.models.marian.tiles import BLOCK, REALS, groups_in, multiply_bytes, pack

DEFAULT_RESULT = Path(__file__).parent / "results" / "tiles.json"
# Inner dimension and columns.
SHAPES = ((512, 512), (512, 2048), (2048, 512), (512, 32_000))
ROWS = (1, 2, 4, 16, 64)
ROUNDS = 9
# Multiplications of a round, at least.
PRODUCTS = 1_000_000_000


@njit
def _product(x, packed, scales, bias, out):  # type: ignore[no-untyped-def]
    for j in range(packed.shape[0]):
        multiply_bytes(
            x.ctypes.data, x.shape[1], x.shape[0], packed[j].ctypes.data, groups_in(packed),
            scales.ctypes.data + 4 * BLOCK * j, bias.ctypes.data + 4 * BLOCK * j,
            out.ctypes.data + 4 * BLOCK * j, 4 * out.shape[1], REALS,
        )  # fmt: skip


def _took(call: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - began) / times


def measure(inner: int, columns: int, rows: int) -> dict[str, Any]:
    """One shape; the best of some rounds."""
    random = np.random.default_rng(3)
    x = random.integers(0, 255, (rows, inner)).astype(np.uint8)
    matrix = random.integers(-127, 128, (columns, inner)).astype(np.int8)
    packed, ones = pack(matrix), np.ones(columns, np.float32)
    out = np.zeros((rows, columns), np.float32)
    exact_x, exact_matrix = torch.from_numpy(x).float(), torch.from_numpy(matrix).float().T
    exact_out = torch.empty(rows, columns)

    def ours() -> None:
        _product(x, packed, ones, ones, out)

    def theirs() -> None:
        torch.mm(exact_x, exact_matrix, out=exact_out)

    products = rows * inner * columns
    times = max(1, PRODUCTS // products)
    ours()
    turns = [(_took(ours, times), _took(theirs, times)) for _ in range(ROUNDS)]
    own_s, float_s = (min(turn[i] for turn in turns) for i in range(2))
    return {
        "inner": inner,
        "columns": columns,
        "rows": rows,
        "bytes, 10⁹/s": round(products / own_s / 1e9, 1),
        "float32, 10⁹/s": round(products / float_s / 1e9, 1),
        "ratio": round(float_s / own_s, 2),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = [measure(inner, columns, rows) for inner, columns in SHAPES for rows in ROWS]
    print(f"{TILE.name}\n{table(rows)}")
    save(arguments.output, {"instructions": TILE.name, "rows": rows}, Measured.now("int8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
