"""Eight bits for the maps of a Transformers model, on a CPU.

Each weight matrix becomes signed bytes with a scale for each of its outputs; each row that goes
through it becomes bytes with a scale of its own, found anew every time (dynamic quantisation,
Dettmers et al. 2022, "LLM.int8()", arXiv 2208.07339, without its outliers). So a row comes to the
same alone and in a batch, bit by bit. Sums are exact: it comes to the same on every processor.
Attention and normalisation stay as the library has them.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from translator.errors import ModelFilesError
from translator.models.marian.kernel_cache import compiled
from translator.models.marian.kernels import to_byte
from translator.models.marian.tiles import (
    BLOCK,
    REALS,
    ZERO,
    groups_in,
    multiply_bytes,
    pack,
    packed_rows,
)

__all__ = ["EightBitEmbedding", "EightBitLinear", "to_eight_bits"]

_LARGEST = 127
_compiled = compiled(fastmath={"contract", "nnan", "ninf", "nsz"})


@_compiled
def _affine(x, weights, scales, offsets, bias, out):
    """Map real rows [N, K] to real rows ``out`` [N, M], M a multiple of 64.

    Args:
        x: float32 [N, K].
        weights: int8 [M/64, …]; see ``tiles.pack``.
        scales: float32 [M], from an integer to a real weight.
        offsets: float32 [M], what the 127 of each activation adds to a sum, negative, scaled.
        bias: float32 [M].
        out: float32 [N, M].
    """
    rows, inner = x.shape
    groups = groups_in(weights)
    bytes_in = np.empty((rows, 4 * groups), np.uint8)
    factors = np.empty(rows, np.float32)
    for i in range(rows):
        largest = np.float32(0)
        for k in range(inner):
            largest = max(largest, abs(x[i, k]))
        factors[i] = largest / np.float32(_LARGEST)
        multiplier = np.float32(_LARGEST) / largest if largest > 0 else np.float32(0)
        for k in range(inner):
            bytes_in[i, k] = to_byte(x[i, k], multiplier)
        for k in range(inner, 4 * groups):
            bytes_in[i, k] = np.uint8(ZERO)
    for j in range(weights.shape[0]):
        multiply_bytes(
            bytes_in.ctypes.data, bytes_in.shape[1], rows, weights[j].ctypes.data, groups,
            scales.ctypes.data + 4 * BLOCK * j, offsets.ctypes.data + 4 * BLOCK * j,
            out.ctypes.data + 4 * BLOCK * j, 4 * out.shape[1], REALS,
        )  # fmt: skip
    for i in range(rows):
        for m in range(out.shape[1]):
            out[i, m] = out[i, m] * factors[i] + bias[m]


class EightBitLinear(nn.Module):
    """Does what a ``nn.Linear`` does, nearly.

    Args:
        weight: float [M, K], finite.
        bias: float [M], or None.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        # The library looks at its type.
        self.weight = torch.empty(0)
        self.out_features, self.in_features = weight.shape
        matrix, scales = quantised(weight)
        self.packed = pack(matrix)
        width = BLOCK * len(self.packed)
        self.scales = _padded(scales, width)
        sums = matrix.sum(axis=1, dtype=np.int64)
        self._offsets = _padded((-ZERO * sums).astype(np.float32) * scales, width)
        self._bias = np.zeros(width, np.float32)
        if bias is not None:
            self._bias[: self.out_features] = bias.detach().float().numpy()

    def forward(self, x: Tensor) -> Tensor:
        """Map rows [..., K] to [..., M]."""
        rows = x.reshape(-1, self.in_features).contiguous().numpy()
        out = np.empty((len(rows), len(self._bias)), np.float32)
        _affine(rows, self.packed, self.scales, self._offsets, self._bias, out)
        mapped = torch.from_numpy(out)[:, : self.out_features]
        return mapped.reshape(*x.shape[:-1], self.out_features)


class EightBitEmbedding(nn.Module):
    """Reads a token's row out of the output layer that it is tied to.

    Args:
        tied: The output layer.
        factor: What each row is multiplied with.
    """

    def __init__(self, tied: EightBitLinear, factor: float = 1.0) -> None:
        super().__init__()
        self.num_embeddings, self.embedding_dim = tied.out_features, tied.in_features
        self._packed = tied.packed
        self._scales = tied.scales * np.float32(factor)

    def forward(self, tokens: Tensor) -> Tensor:
        """Rows [..., D] of tokens [...]."""
        numbers = tokens.reshape(-1).numpy()
        rows = packed_rows(self._packed, numbers)[:, : self.embedding_dim]
        found = torch.from_numpy(rows * self._scales[numbers][:, None])
        return found.reshape(*tokens.shape, self.embedding_dim)


def quantised(weight: Tensor) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix [M, K] as bytes, and the scale of each of its rows, [M].

    Raises:
        ModelFilesError: It has values that are no numbers.
    """
    real = weight.detach().float().numpy()
    largest = np.abs(real).max(axis=1, initial=0.0)
    if not np.isfinite(largest).all():
        raise ModelFilesError("its weights are not numbers (NaN or infinite)")
    scales = (largest / _LARGEST).astype(np.float32)
    inverse = np.divide(1.0, scales, out=np.zeros_like(scales), where=scales > 0)
    matrix = np.rint(np.clip(real * inverse[:, None], -_LARGEST, _LARGEST)).astype(np.int8)
    return matrix, scales


def to_eight_bits(network: Any) -> None:
    """Replace all linear maps of a network, and its embeddings where they are tied to the output.

    Raises:
        ModelFilesError: It has values that are no numbers.
    """
    head = network.lm_head
    tied = [
        (parent, name, module)
        for parent in network.modules()
        for name, module in parent.named_children()
        if isinstance(module, nn.Embedding) and module.weight is head.weight
    ]
    done: dict[int, EightBitLinear] = {}
    for parent in list(network.modules()):
        for name, module in list(parent.named_children()):
            if isinstance(module, nn.Linear):
                if id(module) not in done:
                    done[id(module)] = EightBitLinear(module.weight, module.bias)
                setattr(parent, name, done[id(module)])
    for parent, name, module in tied:
        factor = float(getattr(module, "embed_scale", 1.0))
        setattr(parent, name, EightBitEmbedding(network.lm_head, factor))


def _padded(values: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    padded = np.zeros(width, np.float32)
    padded[: len(values)] = values
    return padded
