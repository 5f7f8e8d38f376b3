"""What a model is, as far as one can say without its parameters."""

from dataclasses import dataclass

from translator.languages.pair import LanguagePair

__all__ = ["ENCODER_CACHE_TOKENS", "MAX_SOURCE_TOKENS", "ModelInfo"]

# Source tokens of each model whose encoder states the engine keeps.
ENCODER_CACHE_TOKENS = 4_096
# The longest source that any model gets: far beyond a sentence.
MAX_SOURCE_TOKENS = 512


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a model is.

    Attributes:
        name: Unique in a catalog.
        family: Kind of network, for example ``marian-ssru``.
        pairs: The language pairs it translates.
        supports_alignment: Whether prefill and step return alignment weights.
        max_source_tokens: Longest source, end of sentence included.
        license: SPDX identifier of the weights' licence; empty when unknown.
        origin: Where the files came from.
        device: Where it runs, for example ``cpu``.
        memory_bytes: Estimated memory when loaded, encoder states included.
        shares_encoding: Whether a source has the same tokens for every target language, so that it
            is encoded only once.
        has_open_end: Whether it can be told that a source goes on; see ``open_end.py``.
        fingerprint: Digest of all that decides what it says, see ``fingerprint.py``; "" if unknown.
        unwritable: The characters of shops and captions that it cannot write.
        variety: BCP-47 code of the variety that it is kept to where a client names no region; "" if
            it is not.
    """

    name: str
    family: str
    pairs: tuple[LanguagePair, ...]
    supports_alignment: bool
    max_source_tokens: int
    license: str = ""
    origin: str = ""
    device: str = "cpu"
    memory_bytes: int = 0
    shares_encoding: bool = False
    has_open_end: bool = False
    fingerprint: str = ""
    unwritable: str = ""
    variety: str = ""
