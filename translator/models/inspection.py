"""Reads what a model's folder says about it, without loading it or any tensor library."""

import json
from dataclasses import dataclass
from pathlib import Path

from translator.errors import ModelFilesError
from translator.models.marian.folder import FAMILY, read_marian_folder

__all__ = ["Inspection", "inspect_folder"]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What kind of model a folder holds, and whether that kind aligns words."""

    kind: str
    aligns: bool


def inspect_folder(folder: Path) -> Inspection:
    """Inspect a folder.

    Raises:
        ModelFilesError: A file is missing or damaged, or it is a kind that is not served.
    """
    config = folder / "config.json"
    if not config.is_file():
        files = read_marian_folder(folder)
        return Inspection(FAMILY, files.hyper_parameters.alignment_layer is not None)
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
