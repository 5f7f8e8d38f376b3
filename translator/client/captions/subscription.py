"""The captions of a room, as they come; a broken connection is resumed."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

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
from translator.client.connection import Connection, WaitEndedError
from translator.client.events import Connecting
from translator.client.link import Link
from translator.client.resuming import RESUMABLE, ResumingCall
from translator.client.target import StreamMismatchError
from translator.errors import ConnectionLostError

__all__ = ["MAX_SILENCE_S", "MOST_WAIT_S", "AsyncSubscription", "bearer", "checked_link"]

_Connection = Connection[pb.SubscribeRequest, pb.SubscribeResponse]

# Who reads along, or is read, goes on soon after a gateway is back: a pause is no longer than twice
# this. It is for programs and gateways, which are few.
MOST_WAIT_S = 0.5
# A gateway says something every 15 s.
MAX_SILENCE_S = 40.0


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
        self._captions = CaptionLog(history)
        self._place = Place()
        # Languages of which everything up to that place has come.
        self._had: set[str] = set()
        self._asked: tuple[str, ...] = ()
        self._arrived: deque[RawEvent] = deque()
        self._ready: deque[CaptionEvent] = deque()
        self._calls: ResumingCall[pb.SubscribeRequest, pb.SubscribeResponse] = ResumingCall(
            link,
            "subscription",
            self._begin,
            self._open,
            timeout_s=resume_timeout_s,
            backoff=Backoff(most_s=MOST_WAIT_S),
            on_connecting=on_connecting,
            on_reconnecting=self._arrived.append,
        )
        self._is_over = False
        # Done when other languages are to be asked for.
        self._changed: asyncio.Future[None] | None = None
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
        self._calls.plan()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End it; iteration ends too. Safe to call twice."""
        self._calls.closed.set()
        await self._calls.drop()

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
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

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
                if self._calls.failure is not None:
                    raise self._calls.failure
                if self._calls.closed.is_set() or self._is_over:
                    raise StopAsyncIteration
                connection = self._calls.connection
                if connection is None:
                    await self._calls.connect()
                else:
                    await self._receive(connection)
            return self._arrived.popleft()
        finally:
            self._is_reading = False

    # How it gets there

    def _begin(self) -> Any:
        self._changed = asyncio.get_running_loop().create_future()
        asked = self._asked = self.languages
        had = [language for language in asked if language in self._had]
        link = self._room if isinstance(self._room, CaptionsLink) else self._room()
        request = pb.SubscribeRequest(room_id=link.room_id, language_codes=asked)
        if self._place.after and had:
            request.after = self._place.after
            request.added_language_codes.extend(each for each in asked if each not in had)
        self._had.intersection_update(had)
        metadata = (*self._link.metadata, bearer(link))
        return self._link.captions.Subscribe(request, metadata=metadata)

    async def _open(self, connection: _Connection) -> None:
        await self._take(await connection.read(MAX_SILENCE_S))

    async def _receive(self, connection: _Connection) -> None:
        try:
            await self._take(await connection.read(MAX_SILENCE_S, self._changed))
        except WaitEndedError:
            # A message that is on its way comes again: the place says how far this is.
            await self._calls.drop()
            self._calls.works()
            self._calls.plan()
        except RESUMABLE as error:
            await self._calls.resume(error)

    async def _take(self, response: pb.SubscribeResponse | None) -> None:
        if response is None:
            if self._calls.closed.is_set():
                return
            raise ConnectionLostError("the captions ended without a farewell")
        self._calls.works()
        event = convert.event(response.event)
        if event is None:
            return
        if isinstance(event, Farewell):
            if event.reason != "ROOM_CLOSED":
                raise event.error
            self._is_over = True
            await self._calls.drop()
            return
        try:
            self._place.apply(event)
        except StreamMismatchError:
            self._place.forget()
            self._had.clear()
            raise
        if isinstance(event, CaptionSnapshot):
            self._calls.continues()
            self._had.update(self._asked)
        self._arrived.append(event)
