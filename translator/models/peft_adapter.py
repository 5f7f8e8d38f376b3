"""Adapters from elsewhere: what the library PEFT wrote for a Transformers model.

A folder with such an adapter is a model of its own. It names the model that it is of; what else is
needed is read there. The adapter is merged into the network when it is loaded, before the weights
are rounded to eight bits, so an adapted model is as fast as the one it is of. What kinds there are
(LoRA, DoRA, IA3, …) is the library's business.
"""

import json
import warnings
from pathlib import Path
from typing import Any

from translator import DISTRIBUTION
from translator.errors import ModelFilesError

__all__ = ["PEFT_CONFIG", "base_of", "is_peft_adapter", "merged"]

# Their names are the library's.
PEFT_CONFIG = "adapter_config.json"
_WEIGHTS = "adapter_model.safetensors"


def is_peft_adapter(folder: Path) -> bool:
    """Whether a folder has an adapter that PEFT wrote."""
    return (folder / PEFT_CONFIG).is_file()


def base_of(folder: Path) -> str:
    """The model that an adapter is of: a folder, beside the adapter's if it is relative, or an id.

    Raises:
        ModelFilesError: The adapter does not say, or has no weights.
    """
    path = folder / PEFT_CONFIG
    if not (folder / _WEIGHTS).is_file():
        raise ModelFilesError(f"{folder / _WEIGHTS}: no such file, expected the adapter's weights")
    try:
        base = json.loads(path.read_bytes()).get("base_model_name_or_path")
    except (OSError, ValueError, AttributeError) as error:
        raise ModelFilesError(f"{path}: cannot be read ({type(error).__name__})") from None
    if not isinstance(base, str) or not base:
        raise ModelFilesError(
            f"{path}: base_model_name_or_path is {base!r}, expected the folder of the model that "
            "was adapted, or its id on the hub"
        )
    beside = folder / base
    return str(beside) if beside.is_dir() else base


def merged(network: Any, folder: Path) -> Any:
    """A network with an adapter in its weights.

    Args:
        network: A ``PreTrainedModel``; it is changed.
        folder: The adapter's.

    Raises:
        ModelFilesError: PEFT is not installed, or the adapter is damaged or of another model.
    """
    try:
        from peft import PeftModel
    except ModuleNotFoundError:
        raise ModelFilesError(
            f"{folder}: an adapter needs the package peft: pip install '{DISTRIBUTION}[adapters]'"
        ) from None
    try:
        with warnings.catch_warnings():
            # Between the two libraries, nothing that an operator could do.
            warnings.simplefilter("ignore", FutureWarning)
            adapted = PeftModel.from_pretrained(network, str(folder), local_files_only=True)
            return adapted.merge_and_unload(safe_merge=True)
    except Exception as error:
        first = (str(error).strip().splitlines() or [""])[0][:200]
        raise ModelFilesError(
            f"{folder}: its adapter is damaged, or of another model than the one that "
            f"{PEFT_CONFIG} names ({type(error).__name__}: {first})"
        ) from error
