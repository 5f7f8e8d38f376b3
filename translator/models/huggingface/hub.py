"""Finds the files of a Transformers model, in a folder or on the Hugging Face hub."""

import re
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

from translator.errors import ModelFilesError

__all__ = ["SMALL_FILES", "find_folder"]

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
SMALL_FILES = ["*.json", "*.model", "*.spm", "*.txt", "README.md", "tokenization_*.py"]


def find_folder(where: str) -> Path:
    """The folder itself, or the one with the files of this id on the hub.

    The files are downloaded once. With ``HF_HUB_OFFLINE=1``, or if the hub cannot be reached, the
    last download is used.

    Raises:
        ModelFilesError: There is no such folder, and the hub has no such id or cannot be reached.
    """
    folder = Path(where)
    if folder.is_dir():
        return folder
    if not _HUB_ID.fullmatch(where):
        raise ModelFilesError(
            f"{where}: no such folder, expected one with a model, "
            "or an id of the Hugging Face hub such as Helsinki-NLP/opus-mt-en-de"
        )
    try:
        found = Path(snapshot_download(where, allow_patterns=[*SMALL_FILES, "*.safetensors"]))
        if not any(found.glob("*.safetensors")):
            found = Path(snapshot_download(where, allow_patterns=[*SMALL_FILES, "*.bin"]))
    except GatedRepoError as error:
        raise ModelFilesError(
            f"{where}: its licence has to be accepted on the hub: accept it, "
            "then run `hf auth login`"
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelFilesError(f"{where}: no such folder, and no such model on the hub") from error
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise ModelFilesError(
            f"{where}: no such folder, and the hub cannot be reached ({type(error).__name__}): "
            f"run `hf download {where}` where it can, and name the folder that it prints"
        ) from error
    return found
