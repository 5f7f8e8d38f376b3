"""How a room does, as plain data: what its viewers may know, and what operators are told."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["LanguageFacts", "PublisherFacts", "RoomFacts", "SinkFacts"]


@dataclass(frozen=True, slots=True)
class LanguageFacts:
    """How one language of a room does."""

    language: str
    num_viewers: int = 0
    pinned: bool = False
    spoken: bool = False
    translated: bool = False
    num_missing: int = 0


@dataclass(frozen=True, slots=True)
class PublisherFacts:
    """How one publisher does."""

    speaker: str
    language: str
    connected: bool
    problem: str


@dataclass(frozen=True, slots=True)
class SinkFacts:
    """How one destination does, as ``SinkStatus``."""

    kind: str
    language: str
    on: bool
    num_sent: int
    problem: str


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """How a room does. ``offered`` are the languages that can be read."""

    room_id: str
    title: str
    epoch: str
    offered: Sequence[LanguageFacts]
    languages: Sequence[LanguageFacts]
    publishers: Sequence[PublisherFacts]
    num_viewers: int
    num_segments: int
    recorded: bool
    retention_s: float
    sinks: Sequence[SinkFacts] = ()
