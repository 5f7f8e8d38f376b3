"""Runs one live stream: moves messages between its client, the session and the engine."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from translator.engine.async_engine import AsyncEngine
from translator.engine.request import Outcome, Priority, Request
from translator.errors import (
    ClientError,
    DrainingError,
    IdleError,
    InvalidRequestError,
    ServiceError,
    TranslatorError,
)
from translator.service.checks import check_config, check_possible, check_undetected, heartbeat_s
from translator.service.context import ServiceContext
from translator.service.following import FollowedLanguage
from translator.service.glossaries import requested_terms, terms_between
from translator.service.latency import UpdateLatency
from translator.service.meter import StreamMeter
from translator.service.model_pool import Lease
from translator.service.pace import Pace
from translator.service.requests import (
    Ack,
    Flush,
    GoAway,
    Heartbeat,
    Report,
    Started,
    StreamAnswer,
    StreamCall,
    StreamConfig,
    StreamMessage,
    Update,
)
from translator.service.source_languages import SourceLanguages, is_undetermined
from translator.service.traced import TracedUpdates
from translator.session.events import SessionConfig, SourceUpdate, Warned
from translator.session.segment import Segment
from translator.session.session import Session
from translator.telemetry.spans import NO_SPAN, CallSpan

__all__ = ["LiveStream"]

_POSSIBLE = "config.possible_source_language_codes"
# Answers to configs that wait for a client who does not read: so many, and no more is read.
_MAX_ANSWERS = 64
# Code points of source that nobody speaks at once.
_LONG = 512
# Each target that a session ever had keeps its figures, and is in its report.
_MAX_TARGETS_EVER = 64


class LiveStream:
    """Reads source and writes updates until the source has ended and everything is sent.

    One task reads, another writes, and the engine calls back in between. Nothing here computes.

    Args:
        call: The connection to the client.
        session: The stream's state.
        shared: What all streams share.
        config: The first message.
        lease: Holds the stream's models.
        pace: What the stream takes of the event loop; whoever runs it counts that.
        span: The call's.
    """

    def __init__(
        self,
        call: StreamCall,
        session: Session,
        shared: ServiceContext,
        config: StreamConfig,
        lease: Lease,
        pace: Pace,
        span: CallSpan = NO_SPAN,
    ) -> None:
        self.session = session
        # When the client said anything last, and whether the stream is over.
        self.heard_s = time.monotonic()
        self.ended = asyncio.Event()
        self._lease = lease
        self._reconfigured = False
        self._call = call
        self._shared = shared
        self._engine: AsyncEngine = shared.engine
        self._config = config
        is_open = is_undetermined(config.source)
        self._language = FollowedLanguage("" if is_open else config.source)
        self._restrict_language()
        # One detection at a time, and the one that was started without a message.
        self._looking = asyncio.Lock()
        self._look: asyncio.Task[None] | None = None
        self._heartbeat_s = heartbeat_s(config, shared.config.heartbeat_s)
        self._latency = UpdateLatency(time.monotonic, shared.metrics.update_time.observe)
        self._meter = StreamMeter(shared.metrics)
        self._pace = pace
        self._traced = TracedUpdates(span) if span.update_share else None
        # Answers other than updates, in order.
        self._answers: deque[StreamAnswer] = deque()
        self._error: Exception | None = None
        self._wake = asyncio.Event()
        # Wakes the writer when something is due: a heartbeat, a rest, a held update, the end.
        self._alarm: asyncio.TimerHandle | None = None
        self._roomy = asyncio.Event()
        self._roomy.set()
        self._ended_by_s: float | None = None

    async def run(self) -> None:
        """Serve the stream to its end.

        Raises:
            TranslatorError: The stream ended early because of it.
        """
        self._tell_started()
        self._pump()
        reader = asyncio.create_task(self._pace.counted(self._read()))
        try:
            await self._write()
        finally:
            reader.cancel()
            if self._look is not None:
                self._look.cancel()
            if self._alarm is not None:
                self._alarm.cancel()
            for key in self.session.request_keys:
                self._engine.cancel(key)
            self._meter.count(self.session.report())
            await asyncio.gather(reader, return_exceptions=True)
            self.ended.set()

    def drain(self, within_s: float) -> None:
        """Ask the client to move to another server; the stream ends after ``within_s`` seconds."""
        self._answers.append(GoAway(within_s))
        self._ended_by_s = asyncio.get_running_loop().time() + within_s
        self._wake.set()

    def give_way(self) -> None:
        """End, because the client is silent and somebody else needs the place."""
        self._fail(IdleError("the stream was silent, and its place is needed; resume it"))

    # Reading

    async def _read(self) -> None:
        try:
            await self._take_in_steps(self.session.take_resumed())
            self._pump()
            while True:
                await self._room()
                is_fast = self._pace.is_fast
                if is_fast:
                    # Who sends as fast as a server can take it waits for others at each message.
                    await self._shared.paces.turns.take()
                message = await self._call.read()
                self.heard_s = time.monotonic()
                if not is_fast:
                    self._shared.paces.spoken()
                if message is None:
                    self.session.end_source()
                else:
                    await self._take(message)
                await self._follow_language()
                self._pump()
                if message is None:
                    return
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # A panic in a library written in Rust is no Exception; it too ends this session alone.
            self._fail(error if isinstance(error, Exception) else ServiceError(repr(type(error))))

    async def _room(self) -> None:
        """Wait while too much waits for the client or the models; HTTP/2 then stops the client."""
        while self._is_congested:
            self._roomy.clear()
            await self._roomy.wait()

    @property
    def _is_congested(self) -> bool:
        return self.session.is_congested or len(self._answers) > _MAX_ANSWERS

    async def _take(self, message: StreamMessage) -> None:
        match message:
            case SourceUpdate():
                self._latency.came(message.sequence)
                if self._traced is not None:
                    self._traced.came(message)
                if len(message.committed) + len(message.tentative) > _LONG:
                    self._pace.hurry()
                    await self._shared.paces.turns.take()
                await self._take_in_steps(self.session.take_source(message))
            case Flush(sequence):
                self.session.flush(sequence)
            case Ack(target, revision):
                outbox = self.session.outboxes.get(target)
                if outbox is None:
                    raise InvalidRequestError(
                        "ack.target_language_code",
                        f"is {target[:40]!r}; the targets are: {', '.join(self.session.outboxes)}",
                    )
                outbox.ack(revision)
            case StreamConfig():
                await self._reconfigure(message)

    async def _take_in_steps(self, steps: Iterator[None]) -> None:
        """Take source in steps: a long message of one stream must not delay others."""
        for _ in steps:
            self._pump()
            await self._shared.paces.turns.take()
            await self._room()

    # The language of the source, where the client leaves it open.

    async def _follow_language(self) -> None:
        """Determine the language of each segment that has enough text, in order."""
        async with self._looking:
            while segments := list(filter(self._language.has_enough, self.session.undetermined)):
                # A sentence that is still tentative is good enough.
                texts = [segment.committed + segment.tentative for segment in segments]
                found = await asyncio.to_thread(
                    self._shared.languages.detect,
                    texts,
                    self._language.candidates,
                    self._config.targets,
                )
                for segment, text, each in zip(segments, texts, found, strict=True):
                    code = self._language.of(segment, text, each)
                    if code is not None:
                        await self._determine(segment, code, is_foreign=each is None)
                        # One message may bring a thousand segments: others have their turn between.
                        await asyncio.sleep(0)
                # An open segment that is not clear yet is looked at again when more has come.
                if segments[-1].is_undetermined:
                    return

    async def _look_again(self) -> None:
        """Check segments that were closed by something other than a message."""
        try:
            await self._follow_language()
            self._pump()
        except Exception as error:
            self._fail(error)

    async def _determine(self, segment: Segment, code: str, *, is_foreign: bool) -> None:
        """Continue with a segment in its language, or in the one in force if that is not served."""
        config = None
        if code != self._language.code:
            try:
                config = await self._resolve(self._config, code)
            except TranslatorError as error:
                is_unserved = isinstance(error, ClientError)
                if isinstance(error, ServiceError) or not (is_unserved or self._language.code):
                    raise
                if is_unserved:
                    self._language.exclude(code)
                told = f"the source seems to be in {code}, but: {error.message}"
                self._warn_once(Warned(f"LANGUAGE_IGNORED_{error.reason}", told))
        elif is_foreign and not code and any(map(str.isalpha, segment.committed)):
            unclear = SourceLanguages.not_detected("source", self._language.candidates)
            told = f"{unclear.message}; until then the text passes through"
            self._warn_once(Warned("LANGUAGE_NOT_DETECTED", told))
        self.session.determine(segment, config)
        if config is not None:
            self._language.code = code
            self._reconfigured = True
            self._tell_started()

    def _warn_once(self, warned: Warned) -> None:
        if self._language.is_news(warned.reason):
            self.session.warnings.append(warned)

    def _restrict_language(self) -> None:
        """Detect only languages that the config in force allows."""
        config = self._config
        self._language.restrict(
            self._shared.languages.among(config.possible_sources, config.targets)
        )

    async def _resolve(self, config: StreamConfig, language: str = "") -> SessionConfig:
        """Resolve a config; if it leaves the language open, with this source language."""
        catalog, limits = self._shared.models.catalog, self._shared.config.limits
        if not is_undetermined(config.source):
            language = ""
        elif not language:
            return check_undetected(config, catalog, limits, self._shared.languages)
        else:
            check_possible(_POSSIBLE, config.possible_sources)
        checked = check_config(config, catalog, limits, language)
        terms = await requested_terms(
            self._shared.glossaries, "config.", config.glossary, config.glossaries
        )
        glossaries = await terms_between(
            terms, language or config.source, checked.translated, is_detected=bool(language)
        )
        checked.check_glossaries(glossaries)
        await self._lease.take(checked.models)
        return checked.bound(self._lease.tokenizer, glossaries)

    async def _reconfigure(self, config: StreamConfig) -> None:
        """Take a later config. If it is not valid, the one before stays in force."""
        try:
            if config.resume is not None:
                raise InvalidRequestError(
                    "config.resume", "is set; it is allowed in a stream's first message only"
                )
            ever = self.session.outboxes.keys() | set(config.targets)
            if len(ever) > _MAX_TARGETS_EVER:
                raise InvalidRequestError(
                    "config.target_language_codes",
                    f"makes {len(ever)} targets that the session has had; at most "
                    f"{_MAX_TARGETS_EVER} are allowed: open another stream",
                )
            heartbeat = heartbeat_s(config, self._shared.config.heartbeat_s)
            resolved = await self._resolve(config, self._language.code)
        except TranslatorError as error:
            if isinstance(error, ServiceError):
                raise
            # In its place among the answers: each config gets one, in order.
            self._answers.append(Warned(f"CONFIG_IGNORED_{error.reason}", error.message))
            self._wake.set()
            return
        self._heartbeat_s = heartbeat
        self._config = config
        if self._language.code:
            # The open segment ends under the config that it began with.
            for segment in self.session.undetermined:
                if segment.committed:
                    self.session.determine(segment)
        if not is_undetermined(config.source):
            self._language.code = config.source
        self._restrict_language()
        self.session.reconfigure(resolved)
        self._reconfigured = True
        self._tell_started()

    def _tell_started(self) -> None:
        session, config = self.session, self.session.config
        self._answers.append(
            Started(
                session.session_id,
                config.bindings,
                config.pivot,
                {b.target: b.policy or config.policy for b in config.bindings if not b.passes},
                session.first_segment_ids,
                self._heartbeat_s,
                self._language.code if is_undetermined(self._config.source) else "",
            )
        )

    # The engine

    def _pump(self) -> None:
        """File the requests that the session wants, and wake the writer if there is work for it."""
        self._engine.submit([*map(self._in_turn, self.session.next_requests())], self._answered)
        if not self._looking.locked() and any(s.closed for s in self.session.undetermined):
            # Silence has closed a segment.
            self._look = asyncio.create_task(self._look_again())
        if self._reconfigured:
            # The models of an earlier configuration are released after its last segment.
            self._lease.keep(self.session.models)
        if self._answers or self.session.has_output or not self._roomy.is_set():
            self._wake.set()
        elif (rests_in_s := self.session.wait_s()) is not None:
            # There may be nothing to write before the source has rested.
            self._set_alarm(asyncio.get_running_loop().time() + rests_in_s)

    def _in_turn(self, request: Request) -> Request:
        """A request of the session, as one of its caller's."""
        is_long = request.priority is Priority.LARGE
        priority = Priority.HEAVY if is_long else request.priority
        return replace(request, caller=self._pace.caller, priority=priority)

    def _answered(self, outcome: Outcome) -> None:
        def take() -> None:
            if self._traced is not None:
                self._traced.answered(outcome)
            self.session.accept(outcome)
            self._pump()

        try:
            self._pace.count(take)
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self._error is None:
            self._error = error
        self._wake.set()

    # Writing

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        last_s = loop.time()
        while True:
            self._wake.clear()
            if self.session.wait_s() == 0.0:
                self._pump()
            sent = await self._write_pending()
            if self._error is not None:
                raise self._error
            if self.session.is_done:
                await self._call.write(Report(self.session.report()))
                return
            now_s = loop.time()
            if sent:
                last_s = now_s
            if self._ended_by_s is not None and now_s >= self._ended_by_s:
                raise DrainingError("the server is going away; reconnect with a ResumeState")
            if self._heartbeat_s and now_s - last_s >= self._heartbeat_s:
                await self._call.write(Heartbeat(self.session.last_sequence))
                last_s = loop.time()
            await self._sleep(last_s)

    async def _write_pending(self) -> bool:
        """Write what is pending. A draft that is outdated by then is never written."""
        sent = False
        while self._answers or self.session.warnings:
            waiting = self._answers or self.session.warnings
            await self._call.write(waiting.popleft())
            sent = True
        for outbox in list(self.session.outboxes.values()):
            for revision, event in outbox.take():
                began_s = 0.0 if self._traced is None else time.monotonic()
                await self._call.write(Update(revision, event))
                self._latency.left(event.source_sequence)
                if self._traced is not None:
                    self._traced.left(event.source_sequence, began_s)
                sent = True
        if sent:
            self._meter.count(self.session.report())
        if not self._is_congested:
            self._roomy.set()
        return sent

    async def _sleep(self, last_s: float) -> None:
        """Sleep until something happens or is due."""
        loop = asyncio.get_running_loop()
        due_s = [
            loop.time() + wait_s
            for outbox in self.session.outboxes.values()
            if (wait_s := outbox.wait_s()) is not None
        ]
        if (rests_in_s := self.session.wait_s()) is not None:
            due_s.append(loop.time() + rests_in_s)
        if self._heartbeat_s:
            due_s.append(last_s + self._heartbeat_s)
        if self._ended_by_s is not None:
            due_s.append(self._ended_by_s)
        if due_s:
            self._set_alarm(min(due_s))
        await self._wake.wait()

    def _set_alarm(self, due_s: float) -> None:
        """Wake the writer at ``due_s`` or earlier.

        An earlier alarm is left alone: waking the writer for nothing costs less than a new alarm
        for each update.
        """
        if self._alarm is not None:
            if self._alarm.when() <= due_s:
                return
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_at(due_s, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self._wake.set()
