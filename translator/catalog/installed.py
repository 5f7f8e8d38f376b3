"""The models on this machine: those in the store, and the embedded ones."""

from dataclasses import dataclass
from pathlib import Path

from translator.catalog.store import Store, StoredModel
from translator.errors import ConfigError, ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.embedded import EMBEDDED_LICENSE, EMBEDDED_ORIGIN, embedded_models

__all__ = ["InstalledModel", "installed", "locate"]


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model that can be served by naming only its pair."""

    folder: Path
    pair: LanguagePair
    license: str
    origin: str

    @property
    def size(self) -> int:
        """Bytes that its files take."""
        return sum(path.stat().st_size for path in self.folder.iterdir() if path.is_file())


def installed(store: Store) -> list[InstalledModel]:
    """All installed models, the embedded ones first.

    Raises:
        ModelFilesError: The embedded ones are missing, or a stored one is damaged.
    """
    return [*_embedded(), *map(_stored, store.models())]


def locate(pair: LanguagePair, store: Store) -> InstalledModel:
    """Find the model of a pair, in the store first, then among the embedded ones.

    Raises:
        ConfigError: There is none, or there are several in the store.
        ModelFilesError: The embedded ones are missing, or a stored one is damaged.
    """
    if (stored := store.find(pair)) is not None:
        found = _stored(stored)
        stored.check()
        return found
    for model in _embedded():
        if model.pair == pair:
            return model
    raise ConfigError(
        f"models: there is no model for {pair} in {store.root}: "
        f"`translator models pull {pair}` gets one where there is a network"
    )


def _embedded() -> list[InstalledModel]:
    return [
        InstalledModel(folder, pair, EMBEDDED_LICENSE, EMBEDDED_ORIGIN)
        for pair, folder in embedded_models()
    ]


def _stored(model: StoredModel) -> InstalledModel:
    manifest = model.manifest
    if not model.is_complete:
        raise ModelFilesError(
            f"{model.folder}: files are missing or too short: pull {manifest.pair} again as it was "
            f"pulled before, or `translator models remove {model.name}`"
        )
    return InstalledModel(model.folder, manifest.pair, manifest.license, manifest.origin)
