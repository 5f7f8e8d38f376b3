"""Reads the files of a Marian student model: Firefox Translations, Bergamot, translateLocally.

A folder has one ``model*.bin``, and one SentencePiece vocabulary for both sides or one for each.
They are named in a ``config*.yml``, or found by their names if there is none. The hyper-parameters
are in the model file. Everything is checked here, so the network can trust it.
"""

import math
import mmap
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from translator.errors import ModelFilesError
from translator.models.marian.hyper_parameters import HyperParameters, checked
from translator.models.marian.names import (
    OUTPUT,
    OUTPUT_BIAS,
    SHARED_EMBEDDINGS,
    SOURCE_EMBEDDINGS,
    TARGET_EMBEDDINGS,
    AttentionNames,
    FeedForwardNames,
    MapNames,
    NormNames,
    decoder_layer,
    encoder_layer,
    is_embeddings,
)

__all__ = [
    "FAMILY",
    "EightBit",
    "MarianFiles",
    "MarianHeader",
    "Tensors",
    "read_marian_folder",
    "read_marian_header",
]

# The name of this kind of network: a transformer with an SSRU decoder.
FAMILY = "marian-ssru"

_VERSION = 1
_RAW, _FLOAT32, _INTGEMM8 = 0x0101, 0x0404, 0x4101
_SETTINGS = "special:model.yml"
# Multipliers of activations, for eight-bit products: the name of the weight and this.
_ACTIVATION = "_QuantMultA"
_DEFAULT_MAX_LENGTH_FACTOR = 2.5
# Below it a quotient leaves float32; real ones are around 100.
_SMALLEST_MULTIPLIER = 1e-30

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


@dataclass(frozen=True, slots=True)
class MarianHeader:
    """What a model folder says about itself before its parameters are read.

    Attributes:
        path: The model file.
        source_vocabulary: SentencePiece file of the source side.
        target_vocabulary: SentencePiece file of the target side; often the same.
        hyper_parameters: Sizes and choices.
        num_parameters: How many numbers are in the tensors that the network reads.
        is_eight_bit: Whether all its matrices are stored in eight bits.
    """

    path: Path
    source_vocabulary: Path
    target_vocabulary: Path
    hyper_parameters: HyperParameters
    num_parameters: int
    is_eight_bit: bool


@dataclass(frozen=True, slots=True)
class MarianFiles:
    """The checked content of a model folder.

    Attributes:
        path: The model file.
        source_vocabulary: SentencePiece file of the source side.
        target_vocabulary: SentencePiece file of the target side; often the same.
        max_length_factor: Longest target, in target tokens for each source token.
        shortlist: File of the lexical shortlist, or None.
        hyper_parameters: Sizes and choices.
        tensors: Parameters by Marian's name.
        open_end: The vector that ends a source that goes on, [D]; see ``open_end.py``.
    """

    path: Path
    source_vocabulary: Path
    target_vocabulary: Path
    max_length_factor: float
    shortlist: Path | None
    hyper_parameters: HyperParameters
    tensors: Tensors
    open_end: NDArray[np.float32] | None = None


def read_marian_header(folder: Path) -> MarianHeader:
    """Find the files of a model and check what they say about it, without its parameters.

    Raises:
        ModelFilesError: A file is missing, damaged or of another kind; the message names it.
    """
    path, vocabularies, _ = _find_files(folder)
    items = _read_items(path)
    hyper_parameters = _hyper_parameters(path, _settings(path, items))
    _check_shapes(path, hyper_parameters, {name: item.shape for name, item in items.items()})
    expected = dict(_expected_shapes(hyper_parameters))
    return MarianHeader(
        path,
        *vocabularies,
        hyper_parameters,
        num_parameters=sum(map(math.prod, expected.values())),
        is_eight_bit=all(
            items[name].kind == _INTGEMM8 for name, shape in expected.items() if shape[0] > 1
        ),
    )


def read_marian_folder(folder: Path) -> MarianFiles:
    """Find, read and check the files of a model.

    Raises:
        ModelFilesError: A file is missing, damaged or of another kind; the message names it.
    """
    path, vocabularies, max_length_factor = _find_files(folder)
    items = _read_items(path)
    tensors = _read_tensors(path, items)
    hyper_parameters = _hyper_parameters(path, _settings(path, items))
    _check_shapes(path, hyper_parameters, {name: tensors.shape(name) for name in tensors})
    shortlist = next(iter(sorted(folder.glob("lex*.bin"))), None)
    return MarianFiles(path, *vocabularies, max_length_factor, shortlist, hyper_parameters, tensors)


