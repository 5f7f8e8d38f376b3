"""The settings in a Marian model file, checked: the hyper-parameters of its network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from translator.errors import ModelFilesError
from translator.models.marian.hyper_parameters import MAX_LAYERS, HyperParameters, checked
from translator.models.marian.names import (
    OUTPUT,
    SHARED_EMBEDDINGS,
    SOURCE_EMBEDDINGS,
    TARGET_EMBEDDINGS,
)
from translator.models.untrusted import read_yaml

__all__ = ["hyper_parameters", "parse_yaml"]

# Settings that change the network, with the only values it is written for. Marian leaves a setting
# out when it is older than the setting; the first value is then what it did.
_SUPPORTED: dict[str, tuple[object, ...]] = {
    "type": ("transformer",),
    "transformer-decoder-autoreg": ("rnn",),
    "dec-cell": ("ssru",),
    "layer-normalization": (False,),
    "lemma-dim-emb": (0,),
    "transformer-ffn-activation": ("relu", "swish"),
    "transformer-ffn-depth": (2,),
    "transformer-decoder-ffn-depth": (0, 2),
    "transformer-no-projection": (False,),
    "transformer-postprocess": ("dan", "an"),
    "transformer-postprocess-emb": ("d", ""),
    "transformer-postprocess-top": ("",),
    "transformer-preprocess": ("",),
    "transformer-train-position-embeddings": (False,),
    "ulr": (False,),
}
# The settings' names for hyper-parameters that can be taken over unchanged.
_KEYS = {
    "dim": "dim-emb",
    "heads": "transformer-heads",
    "encoder_ffn": "transformer-dim-ffn",
    "decoder_ffn": "transformer-decoder-dim-ffn",
    "encoder_layers": "enc-depth",
    "decoder_layers": "transformer-tied-layers",
    "source_vocabulary": "dim-vocabs",
    "target_vocabulary": "dim-vocabs",
}


def parse_yaml(path: Path, data: bytes) -> dict[str, Any]:
    """Parse settings; ``path`` is for error messages.

    Raises:
        ModelFilesError: They are not a YAML map.
    """
    try:
        values = read_yaml(data.rstrip(b"\0"))
    except ValueError as error:
        raise ModelFilesError(f"{path}: the settings are not YAML without references") from error
    if not isinstance(values, dict):
        raise ModelFilesError(f"{path}: the settings are {type(values).__name__}, expected a map")
    return values


def hyper_parameters(path: Path, settings: Mapping[str, Any]) -> HyperParameters:
    """The hyper-parameters of a network with these settings.

    Raises:
        ModelFilesError: A setting is missing or not allowed; the message names it.
    """
    for key, allowed in _SUPPORTED.items():
        value = settings.get(key, allowed[0])
        if value not in allowed:
            expected = " or ".join(map(repr, allowed))
            raise ModelFilesError(f"{path}: {key} is {value!r}, expected {expected}")

    depth = settings.get("dec-depth")
    if type(depth) is not int or not 1 <= depth <= MAX_LAYERS:
        raise ModelFilesError(f"{path}: dec-depth is {depth!r}, expected 1 to {MAX_LAYERS}")
    vocabularies = settings.get("dim-vocabs")
    if not (isinstance(vocabularies, list) and len(vocabularies) == 2):
        raise ModelFilesError(f"{path}: dim-vocabs is {vocabularies!r}, expected two sizes")
    numbers = list(range(1, depth + 1))
    layers = settings.get("transformer-tied-layers") or numbers
    if not (isinstance(layers, list) and len(layers) == depth):
        raise ModelFilesError(
            f"{path}: transformer-tied-layers is {layers!r}, expected {depth} of 1 to {depth}"
        )
    alignment = settings.get("transformer-guided-alignment-layer", "none")
    alignment_layers = {"none": None, "last": depth - 1} | {str(n): n - 1 for n in numbers}
    if str(alignment) not in alignment_layers:
        raise ModelFilesError(
            f"{path}: transformer-guided-alignment-layer is {alignment!r}, "
            f"expected last or 1 to {depth}"
        )
    all_tied = settings.get("tied-embeddings-all", False)
    shared = all_tied or settings.get("tied-embeddings-src", False)
    target = SHARED_EMBEDDINGS if shared else TARGET_EMBEDDINGS
    tied = all_tied or settings.get("tied-embeddings", False)
    sizes = {field: settings.get(_KEYS[field]) for field in ("dim", "heads", "encoder_layers")}
    ffn = settings.get(_KEYS["encoder_ffn"])
    values = sizes | {
        "encoder_ffn": ffn,
        # Marian writes 0 for "as in the encoder".
        "decoder_ffn": settings.get(_KEYS["decoder_ffn"]) or ffn,
        "decoder_layers": layers,
        "source_vocabulary": vocabularies[0],
        "target_vocabulary": vocabularies[1],
        "activation": settings.get("transformer-ffn-activation", "relu"),
        "source_embeddings": SHARED_EMBEDDINGS if shared else SOURCE_EMBEDDINGS,
        "target_embeddings": target,
        "output_embeddings": target if tied else OUTPUT,
        "output_bias": not settings.get("output-omit-bias", False),
        "alignment_layer": alignment_layers[str(alignment)],
    }
    return checked(path, values, _KEYS)
