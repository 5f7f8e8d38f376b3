"""Reads what a model's folder says about it, without loading it or any tensor library."""

import json
from dataclasses import dataclass
from pathlib import Path

from translator.errors import ModelFilesError
from translator.models.marian.folder import FAMILY, read_marian_folder
from translator.models.untrusted import check_files
from translator.text.shop_characters import unwritable_of
from translator.text.tokenizer import SentencePieceTokenizer

__all__ = ["Inspection", "inspect_folder"]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a folder holds.

    Attributes:
        kind: The kind of model.
        aligns: Whether that kind aligns words.
        unwritable: The characters of shops and captions that it cannot write; "" also where that is
            not looked at.
    """

    kind: str
    aligns: bool
    unwritable: str = ""


def inspect_folder(folder: Path) -> Inspection:
    """Inspect a folder.

    Raises:
        ModelFilesError: A file is missing or damaged, or it is a kind that is not served.
    """
    if folder.is_dir():
        check_files(folder)
    config = folder / "config.json"
    if not config.is_file():
        files = read_marian_folder(folder)
        tokenizer = SentencePieceTokenizer(files.source_vocabulary, files.target_vocabulary)
        unwritable = unwritable_of(tokenizer.writes)
        return Inspection(FAMILY, files.hyper_parameters.alignment_layer is not None, unwritable)
    if not any(folder.glob("*.safetensors")) and not any(folder.glob("pytorch_model*.bin")):
        raise ModelFilesError(f"{folder}: no weights, expected model.safetensors")
    converted = _read_json(config)
    if converted.get("model_type") == FAMILY:
        return Inspection(FAMILY, converted.get("alignment_layer") is not None)
    generation = folder / "generation_config.json"
    settings = _read_json(generation) if generation.is_file() else {}
    # Attention aligns unless the list says that none does.
    return Inspection("transformers", settings.get("alignment_heads") != [])


def _read_json(path: Path) -> dict[str, object]:
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelFilesError(f"{path}: cannot be read, or is not JSON") from error
    if not isinstance(values, dict):
        raise ModelFilesError(f"{path}: is {type(values).__name__}, expected an object")
    return values
