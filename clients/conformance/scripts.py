"""Scripts, outages and calls as their files hold them; keys that are not known are refused."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = [
    "Batch",
    "Call",
    "Outage",
    "RoomCase",
    "Script",
    "load_batches",
    "load_calls",
    "load_outages",
    "load_rooms",
    "load_scripts",
]

_FOLDER = Path(__file__).parent
_STEPS = {"send", "sendChunk", "await", "halfClose", "disconnect"}
_EXPECTATIONS = {
    *("status", "kinds", "started", "warnings", "segments", "sources"),
    *("updates", "drafts", "alignments", "mediaTimes", "report"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One stream: what is sent, and what has to come of it.

    Attributes:
        library: Whether it is also played over connections that are cut.
    """

    name: str
    description: str
    steps: Sequence[Mapping[str, Any]]
    expect: Mapping[str, Any]
    library: bool = False

    def __post_init__(self) -> None:
        for step in self.steps:
            _refuse_unknown(f"{self.name}: a step", step, _STEPS)
        _refuse_unknown(f"{self.name}: expect", self.expect, _EXPECTATIONS)

    @property
    def suits_libraries(self) -> bool:
        """Whether a library sends these messages if it is told to.

        It chooses the sequences itself (1, 2, 3, …), acks updates and resumes; so the script must
        not do any of that in its own way.
        """
        sends = [step["send"] for step in self.steps if "send" in step]
        config = self.steps[0].get("send", {}).get("config", {})
        numbered = [message for send in sends for key, message in send.items() if key != "ack"]
        sequences = [message["sequence"] for message in numbered if "sequence" in message]
        return (
            bool(config.get("targetLanguageCodes"))
            and "resume" not in config
            and not any("sendChunk" in step for step in self.steps)
            and sequences == list(range(1, len(sequences) + 1))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What a server does to the streams of several clients, and what has to come of it."""

    name: str
    description: str
    clients: int
    streams: Sequence[Mapping[str, Any]]
    expect: Mapping[str, Any]

    def __post_init__(self) -> None:
        for stream in self.streams:
            _refuse_unknown(f"{self.name}: a stream", stream, {"say", "fail", "silent"})
        _refuse_unknown(f"{self.name}: expect", self.expect, {"segments", "pauses"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a server does to the calls of one batch, and what has to come of it.

    Attributes:
        items: How many there are.
        options: Of the library's batch, besides source and target.
        calls: What the server does in each; the last for all further ones.
    """

    name: str
    description: str
    items: int
    calls: Sequence[Mapping[str, Any]]
    options: Mapping[str, Any] = field(default_factory=dict)
    expect: Mapping[str, Any]

    def __post_init__(self) -> None:
        known = {"credit", "answer", "bundle", "refuse", "fail", "cut", "silent", "goAway"}
        for call in self.calls:
            _refuse_unknown(f"{self.name}: a call", call, known)
        _refuse_unknown(f"{self.name}: expect", self.expect, {"calls", "config"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that is not a stream, as a driver's command, and what has to come of it.

    Attributes:
        expect: What the ``answer`` or the ``error`` has; it may have more.
    """

    name: str
    description: str
    command: str
    arguments: Mapping[str, Any]
    expect: Mapping[str, Any]

    def __post_init__(self) -> None:
        _refuse_unknown(f"{self.name}: expect", self.expect, {"answer", "error"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomCase:
    """What a gateway of captions does to the calls of one reader or speaker.

    Attributes:
        command: Of the driver: ``subscribe``, ``publish``, or one of those for operators.
        arguments: Of the command, besides the address and the room.
        calls: What the gateway does in each; the last for all further ones.
        expect: What comes of it, compared in part.
    """

    name: str
    description: str
    command: str
    arguments: Mapping[str, Any]
    calls: Sequence[Mapping[str, Any]]
    expect: Mapping[str, Any]

    def __post_init__(self) -> None:
        for call in self.calls:
            known = {"say", "cut", "fail", "refuse", "take", "anew", "answer"}
            _refuse_unknown(f"{self.name}: a call", call, known)
        known = {"requests", "text", "captions", "updates", "position", "done", "error"}
        known |= {"links", "status", "sink"}
        _refuse_unknown(f"{self.name}: expect", self.expect, known)


def load_scripts() -> list[Script]:
    """All scripts, by name."""
    return [Script(**_load(path)) for path in sorted((_FOLDER / "scripts").glob("*.json"))]


def load_outages() -> list[Outage]:
    """All outages, by name."""
    return [Outage(**_load(path)) for path in sorted((_FOLDER / "outages").glob("*.json"))]


def load_batches() -> list[Batch]:
    """All batches, by name."""
    return [Batch(**_load(path)) for path in sorted((_FOLDER / "batches").glob("*.json"))]


def load_calls() -> list[Call]:
    """All calls, by name."""
    return [Call(**_load(path)) for path in sorted((_FOLDER / "calls").glob("*.json"))]


def load_rooms() -> list[RoomCase]:
    """All rooms, by name."""
    return [RoomCase(**_load(path)) for path in sorted((_FOLDER / "rooms").glob("*.json"))]


def _load(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if content.get("name") != path.stem:
        raise ValueError(f"{path.name}: its name is {content.get('name')}")
    return content


def _refuse_unknown(where: str, keys: Iterable[str], known: set[str]) -> None:
    if unknown := set(keys) - known:
        raise ValueError(f"{where}: unknown {sorted(unknown)}")
