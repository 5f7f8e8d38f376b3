"""The only place where errors become statuses."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import status_pb2

from translator.errors import InvalidRequestError, ServiceError, TranslatorError
from translator.fronts.rpc.reading import Parsing
from translator.metrics import Metrics
from translator.status import logged_status, to_grpc

__all__ = ["ErrorInterceptor"]

Handler = Any  # grpc.RpcMethodHandler, whose stubs know only synchronous behaviours


class ErrorInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Turns whatever the handlers of these services raise into a status with details.

    Handlers of other services (health, reflection) are left alone. An exception that is not a
    TranslatorError is a bug: it is logged with its traceback and a correlation id, and the client
    sees only the id.

    Args:
        services: Their full names.
        metrics: Count errors.
        parsing: Makes messages of bytes; what a call streams its handler has made of them.
    """

    def __init__(self, services: Iterable[str], metrics: Metrics, parsing: Parsing) -> None:
        self._prefixes = tuple(f"/{service}/" for service in services)
        self._metrics = metrics
        self._parsing = parsing

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        handler = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith(self._prefixes):
            return handler
        if handler.request_streaming:
            return grpc.stream_stream_rpc_method_handler(
                self._guard(handler.stream_stream), None, handler.response_serializer
            )

        async def read_and_run(request: bytes, context: Any) -> Any:
            parse, peer = handler.request_deserializer, context.peer() or ""
            message = await self._parsing.parse(parse, request, peer)
            return await handler.unary_unary(message, context)

        # Read here, because an unreadable request would otherwise end the call as UNKNOWN.
        return grpc.unary_unary_rpc_method_handler(
            self._guard(read_and_run), None, handler.response_serializer
        )

    def _guard(self, behavior: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def guarded(request: Any, context: Any) -> Any:
            try:
                return await behavior(request, context)
            except TranslatorError as error:
                status = self._status(error)
            except DecodeError as error:
                # Not valid protobuf, such as text that is not UTF-8.
                status = self._status(InvalidRequestError("request", f"cannot be read: {error}"))
            except Exception as error:
                wrapped = ServiceError(f"{type(error).__name__}")
                wrapped.__cause__ = error
                status = self._status(wrapped)
            await context.abort_with_status(to_grpc(status))
            return None

        return guarded

    def _status(self, error: TranslatorError) -> status_pb2.Status:
        self._metrics.errors.labels(error.reason).inc()
        return logged_status(error)
