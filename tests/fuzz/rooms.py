"""Calls of the rpcs of captions, into real rooms; only the socket is left out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import grpc
from google.protobuf.message import Message

from tests.fuzz.choices import Choices
from tests.fuzz.messages import damaged, filled
from tests.server.gateways import ROOM, Gateway, gateway
from translator.captions.audience import RoomLimits
from translator.captions.events import ORIGINAL
from translator.captions.links import Role
from translator.captions.rpc import _guarded, _Servicer
from translator.captions.v1 import captions_pb2
from translator.testing import serve_in_process

__all__ = ["Rooms", "rooms"]

# So long one call may take: what a speaker says has become captions in a tenth of it.
TIMEOUT_S = 30.0
# A reader reads for so long, and then goes.
_READ_S = 0.02
_MOST_MESSAGES = (1, 2, 3, 5, 8)
_LANGUAGES = ["yy", "zz", "xx", "de", ORIGINAL]
_BUGS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}


class _AbortedError(Exception):
    """How a call is ended with a status."""


class _Context:
    """A call as a handler of gRPC sees it."""

    def __init__(self, requests: Sequence[bytes], key: str) -> None:
        self.code = grpc.StatusCode.OK
        self.details = ""
        self._requests = iter(requests)
        self._key = key

    async def read(self) -> Any:
        await asyncio.sleep(0)
        return next(self._requests, grpc.aio.EOF)  # type: ignore[attr-defined]

    async def write(self, answer: bytes) -> None:
        captions_pb2.SubscribeResponse.FromString(answer)

    async def abort(self, code: grpc.StatusCode, details: str) -> None:
        self.code, self.details = code, details
        raise _AbortedError

    async def abort_with_status(self, status: Any) -> None:
        await self.abort(status.code, status.details)

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self._key}"),)


_RPCS: tuple[tuple[str, type[Message], Role], ...] = (
    ("publish", captions_pb2.PublishRequest, Role.SPEAK),
    ("publish", captions_pb2.PublishRequest, Role.SPEAK),
    ("publish", captions_pb2.PublishRequest, Role.SPEAK),
    ("subscribe", captions_pb2.SubscribeRequest, Role.OPERATE),
    ("transcript", captions_pb2.GetTranscriptRequest, Role.VIEW),
    ("status", captions_pb2.GetRoomRequest, Role.OPERATE),
    ("switch_sink", captions_pb2.SwitchSinkRequest, Role.OPERATE),
    ("create", captions_pb2.CreateRoomRequest, Role.OPERATE),
)


class Rooms:
    """A gateway in this process, and calls to it."""

    def __init__(self, running: Gateway) -> None:
        servicer = _Servicer(running.hall, running.links, 256)
        self._handlers = {name: _guarded(getattr(servicer, f"_{name}")) for name, _, _ in _RPCS}
        self._links = running.links

    async def run(self, data: bytes) -> None:
        """Make the call that these bytes stand for.

        Raises:
            AssertionError: It ended in a way that is a bug.
            TimeoutError: It did not end.
        """
        choices = Choices(data)
        name, kind, role = choices.one_of(_RPCS)
        requests = _requests(name, kind, choices)
        room = "*" if name == "create" else ROOM
        key = "" if choices.once_in(16) else self._links.key(room, role)
        context = _Context(requests, key)
        with suppress(_AbortedError):
            if name == "publish":
                async with asyncio.timeout(TIMEOUT_S):
                    await self._handlers[name](None, context)
            elif name == "subscribe":
                reading = asyncio.ensure_future(self._handlers[name](requests[0], context))
                await asyncio.wait({reading}, timeout=_READ_S)
                reading.cancel()
                with suppress(asyncio.CancelledError):
                    await reading
            else:
                async with asyncio.timeout(TIMEOUT_S):
                    answer = await self._handlers[name](requests[0], context)
                assert isinstance(answer, bytes)
        assert context.code not in _BUGS, f"{name}: {context.code} {context.details}"


def _requests(name: str, kind: type[Message], choices: Choices) -> list[bytes]:
    """What a client sends; mostly it begins as it should."""
    sent: list[bytes] = []
    said = 0
    for number in range(choices.one_of(_MOST_MESSAGES) if name == "publish" else 1):
        message: Any = filled(kind, choices)
        if name != "publish":
            _make_likely(message, choices)
        elif not choices.once_in(8):
            if number == 0:
                message.opening.room_id = ROOM
                message.opening.ClearField("key")
                message.opening.publisher_id = choices.one_of(["publisher1", "publisher2", "x"])
                message.opening.settings.language_code = "xx"
                message.opening.position = said
            elif message.HasField("source"):
                message.source.position = said
                said += len(message.source.committed)
        sent.append(
            damaged(message, choices) if choices.once_in(10) else message.SerializeToString()
        )
    return sent


def _make_likely(message: Any, choices: Choices) -> None:
    """Name the room that there is, and languages that it may have."""
    fields = message.DESCRIPTOR.fields_by_name
    for field, likely in (("room_id", [ROOM]), ("language_code", _LANGUAGES)):
        if field in fields and not choices.once_in(8):
            setattr(message, field, choices.one_of(likely))
    if "language_codes" in fields and not choices.once_in(8):
        message.language_codes[:] = [choices.one_of(_LANGUAGES)]
        message.added_language_codes[:] = message.language_codes[: choices.below(2)]


@asynccontextmanager
async def rooms() -> AsyncIterator[Rooms]:
    """A gateway of a server with the test kit's model."""
    limits = RoomLimits(linger_s=0.2)
    async with serve_in_process() as server, gateway(server.address, limits=limits) as running:
        yield Rooms(running)
