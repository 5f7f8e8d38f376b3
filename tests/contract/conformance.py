"""The scripts of clients/conformance, and playing them at the level of messages.

The README there says what a script may hold and what has to come of it.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.json_format import ParseDict
from google.rpc import status_pb2

from translator.v1 import streaming_pb2
from translator.v1.translator_service_pb2_grpc import TranslatorServiceStub

SCRIPTS = Path(__file__).parents[2] / "clients" / "conformance" / "scripts"
TIMEOUT_S = 10.0

Request = streaming_pb2.StreamingTranslateRequest
Response = streaming_pb2.StreamingTranslateResponse

_STEPS = {"send", "sendChunk", "await", "halfClose", "disconnect"}
_EXPECTATIONS = {
    *("status", "kinds", "started", "warnings", "segments", "sources"),
    *("updates", "drafts", "alignments", "mediaTimes", "report"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One file; keys that are not known are refused."""

    name: str
    description: str
    steps: Sequence[Mapping[str, Any]]
    expect: Mapping[str, Any]
    library: bool = False

    def __post_init__(self) -> None:
        for step in self.steps:
            _refuse_unknown(f"{self.name}: a step", step, _STEPS)
        _refuse_unknown(f"{self.name}: expect", self.expect, _EXPECTATIONS)


def _refuse_unknown(where: str, keys: Iterable[str], known: set[str]) -> None:
    if unknown := set(keys) - known:
        raise ValueError(f"{where}: unknown {sorted(unknown)}")


def load_scripts() -> list[Script]:
    """All scripts, by name."""
    scripts = [Script(**json.loads(path.read_text("utf-8"))) for path in sorted(SCRIPTS.iterdir())]
    assert [f"{script.name}.json" for script in scripts] == sorted(
        p.name for p in SCRIPTS.iterdir()
    )
    return scripts


def request_of(step: Mapping[str, Any]) -> Request:
    """What a ``send`` step sends."""
    return ParseDict(step["send"], Request())


