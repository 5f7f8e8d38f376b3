"""How a stream is translated: the options of ``stream()`` and ``reconfigure()``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypedDict

from translator.arguments import check_strings

__all__ = ["Latency", "NamedPolicy", "Rests", "Segmentation", "StreamConfig", "StreamOptions"]


class Latency(StrEnum):
    """A preset, from early to faithful."""

    LOW = "low"
    BALANCED = "balanced"
    HIGH_QUALITY = "high-quality"


class Segmentation(StrEnum):
    """Who ends segments: also the server, or only ``end_of_segment`` and ``flush``."""

    AUTOMATIC = "automatic"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy by name, with those parameters that are not to have their default.

    ``list_models()`` lists the names and the parameters.
    """

    name: str
    parameters: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Rests:
    """How long a silence lasts before something is done about it, in seconds.

    None takes the server's default; 0 means never.

    Attributes:
        draft_s: Until the open segment is shown whole as a draft.
        sentence_s: Until a sentence with its end mark is closed, and so committed.
        segment_s: Until source without an end mark is closed.
    """

    draft_s: float | None = None
    sentence_s: float | None = None
    segment_s: float | None = None


class StreamOptions(TypedDict, total=False):
    """The keyword arguments of ``stream()`` and ``reconfigure()``; see ``StreamConfig``."""

    model: str
    policy: Latency | NamedPolicy
    drafts: bool
    min_update_interval_s: float
    glossary: Mapping[str, str]
    glossaries: Sequence[str]
    segmentation: Segmentation
    alignments: bool
    heartbeat_interval_s: float | None
    max_unacked_updates: int
    possible_sources: Sequence[str]
    rests: Rests


@dataclass(frozen=True, slots=True)
class StreamConfig:
    """How a stream is translated.

    Attributes:
        source: Language of the source, BCP-47; "und" has it detected.
        targets: Languages to translate into, BCP-47, each at most once.
        model: Name of a model; "" takes the best for each pair.
        policy: How much of a hypothesis is committed, and when.
        drafts: Whether to send text that may still change.
        min_update_interval_s: Least time between two updates of one target, in seconds; earlier
            ones are merged.
        glossary: Source terms to target terms; an empty target term keeps the source term.
        glossaries: Names of glossaries that the server has; ``glossary`` goes before them.
        segmentation: Who decides where a segment ends.
        alignments: Whether updates say which source each committed word comes from.
        heartbeat_interval_s: Longest silence of the server, in seconds; None takes the server's
            setting, 0 means no heartbeats.
        max_unacked_updates: How many updates of a target may be under way; further ones are held
            back and merged until the reader has caught up. 0 means no limit.
        possible_sources: The languages to choose from in detection; if empty, all that the server
            translates from, and the targets.
        rests: What the server does when the source falls silent, and when.
    """

    source: str
    targets: Sequence[str]
    model: str = ""
    policy: Latency | NamedPolicy = Latency.BALANCED
    drafts: bool = True
    min_update_interval_s: float = 0.0
    glossary: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    glossaries: Sequence[str] = ()
    segmentation: Segmentation = Segmentation.AUTOMATIC
    alignments: bool = False
    heartbeat_interval_s: float | None = None
    max_unacked_updates: int = 0
    possible_sources: Sequence[str] = ()
    rests: Rests = field(default_factory=Rests)

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", check_strings("targets", self.targets))
        possible = check_strings("possible_sources", self.possible_sources)
        object.__setattr__(self, "possible_sources", possible)
        object.__setattr__(self, "glossaries", check_strings("glossaries", self.glossaries))
