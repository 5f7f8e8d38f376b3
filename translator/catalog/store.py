"""The folder of pulled models."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from translator.catalog.offer import Offer
from translator.errors import ConfigError, ModelFilesError, ModelNotFoundError
from translator.languages.pair import LanguagePair
from translator.models.fingerprint import file_digest

__all__ = ["Manifest", "Store", "StoredFile", "StoredModel"]

_MANIFEST = "manifest.json"
# Unfinished pulls; on the same file system, so that they can be moved in one step.
_UNFINISHED = ".unfinished"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of a stored model: its name, its size in bytes, and its SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a stored model is; kept beside its files as ``manifest.json``.

    Attributes:
        pair: The pair it translates.
        origin: Where it came from, for people.
        license: SPDX identifier of the weights' licence; empty when unknown.
        version: The version, as its source wrote it.
        variant: Which of the source's models for the pair.
        pulled: The day it was pulled.
        fingerprint: The fingerprint of the offer.
        files: All files except the manifest.
    """

    pair: LanguagePair
    origin: str
    license: str
    version: str
    variant: str
    pulled: date
    fingerprint: str
    files: tuple[StoredFile, ...]


_MANIFESTS = TypeAdapter(Manifest)


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model in a store."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """Its name, unique in the store."""
        return self.folder.name

    @property
    def size(self) -> int:
        """Bytes that its files take."""
        return sum(file.size for file in self.manifest.files)

    @property
    def is_complete(self) -> bool:
        """Whether every file is there and has its size."""
        paths = [(self.folder / file.name, file.size) for file in self.manifest.files]
        return all(path.is_file() and path.stat().st_size == size for path, size in paths)

    def check(self) -> None:
        """Check that every file has the contents that were pulled.

        Raises:
            ModelFilesError: One was changed since, or is damaged.
        """
        for file in self.manifest.files:
            # Of a digest as many digits as the other remembers.
            found = file_digest(self.folder / file.name)
            if not file.sha256.startswith(found):
                raise ModelFilesError(
                    f"{self.folder / file.name}: is not what was pulled: pull {self.manifest.pair} "
                    f"again, or remove {_MANIFEST} from its folder if you changed it yourself and "
                    f"name the folder"
                )


class Store:
    """Pulled models, each in a folder of its own.

    Args:
        root: The folder; created at the first pull.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def models(self) -> list[StoredModel]:
        """All models, sorted by name.

        Raises:
            ModelFilesError: A manifest cannot be read.
        """
        return [_read(path) for path in sorted(self.root.glob(f"[!.]*/{_MANIFEST}"))]

    def get(self, name: str) -> StoredModel | None:
        """Find a model by name; None if there is none.

        Raises:
            ModelFilesError: Its manifest cannot be read.
        """
        path = self.root / name / _MANIFEST
        return _read(path) if path.is_file() else None

    def find(self, pair: LanguagePair) -> StoredModel | None:
        """Find the model of a pair; None if there is none.

        Raises:
            ConfigError: There are several.
            ModelFilesError: A manifest cannot be read.
        """
        found = [model for model in self.models() if model.manifest.pair == pair]
        if len(found) > 1:
            raise ConfigError(
                f"{self.root}: has {len(found)} models for {pair}: name one by its folder, as in "
                f"--model {pair}={found[0].folder}, or remove the others ("
                + ", ".join(f"translator models remove {model.name}" for model in found)
                + ")"
            )
        return found[0] if found else None

    def remove(self, name: str) -> StoredModel:
        """Remove a model.

        Raises:
            ModelNotFoundError: There is no model of this name.
            OSError: It cannot be removed.
        """
        there = {model.name: model for model in self.models()}
        if name not in there:
            raise ModelNotFoundError(
                f"{self.root}: there is no model {name!r}; there are: {', '.join(there) or 'none'}"
            )
        shutil.rmtree(there[name].folder)
        return there[name]

    @contextmanager
    def locked(self, name: str, waiting: Callable[[], None]) -> Iterator[None]:
        """Let only this process change a model; ``waiting`` is called if another one does."""
        folder = self.root / _UNFINISHED
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            waiting()
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def unfinished(self, offer: Offer) -> Path:
        """The folder where files of an offer are collected; each version has its own."""
        folder = self.root / _UNFINISHED / f"{offer.name}-{offer.fingerprint[:16]}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def finish(self, offer: Offer, manifest: Manifest) -> StoredModel:
        """Move the collected files into place, in one step."""
        gathered, folder = self.unfinished(offer), self.root / offer.name
        (gathered / _MANIFEST).write_bytes(_MANIFESTS.dump_json(manifest, indent=1))
        old = self.root / _UNFINISHED / f"{offer.name}.old"
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        gathered.rename(folder)
        for rest in (old, *old.parent.glob(f"{offer.name}-" + "[0-9a-f]" * 16)):
            shutil.rmtree(rest, ignore_errors=True)
        return StoredModel(folder, manifest)


def _read(path: Path) -> StoredModel:
    try:
        return StoredModel(path.parent, _MANIFESTS.validate_json(path.read_bytes()))
    except (OSError, ValidationError) as error:
        raise ModelFilesError(
            f"{path}: cannot be read, or is not what `translator models pull` wrote: "
            "remove its folder and pull again"
        ) from error
