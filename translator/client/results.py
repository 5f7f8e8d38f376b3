"""Results of the unary calls."""

from collections.abc import Sequence
from dataclasses import dataclass

from translator.client.events import Alignment
from translator.errors import TranslatorError

__all__ = [
    "AppliedTerm",
    "LanguagePair",
    "Model",
    "ModelList",
    "Policy",
    "PolicyParameter",
    "QualityIssue",
    "Translation",
]


@dataclass(frozen=True, slots=True)
class QualityIssue:
    """Something of a text that its translation lacks. Positions are code points of the text.

    Attributes:
        kind: "number", "currency", "length" or "markup"; another in a later version.
        source_start: Where it begins.
        source_end: Where it ends.
    """

    kind: str
    source_start: int
    source_end: int


@dataclass(frozen=True, slots=True)
class AppliedTerm:
    """A glossary entry at a place of a text. Positions are code points.

    Attributes:
        entry: Which entry of its glossary it is, from 0.
        how: "already", "forced", "masked" or "failed"; another in a later version.
        source_start: Where the term begins in the text.
        source_end: Where it ends there.
        target_start: Where its translation begins.
        target_end: Where it ends.
        glossary: The name of the server's glossary that has it; "" for the request's own.
    """

    entry: int
    how: str
    source_start: int
    source_end: int
    target_start: int
    target_end: int
    glossary: str = ""


@dataclass(frozen=True, slots=True)
class Translation:
    """The translation of one text.

    Attributes:
        text: The translated text; "" if there is an error, but for a ``NotKeptError``.
        error: What went wrong with this text alone, or None.
        model: Name of the model that translated it.
        detected_language: The detected source language; "" if the request named it.
        alternatives: Other translations, best first.
        alignments: Which part of the text each part of the translation comes from.
        quality_issues: What of the text the translation lacks, although it was asked for again.
        terms: What became of each glossary entry, wherever it stands in the text.
        fingerprint: Of the model, as ``Model`` has it; two with a plus between them where it went
            through English.
    """

    text: str
    error: TranslatorError | None
    model: str
    detected_language: str
    alternatives: Sequence[str]
    alignments: Sequence[Alignment]
    quality_issues: Sequence[QualityIssue] = ()
    terms: Sequence[AppliedTerm] = ()
    fingerprint: str = ""


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
    fingerprint: str = ""
    unwritable_characters: str = ""


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
