"""A room with people in it: publishers, viewers, and what has to be translated for them."""

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from translator.captions.feed import Feed
from translator.captions.hearing import Ears, Hearing
from translator.captions.outlets import RoomOutlet
from translator.captions.room import ORIGINAL, Cursor, Piece, Room, Segment, event_id
from translator.captions.servers import Servers
from translator.captions.wire import (
    Audio,
    Encoded,
    Encoder,
    LanguageFacts,
    PublisherFacts,
    RoomFacts,
    Settings,
    bye,
    room_event,
)
from translator.client import AsyncTranslatorClient, BatchItem
from translator.errors import InvalidRequestError, LimitError, TranslatorError

__all__ = ["LiveRoom", "Outlet", "RoomFullError", "RoomLimits", "Viewer"]

_log = logging.getLogger(__name__)

# What comes within this time is sent together.
_GATHER_S = 0.04
# Late languages are translated in batches of so many segments.
_LATE_SEGMENTS = 64
_LATE_RETRY_S = 5.0
_TIDY_S = 15.0


class RoomFullError(LimitError):
    """A room, or the gateway, takes no more viewers, speakers or rooms."""

    reason = "ROOM_FULL"
    status = "RESOURCE_EXHAUSTED"


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """What a room may take.

    Attributes:
        max_viewers: Viewers at once.
        max_publishers: Publishers, those that may still come back included.
        max_length: Code points of committed text that are kept, of all languages together.
        max_age_s: How long they are kept at most, in seconds.
        linger_s: How long a language is translated on when nobody reads it any more, in seconds.
        return_s: How long a publisher may be away and go on, in seconds.
    """

    max_viewers: int = 10_000
    max_publishers: int = 16
    max_length: int = 400_000
    max_age_s: float = 4 * 3600.0
    linger_s: float = 20.0
    return_s: float = 30.0


class Outlet(Protocol):
    """A way to a viewer that needs no task."""

    @property
    def is_ready(self) -> bool:
        """Whether what is written now goes out at once."""

    def write(self, chunk: bytes) -> None:
        """Write a chunk of HTTP."""


