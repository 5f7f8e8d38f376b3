"""A protocol of another service over gRPC, served from the same models."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from translator.access.caller import Visitor
from translator.errors import (
    FieldViolation,
    InvalidRequestError,
    LanguageNotDetectedError,
    LanguagePairNotSupportedError,
    ModelNotFoundError,
    NotKeptError,
    TranslatorError,
    UnsupportedFeatureError,
)
from translator.fronts.rpc.reading import Parsing
from translator.fronts.rpc.visitors import visitor
from translator.languages.detection import FALLBACK
from translator.metrics import FrontMetrics
from translator.service.requests import OfferedModel, TextResult, TextsRequest
from translator.service.service import TranslationService

__all__ = ["RpcFront"]

Behavior = Callable[[Any, Any], Awaitable[Any]]
# A field at the beginning, or an element of one inside a sentence.
_FIELD = re.compile(r"\A\w+|\b\w+(?=\[\d)")


class RpcFront(grpc.GenericRpcHandler):  # type: ignore[type-arg]
    """Serves one service of another protocol.

    A front has a method for each rpc of its ``descriptor``. It is given a message and the context
    of the call, and returns the fields of the answer. Whatever else is called in the service is
    refused with a sentence.

    Args:
        service: Translates.
        metrics: Count the calls.
        parsing: Makes messages of bytes.

    Attributes:
        name: Its name in settings, metrics and logs.
        descriptor: The service.
        fields: What it calls the fields of ``translator.v1``.
        key_headers: Headers, besides ours, that have a caller's key.
        elsewhere: What is served instead, for those who call what is not.
    """

    name: ClassVar[str]
    descriptor: ClassVar[ServiceDescriptor]
    fields: ClassVar[Mapping[str, str]]
    key_headers: ClassVar[tuple[str, ...]] = ()
    elsewhere: ClassVar[str]

    def __init__(
        self, service: TranslationService, metrics: FrontMetrics, parsing: Parsing
    ) -> None:
        self._service = service
        self._parsing = parsing
        self._metrics = metrics.of(self.name)
        self._prefix = f"/{self.descriptor.full_name}/"
        self._handlers = {
            self._prefix + rpc.name: self._handler(rpc) for rpc in self.descriptor.methods
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """The handler of a call; None: it is for another service."""
        method = handler_call_details.method
        if not method.startswith(self._prefix):
            return None
        return self._handlers.get(method) or self._refusal(method.removeprefix(self._prefix))

    def visitor(self, context: Any) -> Visitor:
        """Who makes a call."""
        return replace(visitor(context, self.key_headers), front=self.name)

    async def translated(self, request: TextsRequest, context: Any) -> list[TextResult]:
        """Translate texts. What only lacks something of its source counts as translated.

        A text whose language is not clear is taken for English: ``detected_source`` is "" then.

        Raises:
            TranslatorError: One of them cannot be translated.
        """
        self._metrics.characters(sum(map(len, request.texts)))
        found = await self._ask(request, context)
        unclear = [
            number
            for number, each in enumerate(found)
            if isinstance(each.error, LanguageNotDetectedError)
        ]
        if unclear:
            texts = tuple(request.texts[number] for number in unclear)
            again = replace(request, texts=texts, source=FALLBACK, possible_sources=())
            try:
                clear = await self._ask(again, context)
            except LanguagePairNotSupportedError:
                clear = await self._ask(replace(again, source=request.target), context)
            for number, each in zip(unclear, clear, strict=True):
                found[number] = each
        for each in found:
            if each.error is not None and not isinstance(each.error, NotKeptError):
                raise each.error
        return found

    async def _ask(self, request: TextsRequest, context: Any) -> list[TextResult]:
        return await self._service.translate(
            request, context.time_remaining(), self.visitor(context)
        )

    def offered(self, model: str, context: Any) -> list[OfferedModel]:
        """The models on offer, or the one of a name.

        Raises:
            ModelNotFoundError: There is none of that name.
        """
        models = self._service.models(self.visitor(context))
        found = [each for each in models if model in ("", each.info.name)]
        if not found:
            names = ", ".join(each.info.name for each in models)
            raise ModelNotFoundError(f"there is no model {model[:80]!r}; there are: {names}")
        return found

    # Handlers

    def _handler(self, rpc: MethodDescriptor) -> Any:
        behavior: Behavior = getattr(self, rpc.name)
        request, answer = GetMessageClass(rpc.input_type), GetMessageClass(rpc.output_type)

        async def answered(raw: bytes, context: Any) -> Any:
            peer = context.peer() or ""
            message = await self._parsing.parse(request.FromString, raw, peer)
            return answer(**await behavior(message, context))

        return grpc.unary_unary_rpc_method_handler(
            self._watched(answered),
            request_deserializer=bytes,
            response_serializer=answer.SerializeToString,
        )

    def _refusal(self, rpc: str) -> Any:
        """What an rpc is answered that is not served, whatever its shape is."""

        async def refused(_requests: Any, _context: Any) -> None:
            raise UnsupportedFeatureError(f"{rpc[:80]} is not served: {self.elsewhere}")

        return grpc.stream_stream_rpc_method_handler(self._watched(refused))

    def _watched(self, behavior: Behavior) -> Behavior:
        """The behaviour, counted, and with errors that name the fields of the protocol."""

        async def watched(request: Any, context: Any) -> Any:
            began_s, code = time.perf_counter(), "CANCELLED"
            try:
                answer = await behavior(request, context)
                code = "OK"
                return answer
            except TranslatorError as error:
                known = self._renamed(error)
                code = known.status
                raise known from error.__cause__
            except DecodeError:
                code = "INVALID_ARGUMENT"
                raise
            except Exception:
                code = "INTERNAL"
                raise
            finally:
                self._metrics.requests(code)
                self._metrics.seconds(time.perf_counter() - began_s)

        return watched

    def _renamed(self, error: TranslatorError) -> TranslatorError:
        if isinstance(error, InvalidRequestError):
            first, *more = (
                FieldViolation(self._told(each.field), self._told(each.description))
                for each in error.violations
            )
            return InvalidRequestError(first.field, first.description, *more)
        if isinstance(error, LanguagePairNotSupportedError):
            # To these protocols it is a value that is not allowed, like any other.
            source, target = (error.metadata.get(name, "") for name in ("source", "target"))
            return InvalidRequestError(
                self._told("source_language_code"),
                f"is {source[:40]!r}",
                FieldViolation(
                    self._told("target_language_code"), f"is {target[:40]!r}: {error.message}"
                ),
            )
        return error

    def _told(self, text: str) -> str:
        """A field, or what is said of one, with the protocol's names: ``contents[3]``."""
        return _FIELD.sub(lambda name: self.fields.get(name[0], name[0]), text)
