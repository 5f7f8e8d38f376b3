"""Plays a gateway of captions: what a library reads and says, over calls that break."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from grpc_status import rpc_status

from clients.conformance.comparison import short
from clients.conformance.driver import CommandError, Driver
from clients.conformance.expectations import is_part
from clients.conformance.outages import status_of_failure
from clients.conformance.proxy import Proxy
from clients.conformance.scripts import RoomCase
from translator.captions.v1 import captions_pb2 as pb
from translator.captions.v1.captions_pb2_grpc import (
    CaptionsServiceServicer,
    add_CaptionsServiceServicer_to_server,
)

__all__ = ["play_room"]

_ROOM = {"roomId": "harbour", "key": "key-of-harbour"}


async def play_room(driver: Driver, case: RoomCase) -> list[str]:
    """Have a library read or speak at a gateway that does as the file says; what is wrong.

    Raises:
        FailedError: The driver does not do it.
    """
    gateway = _Gateway(case.calls)
    answer: Mapping[str, Any] = {}
    async with gateway.serving() as port, gateway.proxy.listening(port) as address:
        try:
            answer = await driver.ask(case.command, address=address, room=_ROOM, **case.arguments)
        except CommandError as error:
            if not error.error or "error" not in case.expect:
                raise
            answer = {"error": error.error}
    expect = dict(case.expect)
    given = {"requests": gateway.requests, "text": gateway.text, **answer}
    problems = gateway.problems
    for name, value in expect.items():
        if name not in given or not is_part(value, given[name]):
            problems.append(f"{name}: expected {short(value)}, got {short(given.get(name))}")
    return problems


class _Gateway(CaptionsServiceServicer):
    """Does what each call says, and notes what a client does wrong.

    Attributes:
        text: The source as it came, each code point once.
    """

    def __init__(self, calls: Sequence[Mapping[str, Any]]) -> None:
        self.problems: list[str] = []
        self.requests: list[dict[str, Any]] = []
        self.text = ""
        self.proxy = Proxy()
        self._calls = calls

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Its port."""
        server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
        add_CaptionsServiceServicer_to_server(self, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            yield port
        finally:
            await server.stop(None)

    def _begin(self, context: Any, request: Any) -> Mapping[str, Any]:
        script = self._calls[min(len(self.requests), len(self._calls) - 1)]
        self.requests.append(MessageToDict(request))
        told = dict(context.invocation_metadata()).get("authorization")
        if told != f"Bearer {_ROOM['key']}":
            self.problems.append(f"expected the key of the link in the metadata, got {told!r}")
        return script

    async def _end(self, context: Any, script: Mapping[str, Any]) -> None:
        # A status may overtake what was written before it.
        await asyncio.sleep(0.05)
        if "cut" in script:
            self.proxy.cut()
        elif "fail" in script:
            status = status_of_failure(**script["fail"])
            await context.abort_with_status(rpc_status.to_status(status))

    async def Subscribe(self, request: pb.SubscribeRequest, context: Any) -> None:  # noqa: N802
        script = self._begin(context, request)
        for event in script.get("say", ()):
            await context.write(ParseDict({"event": event}, pb.SubscribeResponse()))
        await self._end(context, script)

    async def CreateRoom(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._operate(request, context, pb.CreateRoomResponse())

    async def GetRoom(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._operate(request, context, pb.GetRoomResponse())

    async def SwitchSink(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._operate(request, context, pb.SwitchSinkResponse())

    async def _operate(self, request: Any, context: Any, response: Any) -> Any:
        script = self._begin(context, request)
        await self._end(context, script)
        return ParseDict(script["answer"], response)

    async def Publish(self, _: Any, context: Any) -> None:  # noqa: N802
        first = await context.read()
        script = self._begin(context, first.opening)
        if script.get("anew"):
            # Another gateway: it has heard nothing.
            self.text = self.text[: first.opening.position]
        if "refuse" not in script:
            opened = pb.Opened(epoch="aaaa", position=len(self.text), language_codes=["xx"])
            await context.write(pb.PublishResponse(opened=opened))
        left = script.get("take", -1)
        while left and (request := await context.read()) is not grpc.aio.EOF:
            if request.WhichOneof("request") == "source":
                self._hear(request.source)
                left -= 1
        for answer in script.get("say", ()):
            await context.write(ParseDict(answer, pb.PublishResponse()))
        if "take" in script:
            await self._end(context, script)
        else:
            progress = pb.Progress(position=len(self.text), num_viewers=3)
            await context.write(pb.PublishResponse(progress=progress))

    def _hear(self, source: pb.SourceText) -> None:
        known = self.text[source.position :]
        if source.position > len(self.text):
            self.problems.append(f"source begins at {source.position}, after {len(self.text)}")
        elif not (known.startswith(source.committed) or source.committed.startswith(known)):
            self.problems.append(f"source at {source.position} is another one than before")
        else:
            self.text += source.committed[len(known) :]