@dataclass
class Seen:
    """What has come of a stream, as far as an ``await`` step looks at it.

    Attributes:
        kinds: Of all messages, as proto3 JSON names them.
        closed: Target and id of each segment that is closed.
        shown: What a reader sees of a segment: its committed text and, after it, the draft.
        is_over: Whether the stream has ended.
    """

    kinds: list[str] = field(default_factory=list)
    closed: set[tuple[str, int]] = field(default_factory=set)
    shown: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    is_over: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def changed(self) -> None:
        """Let those that wait look again."""
        self._changed.set()

    def has(self, condition: Mapping[str, Any]) -> bool:
        """Whether the condition of an ``await`` step is met."""
        match condition:
            case {"message": {"kind": kind, "count": count}}:
                return bool(self.kinds.count(kind) >= count)
            case {"segmentClosed": {"target": target, "segmentId": segment}}:
                return (target, segment) in self.closed
            case {"shown": {"target": target, "segmentId": segment, "text": text}}:
                if (target, segment) not in self.shown:
                    return False
                shown = "".join(self.shown[target, segment])
                return shown.startswith(text) if text else not shown
        raise ValueError(f"unknown condition {condition}")

    async def until(self, condition: Mapping[str, Any]) -> None:
        """Wait for a condition.

        Raises:
            AssertionError: The stream ended before it, or it took too long.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                while not self.has(condition):
                    assert not self.is_over, f"the stream ended before {condition}"
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"{TIMEOUT_S} s have passed before {condition}") from None


@dataclass
class Journal:
    """What was sent and what has come on one stream, in order; None is the half-close."""

    entries: list[Request | Response | None] = field(default_factory=list)
    code: grpc.StatusCode | None = None
    status: status_pb2.Status = field(default_factory=status_pb2.Status)
    seen: Seen = field(default_factory=Seen)

    @property
    def sent(self) -> list[Request]:
        return [entry for entry in self.entries if isinstance(entry, Request)]

    @property
    def received(self) -> list[Response]:
        return [entry for entry in self.entries if isinstance(entry, Response)]

    @property
    def resumed(self) -> Sequence[streaming_pb2.ResumedTarget]:
        """What the ResumeState says, if there is one."""
        return self.sent[0].config.resume.targets if self.sent else []

    def messages(self, kind: str) -> list[Any]:
        """All responses of a kind."""
        return [getattr(r, kind) for r in self.received if r.WhichOneof("response") == kind]

    def segments(self, target: str) -> dict[int, list[streaming_pb2.TargetUpdate]]:
        """Updates of a target, by segment."""
        segments: dict[int, list[streaming_pb2.TargetUpdate]] = {}
        for update in self.messages("target"):
            if update.target_language_code == target:
                segments.setdefault(update.segment_id, []).append(update)
        return segments

    def texts(self, target: str) -> dict[int, str]:
        """Committed text of each segment, with what was committed before a resume."""
        before = {
            resumed.segment_id: resumed.target_committed
            for resumed in self.resumed
            if resumed.target_language_code == target
        }
        return {
            segment: before.get(segment, "") + "".join(update.committed for update in updates)
            for segment, updates in self.segments(target).items()
        }

    def receive(self, response: Response) -> None:
        """Write a response down."""
        self.entries.append(response)
        kind = response.WhichOneof("response")
        if kind is None:
            return
        self.seen.kinds.append(Response.DESCRIPTOR.fields_by_name[kind].json_name)
        if kind == "target":
            update = response.target
            key = (update.target_language_code, update.segment_id)
            self.seen.shown[key] = (self.texts(key[0])[key[1]], update.draft)
            if update.segment_closed:
                self.seen.closed.add(key)
        self.seen.changed()

    async def finish(self, call: Any) -> None:
        """Write down how the stream ended."""
        self.code = await call.code()
        for key, value in await call.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                self.status.ParseFromString(value)
        self.seen.is_over = True
        self.seen.changed()


async def play(script: Script, address: str) -> Journal:
    """Play a script to its end.

    Raises:
        AssertionError: An ``await`` was not met, or the stream does not end.
    """
    journal = Journal()
    async with grpc.aio.insecure_channel(address) as channel:
        call = TranslatorServiceStub(channel).StreamingTranslate()
        reading = asyncio.create_task(_read(call, journal))
        try:
            for step in script.steps:
                if journal.seen.is_over:
                    break
                await _play(step, call, journal)
            async with asyncio.timeout(TIMEOUT_S):
                await reading
        except TimeoutError:
            raise AssertionError(f"the stream has not ended after {TIMEOUT_S} s") from None
        finally:
            call.cancel()
            await asyncio.gather(reading, return_exceptions=True)
    return journal


async def _read(call: Any, journal: Journal) -> None:
    try:
        async for response in call:
            journal.receive(response)
    except grpc.aio.AioRpcError:
        pass  # The journal has the status.
    except asyncio.CancelledError:
        if not call.cancelled():
            raise
    await journal.finish(call)


async def _play(step: Mapping[str, Any], call: Any, journal: Journal) -> None:
    match step:
        case {"send": _}:
            await _send(request_of(step), call, journal)
        case {"sendChunk": {"sequence": sequence, "text": text, "beyondLimit": beyond}}:
            [started, *_] = journal.messages("started")
            length = started.limits.max_chunk_length + beyond
            update = streaming_pb2.SourceUpdate(sequence=sequence, committed=text * length)
            await _send(Request(source=update), call, journal)
        case {"await": condition}:
            await journal.seen.until(condition)
        case {"halfClose": True}:
            journal.entries.append(None)
            await call.done_writing()
        case {"disconnect": True}:
            call.cancel()
        case _:
            raise ValueError(f"unknown step {step}")


async def _send(request: Request, call: Any, journal: Journal) -> None:
    journal.entries.append(request)
    try:
        await call.write(request)
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
        # The server has ended the stream; reading tells how.
        journal.seen.is_over = True
