"""Maps Marian's tensors to the network's parameters, and back."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from translator.models.marian.hyper_parameters import HyperParameters
from translator.models.marian.names import (
    OUTPUT_BIAS,
    FeedForwardNames,
    MapNames,
    NormNames,
    decoder_layer,
    encoder_layer,
    is_embeddings,
)

__all__ = ["joined", "separated"]

_Matrix = NDArray[np.float32]


def joined(tensors: Mapping[str, _Matrix], hp: HyperParameters) -> dict[str, _Matrix]:
    """The parameters of ``ssru.Network`` by its names, as copies."""
    return {
        key: np.ascontiguousarray(np.concatenate([_turned(name, tensors[name]) for name in names]))
        for key, names in _layout(hp)
    }


def separated(parameters: Mapping[str, _Matrix], hp: HyperParameters) -> dict[str, _Matrix]:
    """Tensors by Marian's names, in the shapes of ``folder.Tensors``, as views."""
    return {
        name: part[None] if part.ndim == 1 else _turned(name, part)
        for key, names in _layout(hp)
        for name, part in zip(names, np.split(parameters[key], len(names)), strict=True)
    }


def _turned(name: str, tensor: _Matrix) -> _Matrix:
    """Transpose as needed: Marian's matrices are [in, out], its vectors [1, D]."""
    if is_embeddings(name):
        return tensor
    vector: _Matrix = tensor[0] if len(tensor) == 1 else tensor.T
    return vector


def _layout(hp: HyperParameters) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each parameter, and the tensors that it holds one after the other."""

    def biases(*maps: MapNames) -> tuple[str, ...]:
        return tuple(each.bias for each in maps if each.bias is not None)

    def affine(key: str, *maps: MapNames) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield f"{key}.weight", tuple(each.weight for each in maps)
        yield f"{key}.bias", biases(*maps)

    def norm(key: str, names: NormNames) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield f"{key}.weight", (names.scale,)
        yield f"{key}.bias", (names.bias,)

    def feed_forward(key: str, names: FeedForwardNames) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield from affine(f"{key}.inner", names.inner)
        yield from affine(f"{key}.outer", names.outer)
        yield from norm(f"{key}.norm", names.norm)

    for name in dict.fromkeys((hp.source_embeddings, hp.target_embeddings)):
        yield f"embeddings.{name}.weight", (name,)
    if not hp.tied_output:
        yield "output.weight", (hp.output_embeddings,)
    if hp.output_bias:
        yield "output_bias", (OUTPUT_BIAS,)
    for i in range(hp.encoder_layers):
        key, encoder = f"encoder.{i}", encoder_layer(i + 1)
        attention = encoder.attention
        yield from affine(f"{key}.query_key_value", attention.query, attention.key, attention.value)
        yield from affine(f"{key}.out", attention.out)
        yield from norm(f"{key}.norm", attention.norm)
        yield from feed_forward(f"{key}.feed_forward", encoder.feed_forward)
    decoders = [decoder_layer(number) for number in hp.own_decoder_layers]
    for i, decoder in enumerate(decoders):
        key, attention = f"decoder.{i}", decoder.attention
        yield f"{key}.cell.weight", (decoder.cell.weight, decoder.gate.weight)
        yield f"{key}.gate_bias", biases(decoder.gate)
        yield from norm(f"{key}.cell_norm", decoder.cell_norm)
        yield from affine(f"{key}.query", attention.query)
        yield from affine(f"{key}.out", attention.out)
        yield from norm(f"{key}.norm", attention.norm)
        yield from feed_forward(f"{key}.feed_forward", decoder.feed_forward)
    cross = [
        each for decoder in decoders for each in (decoder.attention.key, decoder.attention.value)
    ]
    yield from affine("cross", *cross)
