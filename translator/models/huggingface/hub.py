"""Where a Transformers model's files are: a folder, or the Hugging Face hub."""

import re
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

from translator.errors import ModelFilesError

__all__ = ["SMALL_FILES", "find_folder"]

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
SMALL_FILES = ["*.json", "*.model", "*.spm", "*.txt", "README.md", "tokenization_*.py"]


def find_folder(where: str) -> Path:
    """The folder itself, or that of the files that the hub has by this id.

    They are downloaded once; with ``HF_HUB_OFFLINE=1``, or when the hub cannot be reached, those of
    the last time serve.

    Raises:
        ModelFilesError: There is no such folder, and no such id on a hub that can be reached.
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
            f"{where}: the hub gives it only to those who accepted its licence there: accept it, "
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
