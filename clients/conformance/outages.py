"""Plays an outage: a server that fails or falls silent, and clients that have to get over it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import ParseDict
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from clients.conformance.driver import Driver
from clients.conformance.journal import FailedError, Response
from clients.conformance.library_stream import LibraryStream
from clients.conformance.proxy import Proxy
from clients.conformance.scripts import Outage
from translator.v1.translator_service_pb2_grpc import (
    TranslatorServiceServicer,
    add_TranslatorServiceServicer_to_server,
)

__all__ = ["play_outage", "status_of_failure"]

# Metadata entry that tells the clients apart.
_CLIENT = "conformance-client"
_OUTAGE_FACTOR = 6
# What a driver has told of a stream's end has come by then, in seconds.
_END_S = 1.0


@dataclass
class _Client:
    """What the server saw of one client: when its streams began and were broken, in seconds."""

    proxy: Proxy = field(default_factory=Proxy)
    begun: list[float] = field(default_factory=list)
    broken: list[float] = field(default_factory=list)


class _Server(TranslatorServiceServicer):
    def __init__(self, streams: Sequence[Mapping[str, Any]], clients: Sequence[_Client]) -> None:
        self._streams = streams
        self._clients = clients

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Its port."""
        server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
        add_TranslatorServiceServicer_to_server(self, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            yield port
        finally:
            await server.stop(None)

    async def StreamingTranslate(self, _: Any, context: Any) -> None:  # noqa: N802
        await context.read()
        clock = asyncio.get_running_loop().time
        client = self._clients[int(dict(context.invocation_metadata())[_CLIENT])]
        stream = self._streams[min(len(client.begun), len(self._streams) - 1)]
        client.begun.append(clock())
        for message in stream.get("say", ()):
            await context.write(ParseDict(message, Response()))
        if "say" in stream:
            # A status may overtake what was written before it.
            await asyncio.sleep(0.05)
        if "silent" in stream:
            client.proxy.silence()
            client.broken.append(clock())
            await asyncio.Event().wait()
        if "fail" in stream:
            client.broken.append(clock())
            status = status_of_failure(**stream["fail"])
            await context.abort_with_status(rpc_status.to_status(status))


async def play_outage(driver: Driver, outage: Outage, timeout_s: float) -> list[str]:
    """Play an outage with as many clients as it says; what is wrong.

    Args:
        driver: Of the library; all clients are its own.
        outage: The outage.
        timeout_s: As for a script, in seconds; an outage may take six times that.

    Raises:
        FailedError: It cannot go on.
    """
    clients = [_Client() for _ in range(outage.clients)]
    streams = [LibraryStream(driver, timeout_s) for _ in clients]
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(_Server(outage.streams, clients).serving())
        addresses = [await stack.enter_async_context(one.proxy.listening(port)) for one in clients]
        for stream in streams:
            stack.push_async_callback(stream.close)
        await asyncio.gather(
            *(
                _speak(stream, address, str(number), timeout_s * _OUTAGE_FACTOR)
                for number, (stream, address) in enumerate(zip(streams, addresses, strict=True))
            )
        )
    problems = [
        f"client {number}: {problem}"
        for number, stream in enumerate(streams)
        for problem in [*stream.problems, *_text_problems(stream, outage.expect["segments"])]
    ]
    for pause in outage.expect.get("pauses", ()):
        problems += _pause_problems(clients, **pause)
    return problems


async def _speak(stream: LibraryStream, address: str, number: str, timeout_s: float) -> None:
    await stream.open(address, {"source": "xx", "targets": ["yy"]}, {_CLIENT: number})
    seen = stream.journal.seen
    try:
        if not seen.is_over:
            await stream.ask("send", source={"committed": "Hello."})
            await stream.ask("end")
    except FailedError:
        # The server may be through before a client that makes no pauses is asked for the end.
        if not seen.is_over:
            await seen.change(_END_S)
        if not seen.is_over:
            raise
    await seen.until_over(timeout_s)
    if stream.journal.code is grpc.StatusCode.OK:
        await stream.check_state("yy")


def _text_problems(stream: LibraryStream, expected: Mapping[str, Any]) -> list[str]:
    journal = stream.journal
    if journal.code is not grpc.StatusCode.OK:
        return [f"expected the end with OK, got {journal.code}: {journal.status.message}"]
    problems = [
        f"segments of {target}: expected {texts}, got {given}"
        for target, texts in expected.items()
        if (given := list(journal.texts(target).values())) != texts
    ]
    if journal.seen.kinds[-1:] != ["report"]:
        problems.append(f"expected the report at the end, got {journal.seen.kinds[-1:]}")
    if not stream.attempts:
        problems.append("expected reconnecting, got none")
    return problems


def _pause_problems(
    clients: Sequence[_Client],
    before: int,
    atLeast: str = "0s",  # noqa: N803
    spread: str = "0s",
) -> list[str]:
    """What is wrong with the clients' pauses before their stream of this number."""
    if any(len(client.begun) < before for client in clients):
        return [f"stream {before}: a client never opened it"]
    problems = []
    pauses = sorted(one.begun[before - 1] - one.broken[before - 2] for one in clients)
    if pauses[0] < _seconds(atLeast):
        problems.append(f"stream {before}: expected after {atLeast}, got after {pauses[0]:.3f} s")
    middle = pauses[len(pauses) * 3 // 4] - pauses[len(pauses) // 4]
    if middle < _seconds(spread):
        problems.append(
            f"stream {before}: expected half of the clients to be spread over {spread}, "
            f"got {middle:.3f} s"
        )
    return problems


def status_of_failure(
    code: str,
    reason: str = "",
    retryDelay: str = "",  # noqa: N803
) -> status_pb2.Status:
    """The status that a server fails with."""
    status = status_pb2.Status(code=code_pb2.Code.Value(code), message=code)
    if reason:
        status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain="translator"))
    if retryDelay:
        delay = Duration()
        delay.FromJsonString(retryDelay)
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return status


def _seconds(text: str) -> float:
    return float(text.removesuffix("s"))
