"""What a front asks of a batch, and what it gets back; see the wire messages in batch.proto.

Durations are seconds; lengths are code points.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from translator.service.requests import GoAway, Origin, TextResult, TextsRequest

__all__ = [
    "BatchAnswer",
    "BatchCall",
    "BatchConfig",
    "BatchCredit",
    "BatchItem",
    "BatchMessage",
    "BatchReport",
    "BatchResult",
    "BatchResults",
    "BatchStarted",
]


@dataclass(frozen=True, slots=True)
class BatchConfig:
    """How a client wants its items translated.

    Attributes:
        texts: The same as a request without texts.
        heartbeat_s: The longest silence; None takes the server's, 0 means no limit.
        bundled_results: Whether several results may come together.
    """

    texts: TextsRequest
    heartbeat_s: float | None = None
    bundled_results: bool = False


@dataclass(frozen=True, slots=True)
class BatchItem:
    """A text to translate.

    Attributes:
        id: The client's; no other item without a result has it.
        text: The text.
        max_length: Longest translation that fits; 0: any.
        mime_type: Its type; "" for the config's.
    """

    id: str
    text: str
    max_length: int = 0
    mime_type: str = ""


BatchMessage = BatchConfig | BatchItem


@dataclass(frozen=True, slots=True)
class BatchStarted:
    """The config is valid.

    Attributes:
        batch_id: Names the call in logs.
        model: Name of the model; "" if texts pass through, or the language of each is detected.
        fingerprint: The model's.
        heartbeat_s: The longest silence; 0 means no limit.
    """

    batch_id: str
    model: str
    fingerprint: str
    heartbeat_s: float


@dataclass(frozen=True, slots=True)
class BatchCredit:
    """What the client may send, in addition; of nothing, it is a sign of life."""

    items: int = 0
    length: int = 0


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of an item.

    Attributes:
        id: The item's.
        result: Its translation, and its error.
        too_long: Whether the translation is longer than allowed.
    """

    id: str
    result: TextResult
    too_long: bool = False


@dataclass(frozen=True, slots=True)
class BatchResults:
    """What became of some items; of one, unless the client takes several together."""

    results: tuple[BatchResult, ...]


@dataclass(slots=True)
class BatchReport:
    """The figures of a call; this is the last answer.

    Attributes:
        items: Items that got a result.
        failed: Those with an error.
        source_words: Words of their texts.
        target_words: Words of their translations.
        origins: How many translations came from where.
        duration_s: From the first message to the report.
    """

    items: int = 0
    failed: int = 0
    source_words: int = 0
    target_words: int = 0
    origins: Counter[Origin] = field(default_factory=Counter)
    duration_s: float = 0.0


BatchAnswer = BatchStarted | BatchResults | BatchCredit | GoAway | BatchReport


class BatchCall(Protocol):
    """A client's batch, as a front implements it. One task reads, another writes."""

    async def read(self) -> BatchMessage | None:
        """Read the next message; None after the client's last.

        Raises:
            InvalidRequestError: It is not a valid message.
        """
        ...

    async def write(self, answer: BatchAnswer) -> None:
        """Send an answer. Returns when the transport can take more."""
        ...
