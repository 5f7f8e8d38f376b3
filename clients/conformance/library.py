"""Plays scripts and calls through a client library's driver."""

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf.json_format import ParseDict

from clients.conformance.comparison import short, wire_problems
from clients.conformance.driver import CommandError, Driver
from clients.conformance.expectations import disappointments, is_part
from clients.conformance.journal import FailedError, Request, in_step
from clients.conformance.library_stream import LibraryStream
from clients.conformance.proxy import Relay
from clients.conformance.scripts import Call, Script
from clients.conformance.vocabulary import options_of, source_of

__all__ = ["play_call", "play_library"]

# What is the same over a connection that was cut.
_LASTING = {"status", "segments", "sources", "drafts", "alignments", "mediaTimes"}


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
        *wire_problems(stream, relay, relay_address),
    ]


async def play_call(driver: Driver, call: Call, address: str) -> list[str]:
    """Make a call that is not a stream; what is wrong with its answer.

    Raises:
        FailedError: The driver does not do it.
    """
    arguments = _repeated(dict(call.arguments))
    try:
        given = {"answer": await driver.ask(call.command, address=address, **arguments)}
    except CommandError as error:
        if not error.error:
            raise
        given = {"error": error.error}
    if is_part(call.expect, given):
        return []
    return [f"expected {short(call.expect)}, got {short(given)}"]


def _repeated(value: Any) -> Any:
    """Arguments with their ``{text, times}`` written out."""
    if isinstance(value, Mapping):
        if set(value) == {"text", "times"}:
            return value["text"] * value["times"]
        return {key: _repeated(each) for key, each in value.items()}
    return [_repeated(each) for each in value] if isinstance(value, list) else value


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
