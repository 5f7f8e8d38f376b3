"""Products of bytes are exact, with every processor's instructions that this one has too."""

import os
import subprocess
import sys
from pathlib import Path
from platform import machine

import pytest

from translator.models.processor import cpu_features

pytestmark = pytest.mark.model

# What a processor must have, and which lesser one NUMBA_CPU_NAME and NUMBA_CPU_FEATURES say it is.
ARM = "+neon,+fp-armv8,+dotprod"
AVX2 = "+ssse3,+sse4.1,+sse4.2,+avx,+avx2,+fma"
INSTRUCTIONS = {
    "any processor": (
        ("", "generic", "+neon,+fp-armv8") if machine() == "aarch64" else ("", "x86-64", "+sse2")
    ),
    "SSSE3": ("ssse3", "core2", "+ssse3"),
    "AVX2": ("avx2", "haswell", AVX2),
    "AVX-VNNI": ("avxvnni", "alderlake", f"{AVX2},+avxvnni"),
    "AVX-512 VNNI": ("avx512vnni", "", ""),
    "ARM dot product": ("dotprod", "generic", ARM),
    "ARM I8MM": ("i8mm", "generic", f"{ARM},+i8mm"),
}


def as_lesser(name: str) -> dict[str, str]:
    """What makes this processor one with these instructions only."""
    _, cpu, features = INSTRUCTIONS[name]
    return {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": features} if cpu else {}


CODE = """
import numpy as np
from numba import njit

from translator.models.marian.dots import TILE
from translator.models.marian.tiles import (
    BYTES, REALS, SCORES, dot_bytes, groups_in, multiply_bytes, pack,
)

@njit
def product(x, packed, scales, bias, out, result):
    for j in range(packed.shape[0]):
        multiply_bytes(
            x.ctypes.data, x.shape[1], x.shape[0], packed[j].ctypes.data, groups_in(packed),
            scales.ctypes.data + 256 * j, bias.ctypes.data + 256 * j,
            out.ctypes.data + 64 * out.itemsize * j, out.itemsize * out.shape[1], result,
        )

@njit
def dot(a, b):
    return dot_bytes(a.ctypes.data, b.ctypes.data, len(a))

random = np.random.default_rng(3)
for rows, inner, columns in ((1, 4, 64), (2, 64, 64), (3, 132, 128), (7, 512, 192), (13, 2048, 64)):
    x = random.integers(0, 255, (rows, inner)).astype(np.uint8)
    matrix = random.integers(-127, 128, (columns, inner)).astype(np.int8)
    # The largest there are, of one sign, in the first row and column.
    x[0], matrix[0] = 254, -127
    exact = x.astype(np.int64) @ matrix.T.astype(np.int64)
    ones, zeros = np.ones(columns, np.float32), np.zeros(columns, np.float32)

    reals = np.full((rows, columns), np.nan, np.float32)
    product(x, pack(matrix), ones, zeros, reals, REALS)
    assert np.array_equal(reals, exact.astype(np.float32)), (rows, inner, columns)

    scale = ones / np.float32(3 * inner)
    small = np.zeros((rows, columns), np.uint8)
    product(x, pack(matrix), scale, ones, small, BYTES)
    scaled = (exact * scale.astype(np.float64) + 1).astype(np.float32)
    expected = np.clip(np.rint(scaled), 0, 127) + 127
    off = np.abs(small - expected)
    assert off.max() <= 1 and (off > 0).mean() < 0.01, "only halves may be rounded otherwise"

    if columns == 64:
        scores = np.zeros((rows, 80), np.float32)
        product(x, pack(matrix), ones, zeros, scores, SCORES)
        assert np.array_equal(scores[:, :64], exact.astype(np.float32))
        assert np.array_equal(scores[:, 64], scores[:, :64].max(axis=1))

    if inner % 64 == 0:
        assert all(dot(x[i], matrix[j]) == exact[i, j] for i in range(rows) for j in range(columns))
print(TILE.name)
"""


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_products_are_exact_with_the_instructions_of(name: str, tmp_path: Path) -> None:
    needed, *_ = INSTRUCTIONS[name]
    if needed and needed not in cpu_features():
        pytest.skip(f"the processor has no {name}")
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)} | as_lesser(name)
    ran = subprocess.run([sys.executable, "-c", CODE], env=env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == name


WHOLE = """
from translator.engine.engine import Engine
from translator.engine.request import Request
from translator.languages.pair import LanguagePair
from translator.models.embedded import embedded_models
from translator.models.marian.dots import TILE
from translator.models.marian.loading import load_marian_folder

pair = LanguagePair("en", "pt")
model = load_marian_folder(dict(embedded_models())[pair], pair=pair, precision="int8")
engine = Engine({model.info.name: model})
tokenizer = model.tokenizer(pair)
for number, text in enumerate((
    "The bakery on the corner opens at seven.",
    "Rain is expected in the north, but the coast will stay dry until Thursday evening.",
    "We",
)):
    source = tokenizer.encode_source(text).tokens
    engine.submit(Request((str(number), ""), 1, model.info.name, source))
print(TILE.name)
for outcome in sorted(engine.run(), key=lambda outcome: outcome.request.key):
    found = outcome.hypothesis
    print(found.tokens, [value.hex() for value in found.log_probabilities])
"""


def said(**env: str) -> tuple[str, list[str]]:
    """The instructions that a process takes, and each token with its probability, bit by bit."""
    ran = subprocess.run(
        [sys.executable, "-c", WHOLE], env={**os.environ, **env}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    name, *lines = ran.stdout.splitlines()
    return name, lines


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.thorough
def test_the_whole_network_comes_to_the_same_bits_on_lesser_processors() -> None:
    own, own_lines = said()
    lesser = {"AVX-512 VNNI": ("AVX-VNNI", "AVX2"), "AVX-VNNI": ("AVX2",), "AVX2": ("SSSE3",)}
    for each in lesser.get(own, ("any processor",)):
        needed, *_ = INSTRUCTIONS[each]
        if not needed or needed in cpu_features():
            # It compiles all kernels once more; they are kept beside those of this processor.
            name, lines = said(**as_lesser(each))
            assert (name, len(lines)) == (each, 3)
            assert lines == own_lines
