"""What was sent and what has come on one stream, and waiting for what is still to come."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import status_pb2

from translator.v1 import streaming_pb2

__all__ = ["FailedError", "Journal", "Request", "Response", "Seen", "in_step"]

Request = streaming_pb2.StreamingTranslateRequest
Response = streaming_pb2.StreamingTranslateResponse


class FailedError(Exception):
    """A run cannot go on; the message says why, for whoever writes the client."""


@contextmanager
def in_step(number: int, step: Mapping[str, Any]) -> Iterator[None]:
    """Say of a failure in which step it was; steps are counted from 1."""
    try:
        yield
    except FailedError as error:
        told = json.dumps(step, ensure_ascii=False)
        raise type(error)(f"step {number}, {told}: {error}") from None


@dataclass
class Seen:
    """What has come of a stream, as far as an ``await`` step looks at it.

    Attributes:
        kinds: Of all messages, as proto3 JSON names them.
        closed: Target and id of each segment that is closed.
        shown: What a reader sees of a segment: its committed text and, after it, the draft.
        is_over: Whether the stream has ended.
        failure: Why nothing more comes, if that is not the stream's end.
    """

    kinds: list[str] = field(default_factory=list)
    closed: set[tuple[str, int]] = field(default_factory=set)
    shown: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    is_over: bool = False
    failure: FailedError | None = None
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

    async def until(self, condition: Mapping[str, Any], timeout_s: float) -> None:
        """Wait for a condition.

        Raises:
            FailedError: The stream ended before it, or it took too long.
        """
        await self._wait(lambda: self.has(condition), timeout_s, self._nearest(condition))
        if not self.has(condition):
            raise FailedError(f"the stream ended before it; {self._nearest(condition)}")

    async def until_over(self, timeout_s: float) -> None:
        """Wait for the end of the stream; FailedError when that takes too long."""
        await self._wait(lambda: False, timeout_s, "the stream has not ended")

    async def change(self, timeout_s: float) -> None:
        """Wait until something happens, but not for long."""
        self._changed.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _wait(self, is_met: Callable[[], bool], timeout_s: float, otherwise: str) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not is_met():
                    if self.failure is not None:
                        raise self.failure
                    if self.is_over:
                        return
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise FailedError(f"{timeout_s:g} s have passed; {otherwise}") from None

    def _nearest(self, condition: Mapping[str, Any]) -> str:
        """What there is instead of what a condition waits for."""
        match condition:
            case {"shown": {"target": target, "segmentId": segment}}:
                shown = self.shown.get((target, segment))
                text = None if shown is None else "".join(shown)
                return f"shown is {json.dumps(text, ensure_ascii=False)}"
        return f"these messages have come: {' '.join(self.kinds) or 'none'}"


@dataclass
class Journal:
    """What was sent and what has come on one stream, in order; None is the half-close.

    Attributes:
        code: How the stream ended; None where it was left before.
        status: What the server said of the end.
    """

    entries: list[Request | Response | None] = field(default_factory=list)
    code: grpc.StatusCode | None = None
    status: status_pb2.Status = field(default_factory=status_pb2.Status)
    seen: Seen = field(default_factory=Seen)

    @property
    def sent(self) -> list[Request]:
        """All requests."""
        return [entry for entry in self.entries if isinstance(entry, Request)]

    @property
    def received(self) -> list[Response]:
        """All responses."""
        return [entry for entry in self.entries if isinstance(entry, Response)]

    @property
    def resumed(self) -> Sequence[streaming_pb2.ResumedTarget]:
        """What the ResumeState says, if there is one."""
        return self.sent[0].config.resume.targets if self.sent else []

    @property
    def source(self) -> tuple[int, str]:
        """All committed source that was sent or given, and how many code points are before it."""
        start = min((target.segment_source_start for target in self.resumed), default=0)
        text = "".join(target.source_committed for target in self.resumed[:1])
        return start, text + "".join(request.source.committed for request in self.sent)

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

    def void_drafts(self) -> None:
        """Forget the drafts, which a new connection knows nothing of."""
        self.seen.shown = {key: (text, "") for key, (text, _) in self.seen.shown.items()}

    def finish(self, code: grpc.StatusCode, status: status_pb2.Status) -> None:
        """Write down how the stream ended."""
        self.code, self.status = code, status
        self.seen.is_over = True
        self.seen.changed()
