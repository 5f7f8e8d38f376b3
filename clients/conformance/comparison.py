"""Compares what a library tells and sends with what has passed on the wire."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict

from clients.conformance.expectations import is_part
from clients.conformance.invariants import broken_invariants
from clients.conformance.journal import Journal, Request, Response
from clients.conformance.library_stream import LibraryStream
from clients.conformance.proxy import Relay
from clients.conformance.vocabulary import error_facts

__all__ = ["short", "wire_problems"]


def wire_problems(stream: LibraryStream, relay: Relay, address: str) -> list[str]:
    """What is wrong with the events of a library, or with what it has sent.

    Args:
        stream: The library's; it is over.
        relay: What it was connected to.
        address: Of the relay, as the library was given it.
    """
    return [
        *_event_problems(stream, relay),
        *_connection_problems(stream, relay),
        *_attempt_problems(stream, relay, address),
    ]


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


def _connection_problems(stream: LibraryStream, relay: Relay) -> Iterator[str]:
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
    # A refused config is not in force, and may be sent again while its answer has not come.
    if not stream.journal.messages("warning"):
        one, other = (_last_config(journal) for journal in (stream.journal, relay.journals[-1]))
        if not is_part(one, other):
            yield f"last config of the last connection: expected {short(one)}, got {short(other)}"
    if len(relay.journals) == 1:
        yield from _request_problems(stream.journal, relay.journals[0])


def _request_problems(script: Journal, wire: Journal) -> Iterator[str]:
    """Whether each request says what the script says; it may say more."""
    sent = [request for request in wire.sent if not request.HasField("ack")]
    for number, (expected, given) in enumerate(zip(script.sent, sent, strict=False), 1):
        one, other = _content(expected), _content(given)
        if not is_part(one, other):
            yield f"request {number}: expected at least {short(one)}, got {short(other)}"
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
            yield f"reconnecting: expected {expected}, a cause and a waitMs, got {short(event)}"


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


def _last_config(journal: Journal) -> Any:
    return [MessageToDict(each.config) for each in journal.sent if each.HasField("config")][-1]


def _difference(expected: Any, given: Any, path: str = "message") -> str:
    """The first part that differs."""
    if isinstance(expected, dict) and isinstance(given, dict):
        for key in (*expected, *given):
            if expected.get(key) != given.get(key):
                return _difference(expected.get(key), given.get(key), key)
    return f"{path}: expected {short(expected)}, got {short(given)}"


def short(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    told = json.dumps(value, ensure_ascii=False, default=str)
    return told if len(told) <= 2000 else f"{told[:2000]}…"
