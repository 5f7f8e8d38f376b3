"""Admits calls, runs them and counts them, for every front."""

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from translator.access.caller import Role, Visitor
from translator.config import Limits
from translator.documents.page import page_text
from translator.errors import (
    DrainingError,
    InvalidRequestError,
    OverloadedError,
    TranslatorError,
)
from translator.languages.detection import Detection
from translator.log import log_event
from translator.service.batch_requests import BatchCall
from translator.service.batches import Batches
from translator.service.checks import (
    MARKDOWN,
    PAGES,
    check_config,
    check_resume,
    check_undetected,
    heartbeat_s,
)
from translator.service.context import ServiceContext
from translator.service.door import NOBODY, Door, Visit
from translator.service.glossaries import requested_terms, terms_between
from translator.service.live_stream import LiveStream
from translator.service.model_pool import Lease
from translator.service.observing import observed
from translator.service.opening import first_config
from translator.service.pace import Pace
from translator.service.requests import (
    OfferedModel,
    StreamCall,
    StreamConfig,
    TextResult,
    TextsRequest,
)
from translator.service.source_languages import is_undetermined
from translator.service.texts import translate_texts
from translator.service.traced import trace_session, trace_texts
from translator.session.session import Session

__all__ = ["TranslationService"]

_log = logging.getLogger(__name__)

# How long a new stream waits for one that gives way.
_ENDS_WITHIN_S = 0.5


