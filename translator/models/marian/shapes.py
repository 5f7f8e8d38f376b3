"""The tensors that a network reads, with their shapes."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from translator.errors import ModelFilesError
from translator.models.marian.hyper_parameters import HyperParameters
from translator.models.marian.names import (
    OUTPUT_BIAS,
    AttentionNames,
    FeedForwardNames,
    MapNames,
    NormNames,
    decoder_layer,
    encoder_layer,
)

__all__ = ["check_shapes", "expected_shapes"]


def check_shapes(
    path: Path, hyper_parameters: HyperParameters, shapes: Mapping[str, tuple[int, ...]]
) -> None:
    """Check that a file has every tensor that its network reads.

    Raises:
        ModelFilesError: One is missing or has another shape; the message names it.
    """
    for name, shape in expected_shapes(hyper_parameters):
        if name not in shapes:
            raise ModelFilesError(f"{path}: tensor {name} is missing, expected with shape {shape}")
        if shapes[name] != shape:
            raise ModelFilesError(
                f"{path}: tensor {name} has shape {shapes[name]}, expected {shape}"
            )


def expected_shapes(hp: HyperParameters) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every tensor that the network reads, with its shape."""
    dim = hp.dim

    def affine(names: MapNames, inputs: int, outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield names.weight, (inputs, outputs)
        if names.bias is not None:
            yield names.bias, (1, outputs)

    def norm(names: NormNames) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield names.scale, (1, dim)
        yield names.bias, (1, dim)

    def attention(names: AttentionNames) -> Iterator[tuple[str, tuple[int, ...]]]:
        for each in (names.query, names.key, names.value, names.out):
            yield from affine(each, dim, dim)
        yield from norm(names.norm)

    def feed_forward(names: FeedForwardNames, inner: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield from affine(names.inner, dim, inner)
        yield from affine(names.outer, inner, dim)
        yield from norm(names.norm)

    yield hp.source_embeddings, (hp.source_vocabulary, dim)
    yield hp.target_embeddings, (hp.target_vocabulary, dim)
    if not hp.tied_output:
        yield hp.output_embeddings, (dim, hp.target_vocabulary)
    if hp.output_bias:
        yield OUTPUT_BIAS, (1, hp.target_vocabulary)
    for number in range(1, hp.encoder_layers + 1):
        encoder = encoder_layer(number)
        yield from attention(encoder.attention)
        yield from feed_forward(encoder.feed_forward, hp.encoder_ffn)
    for number in hp.own_decoder_layers:
        decoder = decoder_layer(number)
        yield from affine(decoder.cell, dim, dim)
        yield from affine(decoder.gate, dim, dim)
        yield from norm(decoder.cell_norm)
        yield from attention(decoder.attention)
        yield from feed_forward(decoder.feed_forward, hp.decoder_ffn)
