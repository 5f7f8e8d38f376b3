"""What operators are told of rooms, as the client's own types."""

from dataclasses import dataclass

from translator.client.captions.events import CaptionRoom

__all__ = ["RoomLanguage", "RoomLinks", "RoomPublisher", "RoomSink", "RoomStatus"]


@dataclass(frozen=True, slots=True)
class RoomLinks:
    """A new room, and the links to it. Whoever has a link may do what it lets do.

    Attributes:
        room_id: The room's unguessable name.
        speak_url: For whoever speaks.
        view_url: For whoever reads.
        operate_url: For whoever runs the room: may speak and read too.
    """

    room_id: str
    speak_url: str
    view_url: str
    operate_url: str


@dataclass(frozen=True, slots=True)
class RoomLanguage:
    """How one language of a room does.

    Attributes:
        language: BCP-47, or "original".
        num_viewers: Viewers who read it.
        pinned: Whether it is translated without readers too.
        translated: Whether it is being translated into now.
        num_missing: Segments that are still to be translated for late readers.
    """

    language: str
    num_viewers: int
    pinned: bool
    translated: bool
    num_missing: int


@dataclass(frozen=True, slots=True)
class RoomPublisher:
    """How one publisher does.

    Attributes:
        speaker: Who speaks; "" if nobody said.
        language: What is spoken, BCP-47.
        connected: Whether a connection is there.
        problem: What is wrong at the moment, as a sentence; "" if nothing is.
    """

    speaker: str
    language: str
    connected: bool
    problem: str


@dataclass(frozen=True, slots=True)
class RoomSink:
    """How one destination does.

    Attributes:
        sink_id: Names it for ``switch_sink``, for as long as the room lives.
        kind: What it is, such as obs or zoom.
        language: The language that it is sent, BCP-47 or "original".
        on: Whether it is sent captions.
        num_sent: How many messages have arrived.
        problem: What is wrong at the moment, or why it is off, as a sentence; "" if nothing is.
    """

    sink_id: int
    kind: str
    language: str
    on: bool
    num_sent: int
    problem: str


@dataclass(frozen=True, slots=True)
class RoomStatus:
    """How a room does.

    Attributes:
        room: What everybody may know.
        epoch: What ids of events count in.
        num_viewers: Viewers connected.
        num_segments: Segments that are kept.
        languages: Each language that somebody reads, speaks or has pinned.
        publishers: Each publisher.
        sinks: Where captions are sent besides.
    """

    room: CaptionRoom
    epoch: str
    num_viewers: int
    num_segments: int
    languages: tuple[RoomLanguage, ...]
    publishers: tuple[RoomPublisher, ...]
    sinks: tuple[RoomSink, ...]