def _check_shapes(
    path: Path, hyper_parameters: HyperParameters, shapes: Mapping[str, tuple[int, ...]]
) -> None:
    for name, shape in _expected_shapes(hyper_parameters):
        if name not in shapes:
            raise ModelFilesError(f"{path}: tensor {name} is missing, expected with shape {shape}")
        if shapes[name] != shape:
            raise ModelFilesError(
                f"{path}: tensor {name} has shape {shapes[name]}, expected {shape}"
            )


def _find_files(folder: Path) -> tuple[Path, tuple[Path, Path], float]:
    """Find the model file and both vocabularies, and the maximum length factor."""
    if not folder.is_dir():
        raise ModelFilesError(f"{folder}: no such folder, expected one with a model*.bin")
    configs = sorted(folder.glob("config*.yml"))
    if not configs:
        model = _only(folder, "model*.bin")
        if any(folder.glob("srcvocab*.spm")):
            sides = _only(folder, "srcvocab*.spm"), _only(folder, "trgvocab*.spm")
        else:
            sides = (_only(folder, "vocab*.spm"),) * 2
        return model, sides, _DEFAULT_MAX_LENGTH_FACTOR
    path = configs[0]
    config = _parse_yaml(path, _read(path))
    models, vocabs = config.get("models"), config.get("vocabs")
    if not (isinstance(models, list) and len(models) == 1):
        raise ModelFilesError(f"{path}: models is {models!r}, expected a list of one file")
    if not (isinstance(vocabs, list) and len(vocabs) == 2):
        raise ModelFilesError(f"{path}: vocabs is {vocabs!r}, expected a source and a target file")
    files = [folder / str(name) for name in (*models, *vocabs)]
    for file in files:
        if not file.is_file():
            raise ModelFilesError(f"{file}: no such file, expected because {path.name} names it")
    factor = config.get("max-length-factor", _DEFAULT_MAX_LENGTH_FACTOR)
    if not (isinstance(factor, int | float) and math.isfinite(factor) and factor > 0):
        raise ModelFilesError(
            f"{path}: max-length-factor is {factor!r}, expected a positive number"
        )
    return files[0], (files[1], files[2]), float(factor)


def _only(folder: Path, pattern: str) -> Path:
    files = sorted(folder.glob(pattern))
    if len(files) != 1:
        raise ModelFilesError(f"{folder}: {len(files)} files match {pattern}, expected one")
    return files[0]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelFilesError(f"{path}: cannot be read ({error.strerror})") from error


def _map(path: Path) -> mmap.mmap | bytes:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:
        # An empty file cannot be mapped.
        return b""
    except OSError as error:
        raise ModelFilesError(f"{path}: cannot be read ({error.strerror})") from error


def _parse_yaml(path: Path, data: bytes) -> dict[str, Any]:
    try:
        values = yaml.safe_load(data.rstrip(b"\0"))
    except (yaml.YAMLError, ValueError) as error:
        raise ModelFilesError(f"{path}: the settings are not YAML") from error
    if not isinstance(values, dict):
        raise ModelFilesError(f"{path}: the settings are {type(values).__name__}, expected a map")
    return values


class _Reader:
    """A cursor over the bytes of a file that never reads past their end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Mapped, so that the file is not in memory a second time when parameters have been copied.
        self._data = memoryview(_map(path))
        self._offset = 0

    def take(self, size: int) -> memoryview:
        left = len(self._data) - self._offset
        if size > left:
            raise ModelFilesError(
                f"{self.path}: truncated at byte {len(self._data)}, "
                f"expected {size - left} more of the {size} from byte {self._offset} on"
            )
        self._offset += size
        return self._data[self._offset - size : self._offset]

    def u64(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}Q", self.take(8 * count))


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry of a Marian binary file."""

    kind: int
    shape: tuple[int, ...]
    data: memoryview