class TranslationService:
    """Translates streams and texts, for all fronts of a server together.

    Args:
        context: What all calls share.
    """

    def __init__(self, context: ServiceContext) -> None:
        self._shared = context
        self._streams: set[LiveStream] = set()
        self._door = Door(
            context.gate,
            context.metrics,
            context.tracer,
            context.books,
            audits=context.config.audit_log is not None,
        )
        self._batches = Batches(context)
        self._num_sessions = 0
        self._num_translating = 0
        self._draining = False

    async def stream(self, call: StreamCall, visitor: Visitor = NOBODY) -> None:
        """Serve one live stream to its end.

        Raises:
            TranslatorError: The stream ended early because of it.
        """
        with self._door.visit(visitor, "stream", Role.STREAM) as visit:
            paces = self._shared.paces
            pace = paces.of(visit.turn)
            try:
                await pace.counted(self._stream(visit.stream(call), visit, pace))
            finally:
                paces.ended(pace)

    async def _stream(self, call: StreamCall, visit: Visit, pace: Pace) -> None:
        async with self._admitted(visit) as (began_s, lease):
            timeout_s = self._shared.config.first_message_timeout_s
            if pace.is_fast:
                # Opening is the most that a stream costs at once.
                await self._shared.paces.turns.take()
            config = await first_config(call.read, StreamConfig, "stream", timeout_s)
            session = await self._open(config, lease)
            visit.session = session.session_id
            stream = LiveStream(call, session, self._shared, config, lease, pace, visit.span)
            self._streams.add(stream)
            if self._draining:
                stream.drain(self._shared.config.drain_grace_s)
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
                trace_session(visit.span, session.report(), lease.names)

    async def translate(
        self,
        request: TextsRequest,
        remaining_s: float | None = None,
        visitor: Visitor = NOBODY,
    ) -> list[TextResult]:
        """Translate several texts.

        Args:
            request: The texts and their languages.
            remaining_s: Seconds until the client's deadline; None if it has none.
            visitor: Who asks.

        Raises:
            TranslatorError: The request as a whole cannot be served.
        """
        with (
            self._door.visit(visitor, "translate", Role.TRANSLATE) as visit,
            observed(request, self._shared.metrics) as call,
        ):
            with self._place():
                visit.count(sum(map(len, request.texts)))
                with self._shared.models.lease() as lease:
                    call.results = await translate_texts(request, self._shared, lease, remaining_s)
            trace_texts(visit.span, request, call.results)
            return call.results

    async def detect(
        self, text: str, mime_type: str = "", visitor: Visitor = NOBODY
    ) -> Detection | None:
        """Find the most probable language of a text, of those that are translated from or into.

        Args:
            text: The text.
            mime_type: Its type, as in a TextsRequest.
            visitor: Who asks.

        Returns:
            None if the text has no words, or is clearly in some other language.

        Raises:
            TranslatorError: Whoever asks may not, or the text is too long.
        """
        with self._door.visit(visitor, "detect", Role.TRANSLATE) as visit:
            if len(text) > self.limits.max_text_length:
                raise InvalidRequestError(
                    "text",
                    f"has {len(text)} code points; at most {self.limits.max_text_length} "
                    "are allowed",
                )

            def find() -> Detection | None:
                read = text
                if mime_type in PAGES:
                    read = page_text(text, is_markdown=mime_type == MARKDOWN)
                languages = self._shared.languages
                return languages.detect([read], languages.served)[0]

            with self._place():
                visit.count(len(text))
                return await asyncio.to_thread(find)

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Hold a place among the requests with whole texts."""
        limit = self.limits.max_translate_requests
        if self._draining:
            raise DrainingError("the server is going away; try another")
        if self._num_translating >= limit:
            raise OverloadedError(
                f"{limit} Translate requests are running, the most this server takes",
                subject="translate-requests",
            )
        self._num_translating += 1
        try:
            yield
        finally:
            self._num_translating -= 1

    async def batch(self, call: BatchCall, visitor: Visitor = NOBODY) -> None:
        """Serve one batch to its end.

        Raises:
            TranslatorError: The batch ended early because of it.
        """
        with self._door.visit(visitor, "batch", Role.BATCH) as visit:
            await self._batches.serve(visit.batch(call), visit)

    def models(self, visitor: Visitor = NOBODY) -> list[OfferedModel]:
        """The models on offer, by name.

        Raises:
            UnauthenticatedError: Nobody knows who asks.
        """
        with self._door.visit(visitor, "models", None):
            pass
        pool = self._shared.models
        return [OfferedModel(m, pool.is_loaded(name)) for name, m in pool.catalog.models.items()]

    @property
    def limits(self) -> Limits:
        """What clients may take."""
        return self._shared.config.limits

    def drain(self, within_s: float) -> None:
        """Take no more calls, and ask every stream to move on."""
        self._draining = True
        for stream in self._streams:
            stream.drain(within_s)
        self._batches.drain(within_s)

    @property
    def num_sessions(self) -> int:
        """How many streams are open."""
        return self._num_sessions

    @property
    def num_batches(self) -> int:
        """How many batches are open."""
        return self._batches.num_open

    @asynccontextmanager
    async def _admitted(self, visit: Visit) -> AsyncIterator[tuple[float, Lease]]:
        """Hold a place among the sessions, and among the caller's own.

        Yields the start time, in seconds, and a lease.
        """
        limit = self.limits.max_sessions
        if self._draining:
            raise DrainingError("the server is going away; try another")
        if self._num_sessions >= limit:
            await self._make_room()
        if self._num_sessions >= limit:
            raise OverloadedError(
                f"{limit} streams are open, the most this server takes",
                retry_after_s=5.0,
                subject="sessions",
            )
        with visit.as_session():
            self._num_sessions += 1
            self._shared.metrics.sessions.set(self._num_sessions)
            try:
                with self._shared.models.lease() as lease:
                    yield time.monotonic(), lease
            finally:
                self._num_sessions -= 1
                self._shared.metrics.sessions.set(self._num_sessions)

    async def _make_room(self) -> None:
        """End the stream whose client has been silent for longest, if for so long that it may."""
        idlest = min(self._streams, key=lambda stream: stream.heard_s, default=None)
        before_s = time.monotonic() - self._shared.config.idle_timeout_s
        if idlest is None or idlest.heard_s > before_s:
            return
        # It gives way once only, and nobody waits for a client that does not read.
        self._streams.discard(idlest)
        idlest.give_way()
        with suppress(TimeoutError):
            await asyncio.wait_for(idlest.ended.wait(), _ENDS_WITHIN_S)

    async def _open(self, config: StreamConfig, lease: Lease) -> Session:
        context = self._shared
        catalog, limits = context.models.catalog, self.limits
        heartbeat_s(config, 0.0)
        stream_id = uuid.uuid4().hex
        checked = None
        if is_undetermined(config.source):
            resolved = check_undetected(config, catalog, limits, context.languages)
        else:
            checked = check_config(config, catalog, limits)
        terms = await requested_terms(
            context.glossaries, "config.", config.glossary, config.glossaries
        )
        resume = check_resume(config, limits)
        if checked is not None:
            glossaries = await terms_between(terms, config.source, checked.translated)
            checked.check_glossaries(glossaries)
            await lease.take(checked.models)
            resolved = checked.bound(lease.tokenizer, glossaries)
        return Session(
            stream_id if config.resume is None else config.resume.session_id,
            stream_id,
            resolved,
            context.session_limits,
            time.monotonic,
            resume,
        )

    def _finished(self, session: Session, code: str, duration_s: float) -> None:
        report = session.report()
        self._shared.metrics.sessions_ended.labels(code).inc()
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
