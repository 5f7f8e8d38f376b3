"""Plays a script through a client library's driver, and compares what it tells with the wire."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from google.rpc import status_pb2

from clients.conformance.driver import CommandError, Driver
from clients.conformance.expectations import disappointments, is_part
from clients.conformance.invariants import broken_invariants
from clients.conformance.journal import FailedError, Journal, Request, Response, in_step
from clients.conformance.proxy import Relay
from clients.conformance.scripts import Call, Script
from clients.conformance.vocabulary import (
    error_facts,
    options_of,
    response_of,
    source_of,
    status_of_error,
)

__all__ = ["LibraryStream", "play_call", "play_library"]

# What is the same over a connection that was cut.
_LASTING = {"status", "segments", "sources", "drafts", "alignments", "mediaTimes"}
# How long a library may tell other texts than its last event, in seconds.
_STATE_TIMEOUT_S = 2.0


class LibraryStream:
    """One stream of a client library, and all that its driver has told of it.

    Attributes:
        journal: What the library was told to send, and its events as messages.
        restarts: The ``resumed`` of each ``started``.
        attempts: All ``reconnecting`` events.
        problems: What is wrong with single events.
    """

    def __init__(self, driver: Driver, timeout_s: float) -> None:
        self.journal = Journal()
        self.restarts: list[bool] = []
        self.attempts: list[Mapping[str, Any]] = []
        self.problems: list[str] = []
        self._drafts: dict[str, str] = {}
        self._is_closed = False
        self._asking = asyncio.Lock()
        self._driver = driver
        self._timeout_s = timeout_s
        self._id = driver.new_id(self._take)

    @property
    def num_updates(self) -> int:
        """Updates that have come."""
        return self.journal.seen.kinds.count("target")

    @property
    def targets(self) -> set[str]:
        """Targets of which an update has come."""
        return set(self._drafts)

    async def open(
        self,
        address: str,
        options: Mapping[str, Any],
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Open it; an error of the server is the end of the stream.

        Raises:
            CommandError: The client itself cannot open it.
        """
        try:
            await self.ask("open", address=address, options=options, metadata=metadata or {})
        except CommandError as error:
            if not error.error.get("code"):
                raise
            self._end(error.error)

    async def ask(self, command: str, **arguments: Any) -> Mapping[str, Any]:
        """Have the driver carry out a command on this stream, one after the other."""
        async with self._asking:
            return await self._driver.ask(command, self._id, **arguments)

    async def close(self) -> None:
        """Give the stream up, unless it is over, and its connection. Safe to call twice."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            if self._driver.failure is None:
                await self.ask("close")
        except FailedError as error:
            self.problems.append(str(error))
        finally:
            self._driver.forget(self._id)
        if not self.journal.seen.is_over:
            self._finish(grpc.StatusCode.CANCELLED)

    async def check_state(self, target: str) -> None:
        """Whether the library's own texts become those that its events add up to."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + _STATE_TIMEOUT_S
        while True:
            given = await self.ask("state", target=target)
            texts = [text for text in self.journal.texts(target).values() if text]
            expected = {
                "transcript": _joined(texts),
                "draft": self._drafts.get(target, ""),
                "segments": texts,
            }
            wrong = {key: each for key, each in expected.items() if given.get(key, texts) != each}
            if not wrong:
                return
            if loop.time() > give_up_at:
                self.problems += [
                    f"state of {target}, {key}: expected {each!r}, got {given.get(key)!r}"
                    for key, each in wrong.items()
                ]
                return
            # It may be ahead of what has been read.
            await self.journal.seen.change(0.1)

    def _take(self, event: Mapping[str, Any] | FailedError) -> None:
        if isinstance(event, FailedError):
            self.journal.seen.failure = event
            self.journal.seen.changed()
            return
        match event["event"]:
            case "started" | "update" | "heartbeat" | "warning" | "report":
                self._receive(event, response_of(event))
            case "reconnecting":
                self.attempts.append(event)
            case "connecting":
                pass
            case "end":
                self._finish(grpc.StatusCode.CANCELLED if self._is_closed else grpc.StatusCode.OK)
            case "error":
                self._end(event.get("error", {}))
            case unknown:
                raise FailedError(f"there is no event {unknown!r}")

    def _receive(self, event: Mapping[str, Any], response: Response) -> None:
        if response.HasField("started"):
            self.restarts.append(event["resumed"])
            if event["resumed"]:
                self._drafts = dict.fromkeys(self._drafts, "")
                self.journal.void_drafts()
        self.journal.receive(response)
        if response.HasField("target"):
            update = response.target
            target = update.target_language_code
            self._drafts[target] = update.draft
            text = self.journal.texts(target)[update.segment_id]
            if event["text"] != text:
                self.problems.append(
                    f"update {self.num_updates}: expected the text {text!r}, got {event['text']!r}"
                )

    def _end(self, error: Mapping[str, Any]) -> None:
        status = status_of_error(error)
        self._finish(grpc.StatusCode[error["code"]], status)

    def _finish(self, code: grpc.StatusCode, status: status_pb2.Status | None = None) -> None:
        self.journal.finish(code, status or status_pb2.Status())


