"""TranslatorService: the handlers of the contract."""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from translator.errors import (
    DrainingError,
    InvalidRequestError,
    OverloadedError,
    TranslatorError,
)
from translator.log import log_event
from translator.server import convert
from translator.server.context import ServerContext
from translator.server.language import is_undetermined
from translator.server.model_pool import Lease
from translator.server.observing import observed
from translator.server.stream import LiveStream
from translator.server.translate import translate_texts
from translator.server.validation import (
    check_config,
    check_undetected,
    heartbeat_s,
    resolve_resume,
)
from translator.session.session import Session
from translator.v1 import (
    models_pb2,
    streaming_pb2,
    translate_pb2,
    translator_service_pb2_grpc,
)

__all__ = ["TranslatorService"]

_log = logging.getLogger(__name__)

_DEFAULT_PAGE_SIZE = 100
_MAX_PAGE_SIZE = 1000


class TranslatorService(translator_service_pb2_grpc.TranslatorServiceServicer):
    """Admits calls, runs them, and counts them."""

    def __init__(self, server: ServerContext) -> None:
        self._server = server
        self._streams: set[LiveStream] = set()
        self._num_sessions = 0
        self._num_translating = 0
        self._draining = False

    async def StreamingTranslate(self, request_iterator: Any, context: Any) -> None:  # noqa: N802
        """One live stream."""
        async with self._admitted() as (began_s, lease):
            first = await self._first(context)
            if first is grpc.aio.EOF or first.WhichOneof("request") != "config":
                got = "nothing" if first is grpc.aio.EOF else first.WhichOneof("request")
                raise InvalidRequestError(
                    "request", f"the first message of a stream has to be a config; it is {got}"
                )
            session = await self._open(first.config, lease)
            stream = LiveStream(context, session, self._server, first.config, lease)
            self._streams.add(stream)
            if self._draining:
                stream.drain(self._server.config.drain_grace_s)
            code = "CANCELLED"
            try:
                await stream.run()
                code = "OK"
            except TranslatorError as error:
                code = error.status
                raise
            except Exception:
                code = "INTERNAL"
                raise
            finally:
                self._streams.discard(stream)
                self._finished(session, code, time.monotonic() - began_s)

    async def Translate(  # noqa: N802
        self, request: translate_pb2.TranslateRequest, context: Any
    ) -> translate_pb2.TranslateResponse:
        """Several texts at once."""
        with observed(request, self._server.metrics) as call:
            call.response = await self._translate(request, context)
            return call.response

    async def _translate(
        self, request: translate_pb2.TranslateRequest, context: Any
    ) -> translate_pb2.TranslateResponse:
        limit = self._server.config.limits.max_translate_requests
        if self._draining:
            raise DrainingError("the server is going away; try another")
        if self._num_translating >= limit:
            raise OverloadedError(
                f"{limit} Translate requests are running, the most this server takes",
                subject="translate-requests",
            )
        self._num_translating += 1
        try:
            with self._server.models.lease() as lease:
                remaining_s = context.time_remaining()
                return await translate_texts(request, self._server, lease, remaining_s)
        finally:
            self._num_translating -= 1

    async def ListModels(  # noqa: N802
        self, request: models_pb2.ListModelsRequest, context: Any
    ) -> models_pb2.ListModelsResponse:
        """Models by name, a page at a time; the token is the last name of the page before."""
        size = min(request.page_size or _DEFAULT_PAGE_SIZE, _MAX_PAGE_SIZE)
        models = self._server.models
        names = [name for name in models.catalog.models if name > request.page_token]
        page = names[:size]
        return models_pb2.ListModelsResponse(
            models=[
                convert.model(models.catalog.models[name], loaded=models.is_loaded(name))
                for name in page
            ],
            next_page_token=page[-1] if len(names) > size else "",
            policies=convert.policy_kinds(),
        )

    def drain(self, within_s: float) -> None:
        """Take no more calls and ask every stream to move on."""
        self._draining = True
        for stream in self._streams:
            stream.drain(within_s)

    @property
    def num_sessions(self) -> int:
        """Streams open now."""
        return self._num_sessions

    @asynccontextmanager
    async def _admitted(self) -> AsyncIterator[tuple[float, Lease]]:
        """Hold a place among the sessions; yields when it began, in seconds, and its models."""
        limit = self._server.config.limits.max_sessions
        if self._draining:
            raise DrainingError("the server is going away; try another")
        if self._num_sessions >= limit:
            raise OverloadedError(
                f"{limit} streams are open, the most this server takes",
                retry_after_s=5.0,
                subject="sessions",
            )
        self._num_sessions += 1
        self._server.metrics.sessions.set(self._num_sessions)
        try:
            with self._server.models.lease() as lease:
                yield time.monotonic(), lease
        finally:
            self._num_sessions -= 1
            self._server.metrics.sessions.set(self._num_sessions)

    async def _first(self, context: Any) -> Any:
        """The first message; a stream that never sends one holds its place only for a while."""
        timeout_s = self._server.config.first_message_timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                return await context.read()
        except TimeoutError:
            raise InvalidRequestError(
                "request", f"no config came within {timeout_s:g} s of opening the stream"
            ) from None

    async def _open(self, message: streaming_pb2.StreamingConfig, lease: Lease) -> Session:
        catalog, limits = self._server.models.catalog, self._server.config.limits
        heartbeat_s(message, 0.0)
        resume = None
        stream_id = session_id = uuid.uuid4().hex
        if message.HasField("resume"):
            session_id = message.resume.session_id
        if is_undetermined(message.source_language_code):
            config = check_undetected(message, catalog, limits, self._server.languages)
            if message.HasField("resume"):
                resume = resolve_resume(message, limits)
        else:
            checked = check_config(message, catalog, limits)
            if message.HasField("resume"):
                resume = resolve_resume(message, limits)
            config = await checked.bound(lease)
        return Session(
            session_id,
            stream_id,
            config,
            self._server.limits_of_session,
            time.monotonic,
            resume,
        )

    def _finished(self, session: Session, code: str, duration_s: float) -> None:
        report = session.report()
        self._server.metrics.sessions_ended.labels(code).inc()
        for target in report.targets:
            log_event(
                _log,
                "session ended",
                session=session.session_id[:64],
                code=code,
                target=target.target,
                duration_s=round(duration_s, 1),
                source_words=report.source_words,
                segments=report.segments,
                target_words=target.target_words,
                updates=target.updates,
                superseded=target.updates_superseded,
                erasure=round(target.normalized_erasure, 2),
                lag_words=round(target.mean_lag_words, 2),
                lag_ms=round(target.mean_lag_ms),
                steps=target.decoder_steps_run,
                saved=target.decoder_steps_saved,
            )
