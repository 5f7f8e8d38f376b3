"""The captions of a room, as they come; a broken connection is resumed."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self

import grpc

from translator.arguments import Strings, check_strings
from translator.captions.v1 import captions_pb2 as pb
from translator.client.backoff import Backoff
from translator.client.captions import convert
from translator.client.captions.caption_log import CaptionLog, Place
from translator.client.captions.events import (
    Caption,
    CaptionEvent,
    CaptionRoom,
    CaptionsLink,
    CaptionSnapshot,
    Farewell,
    RawEvent,
)
from translator.client.connection import Connection, SilenceError
from translator.client.events import Connecting, Reconnecting
from translator.client.link import Link
from translator.client.outage import Outage
from translator.client.status import error_from_rpc, is_lost
from translator.client.target import StreamMismatchError
from translator.errors import (
    ConnectionLostError,
    DrainingError,
    LimitError,
    PermissionDeniedError,
    TranslatorError,
)

__all__ = ["MOST_WAIT_S", "AsyncSubscription", "bearer", "checked_link"]

_log = logging.getLogger(__name__)

# Who reads along, or is read, goes on soon after a gateway is back: a pause is no longer than twice
# this. It is for programs and gateways, which are few.
MOST_WAIT_S = 0.5
# A gateway says something every 15 s.
_MAX_SILENCE_S = 40.0


def checked_link(link: str | CaptionsLink) -> CaptionsLink:
    """The room of a link; ValueError if it is none."""
    return link if isinstance(link, CaptionsLink) else CaptionsLink.parse(link)


def bearer(link: CaptionsLink) -> tuple[str, str]:
    """The metadata that has a link's key."""
    return "authorization", f"Bearer {link.key}"


