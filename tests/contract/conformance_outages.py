"""The outages of clients/conformance, and playing them through translator.client.

The README there says what an outage may hold and what has to come of it.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.json_format import ParseDict

from tests.contract.conformance import Response
from tests.contract.cutting_proxy import Proxy
from tests.contract.scripted_server import ScriptedCall, serve
from translator.client import AsyncTranslatorClient, Report

OUTAGES = Path(__file__).parents[2] / "clients" / "conformance" / "outages"
TIMEOUT_S = 60.0

# Of the client that makes a call.
_CLIENT = "conformance-client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One file; keys that are not known are refused."""

    name: str
    description: str
    clients: int
    streams: Sequence[Mapping[str, Any]]
    expect: Mapping[str, Any]

    def __post_init__(self) -> None:
        for stream in self.streams:
            assert set(stream) <= {"say", "fail", "silent"}, self.name
        assert set(self.expect) <= {"segments", "pauses"}, self.name


def load_outages() -> list[Outage]:
    """All outages, by name."""
    return [Outage(**json.loads(path.read_text("utf-8"))) for path in sorted(OUTAGES.iterdir())]


@dataclass
class _Seen:
    """What the server saw of one client: when its streams began and were broken, in seconds."""

    proxy: Proxy = field(default_factory=Proxy)
    begun: list[float] = field(default_factory=list)
    broken: list[float] = field(default_factory=list)


async def play_outage(outage: Outage) -> list[str]:
    """Play an outage with as many clients as it says; what is wrong."""
    seen = [_Seen() for _ in range(outage.clients)]
    clock = asyncio.get_running_loop().time

    async def play(call: ScriptedCall) -> None:
        await call.read()
        client = seen[int(dict(call.context.invocation_metadata() or ())[_CLIENT])]
        stream = outage.streams[min(len(client.begun), len(outage.streams) - 1)]
        client.begun.append(clock())
        for message in stream.get("say", ()):
            await call.send(ParseDict(message, Response()))
        if "say" in stream:
            # A status may overtake what was written before it.
            await asyncio.sleep(0.05)
        if "silent" in stream:
            client.proxy.silence()
            client.broken.append(clock())
            await call.read_to_end()
            await asyncio.Event().wait()
        if "fail" in stream:
            client.broken.append(clock())
            await _fail(call, **stream["fail"])

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serve(play))
        port = int(server.address.rpartition(":")[2])
        addresses = [await stack.enter_async_context(one.proxy.listening(port)) for one in seen]
        async with asyncio.timeout(TIMEOUT_S):
            texts = await asyncio.gather(
                *(_speak(str(index), address) for index, address in enumerate(addresses))
            )
    expected = {target: "\n".join(each) for target, each in outage.expect["segments"].items()}
    problems = [f"{text} instead of {expected}" for text in texts if text != expected]
    for pause in outage.expect.get("pauses", ()):
        problems += _judge(seen, **pause)
    return problems


async def _speak(name: str, address: str) -> dict[str, str]:
    async with (
        AsyncTranslatorClient(address, metadata=[(_CLIENT, name)]) as client,
        client.stream(source="xx", targets=["yy"]) as stream,
    ):
        await stream.send("Hello.")
        await stream.close_source()
        events = [event async for event in stream]
        assert isinstance(events[-1], Report)
        return {"yy": stream.transcript("yy", "\n")}


async def _fail(call: ScriptedCall, code: str, reason: str = "", retryDelay: str = "") -> None:  # noqa: N803
    retry_after_s = _seconds(retryDelay) if retryDelay else None
    await call.abort(grpc.StatusCode[code], reason, retry_after_s=retry_after_s)


def _judge(seen: list[_Seen], before: int, atLeast: str = "0s", spread: str = "0s") -> list[str]:  # noqa: N803
    """What is wrong with the clients' pauses before their stream of this number."""
    problems = []
    pauses = sorted(one.begun[before - 1] - one.broken[before - 2] for one in seen)
    if pauses[0] < _seconds(atLeast):
        problems.append(f"stream {before} came after {pauses[0]:.3f} s, before {atLeast}")
    middle = pauses[len(pauses) * 3 // 4] - pauses[len(pauses) // 4]
    if middle < _seconds(spread):
        problems.append(f"stream {before}: half of the clients came within {middle:.3f} s")
    return problems


def _seconds(text: str) -> float:
    return float(text.removesuffix("s"))
