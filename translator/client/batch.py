"""A batch over grpc.aio that goes on by itself when its connection breaks."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import suppress
from typing import Self

import grpc

from translator.client.batch_session import BatchSession
from translator.client.connection import Connection, WaitEndedError
from translator.client.events import Connecting
from translator.client.items import BatchConfig, BatchItem, BatchReport, BatchResult
from translator.client.link import Link
from translator.client.resuming import RESUMABLE, ResumingCall
from translator.errors import ConnectionLostError, TranslatorError
from translator.v1.batch_pb2 import BatchTranslateRequest, BatchTranslateResponse

__all__ = ["AsyncBatch", "Items"]

Items = AsyncIterable[str | BatchItem] | Iterable[str | BatchItem]
_Connection = Connection[BatchTranslateRequest, BatchTranslateResponse]


class AsyncBatch(AsyncIterator[BatchResult]):
    """The results of a batch, in the order in which they come. Made by ``client.batch``.

    Iterating reads the input, as far as the server takes it. If the connection breaks or the server
    drains, items without a result are sent again; one with a result never is. Leave an ``async
    with`` block, or call ``aclose``, to give up before the end.
    """

    def __init__(
        self,
        link: Link,
        items: Items,
        config: BatchConfig,
        *,
        resume_timeout_s: float,
        on_connecting: Callable[[Connecting], None] | None = None,
        traceparent: str | None = None,
    ) -> None:
        metadata = link.traced(traceparent)
        self._input = _checked(items)
        self._session = BatchSession(config)
        self._calls = ResumingCall(
            link,
            "batch",
            lambda: link.batch_call(metadata),
            self._open,
            timeout_s=resume_timeout_s,
            waits_for_room=True,
            on_connecting=on_connecting,
        )
        self._feeder: asyncio.Task[None] | None = None
        # Set when the session may want input, and when there are results.
        self._wanted = asyncio.Event()
        self._news = asyncio.Event()
        self._waking: asyncio.Task[bool] | None = None
        self._sending: asyncio.Handle | None = None
        self._failure: BaseException | None = None
        self._is_reading = False

    @property
    def report(self) -> BatchReport:
        """What has been done so far; after the last result, the figures of the whole batch."""
        return self._session.report

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the batch up, unless it is over. Safe to call twice."""
        self._calls.closed.set()
        self._news.set()
        tasks = [t for t in (self._feeder, self._waking) if t is not None]
        self._feeder = self._waking = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._calls.drop()

    async def __anext__(self) -> BatchResult:
        """Wait for the next result. A wait that is cancelled loses none.

        Raises:
            StopAsyncIteration: All items have their results, or after ``aclose``.
            ConnectionLostError: No server could be reached within ``resume_timeout_s``.
            OverloadedError: The same, because no server has room for the batch.
            TranslatorError: Any other error of the server.
            TypeError: An item is neither a string nor a ``BatchItem``.
            RuntimeError: Another task is iterating.
        """
        if self._is_reading:
            raise RuntimeError("one task at a time may iterate over a batch")
        self._is_reading = True
        try:
            return await self._next()
        finally:
            self._is_reading = False

    def ready(self) -> list[BatchResult]:
        """Take the results that are there already."""
        results = [*self._session.results]
        self._session.results.clear()
        self._wanted.set()
        return results

    async def _next(self) -> BatchResult:
        if self._feeder is None and not self._calls.closed.is_set():
            self._feeder = asyncio.create_task(self._feed())
        while True:
            if self._calls.closed.is_set():
                raise StopAsyncIteration
            if self._session.results:
                result = self._session.results.popleft()
                self._wanted.set()
                return result
            if self._failure is not None:
                await self.aclose()
                raise self._failure
            if self._session.is_finished:
                await self._end()
                raise StopAsyncIteration
            connection = self._calls.connection
            try:
                if connection is None:
                    await self._connect()
                else:
                    await self._receive(connection)
            except TranslatorError as error:
                # Results that are there come first.
                self._failure = error

    # The input

    async def _feed(self) -> None:
        """Read the input, as far as it can be sent."""
        try:
            while True:
                while not self._session.wants_input:
                    self._wanted.clear()
                    await self._wanted.wait()
                item = await anext(self._input, None)
                if item is None:
                    break
                self._session.add(item)
                # With those that come without a wait.
                if self._sending is None:
                    self._sending = asyncio.get_running_loop().call_soon(self._send)
            self._session.is_input_over = True
            self._send()
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # What the caller's own iterable raises is raised to whoever iterates over the results.
            self._failure = error
            self._news.set()
        finally:
            if isinstance(self._input, AsyncIterator) and hasattr(self._input, "aclose"):
                with suppress(Exception):
                    await self._input.aclose()

    def _send(self) -> None:
        """Send what the credit allows."""
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None
        connection = self._calls.connection
        if connection is not None:
            connection.send(self._session.due())
            if self._session.is_all_sent and not self._session.is_leaving:
                connection.half_close()
        if self._session.results:
            # Of items that cannot be sent.
            self._news.set()
        self._wanted.set()

    # The connection

    async def _receive(self, connection: _Connection) -> None:
        """Take the connection's next message, or look at what else is new."""
        # It outlasts a wait that is cancelled.
        if self._waking is None:
            self._waking = asyncio.create_task(self._news.wait())
        try:
            response = await connection.read(self._session.max_silence_s, self._waking)
            if response is None:
                if self._calls.closed.is_set():
                    return
                raise ConnectionLostError("the call ended without a report")
            self._session.receive(response)
        except WaitEndedError:
            self._waking = None
            self._news.clear()
            return
        except RESUMABLE as error:
            await self._calls.resume(error)
            return
        self._calls.works()
        self._send()

    async def _connect(self) -> None:
        if not self._calls.is_planned:
            self._calls.plan()
        await self._calls.connect()
        self._send()

    async def _open(self, connection: _Connection) -> None:
        """Try once to go on in a new call."""
        connection.send([self._session.opening()])
        response = await connection.read()
        if response is None or not response.HasField("started"):
            raise ConnectionLostError("the server's first answer is not that a batch started")
        self._session.receive(response)

    async def _end(self) -> None:
        """Let the call end by itself after the report, so that the server sees no cancellation."""
        if self._calls.connection is not None:
            with suppress(grpc.aio.AioRpcError):
                await self._calls.connection.read()
        await self.aclose()


async def _checked(items: Items) -> AsyncIterator[BatchItem]:
    """The items of the input, each as a ``BatchItem``."""
    if isinstance(items, AsyncIterable):
        index = 0
        async for each in items:
            yield _item(each, index)
            index += 1
    else:
        for index, each in enumerate(items):
            yield _item(each, index)


def _item(each: object, index: int) -> BatchItem:
    item = BatchItem(each) if isinstance(each, str) else each
    if not isinstance(item, BatchItem) or not isinstance(item.text, str):
        kind = type(each).__name__
        raise TypeError(f"items[{index}]: a string or a BatchItem is needed, not {kind}")
    return item