async def play_library(
    driver: Driver, script: Script, address: str, timeout_s: float, cut_after: int = 0
) -> list[str]:
    """Play a script through a library; what is wrong.

    Args:
        driver: Of the library.
        script: One that suits libraries.
        address: Of the server.
        timeout_s: Longest time for an ``await``, and for the end, in seconds.
        cut_after: Cut the connection after so many updates; 0: not at all.

    Raises:
        FailedError: The run cannot go on.
    """
    relay = Relay(address, cut_after)
    async with relay.listening() as relay_address:
        stream = LibraryStream(driver, timeout_s)
        cutting = asyncio.create_task(_cut(relay, stream, cut_after))
        try:
            await _play(script, stream, relay_address, timeout_s)
        finally:
            cutting.cancel()
            await asyncio.gather(cutting, return_exceptions=True)
            await stream.close()
    # Drafts, and what is counted, depend on when the connection was cut.
    expect = {
        name: value
        for name, value in {"warnings": [], **script.expect}.items()
        if not relay.is_held_up or name in _LASTING
    }
    return [
        *stream.problems,
        *disappointments({"warnings": "any", **expect}, stream.journal),
        *_event_problems(stream, relay),
        *_wire_problems(stream, relay),
        *_attempt_problems(stream, relay, relay_address),
    ]


async def play_call(driver: Driver, call: Call, address: str) -> list[str]:
    """Make a call that is not a stream; what is wrong with its answer.

    Raises:
        FailedError: The driver does not do it.
    """
    arguments = dict(call.arguments)
    if "texts" in arguments:
        arguments["texts"] = [
            text if isinstance(text, str) else text["text"] * text["times"]
            for text in arguments["texts"]
        ]
    try:
        given = {"answer": await driver.ask(call.command, address=address, **arguments)}
    except CommandError as error:
        if not error.error:
            raise
        given = {"error": error.error}
    if is_part(call.expect, given):
        return []
    return [f"expected {_short(call.expect)}, got {_short(given)}"]


async def _cut(relay: Relay, stream: LibraryStream, cut_after: int) -> None:
    """Cut the connection after so many updates, and look at what the library makes of it."""
    seen = stream.journal.seen
    while not cut_after or stream.num_updates < cut_after:
        await seen.change(60.0)
    num_started = seen.kinds.count("started")
    relay.cut()
    while seen.kinds.count("started") == num_started:
        await seen.change(60.0)
    try:
        for target in stream.targets:
            await stream.check_state(target)
    except FailedError as error:
        stream.problems.append(f"after the resume: {error}")
    finally:
        relay.go_on()


async def _play(script: Script, stream: LibraryStream, address: str, timeout_s: float) -> None:
    seen = stream.journal.seen
    for number, step in enumerate(script.steps, 1):
        if seen.is_over:
            break
        with in_step(number, step):
            try:
                await _play_step(step, stream, address, timeout_s)
            except CommandError as error:
                if not error.error:
                    raise
                # The stream may have ended just now; then it tells.
                await seen.change(1.0)
                if not seen.is_over:
                    raise
    await seen.until_over(timeout_s)
    if stream.journal.code is grpc.StatusCode.OK:
        for target in script.expect.get("segments", ()):
            await stream.check_state(target)


async def _play_step(
    step: Mapping[str, Any], stream: LibraryStream, address: str, timeout_s: float
) -> None:
    match step:
        case {"send": {"ack": _}}:
            return  # The library does it.
        case {"send": message}:
            request = ParseDict(message, Request())
            is_opening = not stream.journal.entries
            stream.journal.entries.append(request)
            if request.HasField("config") and is_opening:
                await stream.open(address, options_of(request.config))
            elif request.HasField("config"):
                await stream.ask("reconfigure", options=options_of(request.config))
            elif request.HasField("source"):
                await stream.ask("send", source=source_of(request.source))
            else:
                await stream.ask("flush")
        case {"await": condition}:
            await stream.journal.seen.until(condition, timeout_s)
            if "shown" in condition:
                await stream.check_state(condition["shown"]["target"])
        case {"halfClose": True}:
            stream.journal.entries.append(None)
            await stream.ask("end")
        case {"disconnect": True}:
            await stream.close()
        case _:
            raise ValueError(f"not for libraries: {step}")


def _event_problems(stream: LibraryStream, relay: Relay) -> Iterator[str]:
    """Whether the events are the messages that have come, in order, but for ``go_away``."""
    passed = [
        response
        for journal in relay.journals
        for response in journal.received
        if not response.HasField("go_away")
    ]
    told = stream.journal.received
    if stream.journal.code is grpc.StatusCode.CANCELLED:
        passed = passed[: len(told)]
    for number, (expected, given) in enumerate(zip(passed, told, strict=False), 1):
        if (one := _facts(expected)) != (other := _facts(given)):
            yield f"event {number}, {_difference(one, other)}"
            return
    if len(passed) != len(told):
        yield f"{len(passed)} messages have come, expected as many events, got {len(told)}"
    expected_restarts = [
        connection > 0 and number == 0
        for connection, journal in enumerate(relay.journals)
        for number, _ in enumerate(journal.messages("started"))
    ]
    if stream.restarts[: len(expected_restarts)] != expected_restarts[: len(stream.restarts)]:
        yield f"resumed of each started: expected {expected_restarts}, got {stream.restarts}"


