"""Reads the files that ``translator models convert`` writes.

They are in the format of the Transformers library, for the class in ``pretrained``: a
``config.json``, the network's parameters in ``model.safetensors``, one or two SentencePiece files,
and perhaps a lexical shortlist. Reading them does not need the library.
"""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from translator.errors import ModelFilesError
from translator.models.marian.folder import FAMILY, MarianFiles, MarianHeader
from translator.models.marian.hyper_parameters import HyperParameters, checked
from translator.models.marian.layout import separated
from translator.models.marian.ssru import Network
from translator.models.marian.tensors import EightBit, Tensors

__all__ = [
    "ACTIVATION_MULTIPLIERS",
    "CONFIG",
    "MULTIPLIERS",
    "NETWORK",
    "SHORTLIST",
    "SOURCE_VOCABULARY",
    "TARGET_VOCABULARY",
    "WEIGHTS",
    "WEIGHT_MULTIPLIERS",
    "is_converted",
    "read_converted_folder",
    "read_converted_header",
]

CONFIG, WEIGHTS = "config.json", "model.safetensors"
SOURCE_VOCABULARY, TARGET_VOCABULARY = "source.spm", "target.spm"
SHORTLIST = "lex.bin"
# In the names of tensors: parameters of the network, and multipliers by Marian's names.
NETWORK, MULTIPLIERS = "network", "multipliers"
WEIGHT_MULTIPLIERS = f"{MULTIPLIERS}.weight."
ACTIVATION_MULTIPLIERS = f"{MULTIPLIERS}.activation."

_TOGETHER = "take all files from the same model"


class _Tensors(Tensors):
    """Real parameters that know the eight-bit ones they were made from.

    Each is an integer divided by a multiplier, so multiplying and rounding gives the integer back.
    If that does not work for a tensor, it was changed since, and has no eight-bit form.
    """

    def __init__(
        self,
        stored: Mapping[str, NDArray[np.float32]],
        weight_multipliers: Mapping[str, float],
        activation_multipliers: Mapping[str, float],
    ) -> None:
        super().__init__(stored, activation_multipliers)
        self._weight_multipliers = weight_multipliers
        # Tied embeddings are asked for more than once.
        self._eight_bit: dict[str, EightBit | None] = {}

    def eight_bit(self, name: str) -> EightBit | None:
        """A tensor in eight bits; None if it has no such form."""
        if name not in self._eight_bit:
            self._eight_bit[name] = self._find_eight_bit(name)
        return self._eight_bit[name]

    def _find_eight_bit(self, name: str) -> EightBit | None:
        real, multiplier = self[name], self._weight_multipliers.get(name)
        if multiplier is None:
            return None
        rounded = real * np.float32(multiplier)
        np.rint(rounded, out=rounded)
        if not -128 <= rounded.min() <= rounded.max() <= 127:
            return None
        integers = rounded.astype(np.int8)
        rounded /= np.float32(multiplier)
        return EightBit(integers, multiplier) if np.array_equal(rounded, real) else None


def is_converted(folder: Path) -> bool:
    """Whether a folder holds a converted model, by its ``config.json``."""
    try:
        config = json.loads((folder / CONFIG).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.get("model_type") == FAMILY


def read_converted_header(folder: Path) -> MarianHeader:
    """Read and check what a model's files say about it, without its parameters.

    Raises:
        ModelFilesError: A file is missing, damaged or does not fit the others; the message names
            it.
    """
    hyper_parameters, _ = _read_config(folder / CONFIG)
    path = folder / WEIGHTS
    with _opened(path) as file:
        shapes = _shapes(path, file, hyper_parameters)
        names = file.keys()
    return MarianHeader(
        path,
        *_vocabularies(folder),
        hyper_parameters,
        num_parameters=sum(shape.numel() for shape in shapes.values()),
        is_eight_bit=any(name.startswith(WEIGHT_MULTIPLIERS) for name in names),
    )


def _vocabularies(folder: Path) -> tuple[Path, Path]:
    source, target = folder / SOURCE_VOCABULARY, folder / TARGET_VOCABULARY
    return source, target if target.exists() else source


def read_converted_folder(folder: Path) -> MarianFiles:
    """Read and check the files of a model.

    Raises:
        ModelFilesError: A file is missing, damaged or does not fit the others; the message names
            it.
    """
    hyper_parameters, factor = _read_config(folder / CONFIG)
    weights, shortlist = folder / WEIGHTS, folder / SHORTLIST
    return MarianFiles(
        weights,
        *_vocabularies(folder),
        factor,
        shortlist if shortlist.exists() else None,
        hyper_parameters,
        _read_weights(weights, hyper_parameters),
    )


def _read_config(path: Path) -> tuple[HyperParameters, float]:
    """Read the hyper-parameters and the maximum length factor."""
    try:
        config = json.loads(path.read_bytes())
    except OSError as error:
        raise ModelFilesError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ModelFilesError(f"{path}: damaged, expected JSON") from error
    factor = config.get("max_length_factor")
    if not (isinstance(factor, int | float) and math.isfinite(factor) and factor > 0):
        raise ModelFilesError(
            f"{path}: max_length_factor is {factor!r}, expected a positive number"
        )
    return checked(path, config), float(factor)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a safetensors file; its errors become ModelFilesError."""
    if not path.is_file():
        raise ModelFilesError(f"{path}: no such file, expected the weights; {_TOGETHER}")
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError, RuntimeError) as error:
        raise ModelFilesError(f"{path}: damaged, expected safetensors ({error})") from error


def _shapes(path: Path, file: Any, hp: HyperParameters) -> dict[str, torch.Size]:
    """The network's parameters with their shapes, which are checked against the file."""
    with torch.device("meta"):
        expected = {key: value.shape for key, value in Network(hp).state_dict().items()}
    names = set(file.keys())
    for key, shape in expected.items():
        name = f"{NETWORK}.{key}"
        if name not in names:
            raise ModelFilesError(
                f"{path}: tensor {name} is missing, expected with shape {tuple(shape)} "
                f"as in {CONFIG}; {_TOGETHER}"
            )
        found = tuple(file.get_slice(name).get_shape())
        if found != tuple(shape):
            raise ModelFilesError(
                f"{path}: tensor {name} has shape {found}, expected "
                f"{tuple(shape)} as in {CONFIG}; {_TOGETHER}"
            )
    return expected


def _read_weights(path: Path, hp: HyperParameters) -> Tensors:
    parameters: dict[str, NDArray[np.float32]] = {}
    with _opened(path) as file:
        for key in _shapes(path, file, hp):
            parameters[key] = file.get_tensor(f"{NETWORK}.{key}").float().numpy()
            if not np.isfinite(parameters[key]).all():
                raise ModelFilesError(
                    f"{path}: tensor {NETWORK}.{key} has a NaN or infinity, expected numbers"
                )
        multipliers = {
            name: float(file.get_tensor(name))
            for name in file.keys()  # noqa: SIM118  (it is no mapping)
            if name.startswith(f"{MULTIPLIERS}.")
        }
    return _Tensors(
        separated(parameters, hp),
        _starting(WEIGHT_MULTIPLIERS, multipliers),
        _starting(ACTIVATION_MULTIPLIERS, multipliers),
    )


def _starting(prefix: str, multipliers: Mapping[str, float]) -> dict[str, float]:
    return {
        name.removeprefix(prefix): value
        for name, value in multipliers.items()
        if name.startswith(prefix)
    }
