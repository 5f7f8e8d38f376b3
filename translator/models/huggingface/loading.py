"""From a folder or a hub id to a Transformers model: describe it first, then load it."""

import math
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, AutoModelForSeq2SeqLM, PreTrainedConfig
from transformers.utils import logging

from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.base import DescribedModel
from translator.models.code_words import load_code_words
from translator.models.fingerprint import fingerprint
from translator.models.huggingface.decoder import BartDecoder
from translator.models.huggingface.families import Family, family_of
from translator.models.huggingface.generation import is_aligning, read_generation
from translator.models.huggingface.hub import find_folder
from translator.models.huggingface.languages import Languages
from translator.models.huggingface.model import TransformersModel
from translator.models.info import ENCODER_CACHE_TOKENS, MAX_SOURCE_TOKENS, ModelInfo
from translator.models.model_card import license_of
from translator.models.peft_adapter import merged
from translator.models.processor import is_int8_faster, runs_int8
from translator.precision import Precision
from translator.text.shop_characters import unwritable_of

__all__ = ["describe_transformers_model", "load_transformers_model"]

# A piece of a vocabulary, in the library's tokenizer and as text.
_BYTES_OF_PIECE = 500
# Far beyond any model of these families.
_MAX_LAYERS = 512


def load_transformers_model(where: str, **options: Any) -> TransformersModel:
    """Load a model; options as for ``describe_transformers_model``."""
    return cast("TransformersModel", describe_transformers_model(where, **options).load())


def describe_transformers_model(
    where: str,
    *,
    pair: LanguagePair | None = None,
    name: str | None = None,
    license: str = "",  # noqa: A002  (the name of ModelInfo's field)
    origin: str = "",
    device: str | torch.device = "cpu",
    precision: Precision = "float32",
    adapter: Path | None = None,
) -> DescribedModel:
    """Describe a MarianMT, M2M-100, SMaLL-100, NLLB, mBART-50, T5, mT5 or MADLAD-400 model.

    This reads its settings, its tokenizer and the headers of its weights. Code that comes with a
    model is not run.

    Args:
        where: A folder, or an id of the Hugging Face hub.
        pair: The only pair to serve; by default all that the model has.
        name: Its name in a catalog; the folder's or the id's last part by default.
        license: SPDX identifier of the weights' licence; by default what the model's card says.
        origin: Where the files came from; ``where`` by default.
        device: Where to run.
        precision: Number format of parameters and states, whatever the files have. ``int8`` is for
            the linear maps, on a CPU (``eight_bits.py``). ``auto`` is ``int8`` where that is
            faster: on a CPU for which it was measured, and for a family whose whole pass is
            compiled (``compiled.py``); else float32.
        adapter: The folder of an adapter of this model, which PEFT wrote.

    Raises:
        ModelFilesError: A file is missing, damaged or does not fit the others, the hub cannot be
            reached, or the model does not translate the pair.
    """
    folder = find_folder(where)
    config = _read_config(folder)
    family = family_of(folder, config)
    if precision == "auto":
        is_faster = str(device) == "cpu" and is_int8_faster()
        precision = "int8" if is_faster and issubclass(family.decoder, BartDecoder) else "float32"
    if precision == "int8" and not (str(device) == "cpu" and runs_int8()):
        raise ModelFilesError(
            f"{where}: the precision int8 needs a CPU and the package numba, which has no release "
            "for some machines; use float32"
        )
    num_parameters = _num_parameters(folder, config)
    tokenizer = family.read_tokenizer(folder)
    num_pieces = len(tokenizer.get_vocab())
    languages = family.languages(tokenizer, config, None)
    positions = getattr(config, "max_position_embeddings", None) or MAX_SOURCE_TOKENS
    info = ModelInfo(
        name=name or Path(where).name,
        family=f"transformers-{family.name}",
        pairs=_pairs(folder, family, languages, pair),
        supports_alignment=is_aligning(folder),
        max_source_tokens=min(MAX_SOURCE_TOKENS, positions),
        license=license or license_of(folder),
        origin=origin or where,
        device=str(device),
        shares_encoding=languages.in_target,
        memory_bytes=_BYTES_OF_PIECE * num_pieces
        + _itemsize(precision) * num_parameters
        + _dtype(precision).itemsize * ENCODER_CACHE_TOKENS * int(config.d_model),
        fingerprint=fingerprint(
            [*_files(folder), *([] if adapter is None else _files(adapter))],
            precision,
            torch.device(device).type,
        ),
        unwritable=unwritable_of(family.vocabulary(tokenizer).writes),
    )
    return DescribedModel(info, partial(_load, folder, info, precision, adapter))


def _dtype(precision: Precision) -> torch.dtype:
    """The type of states."""
    dtype: torch.dtype = torch.float32 if precision == "int8" else getattr(torch, precision)
    return dtype


def _itemsize(precision: Precision) -> int:
    """Bytes of a parameter."""
    return 1 if precision == "int8" else _dtype(precision).itemsize