def _wire_problems(stream: LibraryStream, relay: Relay) -> Iterator[str]:
    """Whether what the library sent is right, on each connection."""
    for number, journal in enumerate(relay.journals, 1):
        before = relay.journals[: number - 1]
        for problem in (*broken_invariants(journal), *_resume_problems(journal, before)):
            yield f"connection {number}: {problem}"
    if stream.journal.code is not grpc.StatusCode.OK:
        return
    start, source = relay.journals[-1].source
    expected = stream.journal.source[1][start:]
    if source != expected:
        yield f"source sent on the last connection: expected {expected!r}, got {source!r}"
    if len(relay.journals) == 1:
        yield from _request_problems(stream.journal, relay.journals[0])


def _request_problems(script: Journal, wire: Journal) -> Iterator[str]:
    """Whether each request says what the script says; it may say more."""
    sent = [request for request in wire.sent if not request.HasField("ack")]
    for number, (expected, given) in enumerate(zip(script.sent, sent, strict=False), 1):
        one, other = _content(expected), _content(given)
        if not is_part(one, other):
            yield f"request {number}: expected at least {_short(one)}, got {_short(other)}"
    if len(sent) != len(script.sent):
        yield f"expected {len(script.sent)} requests, got {len(sent)}"


def _resume_problems(journal: Journal, before: list[Journal]) -> Iterator[str]:
    """Whether a ResumeState goes on where the connections before broke off."""
    started = [message for each in before for message in each.messages("started")]
    if not started:
        return
    updates = [update for each in before for update in each.messages("target")]
    session_id = journal.sent[0].config.resume.session_id if journal.sent else ""
    if session_id != started[0].session_id:
        yield f"resume: expected the session {started[0].session_id}, got {session_id!r}"
    for resumed in journal.resumed:
        target = resumed.target_language_code
        own = [update for update in updates if update.target_language_code == target]
        if not own:
            continue
        segment = own[-1].segment_id + own[-1].segment_closed
        text = "".join(update.committed for update in own if update.segment_id == segment)
        starts = {each.segment_source_start for each in updates if each.segment_id == segment}
        if own[-1].segment_closed:
            starts.add(own[-1].segment_source_start + own[-1].source_committed_length)
        for name, expected, given in (
            ("revision", {own[-1].revision}, resumed.revision),
            ("segment_id", {segment}, resumed.segment_id),
            ("target_committed", {text}, resumed.target_committed),
            ("segment_source_start", starts, resumed.segment_source_start),
        ):
            if given not in expected:
                told = " or ".join(map(repr, sorted(expected)))
                yield f"resume of {target}, {name}: expected {told}, got {given!r}"


def _attempt_problems(stream: LibraryStream, relay: Relay, address: str) -> Iterator[str]:
    """Whether each attempt to go on was told, and no other."""
    if bool(stream.attempts) is not relay.is_held_up:
        yield (
            f"the connection was {'' if relay.is_held_up else 'not '}cut, and the library told "
            + (f"{len(stream.attempts)} attempts to connect again")
        )
    for number, event in enumerate(stream.attempts, 1):
        cause = event.get("cause", {})
        expected = {"address": address, "attempt": number}
        if not is_part(expected, event) or not cause.get("code") or event.get("waitMs", -1) < 0:
            yield f"reconnecting: expected {expected}, a cause and a waitMs, got {_short(event)}"


def _facts(response: Response) -> Any:
    """A message as it is compared; of errors only what is for programs."""
    if response.HasField("warning"):
        return {"warning": error_facts(response.warning)}
    return MessageToDict(response)


def _content(request: Request) -> Any:
    """A request without its sequence, which is the library's."""
    content = MessageToDict(request)
    for message in content.values():
        message.pop("sequence", None)
    return content


def _joined(texts: list[str]) -> str:
    """Texts of segments with line ends between them, where there is no white space."""
    transcript = ""
    for text in texts:
        if transcript and not (transcript[-1].isspace() or text[0].isspace()):
            transcript += "\n"
        transcript += text
    return transcript


def _difference(expected: Any, given: Any, path: str = "message") -> str:
    """The first part that differs."""
    if isinstance(expected, dict) and isinstance(given, dict):
        for key in (*expected, *given):
            if expected.get(key) != given.get(key):
                return _difference(expected.get(key), given.get(key), key)
    return f"{path}: expected {_short(expected)}, got {_short(given)}"


def _short(value: Any) -> str:
    told = json.dumps(value, ensure_ascii=False, default=str)
    return told if len(told) <= 2000 else f"{told[:2000]}…"
