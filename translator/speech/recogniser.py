"""What a recogniser of speech is. Another one takes the place of ours by having these methods."""

from collections.abc import Collection
from typing import Protocol

from translator.asr import SourcePiece

__all__ = ["BYTES_PER_S", "BYTES_PER_SAMPLE", "SAMPLE_RATE", "Recogniser", "Speech"]

# All audio here is one channel of 16-bit samples, little-endian, so many a second.
SAMPLE_RATE = 16_000
BYTES_PER_SAMPLE = 2
BYTES_PER_S = SAMPLE_RATE * BYTES_PER_SAMPLE


class Recogniser(Protocol):
    """Hears one speaker. Its methods may compute for long, and are called by one thread at a time.

    Media times in what it returns count from the first sample that it was given.
    """

    @property
    def settled_s(self) -> float:
        """Media time before which all is said: nobody needs the audio any more, in seconds."""

    def accept(self, audio: bytes) -> list[SourcePiece]:
        """Hear more audio, and return what it adds."""

    def finish(self) -> list[SourcePiece]:
        """Commit what is still tentative: no audio follows."""


class Speech(Protocol):
    """Makes recognisers; one for each speaker, which may share a model."""

    @property
    def languages(self) -> Collection[str]:
        """Languages that it understands, BCP-47."""

    def listen(self, language: str) -> Recogniser:
        """A recogniser of one of these languages; "" to find out by itself.

        Raises:
            ClientError: It does not understand the language.
        """
