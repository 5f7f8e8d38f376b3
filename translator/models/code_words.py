"""Which code words a model copies best, kept beside it once it has been asked.

``training/code_words.py`` asks it. A model without such a file gets the default.
"""

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from translator.errors import ModelFilesError
from translator.models.embedded import is_embedded
from translator.models.whole_file import write_whole
from translator.text.code_words import DEFAULT_CODE_WORDS, FAMILIES, CodeWords

__all__ = ["CODE_WORDS", "find_code_words", "load_code_words", "save_code_words"]

_log = logging.getLogger(__name__)

# Its name in a model's folder: JSON, the name of the family and what was measured.
CODE_WORDS = "code-words.json"


def find_code_words(folder: Path) -> CodeWords:
    """The code words of a model.

    Raises:
        ModelFilesError: The file is damaged, or names a family that there is not.
    """
    path = folder / CODE_WORDS
    if not path.is_file():
        return DEFAULT_CODE_WORDS
    try:
        name = json.loads(path.read_bytes())["family"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFilesError(f"{path}: damaged, expected JSON with a family") from error
    if name not in FAMILIES:
        raise ModelFilesError(
            f"{path}: there is no family {name!r:.40}; allowed: {', '.join(FAMILIES)}"
        )
    return FAMILIES[name]


def load_code_words(folder: Path) -> CodeWords:
    """The code words of a model that is about to run; the log says if nobody has asked it.

    Raises:
        ModelFilesError: As ``find_code_words``.
    """
    if not (folder / CODE_WORDS).is_file() and not is_embedded(folder):
        _log.info(
            "%s: nobody has asked it which code words it copies; "
            "`translator models code-words` does",
            folder,
        )
    return find_code_words(folder)


def save_code_words(path: Path, family: CodeWords, exact: Mapping[str, float]) -> None:
    """Write a model's code words. The file is written whole or not at all.

    Args:
        path: The file, ``CODE_WORDS`` in the model's folder.
        family: The family.
        exact: The share of sentences in which each family came back as it was, for readers.

    Raises:
        ModelFilesError: It cannot be written.
    """
    told = {"family": family.name, "exact": {name: round(s, 4) for name, s in exact.items()}}
    write_whole(path, (json.dumps(told, indent=2) + "\n").encode())
