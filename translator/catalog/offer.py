"""What a source of models offers."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair

__all__ = ["Offer", "RemoteFile", "Source"]

# They become part of a path.
_FILE_NAME = re.compile(r"[\w-][\w.+-]*")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a model, where it can be downloaded.

    Attributes:
        name: In the model's folder.
        url: Where it is.
        size: Bytes to download.
        checksum: Of these bytes: ``sha256:HEX``, or ``git:HEX``, the SHA-1 of a git blob.
        unpacked: Where they are compressed with Zstandard, the checksum of what is inside.

    Raises:
        ModelFilesError: The name is not that of a file in a folder.
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
        name: Of its folder in a store; a newer version has the same.
        pair: What it translates.
        origin: Where it comes from, for people.
        license: SPDX identifier of the weights' licence; empty when unknown.
        version: As its source has it.
        variant: Which of the source's models of this pair, for example ``tiny``.
        files: All that a model's folder needs.
        headers: What a request for a file carries.

    Raises:
        ModelFilesError: The name is not that of a folder in a folder.
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
        """Bytes to download."""
        return sum(file.size for file in self.files)

    @property
    def fingerprint(self) -> str:
        """Differs when a file differs."""
        files = sorted(f"{file.name} {file.checksum}\n" for file in self.files)
        return hashlib.sha256("".join(files).encode()).hexdigest()


class Source(Protocol):
    """Where models are published."""

    def find(self, pair: LanguagePair) -> Sequence[Offer]:
        """The models of a pair, at least one, best first.

        Raises:
            LanguagePairNotSupportedError: There is none; the message has near pairs, if any.
            ModelFilesError: The source cannot be reached, or is not what it was.
        """
        ...
