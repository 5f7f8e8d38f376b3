"""The handlers of translator.v1."""

from collections.abc import Callable, Iterator
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from translator.errors import InvalidRequestError
from translator.fronts.grpc import convert, convert_batch
from translator.fronts.rpc.reading import Parsing
from translator.fronts.rpc.visitors import visitor
from translator.service.batch_requests import BatchAnswer, BatchMessage
from translator.service.requests import StreamAnswer, StreamMessage
from translator.service.service import TranslationService
from translator.v1 import (
    batch_pb2,
    models_pb2,
    streaming_pb2,
    translate_pb2,
    translator_service_pb2_grpc,
)

__all__ = ["TranslatorServicer"]

_DEFAULT_PAGE_SIZE = 100
_MAX_PAGE_SIZE = 1000


class TranslatorServicer(translator_service_pb2_grpc.TranslatorServiceServicer):
    """Serves the service over gRPC. The messages of streams and batches come to it as bytes.

    Args:
        service: What is served.
        parsing: Makes messages of bytes.
    """

    def __init__(self, service: TranslationService, parsing: Parsing) -> None:
        self._service = service
        self._parsing = parsing

    async def StreamingTranslate(self, request_iterator: Any, context: Any) -> None:  # noqa: N802
        call = _Call(context, self._service, self._parsing)
        await self._service.stream(call, visitor(context))

    async def Translate(  # noqa: N802
        self, request: translate_pb2.TranslateRequest, context: Any
    ) -> translate_pb2.TranslateResponse:
        results = await self._service.translate(
            convert.texts_request(request), context.time_remaining(), visitor(context)
        )
        return translate_pb2.TranslateResponse(translations=map(convert.translation, results))

    async def BatchTranslate(self, request_iterator: Any, context: Any) -> None:  # noqa: N802
        call = _BatchCall(context, self._service, self._parsing)
        await self._service.batch(call, visitor(context))

    async def ListModels(  # noqa: N802
        self, request: models_pb2.ListModelsRequest, context: Any
    ) -> models_pb2.ListModelsResponse:
        """List models by name, a page at a time. The token is the last name of the page before."""
        size = min(request.page_size or _DEFAULT_PAGE_SIZE, _MAX_PAGE_SIZE)
        models = self._service.models(visitor(context))
        offered = [m for m in models if m.info.name > request.page_token]
        page = offered[:size]
        return models_pb2.ListModelsResponse(
            models=map(convert.model, page),
            next_page_token=page[-1].info.name if len(offered) > size else "",
            policies=convert.policy_kinds(),
        )


class _Reader:
    """Reads the messages of a call."""

    def __init__(self, context: Any, parsing: Parsing, parse: Callable[[bytes], Any]) -> None:
        self._context = context
        self._parsing = parsing
        self._parse = parse
        self._peer = context.peer() or ""

    async def read(self) -> Any:
        """The next message; None after the last.

        Raises:
            InvalidRequestError: It is not valid protobuf, such as text that is not UTF-8.
        """
        message = await self._context.read()
        # grpc-stubs does not know it.
        if message is grpc.aio.EOF:  # type: ignore[attr-defined]
            return None
        try:
            return await self._parsing.parse(self._parse, message, self._peer)
        except DecodeError as error:
            raise InvalidRequestError("request", f"cannot be read: {error}") from error


class _Call:
    """A ``StreamCall`` over gRPC."""

    def __init__(self, context: Any, service: TranslationService, parsing: Parsing) -> None:
        self._context = context
        self._reader = _Reader(context, parsing, streaming_pb2.StreamingTranslateRequest.FromString)
        self._limits = service.limits

    async def read(self) -> StreamMessage | None:
        message = await self._reader.read()
        return None if message is None else convert.stream_message(message)

    async def write(self, answer: StreamAnswer) -> None:
        await self._context.write(convert.stream_answer(answer, self._limits))


class _BatchCall:
    """A ``BatchCall`` over gRPC."""

    def __init__(self, context: Any, service: TranslationService, parsing: Parsing) -> None:
        self._context = context
        self._reader = _Reader(context, parsing, batch_pb2.BatchTranslateRequest.FromString)
        self._limits = service.limits
        # What is left of a message with several items.
        self._unread: Iterator[BatchMessage] = iter(())

    async def read(self) -> BatchMessage | None:
        if (message := next(self._unread, None)) is not None:
            return message
        request = await self._reader.read()
        if request is None:
            return None
        self._unread = convert_batch.batch_messages(request)
        return next(self._unread)

    async def write(self, answer: BatchAnswer) -> None:
        await self._context.write(convert_batch.batch_answer(answer, self._limits))