class AsyncSubscription(AsyncIterator[CaptionEvent]):
    """The captions of a room: iterate over events, with ``async with`` around.

    If the connection breaks, or the gateway goes away, it goes on after the last event that came.
    One task at a time may iterate; a wait that is cancelled loses no event.
    """

    def __init__(
        self,
        link: Link,
        room: CaptionsLink | Callable[[], CaptionsLink],
        languages: Strings,
        *,
        resume_timeout_s: float,
        history: int,
        on_connecting: Callable[[Connecting], None] | None = None,
    ) -> None:
        self._link = link
        self._room = room
        self._languages = check_strings("languages", languages)
        if not self._languages:
            raise ValueError("languages: at least one is needed")
        self._resume_timeout_s = resume_timeout_s
        self._on_connecting = on_connecting
        self._captions = CaptionLog(history)
        self._place = Place()
        # Languages of which everything up to that place has come.
        self._had: set[str] = set()
        self._outage = Outage(resume_timeout_s, Backoff(most_s=MOST_WAIT_S))
        self._connection: Connection[pb.SubscribeRequest, pb.SubscribeResponse] | None = None
        self._pending: asyncio.Task[pb.SubscribeResponse | None] | None = None
        self._asked: tuple[str, ...] = ()
        self._generation = 0
        self._has_worked = False
        self._has_mismatched = False
        self._arrived: deque[RawEvent] = deque()
        self._ready: deque[CaptionEvent] = deque()
        self._failure: TranslatorError | None = None
        self._closed = asyncio.Event()
        self._is_over = False
        self._changed = asyncio.Event()
        self._is_reading = False

    # What there is

    @property
    def room(self) -> CaptionRoom | None:
        """The room, as it was told last; None before that."""
        return self._captions.room

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that are read."""
        return tuple(self._languages)

    def captions(self, language: str) -> list[Caption]:
        """The captions of a language so far: the last ``history`` closed ones, in order, and those
        that are still open.
        """
        return self._captions.captions(self._own(language))

    def transcript(self, language: str, separator: str = "\n") -> str:
        """The committed text of a language, a caption each."""
        return separator.join(caption.text.strip() for caption in self.captions(language))

    def draft(self, language: str) -> str:
        """What is being said right now, and may still change."""
        return self._captions.draft(self._own(language))

    def _own(self, language: str) -> str:
        """The room's own code for a language: pt for pt-BR."""
        known = self._captions.languages()
        base = language.split("-")[0].lower()
        near = (each for each in known if each.split("-")[0].lower() == base)
        return language if language in known else next(near, language)

    # What is done with it

    async def __aenter__(self) -> Self:
        """Nothing is opened yet: errors come where the events come."""
        self._plan(None)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End it; iteration ends too. Safe to call twice."""
        self._closed.set()
        self._changed.set()
        await self._drop()

    def change(self, languages: Strings) -> None:
        """Read other languages. Those that are read already go on without a gap.

        Raises:
            TypeError: ``languages`` is not a list of strings.
            ValueError: There is none.
        """
        wanted = check_strings("languages", languages)
        if not wanted:
            raise ValueError("languages: at least one is needed")
        self._languages = wanted
        self._changed.set()

    async def __anext__(self) -> CaptionEvent:
        """Wait for the next event.

        Raises:
            StopAsyncIteration: The room is closed, or ``aclose`` was called.
            ConnectionLostError: No gateway could be reached within ``resume_timeout_s``.
            TranslatorError: Any other error of the gateway, such as a link that is not good.
            RuntimeError: Another task is iterating.
        """
        while not self._ready:
            self._ready.extend(self._captions.apply(await self.raw()))
        return self._ready.popleft()

    async def raw(self) -> RawEvent:
        """Wait for the next event as the gateway tells it: for whoever keeps a room of their own.

        Use either this or iteration. It raises what ``__anext__`` raises.
        """
        if self._is_reading:
            raise RuntimeError("one task at a time may iterate over a subscription")
        self._is_reading = True
        try:
            while not self._arrived:
                if self._failure is not None:
                    raise self._failure
                if self._closed.is_set() or self._is_over:
                    raise StopAsyncIteration
                if self._connection is None:
                    await self._connect()
                else:
                    await self._receive(self._connection)
            return self._arrived.popleft()
        finally:
            self._is_reading = False

    # How it gets there

    async def _connect(self) -> None:
        try:
            await self._outage.attempt(self._open, self._closed)
        except TimeoutError:
            message = self._outage.told(f"no captions from {self._link.address}")
            raise self._fail(ConnectionLostError(message)) from self._outage.cause
        except grpc.aio.AioRpcError as error:
            self._plan(self._retryable(error))

    async def _open(self) -> None:
        self._changed.clear()
        self._generation = self._link.generation
        asked = self._asked = self.languages
        had = [language for language in asked if language in self._had]
        link = self._room if isinstance(self._room, CaptionsLink) else self._room()
        request = pb.SubscribeRequest(room_id=link.room_id, language_codes=asked)
        if self._place.after and had:
            request.after = self._place.after
            request.added_language_codes.extend(each for each in asked if each not in had)
        self._had.intersection_update(had)
        call: Any = self._link.captions.Subscribe(
            request, metadata=(*self._link.metadata, bearer(link))
        )
        connection: Connection[Any, Any] = Connection(call, self._link.channel)
        try:
            response = await connection.read(_MAX_SILENCE_S)
        except SilenceError as error:
            await connection.close()
            self._link.renew(self._generation)
            self._plan(ConnectionLostError(str(error)))
            return
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
        await self._take(response)

    async def _receive(self, connection: Connection[Any, Any]) -> None:
        # It outlives a wait that is cancelled: a message must not be lost with it.
        if self._pending is None:
            self._pending = asyncio.create_task(connection.read(_MAX_SILENCE_S))
        pending = self._pending
        changing = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait({pending, changing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changing.cancel()
        if not pending.done():
            # A message that is on its way comes again: the place says how far this is.
            await self._drop()
            self._outage.works()
            self._plan(None)
            return
        self._pending = None
        try:
            response = pending.result()
        except grpc.aio.AioRpcError as error:
            await self._break(self._retryable(error))
        except SilenceError as error:
            self._link.renew(self._generation)
            await self._break(ConnectionLostError(str(error)))
        else:
            await self._take(response)

    async def _take(self, response: pb.SubscribeResponse | None) -> None:
        if response is None:
            if not self._closed.is_set():
                await self._break(ConnectionLostError("the captions ended without a farewell"))
            return
        self._has_worked = True
        self._outage.works()
        event = convert.event(response.event)
        if event is None:
            return
        if isinstance(event, Farewell):
            await self._farewell(event)
            return
        try:
            self._place.apply(event)
        except StreamMismatchError as error:
            broken = ConnectionLostError(f"the captions do not continue: {error}")
            if self._has_mismatched:
                raise self._fail(broken) from error
            self._has_mismatched = True
            self._place.forget()
            self._had.clear()
            await self._break(broken)
            return
        if isinstance(event, CaptionSnapshot):
            self._has_mismatched = False
            self._had.update(self._asked)
        self._arrived.append(event)

    async def _farewell(self, event: Farewell) -> None:
        if event.reason == "ROOM_CLOSED":
            self._is_over = True
            await self._drop()
        elif event.reason == "EXPIRED":
            await self._drop()
            raise self._fail(PermissionDeniedError("the link has expired; ask for a new one"))
        else:
            retry_after_s = event.retry_after_s
            await self._break(DrainingError("the gateway ends", retry_after_s=retry_after_s))

    def _retryable(self, error: grpc.aio.AioRpcError) -> TranslatorError:
        """What to try again for; anything else is raised."""
        failure = error_from_rpc(error)
        may_wait = isinstance(failure, LimitError) and self._has_worked
        if is_lost(failure) or may_wait:
            return failure
        raise self._fail(failure) from error

    async def _break(self, cause: TranslatorError) -> None:
        _log.info("captions are resumed: %s", cause.reason)
        await self._drop()
        self._plan(cause)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.cancel()
            await asyncio.gather(pending, return_exceptions=True)
        if connection is not None:
            await connection.close()

    def _plan(self, cause: TranslatorError | None) -> None:
        wait_s = self._outage.plan(cause)
        address, attempt = self._link.address, self._outage.attempts
        if self._has_worked and cause is not None:
            self._arrived.append(Reconnecting(address, attempt, cause, wait_s))
        elif self._on_connecting is not None and not self._has_worked:
            self._on_connecting(Connecting(address, attempt, cause, wait_s))

    def _fail(self, error: TranslatorError) -> TranslatorError:
        self._failure = error
        return error
