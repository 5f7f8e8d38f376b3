"""Results of the unary calls."""

from collections.abc import Sequence
from dataclasses import dataclass

from translator.client.events import Alignment
from translator.errors import TranslatorError

__all__ = ["LanguagePair", "Model", "ModelList", "Policy", "PolicyParameter", "Translation"]


@dataclass(frozen=True, slots=True)
class Translation:
    """The translation of one text.

    Attributes:
        text: The translated text; "" if there is an error.
        error: What went wrong with this text alone, or None.
        model: Name of the model that translated it.
        detected_language: The detected source language; "" if the request named it.
        alternatives: Other translations, best first.
        alignments: Which part of the text each part of the translation comes from.
    """

    text: str
    error: TranslatorError | None
    model: str
    detected_language: str
    alternatives: Sequence[str]
    alignments: Sequence[Alignment]


@dataclass(frozen=True, slots=True)
class LanguagePair:
    """A source language and a target language, BCP-47."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Model:
    """A translation model of the server; see ``Model`` in models.proto."""

    name: str
    pairs: Sequence[LanguagePair]
    family: str
    supports_alignment: bool
    supports_multiple_targets: bool
    device: str
    license: str
    origin: str
    loaded: bool
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class PolicyParameter:
    """A number that tunes a policy, with its default and the allowed values."""

    name: str
    description: str
    default_value: float
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that ``NamedPolicy`` can name."""

    name: str
    description: str
    parameters: Sequence[PolicyParameter]


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models of a server, ordered by name, and its policies."""

    models: Sequence[Model]
    policies: Sequence[Policy]