def _load(
    folder: Path, info: ModelInfo, precision: Precision, adapter: Path | None
) -> TransformersModel:
    config = _read_config(folder)
    family = family_of(folder, config)
    tokenizer = family.read_tokenizer(folder)
    network = _read_network(folder, _dtype(precision))
    if adapter is not None:
        network = merged(network, adapter)
    decoder = family.decoder(network.to(info.device).eval())
    generation = read_generation(folder, network, len(decoder.layers), decoder.num_heads)
    decoder.align(generation.alignment_heads)
    # In this order: the vocabulary makes the backend blind for control tokens in a text.
    languages = family.languages(tokenizer, config, generation.first_id)
    vocabulary = family.vocabulary(tokenizer)
    sources = max(tokenizer.get_vocab().values()) + 1
    _check_sizes(folder, sources, network.get_input_embeddings().num_embeddings)
    _check_sizes(folder, vocabulary.num_tokens, len(network.lm_head.weight))
    if vocabulary.eos_id != generation.eos_id:
        raise ModelFilesError(
            f"{folder}: its tokenizer ends a sentence with token {vocabulary.eos_id}, its "
            f"weights with {generation.eos_id}: take both from the same model"
        )
    parts = (decoder, generation, vocabulary, languages, info, load_code_words(folder))
    if precision != "int8":
        return TransformersModel(*parts)
    # Only now: numba takes seconds, and a machine without it can use the other formats.
    from translator.models.huggingface.compiled import eight_bit_model

    try:
        return eight_bit_model(*parts)
    except ModelFilesError as error:
        raise ModelFilesError(f"{folder}: {error.message}") from None


def _read_config(folder: Path) -> PreTrainedConfig:
    path = folder / "config.json"
    if not path.is_file():
        raise ModelFilesError(f"{path}: no such file, expected a Transformers model's settings")
    try:
        config: PreTrainedConfig = AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:
        raise ModelFilesError(
            f"{path}: not a configuration that Transformers knows ({_first_line(error)})"
        ) from error
    for name, value in config.to_dict().items():
        # What is described is built as a skeleton, which takes memory of its own for each layer.
        if name.endswith("layers") and isinstance(value, int) and value > _MAX_LAYERS:
            raise ModelFilesError(f"{path}: {name} is {value}, expected {_MAX_LAYERS} at most")
    return config


def _files(folder: Path) -> list[Path]:
    """All that a model may be read from: settings, vocabularies, weights."""
    whole = folder / "model.safetensors"
    weights = [whole] if whole.is_file() else list(folder.glob("*.safetensors"))
    weights = weights or list(folder.glob("pytorch_model*.bin"))
    kinds = ("*.json", "*.model", "*.spm", "*.txt")
    return [*weights, *(path for kind in kinds for path in folder.glob(kind))]


def _num_parameters(folder: Path, config: PreTrainedConfig) -> int:
    """Number of parameters, from the headers of the weights."""
    whole = folder / "model.safetensors"
    if files := [whole] if whole.is_file() else sorted(folder.glob("*.safetensors")):
        return sum(map(_num_in_safetensors, files))
    pickled = list(folder.glob("pytorch_model*.bin"))
    if not pickled:
        raise ModelFilesError(f"{folder}: no weights, expected model.safetensors")
    itemsize = getattr(config.dtype, "itemsize", torch.float32.itemsize)
    return sum(path.stat().st_size for path in pickled) // itemsize


def _num_in_safetensors(path: Path) -> int:
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            return sum(math.prod(file.get_slice(name).get_shape()) for name in names)
    except (SafetensorError, OSError) as error:
        raise ModelFilesError(
            f"{path}: its weights are damaged, expected safetensors ({_first_line(error)})"
        ) from error


def _read_network(folder: Path, dtype: torch.dtype) -> Any:
    before, has_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        network, report = AutoModelForSeq2SeqLM.from_pretrained(
            folder,
            dtype=dtype,
            attn_implementation="eager",
            local_files_only=True,
            trust_remote_code=False,
            # A pickle is read as tensors, or not at all.
            weights_only=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    except Exception as error:
        raise ModelFilesError(
            f"{folder}: its weights are damaged or do not fit config.json ({_first_line(error)})"
        ) from error
    finally:
        logging.set_verbosity(before)
        if has_bar:
            logging.enable_progress_bar()
    for problem in ("missing", "mismatched"):
        if found := sorted(report[f"{problem}_keys"]):
            raise ModelFilesError(
                f"{folder}: {len(found)} tensors of its weights are {problem}, as config.json has "
                f"them; the first is {found[0]}: take both from the same model"
            )
    return network


def _check_sizes(folder: Path, tokens: int, rows: int) -> None:
    if tokens > rows:
        raise ModelFilesError(
            f"{folder}: its tokenizer has {tokens} tokens, its weights {rows}: "
            "take both from the same model"
        )


def _pairs(
    folder: Path, family: Family, languages: Languages, pair: LanguagePair | None
) -> tuple[LanguagePair, ...]:
    if pair is None:
        if not languages.pairs:
            raise ModelFilesError(
                f"{folder}: its files do not say all pairs that it translates, "
                "expected one, as in --model en-de=FOLDER"
            )
        return languages.pairs
    try:
        languages.prompt(pair)
    except KeyError as error:
        raise ModelFilesError(f"{folder}: {error.args[0]}") from None
    return (pair,)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}"
