"""What a front asks of the service, and what it is answered.

Durations are seconds, positions and lengths code points. Where a request is refused, the error
names the field by its name in ``translator.v1``, whatever the front calls it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

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

__all__ = [
    "Ack",
    "Flush",
    "GoAway",
    "Heartbeat",
    "OfferedModel",
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


# A stream


@dataclass(frozen=True, slots=True)
class RestsRequest:
    """Times of ``session.events.Rests``; None: as they are by default."""

    draft_s: float | None = None
    sentence_s: float | None = None
    segment_s: float | None = None


@dataclass(frozen=True, slots=True)
class ResumeRequest:
    """Where an earlier stream broke off, as the client says it; a target may stand there twice."""

    session_id: str
    targets: tuple[tuple[str, ResumedTarget], ...] = ()


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """How a client wants a stream translated; see the wire message StreamingConfig.

    Attributes:
        source: BCP-47, or ``und`` where the server is to find it.
        targets: BCP-47.
        possible_sources: What ``und`` may be.
        policy: A preset, or a policy by name.
        model: Its name; empty: the closest.
        client_segmentation: Whether only the client ends segments.
        drafts: Whether drafts are sent.
        alignments: Whether committed text comes with its alignment.
        min_update_interval_s: Least time between two updates of a target.
        max_unacked_updates: Most updates on their way without an ack; 0: acks are not used.
        heartbeat_s: The longest silence; None: the server's; 0: any.
        rests: What a silence of the source does, and when.
        has_glossary: Whether a glossary comes with it.
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
    has_glossary: bool = False
    resume: ResumeRequest | None = None


@dataclass(frozen=True, slots=True)
class Flush:
    """Close the open segment."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Ack:
    """Updates of a target have come, up to this revision."""

    target: str
    revision: int


StreamMessage = StreamConfig | SourceUpdate | Flush | Ack


@dataclass(frozen=True, slots=True)
class Started:
    """What a config was resolved to.

    Attributes:
        session_id: Of the session, which a resume goes on with.
        bindings: One for each target.
        pivot: The first leg of those that are pivoted.
        policies: Of each target that a model translates.
        first_segment_ids: Of the targets whose first segment is not 0.
        heartbeat_s: The longest silence; 0: any.
        detected: The language that was detected; "": none was, or the client names it.
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
    """The server goes; the stream ends after so long."""

    within_s: float


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Nothing has been said for a while; the last source update that was taken."""

    source_sequence: int


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of the session; the last answer."""

    figures: SessionReport


StreamAnswer = Started | Update | Warned | GoAway | Heartbeat | Report


class StreamCall(Protocol):
    """A client's stream, as a front has it. One task reads, another writes."""

    async def read(self) -> StreamMessage | None:
        """The next message; None when the client has sent its last.

        Raises:
            InvalidRequestError: It is no message.
        """
        ...

    async def write(self, answer: StreamAnswer) -> None:
        """Send an answer; returns when the transport takes more."""
        ...


# Whole texts


@dataclass(frozen=True, slots=True)
class TextsRequest:
    """Texts to translate; see the wire message TranslateRequest."""

    source: str
    target: str
    texts: tuple[str, ...]
    possible_sources: tuple[str, ...] = ()
    model: str = ""
    mime_type: str = ""
    num_alternatives: int = 0
    alignments: bool = False
    has_glossary: bool = False


@dataclass(slots=True)
class TextResult:
    """A text's translation, or why there is none.

    Attributes:
        text: The translation.
        model: What translated it; "" where it passed through.
        detected_source: Where the client leaves the source open.
        alternatives: Other translations.
        alignments: Where each word comes from, if that was asked for.
        error: Why there is no translation.
    """

    text: str = ""
    model: str = ""
    detected_source: str = ""
    alternatives: tuple[str, ...] = ()
    alignments: tuple[AlignedRange, ...] = ()
    error: TranslatorError | None = None

    @property
    def code(self) -> str:
        """What became of it, as the name of a gRPC status."""
        return "OK" if self.error is None else self.error.status


# Models


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model of the catalog, and whether it is in memory."""

    info: ModelInfo
    is_loaded: bool
