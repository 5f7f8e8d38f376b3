"""A recurrent model's parameters in eight bits, in the form that the kernels take."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from translator.errors import ModelFilesError
from translator.models.marian.folder import MarianFiles
from translator.models.marian.kernels import Affine, DecoderLayers, EncoderLayers, Norm
from translator.models.marian.names import (
    OUTPUT_BIAS,
    FeedForwardNames,
    MapNames,
    NormNames,
    decoder_layer,
    encoder_layer,
)
from translator.models.marian.tensors import EightBit
from translator.models.marian.tiles import BLOCK, LANES, ZERO, pack

__all__ = ["Int8Parameters"]

# Marian's name for the output layer in the names of activation multipliers.
_OUTPUT = "none"
_IMPOSSIBLE = np.float32(-1e30)
# Real ones are around 20; what Marian writes where it saw no activation is far beyond.
_MAX_MULTIPLIER = 1e6


class Int8Parameters:
    """A model's parameters in the form that the kernels take.

    Raises:
        ModelFilesError: A matrix is not in eight bits, or its input has no multiplier.
    """

    def __init__(self, files: MarianFiles, unk_id: int) -> None:
        hp = self.hp = files.hyper_parameters
        self._files = files
        if hp.dim // hp.heads % LANES:
            raise ModelFilesError(
                f"{files.path}: heads of size {hp.dim // hp.heads} cannot run in eight bits, "
                f"expected a multiple of {LANES}; use the precision float32"
            )
        encoders = [encoder_layer(n) for n in range(1, hp.encoder_layers + 1)]
        decoders = [decoder_layer(n) for n in hp.decoder_layers]
        here = [layer.attention for layer in encoders]
        across = [layer.attention for layer in decoders]
        self.encoder = EncoderLayers(
            self._affine([[a.query, a.key, a.value] for a in here], query=True),
            self._affine([[a.out] for a in here]),
            self._norm([a.norm for a in here]),
            *self._feed_forward([layer.feed_forward for layer in encoders]),
            self._affine([[each for a in across for each in (a.key, a.value)]]),
        )
        self.decoder = DecoderLayers(
            self._affine([[layer.cell, layer.gate] for layer in decoders]),
            self._norm([layer.cell_norm for layer in decoders]),
            self._affine([[a.query] for a in across], query=True),
            self._affine([[a.out] for a in across]),
            self._norm([a.norm for a in across]),
            *self._feed_forward([layer.feed_forward for layer in decoders]),
        )
        self.output, packed = self._output(unk_id)
        self.source_embeddings = self._embeddings(hp.source_embeddings, packed)
        self.target_embeddings = self._embeddings(hp.target_embeddings, packed)
        # All is copied; the file's memory can go.
        del self._files

    def _eight_bit(self, name: str) -> EightBit:
        stored = self._files.tensors.eight_bit(name)
        if stored is None:
            raise ModelFilesError(
                f"{self._files.path}: tensor {name} is not in eight bits; use the precision float32"
            )
        return stored

    def _multiplier(self, names: Sequence[str]) -> float:
        """The multiplier of the common input of these maps; the one with the widest range."""
        multipliers = self._files.tensors.activation_multipliers
        found = [multipliers.get(name, 0.0) for name in names]
        for name, multiplier in zip(names, found, strict=True):
            if not 0 < multiplier < _MAX_MULTIPLIER:
                raise ModelFilesError(
                    f"{self._files.path}: no activation multiplier for {name}, "
                    "which eight bits need; use the precision float32"
                )
        return min(found)

    def _affine(
        self,
        layers: Sequence[Sequence[MapNames]],
        *,
        query: bool = False,
        following: Affine | None = None,
    ) -> Affine:
        """Put maps of the same input side by side, for each layer.

        With ``query``, the first map is scaled for attention. With ``following``, the results are
        scaled as input of that map, which comes after a relu.
        """
        hp, made = self.hp, []
        for layer, maps in enumerate(layers):
            names = [each.weight for each in maps]
            matrices = [self._eight_bit(name) for name in names]
            bias = np.concatenate([self._bias(each) for each in maps])
            factors = np.ones(len(bias), np.float32)
            if query:
                factors[: hp.dim] = (hp.dim // hp.heads) ** -0.5
            if following is not None and hp.activation == "relu":
                factors *= following.multipliers[layer]
            made.append(_one_affine(matrices, bias, factors, self._multiplier(names)))
        return Affine(*(np.stack(parts) for parts in zip(*made, strict=True)))

    def _feed_forward(self, layers: Sequence[FeedForwardNames]) -> tuple[Affine, Affine, Norm]:
        outer = self._affine([[layer.outer] for layer in layers])
        inner = self._affine([[layer.inner] for layer in layers], following=outer)
        return inner, outer, self._norm([layer.norm for layer in layers])

    def _bias(self, names: MapNames) -> NDArray[np.float32]:
        # Of the maps that are as wide as the network, the cell's value has none.
        if names.bias is None:
            return np.zeros(self.hp.dim, np.float32)
        bias: NDArray[np.float32] = self._files.tensors[names.bias][0]
        return bias

    def _norm(self, layers: Sequence[NormNames]) -> Norm:
        tensors = self._files.tensors
        return Norm(
            np.stack([tensors[names.scale][0] for names in layers]),
            np.stack([tensors[names.bias][0] for names in layers]),
        )

    def _output(self, unk_id: int) -> tuple[Affine, dict[str, NDArray[np.int8]]]:
        """The output layer, and its packed matrix by the embeddings' name if they are the same."""
        hp, tensors = self.hp, self._files.tensors
        name = hp.output_embeddings
        matrix = self._eight_bit(name)
        if hp.tied_output:
            matrix = EightBit(matrix.integers.T, matrix.multiplier)
        bias = np.zeros(hp.target_vocabulary, np.float32)
        if hp.output_bias:
            bias += tensors[OUTPUT_BIAS][0]
        # Marian never writes <unk> unless it is told to (--allow-unk).
        bias[unk_id] = _IMPOSSIBLE
        multiplier = self._multiplier(
            [_OUTPUT if _OUTPUT in tensors.activation_multipliers else name]
        )
        one = _one_affine([matrix], bias, np.ones(len(bias), np.float32), multiplier)
        affine = Affine(*(part[None] for part in one))
        return affine, {name: affine.weights[0]} if hp.tied_output else {}

    def _embeddings(
        self, name: str, packed: dict[str, NDArray[np.int8]]
    ) -> tuple[NDArray[np.int8], np.float32]:
        """Embeddings, packed like the output layer, with the scale of an input."""
        stored = self._eight_bit(name)
        if name not in packed:
            packed[name] = pack(stored.integers)
        return packed[name], np.float32(np.sqrt(self.hp.dim) / stored.multiplier)


def _one_affine(
    matrices: Sequence[EightBit],
    bias: NDArray[np.float32],
    factors: NDArray[np.float32],
    multiplier: float,
) -> tuple[NDArray[Any], ...]:
    """The parts of an ``Affine`` for one layer; column m is scaled by ``factors[m]``."""
    integers = np.concatenate([matrix.integers.T for matrix in matrices])
    scales = factors / np.concatenate(
        [np.full(m.shape[1], multiplier * m.multiplier) for m in matrices]
    )
    shifted = bias * factors - ZERO * integers.sum(axis=1, dtype=np.int64) * scales
    filling = -len(integers) % BLOCK
    return (
        pack(integers),
        np.pad(scales, (0, filling)).astype(np.float32),
        # What fills a block is never the best token.
        np.pad(shifted, (0, filling), constant_values=_IMPOSSIBLE).astype(np.float32),
        np.asarray(multiplier, np.float32),
    )