@dataclass(slots=True, eq=False)
class Viewer:
    """Somebody who reads.

    Attributes:
        cursor: How far it is.
        room_revision: Of the facts of the room that it has.
        farewell: The last thing it gets.
        beat: Whether a sign of life is due.
        outlet: Takes deliveries without its task; None where there is no such way.
    """

    cursor: Cursor
    room_revision: int = 0
    farewell: Encoded | None = None
    beat: bool = False
    outlet: "Outlet | None" = field(default=None, repr=False)
    _waiting: asyncio.Future[None] | None = field(default=None, repr=False)
    _is_due: bool = field(default=True, repr=False)

    @property
    def is_waiting(self) -> bool:
        """Whether its task has nothing to send, and waits."""
        return self._waiting is not None

    def wake(self) -> None:
        """Say that there may be something new."""
        self._is_due = True
        waiting = self._waiting
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    async def wait(self) -> None:
        """Wait until somebody wakes it."""
        if not self._is_due:
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        self._is_due = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a viewer gets at once.

    Attributes:
        events: The events.
        sse: The same as bytes of an event stream.
        chunk: The same as a chunk of HTTP.
    """

    events: tuple[Encoded, ...] = ()
    sse: bytes = b""
    chunk: bytes = b""


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(body), body) if body else b""


class LiveRoom:
    """A room with its publishers and viewers. It belongs to one event loop.

    Args:
        room_id: Its name.
        servers: What translates.
        title: What it is called.
        pinned: Languages that are translated without readers too.
        limits: What it may take.
        ears: What recognises speech; None where nothing does.
    """

    def __init__(
        self,
        room_id: str,
        servers: Servers,
        *,
        title: str = "",
        pinned: Sequence[str] = (),
        limits: RoomLimits = RoomLimits(),
        ears: Ears | None = None,
    ) -> None:
        self.room_id = room_id
        self.title = title
        self.pinned = tuple(dict.fromkeys(pinned))
        self.limits = limits
        self.room = Room(
            secrets.token_hex(4),
            clock=time.monotonic,
            wall_clock=time.time,
            max_length=limits.max_length,
            max_age_s=limits.max_age_s,
        )
        self.used_at = time.monotonic()
        self.is_closed = False
        self._servers = servers
        self._encoder = Encoder(self.room.epoch)
        self._viewers: set[Viewer] = set()
        self._readers: Counter[str] = Counter()
        # Languages that nobody reads any more, and until when they are translated on.
        self._leaving: dict[str, float] = {}
        self._feeds: dict[str, Feed] = {}
        self._ears = ears
        self._hearings: dict[Feed, Hearing] = {}
        self._resting: set[asyncio.Task[None]] = set()
        self._connections: dict[str, object] = {}
        self._returns: dict[str, asyncio.TimerHandle] = {}
        # How far publishers were that have ended.
        self._ended: dict[str, int] = {}
        self._tasks: dict[Feed, asyncio.Task[None]] = {}
        self._deliveries: dict[object, tuple[Delivery, Cursor]] = {}
        self._gathering: asyncio.TimerHandle | None = None
        self._spoken: set[str] = set()
        self._outlets: list[tuple[Cursor, RoomOutlet]] = []
        self._facts_event = b"", room_event(self.facts())
        self._facts_revision = 1
        self._late = asyncio.Event()
        self._failed: set[tuple[str, int]] = set()
        self._own_tasks = [
            asyncio.create_task(self._translate_late()),
            asyncio.create_task(self._tidy()),
        ]
        servers.on_change(self.changed)

    @property
    def client(self) -> AsyncTranslatorClient:
        return self._servers.client

    @property
    def num_viewers(self) -> int:
        """How many read."""
        return len(self._viewers)

    @property
    def spoken_languages(self) -> set[str]:
        """Languages that can be spoken and translated."""
        return self._servers.pairs.sources

    @property
    def is_idle(self) -> bool:
        """Whether nobody is here, and nothing is kept for anybody."""
        return not (self._viewers or self._feeds)

    # Viewers

    def language_for(self, code: str) -> str:
        """The room's own code for a language that a viewer asks for: pt for pt-BR."""
        if code == ORIGINAL:
            return code
        base = code.split("-")[0].lower()
        offered = self._offered()
        exact = next((each for each in offered if each.lower() == code.lower()), None)
        near = next((each for each in sorted(offered) if each.split("-")[0].lower() == base), None)
        return exact or near or code

    def join(self, languages: Iterable[str], after: str = "") -> Viewer:
        """Add a viewer.

        Raises:
            RoomFullError: There is no room for another one.
        """
        if len(self._viewers) >= self.limits.max_viewers:
            raise RoomFullError(f"the room takes {self.limits.max_viewers} viewers at most")
        own = tuple(dict.fromkeys(map(self.language_for, languages)))
        viewer = Viewer(self.room.subscribe(own, after))
        self._viewers.add(viewer)
        self.used_at = time.monotonic()
        news = [language for language in own if not self._readers[language]]
        self._readers.update(own)
        for language in own:
            self._leaving.pop(language, None)
        if news:
            self._demand_changed()
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Take a viewer out; safe to call twice."""
        if viewer not in self._viewers:
            return
        self._viewers.discard(viewer)
        self.used_at = time.monotonic()
        self._readers.subtract(viewer.cursor.languages)
        left = [each for each in viewer.cursor.languages if self._readers[each] <= 0]
        for language in left:
            del self._readers[language]
            self._leaving[language] = time.monotonic() + self.limits.linger_s
        if left and not self.is_closed:
            loop = asyncio.get_running_loop()
            loop.call_later(self.limits.linger_s + 0.05, self._demand_changed)
            self.changed()

    def take(self, viewer: Viewer) -> Delivery:
        """What a viewer does not have yet; made once for all that are equally far."""
        cursor = viewer.cursor
        state = (cursor.languages, cursor.n, cursor.revisions, viewer.room_revision)
        known = self._deliveries.get(state)
        if known is None:
            news = self.room.read(cursor)
            events = [self._encoder.encode(each, cursor.languages) for each in news]
            if viewer.room_revision != self._facts_revision:
                events.insert(0, self._facts_event[1])
            sse = b"".join(event.sse for event in events)
            delivery = Delivery(tuple(events), sse, _chunk(sse))
            if len(self._deliveries) > 256:
                self._deliveries.clear()
            after = Cursor(cursor.languages, cursor.n, cursor.revisions)
            self._deliveries[state] = delivery, after
        else:
            delivery, after = known
            cursor.n, cursor.revisions = after.n, after.revisions
        viewer.room_revision = self._facts_revision
        if viewer.farewell is not None:
            events = [*delivery.events, viewer.farewell]
            delivery = Delivery(tuple(events), delivery.sse + viewer.farewell.sse)
        return delivery

    # Outlets

    def add_outlet(self, outlet: RoomOutlet) -> None:
        """Have an outlet take what is committed from now on; it is closed with the room."""
        after = event_id(self.room.epoch, self.room.n)
        self._outlets.append((self.room.subscribe((outlet.language,), after), outlet))
        if outlet.language != ORIGINAL:
            self.pinned = tuple(dict.fromkeys([*self.pinned, outlet.language]))
        outlet.start()
        self.changed()

    def _tell_outlets(self) -> None:
        for cursor, outlet in self._outlets:
            for news in self.room.read(cursor):
                if isinstance(news, Piece):
                    outlet.take(news)

    # Publishers

    def publish(self, publisher_id: str, settings: Settings, position: int) -> Feed:
        """The feed of a publisher, new or gone on with.

        Raises:
            RoomFullError: There is no room for another one.
        """
        self.used_at = time.monotonic()
        feed = self._feeds.get(publisher_id)
        if feed is not None:
            if (handle := self._returns.pop(publisher_id, None)) is not None:
                handle.cancel()
            return feed
        if len(self._feeds) >= self.limits.max_publishers:
            raise RoomFullError(f"the room takes {self.limits.max_publishers} speakers at most")
        position = max(position, self._ended.pop(publisher_id, 0))
        feed = self._feeds[publisher_id] = Feed(self, publisher_id, settings, position)
        task = self._tasks[feed] = asyncio.create_task(feed.run())
        task.add_done_callback(lambda _: self._feed_ended(feed))
        self.changed()
        return feed

    def connect(self, feed: Feed, connection: object) -> object | None:
        """Note who holds a feed's connection now; returns who did before."""
        before = self._connections.get(feed.publisher_id)
        self._connections[feed.publisher_id] = connection
        self.changed()
        return before

    def disconnect(self, feed: Feed, connection: object) -> None:
        """Note that a connection is gone. The feed waits for another one for a while."""
        if self._connections.get(feed.publisher_id) is not connection:
            return
        del self._connections[feed.publisher_id]
        self.used_at = time.monotonic()
        if feed.publisher_id in self._feeds and not self.is_closed:
            loop = asyncio.get_running_loop()
            self._returns[feed.publisher_id] = loop.call_later(
                self.limits.return_s, self._give_up, feed
            )
        self.changed()

    @property
    def speech_languages(self) -> Collection[str]:
        """Languages whose speech is recognised."""
        return self._ears.speech.languages if self._ears is not None else ()

    async def hear(self, feed: Feed, audio: Audio) -> None:
        """Take a publisher's speech. Waits while too much of it is not heard yet.

        Raises:
            ClientError: Nothing recognises speech here, or not in this language.
        """
        if self._ears is None:
            raise InvalidRequestError("audio", "this gateway does not recognise speech")
        if feed not in self._hearings:
            self._hearings[feed] = Hearing(self._ears, feed)
        await self._hearings[feed].hear(audio)

    async def change(self, feed: Feed, settings: Settings) -> None:
        """Another language or another name, from what a publisher says next."""
        hearing = self._hearings.get(feed)
        if hearing is not None and settings.language not in {"", feed.language}:
            await hearing.rest()
        await feed.change(settings)

    def audio_received(self, feed: Feed) -> int:
        """Samples of a publisher's audio up to what has come."""
        return self._hearings[feed].received if feed in self._hearings else 0

    def audio_acknowledged(self, feed: Feed) -> int:
        """Samples of a publisher's audio that nobody needs any more."""
        return self._hearings[feed].acknowledged if feed in self._hearings else 0

    def end(self, feed: Feed) -> None:
        """End a feed whose publisher has said that nothing comes any more."""
        self._give_up(feed)

    def _give_up(self, feed: Feed) -> None:
        self._returns.pop(feed.publisher_id, None)
        hearing = self._hearings.get(feed)
        if hearing is None:
            self._finish(feed)
            return
        # What was said last is still recognised.
        resting = asyncio.create_task(hearing.rest())
        self._resting.add(resting)
        resting.add_done_callback(self._resting.discard)
        resting.add_done_callback(lambda _: self._finish(feed))

    def _finish(self, feed: Feed) -> None:
        feed.finish()
        if feed.is_waiting and not self.is_closed:
            # A server may still be found for what was said.
            asyncio.get_running_loop().call_later(self.limits.return_s, self._drop, feed)
        else:
            self._drop(feed)

    def _drop(self, feed: Feed) -> None:
        """End a feed for which there is no server."""
        if not feed.is_open and (task := self._tasks.get(feed)) is not None:
            task.cancel()

    def _feed_ended(self, feed: Feed) -> None:
        task = self._tasks.pop(feed)
        self._hearings.pop(feed, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a feed ended with an error", exc_info=error)
        if self._feeds.get(feed.publisher_id) is feed:
            del self._feeds[feed.publisher_id]
            self._ended[feed.publisher_id] = feed.received
            while len(self._ended) > 1000:
                del self._ended[next(iter(self._ended))]
        if (handle := self._returns.pop(feed.publisher_id, None)) is not None:
            handle.cancel()
        self.changed()
        self._late.set()

    # For feeds

    def targets(self, source: str) -> list[str]:
        """Languages to translate a source into: those that somebody reads, the most read first."""
        return [
            language
            for language in self._wanted()
            if language != source and self._servers.pairs.can(source, language)
        ]

    def _wanted(self) -> list[str]:
        """Languages that are pinned or read, or were read until a moment ago."""
        now = time.monotonic()
        leaving = (each for each, until in self._leaving.items() if until > now)
        read = (language for language, _ in self._readers.most_common())
        wanted = dict.fromkeys([*self.pinned, *read, *leaving])
        wanted.pop(ORIGINAL, None)
        return list(wanted)

    def said(self, *, closed: bool = False) -> None:
        """Something new is in the room: its viewers get it in a moment."""
        if closed:
            self._late.set()
        if self._gathering is None and not self.is_closed:
            loop = asyncio.get_running_loop()
            self._gathering = loop.call_later(_GATHER_S, self._wake)

    def changed(self) -> None:
        """Something about the room itself may be different."""
        if self.is_closed:
            return
        self._spoken.update(feed.language for feed in self._feeds.values())
        event = room_event(self.facts())
        if event.sse != self._facts_event[0]:
            self._facts_event = event.sse, event
            self._facts_revision += 1
            self.said()
        for feed in self._feeds.values():
            feed.retarget()

    def _demand_changed(self) -> None:
        now = time.monotonic()
        self._leaving = {each: until for each, until in self._leaving.items() if until > now}
        self.changed()
        self._late.set()

    def _wake(self) -> None:
        self._gathering = None
        self._deliveries.clear()
        self._tell_outlets()
        for viewer in self._viewers:
            # Most are as far as all others and read as fast: they need no task for a delivery.
            outlet = viewer.outlet
            if outlet is None or not viewer.is_waiting or not outlet.is_ready:
                viewer.wake()
            elif chunk := self.take(viewer).chunk:
                outlet.write(chunk)

    # What was said before somebody read it

    def missing(self, language: str) -> list[Segment]:
        """Closed segments that nobody translates into a language, the newest first."""
        if language == ORIGINAL:
            return []
        feeds = {feed.publisher_id: feed for feed in self._feeds.values()}
        found = []
        for segment in self.room.segments:
            number = segment.segment_id
            if self.room.line(language, number) or (language, number) in self._failed:
                continue
            original = self.room.line(ORIGINAL, number)
            if original is None or not original.closed:
                continue
            feed = feeds.get(segment.key.partition(":")[0])
            if feed is not None and feed.serves(language, segment):
                continue
            if self._servers.pairs.can(segment.source_language, language):
                found.append(segment)
        return found[::-1]

    async def _translate_late(self) -> None:
        while True:
            await self._late.wait()
            self._late.clear()
            for language in self._wanted():
                try:
                    while missing := self.missing(language)[:_LATE_SEGMENTS]:
                        await self._translate_segments(missing, language)
                except TranslatorError as error:
                    _log.warning("late segments wait: %s", error.reason)
                    asyncio.get_running_loop().call_later(_LATE_RETRY_S, self._late.set)

    async def _translate_segments(self, segments: list[Segment], language: str) -> None:
        source = segments[0].source_language
        texts = {}
        for segment in segments:
            if segment.source_language == source:
                line = self.room.line(ORIGINAL, segment.segment_id)
                texts[segment.segment_id] = line.text if line is not None else ""
        if source == language:
            for number, text in texts.items():
                self.room.insert(language, number, text)
            self.said()
            return
        items = [BatchItem(text, str(number)) for number, text in texts.items()]
        async with self.client.batch(
            items, source=source, target=language, resume_timeout_s=10.0
        ) as batch:
            async for result in batch:
                number = int(result.item.id)
                if result.error is not None:
                    self._failed.add((language, number))
                else:
                    self.room.insert(language, number, result.text)
                self.said()
        # What has no result by now is not asked for again and again.
        self._failed.update(
            (language, number) for number in texts if self.room.line(language, number) is None
        )

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(_TIDY_S)
            self.room.expire()
            self._failed = {each for each in self._failed if self.room.is_kept(each[1])}
            self._late.set()

    # Facts

    def facts(self, *, with_missing: bool = False) -> RoomFacts:
        """How the room does. What is missing for late readers takes a look at all segments."""
        spoken = {feed.language for feed in self._feeds.values()}
        translated = {
            language
            for language in {*self._readers, *self.pinned}
            if any(feed.translates_into(language) for feed in self._feeds.values())
        }
        wanted = self._wanted()
        languages = sorted({*self._readers, *self.pinned, *spoken} - {ORIGINAL})
        return RoomFacts(
            room_id=self.room_id,
            title=self.title,
            epoch=self.room.epoch,
            offered=[
                LanguageFacts(each, spoken=each in spoken, translated=each in translated)
                for each in sorted(self._offered())
            ],
            languages=[
                LanguageFacts(
                    each,
                    num_viewers=self._readers.get(each, 0),
                    pinned=each in self.pinned,
                    translated=each in translated,
                    num_missing=len(self.missing(each)) if with_missing and each in wanted else 0,
                )
                for each in [ORIGINAL, *languages]
            ],
            publishers=[
                PublisherFacts(
                    feed.speaker,
                    feed.language,
                    feed.publisher_id in self._connections,
                    feed.problem,
                )
                for feed in self._feeds.values()
            ],
            num_viewers=len(self._viewers),
            num_segments=len(list(self.room.segments)),
            recorded=any(outlet.is_record for _, outlet in self._outlets),
            retention_s=self.limits.max_age_s,
            sinks=[facts for _, outlet in self._outlets if (facts := outlet.facts()) is not None],
        )

    def _offered(self) -> set[str]:
        pairs = self._servers.pairs
        if not self._spoken:
            return pairs.all_targets
        return self._spoken.union(*(pairs.targets(source) for source in self._spoken))

    # The end

    def beat(self) -> None:
        """Have every viewer sent a sign of life."""
        for viewer in self._viewers:
            viewer.beat = True
            viewer.wake()

    async def close(self, reason: str = "GOING_AWAY", retry_after_s: float = 0.0) -> None:
        """Say goodbye to everybody, and stop."""
        self.is_closed = True
        self._servers.forget(self.changed)
        farewell = bye(reason, retry_after_s)
        for viewer in self._viewers:
            viewer.farewell = farewell
            viewer.wake()
        for handle in self._returns.values():
            handle.cancel()
        if self._gathering is not None:
            self._gathering.cancel()
        self._tell_outlets()
        await asyncio.gather(*(outlet.close() for _, outlet in self._outlets))
        await asyncio.gather(*(hearing.cancel() for hearing in self._hearings.values()))
        tasks = [*self._own_tasks, *self._tasks.values(), *self._resting]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
