"""Marian's names for the network's tensors. No other file spells them out."""

from typing import NamedTuple

__all__ = [
    "OUTPUT",
    "OUTPUT_BIAS",
    "SHARED_EMBEDDINGS",
    "SOURCE_EMBEDDINGS",
    "TARGET_EMBEDDINGS",
    "AttentionNames",
    "DecoderLayerNames",
    "EncoderLayerNames",
    "FeedForwardNames",
    "MapNames",
    "NormNames",
    "decoder_layer",
    "encoder_layer",
    "is_embeddings",
]

# One matrix for both sides, or one for each.
SHARED_EMBEDDINGS, SOURCE_EMBEDDINGS, TARGET_EMBEDDINGS = "Wemb", "encoder_Wemb", "decoder_Wemb"
OUTPUT, OUTPUT_BIAS = "decoder_ff_logit_out_W", "decoder_ff_logit_out_b"


class MapNames(NamedTuple):
    """Names of an affine map's tensors. The bias is None if it has none."""

    weight: str
    bias: str | None


class NormNames(NamedTuple):
    """Names of a layer norm's tensors."""

    scale: str
    bias: str


class AttentionNames(NamedTuple):
    """Names in an attention, including its output map and the norm after it."""

    query: MapNames
    key: MapNames
    value: MapNames
    out: MapNames
    norm: NormNames


class FeedForwardNames(NamedTuple):
    """Names in a feed-forward layer: its two maps and the norm after them."""

    inner: MapNames
    outer: MapNames
    norm: NormNames


class EncoderLayerNames(NamedTuple):
    """Names in an encoder layer."""

    attention: AttentionNames
    feed_forward: FeedForwardNames


class DecoderLayerNames(NamedTuple):
    """Names in a decoder layer; ``attention`` is to the source."""

    cell: MapNames
    gate: MapNames
    cell_norm: NormNames
    attention: AttentionNames
    feed_forward: FeedForwardNames


def encoder_layer(number: int) -> EncoderLayerNames:
    """Names in the encoder layer with this number, from 1."""
    prefix = f"encoder_l{number}"
    return EncoderLayerNames(_attention(f"{prefix}_self"), _feed_forward(f"{prefix}_ffn"))


def decoder_layer(number: int) -> DecoderLayerNames:
    """Names in the decoder layer with this number, from 1."""
    prefix = f"decoder_l{number}"
    return DecoderLayerNames(
        MapNames(f"{prefix}_rnn_W", None),
        MapNames(f"{prefix}_rnn_Wf", f"{prefix}_rnn_bf"),
        _norm(f"{prefix}_rnn_ffn"),
        _attention(f"{prefix}_context"),
        _feed_forward(f"{prefix}_ffn"),
    )


def is_embeddings(name: str) -> bool:
    """Whether a tensor is an embedding matrix, which is stored row by row."""
    return name.endswith(SHARED_EMBEDDINGS)


def _map(prefix: str, part: str) -> MapNames:
    return MapNames(f"{prefix}_W{part}", f"{prefix}_b{part}")


def _norm(prefix: str) -> NormNames:
    return NormNames(f"{prefix}_ln_scale", f"{prefix}_ln_bias")


def _attention(prefix: str) -> AttentionNames:
    query, key, value, out = (_map(prefix, part) for part in "qkvo")
    return AttentionNames(query, key, value, out, _norm(f"{prefix}_Wo"))


def _feed_forward(prefix: str) -> FeedForwardNames:
    return FeedForwardNames(_map(prefix, "1"), _map(prefix, "2"), _norm(f"{prefix}_ffn"))
