"""Calls of every rpc, into the real service behind the real front; only the socket is left out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from tests.fuzz.choices import Choices
from tests.fuzz.messages import damaged, filled
from tests.server.wire import Exchange
from translator.config import Limits, ServerConfig
from translator.fronts.google.front import Google
from translator.fronts.grpc.servicer import TranslatorServicer
from translator.fronts.riva.front import Riva
from translator.fronts.rpc.front import RpcFront
from translator.fronts.rpc.interceptors import ErrorInterceptor
from translator.fronts.rpc.reading import Parsing
from translator.metrics import Metrics
from translator.server.app import SERVICE
from translator.testing import serve_in_process
from translator.v1 import batch_pb2, models_pb2, streaming_pb2, translate_pb2

__all__ = ["Calls", "calls"]

# So long one call may take: nothing that was found took a tenth of it.
TIMEOUT_S = 30.0
_MOST_MESSAGES = (1, 2, 3, 5, 8)
_BUGS = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN}


class _AbortedError(Exception):
    """How a call is ended with a status."""


class _Context:
    """A call as a handler of gRPC sees it."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self.answers: list[Any] = []
        self.code = grpc.StatusCode.OK
        self.details = ""
        self._requests = iter(requests)

    async def read(self) -> Any:
        for request in self._requests:
            # Every other message comes after the ones before had their turn.
            await asyncio.sleep(0)
            return request
        return grpc.aio.EOF  # type: ignore[attr-defined]

    async def write(self, answer: Message) -> None:
        self.answers.append(type(answer).FromString(answer.SerializeToString()))

    async def abort_with_status(self, status: Any) -> None:
        self.code, self.details = status.code, status.details
        raise _AbortedError

    def auth_context(self) -> dict[str, Any]:
        return {}

    def invocation_metadata(self) -> tuple[()]:
        return ()

    def peer(self) -> str:
        return "fuzz"

    def time_remaining(self) -> None:
        return None


class Calls:
    """A service in this process, and calls to it."""

    def __init__(self, servicer: TranslatorServicer, fronts: Sequence[RpcFront]) -> None:
        guard = ErrorInterceptor([SERVICE], Metrics(), Parsing())._guard
        self._fronts = {
            name: guard(handler.unary_unary)
            for front in fronts
            for name, handler in front._handlers.items()
        }
        self._handlers = {
            name: guard(getattr(servicer, name))
            for name in ("StreamingTranslate", "BatchTranslate", "Translate", "ListModels")
        }

    async def run(self, data: bytes) -> None:
        """Make the call that these bytes stand for.

        Raises:
            AssertionError: It ended in a way that is a bug.
            TimeoutError: It did not end.
        """
        choices = Choices(data)
        name, kind = choices.one_of(_RPCS)
        requests = _requests(name, kind, choices)
        context = _Context(requests)
        async with asyncio.timeout(TIMEOUT_S):
            try:
                if name in self._fronts:
                    await self._fronts[name](requests[0], context)
                elif name in ("StreamingTranslate", "BatchTranslate"):
                    await self._handlers[name](None, context)
                else:
                    await self._handlers[name](_Lazy(kind, requests[0]), context)
            except _AbortedError:
                pass
        assert context.code not in _BUGS, f"{name}: {context.code} {context.details}"
        if name == "StreamingTranslate":
            _check(context, kind.FromString(requests[0]) if context.answers else None)


class _Lazy:
    """A unary request that is read where the interceptor reads it."""

    def __new__(cls, kind: type[Message], data: bytes) -> Any:
        try:
            return kind.FromString(data)
        except Exception:
            return kind()


_OURS: tuple[tuple[str, type[Message]], ...] = (
    ("StreamingTranslate", streaming_pb2.StreamingTranslateRequest),
    ("StreamingTranslate", streaming_pb2.StreamingTranslateRequest),
    ("Translate", translate_pb2.TranslateRequest),
    ("BatchTranslate", batch_pb2.BatchTranslateRequest),
    ("ListModels", models_pb2.ListModelsRequest),
)
_RPCS = (
    *_OURS * 2,
    *(
        (f"/{front.descriptor.full_name}/{rpc.name}", GetMessageClass(rpc.input_type))
        for front in (Riva, Google)
        for rpc in front.descriptor.methods
    ),
)


def _requests(name: str, kind: type[Message], choices: Choices) -> list[bytes]:
    """What a client sends; mostly it begins as it should."""
    sent: list[bytes] = []
    is_stream = name in ("StreamingTranslate", "BatchTranslate")
    count = choices.one_of(_MOST_MESSAGES) if is_stream else 1
    for number in range(count):
        message: Any = filled(kind, choices)
        if is_stream and not choices.once_in(8):
            _make_likely(message, number, choices)
        sent.append(
            damaged(message, choices) if choices.once_in(10) else message.SerializeToString()
        )
    return sent


def _make_likely(message: Any, number: int, choices: Choices) -> None:
    """Put what a call begins with first, and let sequences grow."""
    if number == 0:
        message.config.CopyFrom(filled(type(message.config), choices, 1))
        return
    if message.HasField("config") and message.config.DESCRIPTOR.fields_by_name.get("resume"):
        message.config.ClearField("resume")
    for part in ("source", "flush"):
        if part in message.DESCRIPTOR.fields_by_name and message.HasField(part):
            getattr(message, part).sequence = number


def _check(context: _Context, first: Any) -> None:
    """Check what the contract promises of every stream."""
    if first is None or first.config.HasField("resume"):
        return
    exchange = Exchange(context.answers, context.code)
    updates = [answer.target for answer in context.answers if answer.HasField("target")]
    for target in {update.target_language_code for update in updates}:
        exchange.texts(target)
    if context.code is grpc.StatusCode.OK:
        closed = {(u.target_language_code, u.segment_id): u.segment_closed for u in updates}
        assert all(closed.values()), f"open at the end: {closed}"


@asynccontextmanager
async def calls() -> AsyncIterator[Calls]:
    """The service with the test kit's model."""
    limits = Limits(max_sessions=4096, max_batches=4096, max_translate_requests=4096)
    async with serve_in_process(ServerConfig(port=0, limits=limits)) as server:
        parsing = Parsing()
        fronts = [front(server.service, Metrics().fronts, parsing) for front in (Riva, Google)]
        yield Calls(TranslatorServicer(server.service, parsing), fronts)
