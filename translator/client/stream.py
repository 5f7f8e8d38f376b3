"""A live stream over grpc.aio that resumes by itself."""

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Self, Unpack

import grpc

from translator.client.connection import Call, Connection
from translator.client.events import GoAway, Started, StreamEvent, Update
from translator.client.options import StreamConfig, StreamOptions
from translator.client.session import ClientSession
from translator.client.status import error_from_rpc
from translator.client.target import StreamMismatchError
from translator.errors import ConnectionLostError, LimitError, OverloadedError, TranslatorError
from translator.v1.streaming_pb2 import StreamingTranslateRequest

__all__ = ["AsyncStream"]

_logger = logging.getLogger(__name__)

# A server that is stopped hard ends its calls with CANCELLED; ours are cancelled in close() only.
_LOST = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
# Between attempts when the server does not say how long. gRPC's own back-off covers connecting
# only: a server that answers and refuses, or opens and drops, would be called in a tight loop.
_RETRY_S = 1.0


class AsyncStream(AsyncIterator[StreamEvent]):
    """One live translation: send source, iterate over events.

    Made by ``AsyncTranslatorClient.stream`` and used with ``async with``; entering it opens the
    session. Iterating is what applies updates, resumes and raises errors: a stream that is not
    iterated stands still. One task at a time may iterate; any may send.

    A stream that breaks off (UNAVAILABLE, the server draining, an update missing) is resumed
    without repeating or losing a committed word, and a further ``Started`` with ``resumed`` true
    comes. What is sent in the meantime is kept and sent then.
    """

    def __init__(
        self, open_call: Callable[[], Call], config: StreamConfig, *, resume_timeout_s: float
    ) -> None:
        self._open_call = open_call
        self._session = ClientSession(config)
        self._resume_timeout_s = resume_timeout_s
        self._connection: Connection | None = None
        # The one that said GoAway, until another is open.
        self._draining: Connection | None = None
        self._started: Started | None = None
        self._failure: TranslatorError | None = None
        # Set before it is opened too. An event, so that no wait outlasts aclose.
        self._closed = asyncio.Event()
        self._closed.set()
        self._is_reading = False
        # Time without an open stream since the last update, in seconds.
        self._outage_s = 0.0
        self._has_mismatched = False

    @property
    def session_id(self) -> str:
        """The session's name in the server's logs; a resume keeps it."""
        return self._session.session_id

    @property
    def config(self) -> StreamConfig:
        """The config in force."""
        return self._session.config

    def transcript(self, target: str, separator: str = " ") -> str:
        """All committed text of a target so far, of all segments.

        Args:
            target: As the stream's ``targets`` named it.
            separator: Put between two segments when neither side has white space there.

        Raises:
            KeyError: The stream never had this target.
        """
        return self._session.transcript(target, separator)

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
        self._closed.clear()
        try:
            self._started = await self._connect(None)
            self._outage_s = 0.0
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Cancel the stream, unless it is over. Safe to call twice."""
        self._closed.set()
        connections = [c for c in (self._connection, self._draining) if c is not None]
        self._connection = self._draining = None
        for connection in connections:
            await connection.close()

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
        """Send source; returns once the transport has taken it, or at once while reconnecting.

        Args:
            committed: Appended to the source for good, exactly as given: send your own spaces.
            tentative: Replaces the former tentative tail, which follows the committed source.
            end_of_segment: Whether the segment ends after ``committed``.
            start_s: Media time at which ``committed`` begins, in seconds.
            end_s: Media time at which ``committed`` ends, in seconds.
            speaker: Who speaks; "" is the same as before.

        Raises:
            InvalidRequestError: The text is longer than the server takes; the stream goes on.
            RuntimeError: The stream is not open, or its source has ended.
            TranslatorError: What the stream failed with.
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
        """Have all committed source translated and committed; the stream stays open.

        Raises:
            RuntimeError: The stream is not open, or its source has ended.
            TranslatorError: What the stream failed with.
        """
        self._check_open()
        await self._write(self._session.flush())

    async def reconfigure(
        self, *, targets: Sequence[str] | None = None, **options: Unpack[StreamOptions]
    ) -> None:
        """Change the config from the next segment on; what is not given stays as it is in force.

        The server answers with a ``Started``, or with a ``SessionWarning`` and goes on as before.
        A target that is left out ends with its open segment.

        Raises:
            RuntimeError: The stream is not open, or its source has ended.
            TranslatorError: What the stream failed with.
        """
        self._check_open()
        config = self._session.config
        config = dataclasses.replace(
            config, targets=config.targets if targets is None else tuple(targets), **options
        )
        await self._write(self._session.reconfigure(config))

    async def close_source(self) -> None:
        """End the source: the server commits everything, sends its report and ends the stream.

        Raises:
            RuntimeError: The stream is not open.
            TranslatorError: What the stream failed with.
        """
        self._check_open()
        self._session.half_close()
        connection = self._connection
        if connection is not None:
            connection.half_close()
            await connection.flushed()

    async def __anext__(self) -> StreamEvent:
        """The next event.

        Raises:
            StopAsyncIteration: After the report, or after ``aclose``.
            ConnectionLostError: The stream could not be resumed within ``resume_timeout_s``.
            OverloadedError: Likewise, as no server has room for it.
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
        if self._started is not None:
            started, self._started = self._started, None
            return started
        while True:
            if self._failure is not None:
                raise self._failure
            if self._closed.is_set():
                raise StopAsyncIteration
            if self._session.is_finished:
                await self._end()
                raise StopAsyncIteration
            event = await self._receive()
            if event is not None:
                return event

    async def _receive(self) -> StreamEvent | None:
        """The next event of the connection, or the Started of the one that takes its place."""
        connection = self._connection
        if connection is None:
            # A resume was cancelled half-way.
            return await self._connect(None)
        try:
            response = await connection.read()
            if response is None:
                if self._closed.is_set():
                    return None
                raise ConnectionLostError("the stream ended without a report")
            event = self._session.receive(response)
        except grpc.aio.AioRpcError as error:
            failure = error_from_rpc(error)
            if error.code() not in _LOST:
                raise self._fail(failure) from error
            return await self._resume(failure)
        except ConnectionLostError as error:
            return await self._resume(error)
        except StreamMismatchError as error:
            lost = ConnectionLostError(f"the server's updates do not continue: {error}")
            if self._has_mismatched:
                raise self._fail(lost) from error
            self._has_mismatched = True
            return await self._resume(lost)
        if isinstance(event, GoAway):
            self._draining, self._connection = connection, None
            return await self._resume(ConnectionLostError("the server drains"))
        if isinstance(event, Update):
            self._outage_s = 0.0
            self._has_mismatched = False
            ack = self._session.acknowledge(event.target)
            if ack is not None:
                # Not waited for: the server may be waiting for this reader.
                connection.send([ack])
        return event

    async def _resume(self, cause: TranslatorError) -> Started | None:
        _logger.info("session %s is resumed: %s", self.session_id, cause.reason)
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
        return await self._connect(cause)

    async def _connect(self, cause: TranslatorError | None) -> Started | None:
        """Open a stream, within what is left of ``resume_timeout_s``; None after ``aclose``."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        # A stream that was opened and brought nothing is no reason to hurry.
        wait_s = _RETRY_S if self._outage_s else 0.0
        try:
            async with asyncio.timeout(self._resume_timeout_s - self._outage_s) as timeout:
                while not await self._is_closed_within(wait_s):
                    try:
                        return await self._open()
                    except grpc.aio.AioRpcError as error:
                        cause = error_from_rpc(error)
                        remaining_s = (timeout.when() or began) - loop.time()
                        wait_s = self._retry_after_s(error, cause, remaining_s)
                    except StreamMismatchError:
                        wait_s = _RETRY_S
                return None
        except TimeoutError:
            message = f"no stream could be opened within {self._resume_timeout_s} s"
            raise self._fail(ConnectionLostError(message)) from cause
        finally:
            self._outage_s += loop.time() - began

    async def _is_closed_within(self, wait_s: float) -> bool:
        if wait_s > 0:
            try:
                async with asyncio.timeout(wait_s):
                    await self._closed.wait()
            except TimeoutError:
                return False
        return self._closed.is_set()

    async def _open(self) -> Started:
        """Try once: the session goes on in a new call."""
        connection = self._connection = Connection(self._open_call())
        try:
            connection.send(self._session.opening())
            if self._session.is_half_closed:
                connection.half_close()
            response = await connection.read()
            started = self._session.receive(response) if response is not None else None
            if not isinstance(started, Started):
                raise StreamMismatchError("the first response is not SessionStarted")
        except BaseException:
            self._connection = None
            await connection.close()
            raise
        draining, self._draining = self._draining, None
        if draining is not None:
            await draining.close()
        return started

    def _retry_after_s(
        self, error: grpc.aio.AioRpcError, failure: TranslatorError, remaining_s: float
    ) -> float:
        """How long to wait before the next attempt; raises when there must be none."""
        is_resuming = bool(self.session_id)
        if isinstance(failure, OverloadedError):
            if not is_resuming or failure.retry_after_s > remaining_s:
                raise self._fail(failure) from error
        elif error.code() not in _LOST:
            raise self._fail(failure) from error
        return failure.retry_after_s if isinstance(failure, LimitError) else _RETRY_S

    async def _end(self) -> None:
        """After the report: let the call end by itself, so that the server sees no cancellation."""
        if self._connection is not None:
            try:
                await self._connection.read()
            except grpc.aio.AioRpcError:
                _logger.debug("session %s ended with an error after its report", self.session_id)
        await self.aclose()

    def _fail(self, error: TranslatorError) -> TranslatorError:
        """Remember what every later call raises."""
        self._failure = error
        return error

    async def _write(self, request: StreamingTranslateRequest) -> None:
        connection = self._connection
        if connection is not None:
            connection.send([request])
            await connection.flushed()

    def _check_open(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._closed.is_set():
            raise RuntimeError("the stream is not open")
