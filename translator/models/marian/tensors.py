"""Parameters as a model's file stores them: in float32, or in eight bits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["EightBit", "Tensors"]


@dataclass(frozen=True, slots=True)
class EightBit:
    """A matrix of eight-bit integers; the real value is an integer divided by ``multiplier``."""

    integers: NDArray[np.int8]
    multiplier: float

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the real matrix."""
        return self.integers.shape

    def real(self) -> NDArray[np.float32]:
        """Compute the real matrix."""
        return self.integers.astype(np.float32) / np.float32(self.multiplier)


class Tensors(Mapping[str, NDArray[np.float32]]):
    """Parameters by Marian's name. Eight-bit ones are made real each time they are asked for.

    Matrices are [in, out], embeddings [vocabulary, D], biases and scales [1, D].
    """

    def __init__(
        self,
        stored: Mapping[str, NDArray[np.float32] | EightBit],
        activation_multipliers: Mapping[str, float],
    ) -> None:
        self._stored = stored
        self.activation_multipliers = activation_multipliers

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        stored = self._stored[name]
        return stored.real() if isinstance(stored, EightBit) else stored

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor; makes nothing real."""
        return self._stored[name].shape

    def eight_bit(self, name: str) -> EightBit | None:
        """A tensor as it is stored; None if that is not in eight bits."""
        stored = self._stored[name]
        return stored if isinstance(stored, EightBit) else None
