"""Downloads a model into a store."""

import hashlib
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import zstandard

from translator.catalog.offer import Offer, Source
from translator.catalog.store import Manifest, Store, StoredFile, StoredModel
from translator.catalog.web import Web, checksum_of
from translator.errors import LanguagePairNotSupportedError, ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.inspection import inspect_folder

__all__ = ["Progress", "choose", "pull"]


# Models pack to two thirds, vocabularies to a third.
_MAX_RATIO, _MIN_UNPACKED = 16, 1 << 20


class Progress(Protocol):
    """Receives the progress of a pull."""

    def waiting(self) -> None:
        """Called when another process is pulling the same model."""
        ...

    def downloaded(self, size: int) -> None:
        """Called with the number of bytes that are there."""
        ...


def choose(sources: Sequence[Source], pair: LanguagePair, variant: str = "") -> Offer:
    """Choose the best model of the first source that has the pair, or the named ``variant``.

    Raises:
        LanguagePairNotSupportedError: No source has it, or not this variant.
        ModelFilesError: A source cannot be reached, or has changed its format.
    """
    refusals: list[str] = []
    for source in sources:
        try:
            offers = source.find(pair)
        except LanguagePairNotSupportedError as error:
            refusals.append(error.message)
            continue
        except ModelFilesError as error:
            raise ModelFilesError("; ".join([*refusals, error.message])) from error
        for offer in offers:
            if variant in ("", offer.variant):
                return offer
        variants = ", ".join(dict.fromkeys(offer.variant for offer in offers if offer.variant))
        refusals.append(
            f"there is no {pair} in the variant {variant!r}; there are: {variants or 'no variants'}"
        )
    raise LanguagePairNotSupportedError("; ".join(refusals))


def pull(offer: Offer, store: Store, web: Web, progress: Progress) -> tuple[StoredModel, bool]:
    """Download a model into a store. Also returns whether anything had to be downloaded.

    If the download breaks off, what is there is kept, and the next pull goes on from it. The model
    appears in the store only when it is complete, checked, and of a kind that can be served.

    Raises:
        ModelFilesError: A file cannot be downloaded or written, or is not what was promised, or the
            model is of a kind that cannot be served.
    """
    try:
        with store.locked(offer.name, progress.waiting):
            present = store.get(offer.name)
            if (
                present is not None
                and present.is_complete
                and present.manifest.fingerprint == offer.fingerprint
            ):
                return present, False
            return _pull(offer, store, web, progress), True
    except OSError as error:
        raise ModelFilesError(
            f"{error.filename or store.root}: cannot be written ({error.strerror}): make room or "
            "name another folder with --store; what is downloaded already is kept"
        ) from error


def _pull(offer: Offer, store: Store, web: Web, progress: Progress) -> StoredModel:
    folder = store.unfinished(offer)
    done = 0

    def report(size: int) -> None:
        progress.downloaded(done + size)

    for file in offer.files:
        path = folder / file.name
        if not path.exists():
            part = folder / f"{file.name}.part"
            web.download(file, part, offer.headers, report)
            if file.unpacked:
                _unpack(part, path, file.unpacked, file.url)
            else:
                part.rename(path)
        done += file.size
    report(0)
    try:
        inspect_folder(folder)
    except ModelFilesError:
        shutil.rmtree(folder)
        raise
    return store.finish(
        offer,
        Manifest(
            pair=offer.pair,
            origin=offer.origin,
            license=offer.license,
            version=offer.version,
            variant=offer.variant,
            pulled=datetime.now(UTC).date(),
            fingerprint=offer.fingerprint,
            files=tuple(_stored(folder / file.name) for file in offer.files),
        ),
    )


def _unpack(part: Path, path: Path, checksum: str, url: str) -> None:
    unpacked = path.with_name(f"{path.name}.unpacked")
    try:
        # A few bytes may stand for any number.
        most = _MAX_RATIO * part.stat().st_size + _MIN_UNPACKED
        decompressor = zstandard.ZstdDecompressor()
        written = 0
        with part.open("rb") as packed, unpacked.open("wb") as out:
            for piece in decompressor.read_to_iter(packed):
                written += len(piece)
                if written > most:
                    break
                out.write(piece)
        if written > most:
            unpacked.unlink()
            part.unlink()
            raise ModelFilesError(f"{url}: unpacked it has more than {most} bytes, too many")
    except zstandard.ZstdError as error:
        raise ModelFilesError(f"{url}: is not compressed with Zstandard ({error})") from error
    if (found := checksum_of(unpacked, checksum)) != checksum:
        unpacked.unlink()
        part.unlink()
        raise ModelFilesError(f"{url}: unpacked its checksum is {found}, expected {checksum}")
    unpacked.rename(path)
    part.unlink()


def _stored(path: Path) -> StoredFile:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return StoredFile(path.name, path.stat().st_size, sha256)
