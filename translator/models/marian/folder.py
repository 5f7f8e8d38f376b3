"""Reads the files of a Marian student model: Firefox Translations, Bergamot, translateLocally.

A folder has one ``model*.bin``, and one SentencePiece vocabulary for both sides or one for each.
They are named in a ``config*.yml``, or found by their names if there is none. The hyper-parameters
are in the model file. Everything is checked here, so the network can trust it.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from translator.errors import ModelFilesError
from translator.models.marian.binary import read_items, read_settings, read_tensors
from translator.models.marian.hyper_parameters import HyperParameters
from translator.models.marian.settings import hyper_parameters, parse_yaml
from translator.models.marian.shapes import check_shapes, expected_shapes
from translator.models.marian.tensors import Tensors
from translator.models.untrusted import check_files, inside

__all__ = [
    "FAMILY",
    "MarianFiles",
    "MarianHeader",
    "read_marian_folder",
    "read_marian_header",
]

# The name of this kind of network: a transformer with an SSRU decoder.
FAMILY = "marian-ssru"

_DEFAULT_MAX_LENGTH_FACTOR = 2.5


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
    items = read_items(path)
    network = hyper_parameters(path, read_settings(path, items))
    check_shapes(path, network, {name: item.shape for name, item in items.items()})
    expected = dict(expected_shapes(network))
    return MarianHeader(
        path,
        *vocabularies,
        network,
        num_parameters=sum(map(math.prod, expected.values())),
        is_eight_bit=all(
            items[name].is_eight_bit for name, shape in expected.items() if shape[0] > 1
        ),
    )


def read_marian_folder(folder: Path) -> MarianFiles:
    """Find, read and check the files of a model.

    Raises:
        ModelFilesError: A file is missing, damaged or of another kind; the message names it.
    """
    path, vocabularies, max_length_factor = _find_files(folder)
    items = read_items(path)
    tensors = read_tensors(path, items)
    network = hyper_parameters(path, read_settings(path, items))
    check_shapes(path, network, {name: tensors.shape(name) for name in tensors})
    shortlist = next(iter(sorted(folder.glob("lex*.bin"))), None)
    return MarianFiles(path, *vocabularies, max_length_factor, shortlist, network, tensors)


def _find_files(folder: Path) -> tuple[Path, tuple[Path, Path], float]:
    """Find the model file and both vocabularies, and the maximum length factor."""
    if not folder.is_dir():
        raise ModelFilesError(f"{folder}: no such folder, expected one with a model*.bin")
    check_files(folder)
    configs = sorted(folder.glob("config*.yml"))
    if not configs:
        model = _only(folder, "model*.bin")
        if any(folder.glob("srcvocab*.spm")):
            sides = _only(folder, "srcvocab*.spm"), _only(folder, "trgvocab*.spm")
        else:
            sides = (_only(folder, "vocab*.spm"),) * 2
        return model, sides, _DEFAULT_MAX_LENGTH_FACTOR
    path = configs[0]
    config = parse_yaml(path, _read(path))
    models, vocabs = config.get("models"), config.get("vocabs")
    if not (isinstance(models, list) and len(models) == 1):
        raise ModelFilesError(f"{path}: models is {models!r}, expected a list of one file")
    if not (isinstance(vocabs, list) and len(vocabs) == 2):
        raise ModelFilesError(f"{path}: vocabs is {vocabs!r}, expected a source and a target file")
    files = [inside(folder, name, path) for name in (*models, *vocabs)]
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
