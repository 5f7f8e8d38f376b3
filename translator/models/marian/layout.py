"""How the parameters of the network are made of Marian's tensors, and these of them again."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from translator.models.marian.folder import HyperParameters

__all__ = ["joined", "separated"]

_Matrix = NDArray[np.float32]


def joined(tensors: Mapping[str, _Matrix], hp: HyperParameters) -> dict[str, _Matrix]:
    """Parameters of ``ssru.Network`` by its names; copies, row by row."""
    return {
        key: np.ascontiguousarray(np.concatenate([_turned(name, tensors[name]) for name in names]))
        for key, names in _layout(hp)
    }


def separated(parameters: Mapping[str, _Matrix], hp: HyperParameters) -> dict[str, _Matrix]:
    """Tensors by Marian's names, as ``marian.Tensors`` has them; views."""
    return {
        name: part[None] if part.ndim == 1 else _turned(name, part)
        for key, names in _layout(hp)
        for name, part in zip(names, np.split(parameters[key], len(names)), strict=True)
    }


def _turned(name: str, tensor: _Matrix) -> _Matrix:
    """Marian's matrices are [in, out], its vectors [1, D]; embeddings stay as they are."""
    if name.endswith("Wemb"):
        return tensor
    vector: _Matrix = tensor[0] if len(tensor) == 1 else tensor.T
    return vector


def _layout(hp: HyperParameters) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each parameter, with the tensors that it holds one after the other."""

    def affine(key: str, prefix: str, parts: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield f"{key}.weight", tuple(f"{prefix}_W{part}" for part in parts)
        yield f"{key}.bias", tuple(f"{prefix}_b{part}" for part in parts)

    def norm(key: str, prefix: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield f"{key}.weight", (f"{prefix}_ln_scale",)
        yield f"{key}.bias", (f"{prefix}_ln_bias",)

    def feed_forward(key: str, prefix: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield from affine(f"{key}.inner", prefix, "1")
        yield from affine(f"{key}.outer", prefix, "2")
        yield from norm(f"{key}.norm", f"{prefix}_ffn")

    for name in dict.fromkeys((hp.source_embeddings, hp.target_embeddings)):
        yield f"embeddings.{name}.weight", (name,)
    if not hp.tied_output:
        yield "output.weight", (hp.output_embeddings,)
    if hp.output_bias:
        yield "output_bias", ("decoder_ff_logit_out_b",)
    for i in range(hp.encoder_layers):
        key, prefix = f"encoder.{i}", f"encoder_l{i + 1}"
        yield from affine(f"{key}.query_key_value", f"{prefix}_self", "qkv")
        yield from affine(f"{key}.out", f"{prefix}_self", "o")
        yield from norm(f"{key}.norm", f"{prefix}_self_Wo")
        yield from feed_forward(f"{key}.feed_forward", f"{prefix}_ffn")
    for i, number in enumerate(hp.own_decoder_layers):
        key, prefix = f"decoder.{i}", f"decoder_l{number}"
        yield f"{key}.cell.weight", (f"{prefix}_rnn_W", f"{prefix}_rnn_Wf")
        yield f"{key}.gate_bias", (f"{prefix}_rnn_bf",)
        yield from norm(f"{key}.cell_norm", f"{prefix}_rnn_ffn")
        yield from affine(f"{key}.query", f"{prefix}_context", "q")
        yield from affine(f"{key}.out", f"{prefix}_context", "o")
        yield from norm(f"{key}.norm", f"{prefix}_context_Wo")
        yield from feed_forward(f"{key}.feed_forward", f"{prefix}_ffn")
    contexts = [f"decoder_l{number}_context" for number in hp.own_decoder_layers]
    yield "cross.weight", tuple(f"{context}_W{part}" for context in contexts for part in "kv")
    yield "cross.bias", tuple(f"{context}_b{part}" for context in contexts for part in "kv")
