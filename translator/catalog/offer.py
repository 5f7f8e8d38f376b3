"""Models that can be downloaded, and the protocol of their sources."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair

__all__ = ["Offer", "RemoteFile", "Source"]

# These names become part of a path.
_FILE_NAME = re.compile(r"[\w-][\w.+-]*")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a model, and where to download it.

    Attributes:
        name: Its name in the model's folder.
        url: Its address.
        size: Bytes to download.
        checksum: Checksum of these bytes: ``sha256:HEX``, or ``git:HEX``, the SHA-1 of a git blob.
        unpacked: If they are compressed with Zstandard, the checksum of the content.

    Raises:
        ModelFilesError: The name is not that of a file inside the folder.
    """

    name: str
    url: str
    size: int
    checksum: str
    unpacked: str = ""

    def __post_init__(self) -> None:
        if not _FILE_NAME.fullmatch(self.name):
            raise ModelFilesError(f"{self.url}: {self.name!r} is not the name of a model's file")


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that can be downloaded.

    Attributes:
        name: Name of its folder in a store; a newer version has the same.
        pair: The pair it translates.
        origin: Where it comes from, for people.
        license: SPDX identifier of the weights' licence; empty when unknown.
        version: The version, as its source writes it.
        variant: Which of the source's models for this pair, for example ``tiny``.
        files: All files that a model's folder needs.
        headers: HTTP headers for downloading a file.

    Raises:
        ModelFilesError: The name is not that of a folder inside the store.
    """

    name: str
    pair: LanguagePair
    origin: str
    license: str
    version: str
    variant: str
    files: tuple[RemoteFile, ...]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not _FILE_NAME.fullmatch(self.name):
            raise ModelFilesError(f"{self.origin}: {self.name!r} is not the name of a model")

    @property
    def size(self) -> int:
        """How many bytes there are to download."""
        return sum(file.size for file in self.files)

    @property
    def fingerprint(self) -> str:
        """A hash over all files; differs if any of them does."""
        files = sorted(f"{file.name} {file.checksum}\n" for file in self.files)
        return hashlib.sha256("".join(files).encode()).hexdigest()


class Source(Protocol):
    """Where models are published."""

    def find(self, pair: LanguagePair) -> Sequence[Offer]:
        """The models of a pair, at least one, the best first.

        Raises:
            LanguagePairNotSupportedError: There is none; the message names near pairs, if any.
            ModelFilesError: The source cannot be reached, or has changed its format.
        """
        ...
