"""One call with a stream both ways, from opening to its end."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Coroutine, Iterable
from typing import Any, Generic, TypeVar

import grpc

__all__ = ["Connection", "SilenceError", "WaitEndedError"]

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")
_T = TypeVar("_T")

# grpc.aio puts this in the place of a call's status when a write fails because the call is over
# (github.com/grpc/grpc/issues/36066): before the server's status comes or even after it.
_WRITE_FAILED = "Internal error from Core"
# How long the server's status may come after that.
_STATUS_TIMEOUT_S = 1.0


class SilenceError(Exception):
    """The server was silent for longer than its heartbeats promise."""


class WaitEndedError(Exception):
    """Something else came before a message."""


class Connection(Generic[_Request, _Response]):
    """Writes in order, reads one message at a time, and survives the caller's cancellation.

    grpc.aio cancels the whole call when a task is cancelled in a read or a write. So both run in
    their own tasks here, and ``asyncio.wait_for`` around a caller's wait does not end the stream.

    Args:
        call: The gRPC call.
        channel: Its channel, if nobody else keeps that open.
    """

    def __init__(
        self, call: grpc.aio.StreamStreamCall[_Request, _Response], channel: object = None
    ) -> None:
        self._call = call
        self._channel = channel
        # Unlike read(), the iterator still gives what came before a status that is there already.
        self._responses = aiter(call)
        self._outbox: deque[_Request] = deque()
        self._is_half_closed = False
        self._writer: asyncio.Task[None] | None = None
        self._reader: asyncio.Task[_Response | None] | None = None
        # Since when the reader has been waiting.
        self._silent_since = 0.0
        self._status: asyncio.Future[grpc.aio.AioRpcError] = (
            asyncio.get_running_loop().create_future()
        )
        call.add_done_callback(self._keep_status)

    def send(self, requests: Iterable[_Request]) -> None:
        """Queue requests. Once the call is over they go nowhere, and ``read`` says why."""
        self._outbox.extend(requests)
        self._wake_writer()

    def half_close(self) -> None:
        """End the requests, after those that are queued."""
        self._is_half_closed = True
        self._wake_writer()

    async def flushed(self) -> None:
        """Wait until everything queued was passed to the transport, or never will be."""
        if self._writer is not None:
            await asyncio.wait({self._writer})

    async def read(
        self, max_silence_s: float | None = None, until: "asyncio.Future[Any] | None" = None
    ) -> _Response | None:
        """Read the next response; None after the last one or after ``close``.

        Args:
            max_silence_s: Longest time without a response, in seconds; None means no limit.
                Cancelled waits count too, so waiting again and again does not hide a silence.
            until: When it is done, the wait ends; no response is lost.

        Raises:
            grpc.aio.AioRpcError: The call ended with a status that is not OK.
            SilenceError: The server was silent for too long.
            WaitEndedError: ``until`` was done before a response came.
        """
        loop = asyncio.get_running_loop()
        if self._reader is None:
            self._reader = asyncio.create_task(self._read())
            self._silent_since = loop.time()
        reader = self._reader
        timeout_s = None
        if max_silence_s is not None:
            timeout_s = max(0.0, self._silent_since + max_silence_s - loop.time())
        waited: set[asyncio.Future[Any]] = {reader} if until is None else {reader, until}
        await asyncio.wait(waited, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if not reader.done():
            if until is not None and until.done():
                raise WaitEndedError
            raise SilenceError(f"no message for {max_silence_s:g} s")
        self._reader = None
        return None if reader.cancelled() else reader.result()

    async def close(self) -> None:
        """Cancel the call unless it is over, and wait for what still runs."""
        self._call.cancel()
        tasks = [task for task in (self._reader, self._writer) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if isinstance(self._responses, AsyncGenerator):
            await self._responses.aclose()

    async def _read(self) -> _Response | None:
        try:
            return await anext(self._responses, None)
        except grpc.aio.AioRpcError as error:
            if error.details() != _WRITE_FAILED:
                raise
            await asyncio.wait({self._status}, timeout=_STATUS_TIMEOUT_S)
            if not self._status.done():
                raise
        status = self._status.result()
        if status.code() is grpc.StatusCode.OK:
            return None
        raise status

    def _keep_status(self, call: grpc.aio.StreamStreamCall[_Request, _Response]) -> None:
        """Remember the server's status. grpc.aio calls this each time it sets one."""
        details = _finished(call.details())
        if details != _WRITE_FAILED and not self._status.done():
            self._status.set_result(
                grpc.aio.AioRpcError(
                    _finished(call.code()),
                    grpc.aio.Metadata(),
                    _finished(call.trailing_metadata()),
                    details,
                    None,
                )
            )

    def _wake_writer(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    async def _write(self) -> None:
        try:
            while self._outbox:
                await self._call.write(self._outbox.popleft())
            if self._is_half_closed:
                await self._call.done_writing()
        except (grpc.RpcError, grpc.aio.BaseError, asyncio.InvalidStateError):
            # The call is over; its status comes to the reader.
            self._outbox.clear()


def _finished(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """The result of a coroutine that does not wait; those for an ended call's status do not.

    A task would run too late; the status may have been replaced by then.
    """
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: _T = finished.value
        return result
    coroutine.close()
    raise RuntimeError("the status of an ended call had to be waited for")
