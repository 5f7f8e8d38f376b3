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
from translator.models.huggingface.kernels import Map, linear
from translator.models.marian.tiles import BLOCK, ZERO, pack, packed_rows

__all__ = ["EightBitEmbedding", "EightBitLinear", "to_eight_bits"]

_LARGEST = 127


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
        packed = pack(matrix)
        sums = matrix.sum(axis=1, dtype=np.int64)
        offsets = (-ZERO * sums).astype(np.float32) * scales
        added = np.zeros_like(scales) if bias is None else bias.detach().float().numpy()
        width = BLOCK * len(packed)
        self.map = Map(packed[None], *(_padded(v, width)[None] for v in (scales, offsets, added)))

    def forward(self, x: Tensor) -> Tensor:
        """Map rows [..., K] to [..., M]."""
        rows = x.reshape(-1, self.in_features).contiguous().numpy()
        out = np.empty((len(rows), self.map.bias.shape[1]), np.float32)
        linear(rows, self.map, out)
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
        self._packed = tied.map.weights[0]
        self._scales = tied.map.scales[0] * np.float32(factor)

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
