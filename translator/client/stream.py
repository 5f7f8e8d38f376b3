"""A live stream over grpc.aio that resumes by itself."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Self, Unpack

import grpc

from translator.arguments import Strings, check_strings
from translator.client.backoff import Backoff
from translator.client.connection import Connection, WaitEndedError
from translator.client.events import (
    Connecting,
    GoAway,
    Reconnecting,
    Segment,
    Started,
    StreamEvent,
    Update,
)
from translator.client.link import Link
from translator.client.options import StreamConfig, StreamOptions
from translator.client.resuming import RESUMABLE, ResumingCall
from translator.client.session import ClientSession
from translator.client.status import error_from_rpc, is_lost
from translator.errors import ConnectionLostError, DeadlineExceededError
from translator.v1.streaming_pb2 import StreamingTranslateRequest, StreamingTranslateResponse

__all__ = ["AsyncStream"]

_Connection = Connection[StreamingTranslateRequest, StreamingTranslateResponse]

# How long a server may take to say that it takes calls.
_KNOCK_TIMEOUT_S = 2.0


class AsyncStream(AsyncIterator[StreamEvent]):
    """A live translation: send source, and iterate over events.

    It is made by ``AsyncTranslatorClient.stream`` and used with ``async with``, which opens the
    session. Only iterating applies updates, resumes and raises errors; a stream that nobody
    iterates over stands still. One task at a time may iterate; any may send.

    A stream that breaks off (UNAVAILABLE, the server draining or silent, an update missing) is
    resumed without repeating or losing a committed word. A ``Reconnecting`` comes for each attempt,
    and then another ``Started`` with ``resumed`` true. Source sent in between is kept and sent
    then.
    """

    def __init__(
        self,
        link: Link,
        config: StreamConfig,
        *,
        resume_timeout_s: float,
        history: int,
        on_connecting: Callable[[Connecting], None] | None = None,
        traceparent: str | None = None,
    ) -> None:
        self._link = link
        # A resumed stream is in the trace of the first.
        self._metadata = link.traced(traceparent)
        self._session = ClientSession(config, history=history)
        self._calls = ResumingCall(
            link,
            "stream",
            lambda: link.streaming_call(self._metadata),
            self._open,
            timeout_s=resume_timeout_s,
            on_connecting=on_connecting,
            on_reconnecting=self._tell,
        )
        # The one that said GoAway, until another is open; and what finds out that one can be.
        self._draining: _Connection | None = None
        self._elsewhere: asyncio.Task[None] | None = None
        # An event that is there before anything else is read.
        self._ready: StreamEvent | None = None
        # Set before it is opened too.
        self._calls.closed.set()
        self._is_reading = False

    @property
    def session_id(self) -> str:
        """The session's name in the server's logs; a resume keeps it."""
        return self._session.session_id

    @property
    def config(self) -> StreamConfig:
        """The config in force."""
        return self._session.config

    def transcript(self, target: str, separator: str = " ") -> str:
        """The committed text of a target so far, of the segments that are kept.

        Args:
            target: The target, as the stream's ``targets`` named it.
            separator: Put between two segments when neither side has white space there.

        Raises:
            KeyError: The stream never had this target.
        """
        return self._session.transcript(target, separator)

    def segments(self, target: str) -> list[Segment]:
        """The segments of a target so far, with speaker, source and media times.

        They are the last ``history`` closed ones, in order, and the open one once it has committed
        text.

        Raises:
            KeyError: The stream never had this target.
        """
        return self._session.segments(target)

    def draft(self, target: str) -> str:
        """The draft that follows the transcript.

        Raises:
            KeyError: The stream never had this target.
        """
        return self._session.draft(target)

    async def __aenter__(self) -> Self:
        """Open the session.

        Raises:
            ConnectionLostError: No server could be reached within ``resume_timeout_s``.
            OverloadedError: The server has no room; ``retry_after_s`` says when to try again.
            TranslatorError: Any other error of the server.
        """
        self._calls.closed.clear()
        try:
            self._calls.plan()
            while self._calls.connection is None and not self._calls.closed.is_set():
                await self._calls.connect()
        except BaseException:
            await self.aclose()
            raise
        self._calls.works()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Cancel the stream unless it is over. Safe to call twice."""
        self._calls.closed.set()
        await self._stop_looking()
        await self._calls.drop()
        await self._close_draining()

    async def send(
        self,
        committed: str,
        *,
        tentative: str = "",
        end_of_segment: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
        speaker: str = "",
    ) -> None:
        """Send source. Returns once the transport has taken it, or at once while reconnecting.

        Args:
            committed: Appended to the source for good, exactly as given, so include the spaces.
            tentative: Replaces the tentative tail, which follows the committed source.
            end_of_segment: Whether the segment ends after ``committed``.
            start_s: Media time at which ``committed`` begins, in seconds.
            end_s: Media time at which ``committed`` ends, in seconds.
            speaker: Who speaks; "" means the same as before.

        Raises:
            InvalidRequestError: The text is longer than the server takes; the stream goes on.
            RuntimeError: The stream is not open, or its source has ended.
            TranslatorError: The stream has failed with it.
        """
        self._check_open()
        request = self._session.source(
            committed,
            tentative=tentative,
            end_of_segment=end_of_segment,
            start_s=start_s,
            end_s=end_s,
            speaker=speaker,
        )
        await self._write(request)

    async def flush(self) -> None:
        """Have all source so far translated and committed; the stream stays open.

        Raises:
            RuntimeError: The stream is not open, or its source has ended.
            TranslatorError: The stream has failed with it.
        """
        self._check_open()
        await self._write(self._session.flush())

    async def reconfigure(
        self,
        *,
        source: str | None = None,
        targets: Strings | None = None,
        **options: Unpack[StreamOptions],
    ) -> None:
        """Change the config from the next segment on. Options that are not given stay the same.

        The server answers with a ``Started``; or with a ``SessionWarning``, and goes on as before.
        A target that is left out ends with its open segment.

        Args:
            source: Language of the source from then on, BCP-47.
            targets: Languages to translate into from then on, BCP-47, each at most once.
            **options: See ``StreamConfig``.

        Raises:
            RuntimeError: The stream is not open, or its source has ended.
            TypeError: ``targets`` is not a list of strings.
            TranslatorError: The stream has failed with it.
        """
        self._check_open()
        config = self._session.config
        config = dataclasses.replace(
            config,
            source=config.source if source is None else source,
            targets=config.targets if targets is None else check_strings("targets", targets),
            **options,
        )
        await self._write(self._session.reconfigure(config))

    async def close_source(self) -> None:
        """End the source. The server then commits everything, reports, and ends the stream.

        Raises:
            RuntimeError: The stream is not open.
            TranslatorError: The stream has failed with it.
        """
        self._check_open()
        self._session.half_close()
        connection = self._calls.connection
        if connection is not None:
            connection.half_close()
            await connection.flushed()

    async def __anext__(self) -> StreamEvent:
        """Wait for the next event.

        Raises:
            StopAsyncIteration: After the report, or after ``aclose``.
            ConnectionLostError: The stream could not be resumed within ``resume_timeout_s``.
            OverloadedError: The same, because no server has room for it.
            TranslatorError: Any other error of the server.
            RuntimeError: Another task is iterating.
        """
        if self._is_reading:
            raise RuntimeError("one task at a time may iterate over a stream")
        self._is_reading = True
        try:
            return await self._next()
        finally:
            self._is_reading = False

    async def _next(self) -> StreamEvent:
        while True:
            if self._ready is not None:
                ready, self._ready = self._ready, None
                return ready
            if self._calls.failure is not None:
                raise self._calls.failure
            if self._calls.closed.is_set():
                raise StopAsyncIteration
            if self._session.is_finished:
                await self._end()
                raise StopAsyncIteration
            connection = self._calls.connection
            if connection is None:
                await self._calls.connect()
            elif (event := await self._receive(connection)) is not None:
                return event

    async def _receive(self, connection: _Connection) -> StreamEvent | None:
        """The connection's next event; None if it has none or must be replaced."""
        try:
            response = await connection.read(self._session.max_silence_s, self._elsewhere)
            if response is None:
                if self._calls.closed.is_set():
                    return None
                raise ConnectionLostError("the stream ended without a report")
            event = self._session.receive(response)
        except WaitEndedError:
            # Another server takes calls. The stream on this one is closed when it is open there.
            self._draining, self._calls.connection = connection, None
            await self._resume(ConnectionLostError("the server drains"))
            return None
        except RESUMABLE as error:
            await self._resume(error)
            return None
        if not isinstance(event, GoAway):
            self._take(connection, event)
            return event
        # It goes on until another server takes calls: there may be none.
        if self._elsewhere is None:
            self._elsewhere = asyncio.create_task(self._look_elsewhere())
        return None

    async def _look_elsewhere(self) -> None:
        """Wait until a server takes calls; the one that drains says that it does not."""
        backoff = Backoff()
        while True:
            await asyncio.sleep(backoff.next_s())
            try:
                if await self._link.is_serving(_KNOCK_TIMEOUT_S):
                    return
            except grpc.aio.AioRpcError as error:
                # Whoever answers something else has no health service, and may take calls.
                failure = error_from_rpc(error)
                if not (is_lost(failure) or isinstance(failure, DeadlineExceededError)):
                    return

    async def _stop_looking(self) -> None:
        looking, self._elsewhere = self._elsewhere, None
        if looking is not None:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    def _take(self, connection: _Connection, event: StreamEvent | None) -> None:
        """Note that the stream works, and ack an update."""
        if event is not None:
            self._calls.works()
        if isinstance(event, Update):
            self._calls.continues()
            ack = self._session.acknowledge(event.target)
            if ack is not None:
                # Not waited for: the server may be waiting for this reader.
                connection.send([ack])

    async def _resume(self, error: Exception) -> None:
        try:
            await self._calls.resume(error)
        finally:
            await self._stop_looking()

    def _tell(self, event: Reconnecting) -> None:
        self._ready = event

    async def _open(self, connection: _Connection) -> None:
        """Try once to continue the session in a new call."""
        connection.send(self._session.opening())
        if self._session.is_half_closed:
            connection.half_close()
        # What is sent from here on comes after that.
        self._calls.connection = connection
        response = await connection.read()
        started = self._session.receive(response) if response is not None else None
        if not isinstance(started, Started):
            raise ConnectionLostError("the server's first answer is not that a session started")
        await self._close_draining()
        self._ready = started

    async def _close_draining(self) -> None:
        draining, self._draining = self._draining, None
        if draining is not None:
            await draining.close()

    async def _end(self) -> None:
        """Let the call end by itself after the report, so that the server sees no cancellation."""
        if self._calls.connection is not None:
            with suppress(grpc.aio.AioRpcError):
                await self._calls.connection.read()
        await self.aclose()

    async def _write(self, request: StreamingTranslateRequest) -> None:
        connection = self._calls.connection
        if connection is not None:
            connection.send([request])
            await connection.flushed()

    def _check_open(self) -> None:
        if self._calls.failure is not None:
            raise self._calls.failure
        if self._calls.closed.is_set():
            raise RuntimeError("the stream is not open")
