"""Sizes and choices of a network, from any kind of file, and the check that they have to pass."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from translator.errors import ModelFilesError
from translator.models.marian.names import (
    OUTPUT,
    SHARED_EMBEDDINGS,
    SOURCE_EMBEDDINGS,
    TARGET_EMBEDDINGS,
)

__all__ = ["MAX_LAYERS", "HyperParameters", "checked"]

# Far beyond any network of this kind.
MAX_LAYERS = 256
_MOST = {
    "dim": 65_536,
    "heads": 4096,
    "encoder_ffn": 1 << 20,
    "decoder_ffn": 1 << 20,
    "encoder_layers": MAX_LAYERS,
    "source_vocabulary": 1 << 24,
    "target_vocabulary": 1 << 24,
}


@dataclass(frozen=True, slots=True)
class HyperParameters:
    """Sizes of a network with an SSRU decoder, and the few choices that its family leaves open.

    Attributes:
        dim: Hidden size D.
        heads: Attention heads H; they divide ``dim``.
        encoder_ffn: Inner size of the encoder's feed-forward layers.
        decoder_ffn: The same in the decoder.
        encoder_layers: Number of encoder layers.
        decoder_layers: For each decoder layer, the number (from 1) of the layer whose parameters it
            uses: its own, unless layers are tied.
        source_vocabulary: Number of source pieces.
        target_vocabulary: Number of target pieces V.
        activation: Activation of the feed-forward layers, ``relu`` or ``swish``.
        source_embeddings: Name of the tensor [source vocabulary, D].
        target_embeddings: Name of the tensor [V, D].
        output_embeddings: Name of the output tensor: [V, D] if it is one of these two, else [D, V].
        output_bias: Whether the output layer has a bias.
        alignment_layer: Decoder layer, from 0, whose first head was trained to be a word alignment,
            or None. Marian records the layer, not the training; every student of this family was
            trained with guided alignment.
    """

    dim: int
    heads: int
    encoder_ffn: int
    decoder_ffn: int
    encoder_layers: int
    decoder_layers: tuple[int, ...]
    source_vocabulary: int
    target_vocabulary: int
    activation: str
    source_embeddings: str
    target_embeddings: str
    output_embeddings: str
    output_bias: bool
    alignment_layer: int | None

    @property
    def tied_output(self) -> bool:
        """Whether the output layer is the target embeddings."""
        return self.output_embeddings == self.target_embeddings

    @property
    def own_decoder_layers(self) -> list[int]:
        """Numbers of the decoder layers that have parameters of their own."""
        return sorted(set(self.decoder_layers))


def checked(
    path: Path, values: Mapping[str, Any], keys: Mapping[str, str] | None = None
) -> HyperParameters:
    """Check hyper-parameters that were read from a file.

    Args:
        path: The file, for error messages.
        values: Values by field name; others are ignored. ``decoder_layers`` is a list.
        keys: The file's names for fields that it calls something else.

    Raises:
        ModelFilesError: A value is missing or not allowed; the message names its key.
    """
    read = {each.name: values.get(each.name) for each in fields(HyperParameters)}
    keys = {name: name for name in read} | dict(keys or {})

    def check(field: str, holds: bool, expected: str) -> None:
        if not holds:
            raise ModelFilesError(f"{path}: {keys[field]} is {read[field]!r}, expected {expected}")

    sizes = ("dim", "heads", "encoder_ffn", "decoder_ffn", "encoder_layers")
    for field in (*sizes, "source_vocabulary", "target_vocabulary"):
        size: Any = read[field]
        most = _MOST[field]
        # What is described is built as a skeleton, which takes memory of its own for each layer.
        check(field, type(size) is int and 0 < size <= most, f"a positive integer up to {most}")
    dim: Any = read["dim"]
    heads: Any = read["heads"]
    check("dim", dim % (2 * heads) == 0, f"a multiple of 2 x {keys['heads']} ({heads})")
    layers: Any = read["decoder_layers"]
    is_list = isinstance(layers, list) and 0 < len(layers) <= MAX_LAYERS
    check("decoder_layers", is_list, f"a list of layers, {MAX_LAYERS} at most")
    depth = len(layers)
    numbers = all(type(n) is int and 1 <= n <= depth for n in layers)
    check("decoder_layers", numbers, f"{depth} of 1 to {depth}")
    check("activation", read["activation"] in ("relu", "swish"), "relu or swish")
    source, target = read["source_embeddings"], read["target_embeddings"]
    sources = (SHARED_EMBEDDINGS, SOURCE_EMBEDDINGS)
    check("source_embeddings", source in sources, " or ".join(sources))
    partner = SHARED_EMBEDDINGS if source == SHARED_EMBEDDINGS else TARGET_EMBEDDINGS
    check("target_embeddings", target == partner, f"{partner}, beside {source}")
    outputs = (partner, OUTPUT)
    check("output_embeddings", read["output_embeddings"] in outputs, " or ".join(outputs))
    check("output_bias", isinstance(read["output_bias"], bool), "true or false")
    alignment: Any = read["alignment_layer"]
    aligns = alignment is None or (type(alignment) is int and 0 <= alignment < depth)
    check("alignment_layer", aligns, f"null or 0 to {depth - 1}")
    final: Any = read | {"decoder_layers": tuple(layers)}
    return HyperParameters(**final)
