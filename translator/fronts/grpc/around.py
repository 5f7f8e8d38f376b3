"""What guards the services around ours: health, reflection and channelz."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from translator.access.caller import Role, Visitor, secrets_of
from translator.access.gate import Gate
from translator.errors import OverloadedError, TranslatorError
from translator.status import from_error, to_grpc

__all__ = ["AroundInterceptor"]

_Handler = Any  # As in interceptors.py.

# Watches of health and streams of reflection at once, of all hosts and of each: those of one leave
# room for others.
_MAX_STREAMS = 1024
_MAX_STREAMS_OF_HOST = 256


class AroundInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Bounds the streams of other services, and answers what cannot be read with a status.

    Args:
        gate: Knows who may.
        keyed: Beginnings of methods that take a caller with the role ``admin``, such as
            ``/grpc.reflection``; everyone may call others.
    """

    def __init__(self, gate: Gate, keyed: tuple[str, ...] = ()) -> None:
        self._gate = gate
        self._keyed = keyed
        # By host, those that have none left out.
        self._num_streams: Counter[str] = Counter()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[_Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> _Handler:
        handler = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith("/grpc."):
            return handler
        refusal = self._refusal(handler_call_details)
        if handler.request_streaming:
            return grpc.stream_stream_rpc_method_handler(
                self._stream_stream(handler, refusal), None, handler.response_serializer
            )
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._unary_stream(handler, refusal), None, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            self._unary(handler, refusal), None, handler.response_serializer
        )

    def _refusal(self, details: grpc.HandlerCallDetails) -> TranslatorError | None:
        if not self._keyed or not details.method.startswith(self._keyed):
            return None
        try:
            metadata = details.invocation_metadata or ()
            self._gate.caller(Visitor(secrets_of(metadata))).check(Role.ADMIN)
        except TranslatorError as error:
            return error
        return None

    def _unary(self, handler: _Handler, refusal: TranslatorError | None) -> Callable[..., Any]:
        async def guarded(request: bytes, context: Any) -> Any:
            await _refuse(refusal, context)
            message = await _read(handler.request_deserializer, request, context)
            answer = handler.unary_unary(message, context)
            return await answer if isinstance(answer, Awaitable) else answer

        return guarded

    def _unary_stream(
        self, handler: _Handler, refusal: TranslatorError | None
    ) -> Callable[..., Any]:
        async def guarded(request: bytes, context: Any) -> None:
            await _refuse(refusal or self._full(context), context)
            message = await _read(handler.request_deserializer, request, context)
            with self._stream(context):
                await handler.unary_stream(message, context)

        return guarded

    def _stream_stream(
        self, handler: _Handler, refusal: TranslatorError | None
    ) -> Callable[..., Any]:
        async def guarded(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[Any]:
            await _refuse(refusal or self._full(context), context)

            async def messages() -> AsyncIterator[Any]:
                async for request in requests:
                    yield await _read(handler.request_deserializer, request, context)

            with self._stream(context):
                async for answer in handler.stream_stream(messages(), context):
                    yield answer

        return guarded

    @contextmanager
    def _stream(self, context: Any) -> Iterator[None]:
        host = _host_of(context)
        self._num_streams[host] += 1
        try:
            yield
        finally:
            self._num_streams[host] -= 1
            if not self._num_streams[host]:
                del self._num_streams[host]

    def _full(self, context: Any) -> TranslatorError | None:
        if self._num_streams[_host_of(context)] >= _MAX_STREAMS_OF_HOST:
            most, of_whom = _MAX_STREAMS_OF_HOST, " from this host"
        elif self._num_streams.total() >= _MAX_STREAMS:
            most, of_whom = _MAX_STREAMS, ""
        else:
            return None
        return OverloadedError(
            f"{most} streams of health and reflection{of_whom} are open, the most allowed",
            retry_after_s=5.0,
            subject="watches",
        )


def _host_of(context: Any) -> str:
    """The host that a call comes from, without its port."""
    peer: str = context.peer() or ""
    return peer.rpartition(":")[0]


async def _refuse(error: TranslatorError | None, context: Any) -> None:
    if error is not None:
        await context.abort_with_status(to_grpc(from_error(error)))


async def _read(deserializer: Callable[[bytes], Any], request: bytes, context: Any) -> Any:
    try:
        return deserializer(request)
    except Exception:
        # Of gRPC's own it would be a traceback in the log for each.
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the request cannot be read")
