"""What a front asks of the service, and what it gets back.

Durations are seconds; positions and lengths are code points. If a request is refused, the error
uses the field's name in ``translator.v1``, whatever the front calls it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from translator.engine.request import Priority
from translator.errors import TranslatorError
from translator.models.info import ModelInfo
from translator.policy.registry import Latency, PolicyChoice
from translator.session.events import (
    AlignedRange,
    Binding,
    ResumedTarget,
    SourceUpdate,
    TargetEvent,
    Warned,
)
from translator.session.report import SessionReport
from translator.terms.check import TermUse
from translator.text.integrity import Issue

__all__ = [
    "Ack",
    "Flush",
    "GoAway",
    "Heartbeat",
    "OfferedModel",
    "Origin",
    "Report",
    "RestsRequest",
    "ResumeRequest",
    "Started",
    "StreamAnswer",
    "StreamCall",
    "StreamConfig",
    "StreamMessage",
    "TextResult",
    "TextsRequest",
    "Update",
]

# Code points of texts that are translated before larger ones: what a person writes, not a page.
_SMALL_LENGTH = 1_000


# A stream


@dataclass(frozen=True, slots=True)
class RestsRequest:
    """Times for ``session.events.Rests``; None takes the default."""

    draft_s: float | None = None
    sentence_s: float | None = None
    segment_s: float | None = None


@dataclass(frozen=True, slots=True)
class ResumeRequest:
    """Where an earlier stream broke off, unchecked: a target may be listed twice."""

    session_id: str
    targets: tuple[tuple[str, ResumedTarget], ...] = ()


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """How a client wants a stream translated; see the wire message StreamingConfig.

    Attributes:
        source: BCP-47, or ``und`` to have the server detect it.
        targets: BCP-47.
        possible_sources: The languages that ``und`` may be.
        policy: A preset, or a policy by name.
        model: A model's name; if empty, the closest model is used.
        client_segmentation: Whether only the client ends segments.
        drafts: Whether drafts are sent.
        alignments: Whether committed text comes with its alignment.
        min_update_interval_s: Least time between two updates of a target.
        max_unacked_updates: How many updates may be sent ahead of the acks; 0: no acks are used.
        heartbeat_s: The longest silence; None takes the server's, 0 means no limit.
        rests: What a silence of the source does, and when.
        glossary: Source terms with their target terms; "" keeps the source term.
        glossaries: Names of glossaries of the server.
        resume: Where an earlier stream broke off.
    """

    source: str
    targets: tuple[str, ...]
    possible_sources: tuple[str, ...] = ()
    policy: Latency | PolicyChoice = Latency.BALANCED
    model: str = ""
    client_segmentation: bool = False
    drafts: bool = True
    alignments: bool = False
    min_update_interval_s: float = 0.0
    max_unacked_updates: int = 0
    heartbeat_s: float | None = None
    rests: RestsRequest = field(default_factory=RestsRequest)
    glossary: tuple[tuple[str, str], ...] = ()
    glossaries: tuple[str, ...] = ()
    resume: ResumeRequest | None = None


@dataclass(frozen=True, slots=True)
class Flush:
    """Close the open segment."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Ack:
    """All updates of a target up to this revision have arrived."""

    target: str
    revision: int


StreamMessage = StreamConfig | SourceUpdate | Flush | Ack


@dataclass(frozen=True, slots=True)
class Started:
    """The result of resolving a config.

    Attributes:
        session_id: The session's id, which a resume continues.
        bindings: One for each target.
        pivot: The first leg of pivoted targets.
        policies: The policy of each target that a model translates.
        first_segment_ids: The first segment of each target for which that is not 0.
        heartbeat_s: The longest silence; 0 means no limit.
        detected: The detected language; "" if there is none, or if the client named it.
    """

    session_id: str
    bindings: tuple[Binding, ...]
    pivot: Binding | None
    policies: Mapping[str, PolicyChoice]
    first_segment_ids: Mapping[str, int]
    heartbeat_s: float
    detected: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """New text of a target."""

    revision: int
    event: TargetEvent


@dataclass(frozen=True, slots=True)
class GoAway:
    """The server is shutting down; the stream ends after this time."""

    within_s: float


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Sent after a silence; it names the last source update that was taken."""

    source_sequence: int


@dataclass(frozen=True, slots=True)
class Report:
    """The session's figures; this is the last answer."""

    figures: SessionReport


StreamAnswer = Started | Update | Warned | GoAway | Heartbeat | Report


class StreamCall(Protocol):
    """A client's stream, as a front implements it. One task reads, another writes."""

    async def read(self) -> StreamMessage | None:
        """Read the next message; None after the client's last.

        Raises:
            InvalidRequestError: It is not a valid message.
        """
        ...

    async def write(self, answer: StreamAnswer) -> None:
        """Send an answer. Returns when the transport can take more."""
        ...


# Whole texts


@dataclass(frozen=True, slots=True)
class TextsRequest:
    """Texts to translate; see the wire message TranslateRequest.

    Attributes:
        glossary: Source terms with their target terms; "" keeps the source term.
        glossaries: Names of glossaries of the server.
        preserve_lines: Whether line breaks, tabs and runs of spaces are borders, and stay.
        templates: Template syntaxes in the texts, which are kept.
    """

    source: str
    target: str
    texts: tuple[str, ...]
    possible_sources: tuple[str, ...] = ()
    model: str = ""
    mime_type: str = ""
    num_alternatives: int = 0
    alignments: bool = False
    glossary: tuple[tuple[str, str], ...] = ()
    glossaries: tuple[str, ...] = ()
    preserve_lines: bool = True
    templates: tuple[str, ...] = ()

    @property
    def priority(self) -> Priority:
        """Of its requests in the engine: who asks for a few lines need not wait for the others."""
        is_small = sum(map(len, self.texts)) <= _SMALL_LENGTH
        return Priority.UNARY if is_small else Priority.LARGE


class Origin(StrEnum):
    """Where a translation comes from."""

    ENGINE = "engine"
    """A model has translated at least a part of it."""
    CACHE = "cache"
    """All of it was known from earlier requests."""
    SOURCE = "source"
    """The text itself: there is nothing in it to translate."""


@dataclass(slots=True)
class TextResult:
    """The translation of a text, or why there is none.

    Attributes:
        text: The translation.
        model: The name of the model; "" if the text passed through.
        detected_source: The detected language, if the client left it open.
        alternatives: Other translations.
        alignments: Where each word comes from, if alignments were asked for.
        issues: What of the text its translation lacks.
        terms: What became of each glossary entry.
        fingerprint: The model's; "" if the text passed through.
        num_decoded: Requests that the engine has answered.
        num_known: Requests whose answer was known.
        error: Why there is no translation, or what is wrong with it.
    """

    text: str = ""
    model: str = ""
    detected_source: str = ""
    alternatives: tuple[str, ...] = ()
    alignments: tuple[AlignedRange, ...] = ()
    issues: tuple[Issue, ...] = ()
    terms: tuple[TermUse, ...] = ()
    fingerprint: str = ""
    num_decoded: int = 0
    num_known: int = 0
    error: TranslatorError | None = None

    @property
    def origin(self) -> Origin:
        """Where the translation comes from."""
        if self.num_decoded:
            return Origin.ENGINE
        return Origin.CACHE if self.num_known else Origin.SOURCE

    @property
    def code(self) -> str:
        """The result, as the name of a gRPC status."""
        return "OK" if self.error is None else self.error.status


# Models


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model in the catalog, and whether it is loaded."""

    info: ModelInfo
    is_loaded: bool