def _read_items(path: Path) -> dict[str, _Item]:
    """The entries of a Marian binary file by name; their data is mapped, not read.

    Little endian: version, number n of items; n headers (length of the name with its NUL, type,
    length of the shape, length of the data); names; shapes; padding with its length; data.
    """
    reader = _Reader(path)
    version, count = reader.u64(2)
    if version != _VERSION:
        raise ModelFilesError(
            f"{path}: starts with {version:#x}, expected {_VERSION}, Marian's binary version"
        )
    headers = list(struct.iter_unpack("<4Q", reader.take(32 * count)))
    names = [str(reader.take(h[0])[:-1], "utf-8", "replace") for h in headers]
    shapes = [struct.unpack(f"<{h[2]}i", reader.take(4 * h[2])) for h in headers]
    (padding,) = reader.u64(1)
    reader.take(padding)
    return {
        name: _Item(kind, shape, reader.take(size))
        for name, (_, kind, _, size), shape in zip(names, headers, shapes, strict=True)
    }


def _settings(path: Path, items: Mapping[str, _Item]) -> dict[str, Any]:
    settings = _parse_yaml(path, bytes(items[_SETTINGS].data)) if _SETTINGS in items else {}
    if not settings:
        raise ModelFilesError(
            f"{path}: {_SETTINGS} is missing, expected the model's settings there"
        )
    return settings


def _read_tensors(path: Path, items: Mapping[str, _Item]) -> Tensors:
    stored: dict[str, NDArray[np.float32] | EightBit] = {}
    activation_multipliers: dict[str, float] = {}
    for name, item in items.items():
        if name == _SETTINGS:
            continue
        if name.endswith(_ACTIVATION):
            # For embeddings the number means nothing: nothing is multiplied by them.
            if len(item.data) < 4:
                raise ModelFilesError(
                    f"{path}: tensor {name} has {len(item.data)} bytes, expected 4 or more"
                )
            (multiplier,) = struct.unpack_from("<f", item.data)
            activation_multipliers[name.removesuffix(_ACTIVATION)] = multiplier
        else:
            stored[name] = _read_tensor(path, name, item)
    return Tensors(stored, activation_multipliers)


def _read_tensor(path: Path, name: str, item: _Item) -> NDArray[np.float32] | EightBit:
    kind, shape, data = item.kind, item.shape, item.data
    if kind not in (_FLOAT32, _INTGEMM8):
        raise ModelFilesError(
            f"{path}: tensor {name} has type {kind:#06x}, "
            f"expected {_FLOAT32:#06x} (float32) or {_INTGEMM8:#06x} (intgemm8)"
        )
    count = math.prod(shape)
    needed = 4 * count if kind == _FLOAT32 else count + 4
    if min(shape, default=0) < 1 or needed > len(data):
        raise ModelFilesError(
            f"{path}: tensor {name} of shape {shape} has {len(data)} bytes, expected {needed}"
        )
    if kind == _FLOAT32:
        values = np.frombuffer(data, "<f4", count).reshape(shape).astype(np.float32)
        if not np.isfinite(values).all():
            raise ModelFilesError(f"{path}: tensor {name} has a NaN or infinity, expected numbers")
        return values
    (multiplier,) = struct.unpack_from("<f", data, count)
    if not _SMALLEST_MULTIPLIER <= multiplier < math.inf:
        raise ModelFilesError(
            f"{path}: tensor {name} has the multiplier {multiplier}, expected a positive number"
        )
    # intgemm stores what is multiplied from the right column by column; embeddings are row by row.
    integers = np.frombuffer(data, "i1", count)
    if is_embeddings(name):
        return EightBit(integers.reshape(shape), multiplier)
    return EightBit(integers.reshape(shape[::-1]).T, multiplier)


def _hyper_parameters(path: Path, settings: Mapping[str, Any]) -> HyperParameters:
    for key, allowed in _SUPPORTED.items():
        value = settings.get(key, allowed[0])
        if value not in allowed:
            expected = " or ".join(map(repr, allowed))
            raise ModelFilesError(f"{path}: {key} is {value!r}, expected {expected}")

    depth = settings.get("dec-depth")
    if type(depth) is not int or depth < 1:
        raise ModelFilesError(f"{path}: dec-depth is {depth!r}, expected a positive integer")
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


def _expected_shapes(hp: HyperParameters) -> Iterator[tuple[str, tuple[int, ...]]]:
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
