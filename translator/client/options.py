"""How a stream is to be translated: what ``stream()`` and ``reconfigure()`` take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypedDict

from translator.client.arguments import check_strings

__all__ = ["Latency", "NamedPolicy", "Segmentation", "StreamConfig", "StreamOptions"]


class Latency(StrEnum):
    """A preset between early and faithful."""

    LOW = "low"
    BALANCED = "balanced"
    HIGH_QUALITY = "high-quality"


class Segmentation(StrEnum):
    """Who ends a segment: the server too, or only ``end_of_segment`` and ``flush``."""

    AUTOMATIC = "automatic"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy by its name, with those parameters that are not to be the default.

    ``list_models()`` lists the names and the parameters.
    """

    name: str
    parameters: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


class StreamOptions(TypedDict, total=False):
    """The keyword arguments of ``stream()`` and ``reconfigure()``, as ``StreamConfig`` has them."""

    model: str
    policy: Latency | NamedPolicy
    drafts: bool
    min_update_interval_s: float
    glossary: Mapping[str, str]
    segmentation: Segmentation
    alignments: bool
    heartbeat_interval_s: float | None
    max_unacked_updates: int


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """How a stream is to be translated.

    Attributes:
        source: Language of the source, BCP-47.
        targets: Languages to translate into, BCP-47, each at most once.
        model: Name of a model; "" takes the best for each pair.
        policy: How much of a hypothesis is committed, and when.
        drafts: Whether to send text that may still change.
        min_update_interval_s: Least time between two updates of one target, in seconds; what comes
            sooner is merged.
        glossary: Source terms to target terms; an empty target term keeps the source term.
        segmentation: Who decides where a segment ends.
        alignments: Whether updates say which source each committed word comes from.
        heartbeat_interval_s: Longest silence of the server, in seconds; None takes the server's
            setting, 0 means no heartbeats.
        max_unacked_updates: Most updates of a target on their way; further ones are held back and
            merged until the reader has caught up. 0: no limit.
    """

    source: str
    targets: Sequence[str]
    model: str = ""
    policy: Latency | NamedPolicy = Latency.BALANCED
    drafts: bool = True
    min_update_interval_s: float = 0.0
    glossary: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    segmentation: Segmentation = Segmentation.AUTOMATIC
    alignments: bool = False
    heartbeat_interval_s: float | None = None
    max_unacked_updates: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", check_strings("targets", self.targets))
