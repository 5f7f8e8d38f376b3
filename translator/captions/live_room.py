"""A room with people in it: who speaks, who reads, where its captions go, what is stored of it."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from translator.captions.audience import Audience, RoomFullError, RoomLimits, Viewer
from translator.captions.events import ORIGINAL, Line, Piece, Segment, event_id
from translator.captions.facts import LanguageFacts, PublisherFacts, RoomFacts, SinkFacts
from translator.captions.feed import Feed
from translator.captions.hearing import Ears, Hearing
from translator.captions.late_lines import LateLines
from translator.captions.outlets import RoomOutlet
from translator.captions.requests import Audio, Settings
from translator.captions.room import Room
from translator.captions.servers import Servers
from translator.captions.store import RoomStore, TakenError
from translator.captions.transcript import Cursor
from translator.client import AsyncTranslatorClient
from translator.errors import InvalidRequestError

__all__ = ["LiveRoom"]

_log = logging.getLogger(__name__)

_TIDY_S = 15.0
_SETTLE_S = 0.02


class LiveRoom(Audience):
    """A room with its publishers and viewers. It belongs to one event loop.

    Args:
        room_id: Its name.
        servers: What translates.
        title: What it is called.
        pinned: Languages that are translated without readers too.
        limits: What it may take.
        ears: What recognises speech; None where nothing does.
        store: Where what is committed is kept, and what is there; None: nowhere.
        taken: Called when another gateway has the room.
    """

    room: Room

    def __init__(
        self,
        room_id: str,
        servers: Servers,
        *,
        title: str = "",
        pinned: Sequence[str] = (),
        limits: RoomLimits = RoomLimits(),  # noqa: B008
        ears: Ears | None = None,
        store: RoomStore | None = None,
        taken: Callable[[], None] = lambda: None,
    ) -> None:
        kept = None if store is None else store.kept
        room = Room(
            secrets.token_hex(4) if kept is None else kept.epoch,
            clock=time.monotonic,
            wall_clock=time.time,
            max_length=limits.max_length,
            max_age_s=limits.max_age_s,
        )
        super().__init__(room_id, room, limits)
        self._store = store
        self._taken = taken
        self._storing: asyncio.Task[None] | None = None
        if store is not None:
            room.on_piece = store.add
        if kept is not None:
            room.restore(kept.pieces)
            title = title or kept.title
            pinned = (*pinned, *kept.pinned)
        self.title = title
        self.pinned = tuple(dict.fromkeys(pinned))
        self._servers = servers
        self._feeds: dict[str, Feed] = {}
        self._ears = ears
        self._hearings: dict[Feed, Hearing] = {}
        # What was said last is recognised before a feed ends.
        self._resting: dict[Feed, asyncio.Task[None]] = {}
        self._connections: dict[str, object] = {}
        self._returns: dict[Feed, asyncio.TimerHandle] = {}
        # How far publishers were that have ended.
        self._ended: dict[str, int] = {} if kept is None else dict(kept.covered)
        self._tasks: dict[Feed, asyncio.Task[None]] = {}
        self._spoken: set[str] = set()
        self._outlets: list[tuple[Cursor, RoomOutlet]] = []
        self._late = LateLines(room, servers, self._feeds, self.wanted, self.said)
        self._own_tasks = [
            asyncio.create_task(self._late.run()),
            asyncio.create_task(self._tidy()),
        ]
        servers.on_change(self.changed)
        self.changed()

    @property
    def client(self) -> AsyncTranslatorClient:
        return self._servers.client

    @property
    def spoken_languages(self) -> set[str]:
        """Languages that can be spoken and translated."""
        return self._servers.pairs.sources

    # Outlets

    def add_outlet(self, outlet: RoomOutlet) -> None:
        """Have an outlet take what is committed from now on; it is closed with the room."""
        after = event_id(self.room.epoch, self.room.n)
        self._outlets.append((self.room.subscribe((outlet.language,), after), outlet))
        if outlet.language != ORIGINAL:
            self.pinned = tuple(dict.fromkeys([*self.pinned, outlet.language]))
        outlet.start()
        self.changed()

    def switch_sink(self, number: int, on: bool) -> SinkFacts:
        """Switch an outlet off, or on again; ``number`` is its place in the facts, from 1 on.

        Raises:
            InvalidRequestError: There is none of this number.
        """
        if not 1 <= number <= len(self._outlets):
            raise InvalidRequestError("sink_id", "no destination of this room")
        # It had everything up to now, or was off.
        self._tell_outlets()
        self._outlets[number - 1][1].switch(on)
        # Whether it is recorded, for all to know.
        self.changed()
        return self.facts().sinks[number - 1]

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
        if feed is not None and not feed.is_ending:
            self._keep(feed)
            return feed
        if len(self._feeds) >= self.limits.max_publishers:
            raise RoomFullError(f"the room takes {self.limits.max_publishers} speakers at most")
        before = self._ended.pop(publisher_id, 0) if feed is None else feed.received
        position = max(position, before)
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
        if feed in self._tasks and not self.is_closed:
            self._later(feed, self.end)
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
        """End a feed whose publisher comes back no more, or has said that nothing follows.

        What it has said is still recognised, and translated if a server takes it before long.
        """
        self._keep(feed)
        if feed not in self._tasks or self.is_closed:
            return
        hearing = self._hearings.get(feed)
        if hearing is None:
            self._finish(feed)
        else:
            self._resting[feed] = asyncio.create_task(self._rest(feed, hearing))

    async def _rest(self, feed: Feed, hearing: Hearing) -> None:
        await hearing.rest()
        self._resting.pop(feed, None)
        self._finish(feed)

    def _finish(self, feed: Feed) -> None:
        feed.finish()
        self._later(feed, self._drop)

    def _drop(self, feed: Feed) -> None:
        """Give up what waits for a server in vain."""
        self._keep(feed)
        if not feed.is_open and (task := self._tasks.get(feed)) is not None:
            task.cancel()

    def _later(self, feed: Feed, do: Callable[[Feed], None]) -> None:
        self._keep(feed)
        loop = asyncio.get_running_loop()
        self._returns[feed] = loop.call_later(self.limits.return_s, do, feed)

    def _keep(self, feed: Feed) -> None:
        """Do not end it for now."""
        if (handle := self._returns.pop(feed, None)) is not None:
            handle.cancel()
        if (resting := self._resting.pop(feed, None)) is not None:
            resting.cancel()

    async def finished(self, feed: Feed) -> int:
        """Wait until a feed that was told to has ended, or its publisher has come back.

        Returns:
            Samples of the publisher's audio that nobody needs any more.
        """
        hearing = self._hearings.get(feed)
        if (resting := self._resting.get(feed)) is not None:
            await asyncio.wait({resting})
        if feed.is_ending and (task := self._tasks.get(feed)) is not None:
            await asyncio.wait({task})
        return hearing.acknowledged if hearing is not None else 0

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
        self._keep(feed)
        self.changed()
        self._late.wake()

    # For feeds

    def targets(self, source: str) -> list[str]:
        """Languages to translate a source into: those that somebody reads, the most read first."""
        return [
            language
            for language in self.wanted()
            if language != source and self._servers.pairs.can(source, language)
        ]

    def changed(self) -> None:
        """Something about the room itself may be different."""
        if self.is_closed:
            return
        self._spoken.update(feed.language for feed in self._feeds.values())
        super().changed()
        for feed in self._feeds.values():
            feed.retarget()

    def demand_changed(self) -> None:
        """Other languages may be wanted."""
        super().demand_changed()
        self._late.wake()

    def wanted(self) -> list[str]:
        """Languages that are pinned or read, or were read until a moment ago."""
        return list(dict.fromkeys([*self.pinned, *super().wanted()]))

    @property
    def is_settled(self) -> bool:
        """What is not stored yet is not told either: a viewer's id is good at the next gateway."""
        return self._store is None or not self._store.is_behind

    def is_ready(self, viewer: Viewer) -> bool:
        return self.is_settled

    def _wake(self) -> None:
        if self._store is None or self.is_settled:
            self._deliver()
        elif self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_and_deliver(self._store))

    def _deliver(self) -> None:
        self._tell_outlets()
        super()._wake()

    async def _store_and_deliver(self, store: RoomStore) -> None:
        try:
            await store.flush(self.room, self._kept_facts)
        except TakenError:
            _log.warning("another gateway has the room")
            self._taken()
        except Exception:
            # A bug: captions go on.
            _log.exception("a room is not kept any more")
            self._store = None
            self._deliver()
        else:
            self._deliver()

    def _kept_facts(self) -> dict[str, Any]:
        covered = {feed.publisher_id: feed.covered for feed in self._feeds.values()}
        return {"title": self.title, "pinned": self.pinned, "covered": covered}

    async def transcript(self, code: str) -> tuple[str, str, list[tuple[Segment, Line]]]:
        """All closed lines of a language, once they are stored."""
        while not (self.is_settled or self.is_closed):  # noqa: ASYNC110
            await asyncio.sleep(_SETTLE_S)
        return await super().transcript(code)

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(_TIDY_S)
            self.room.expire()
            self._late.tidy()

    # Facts

    def facts(self, *, with_missing: bool = False) -> RoomFacts:
        """How the room does. What is missing for late readers takes a look at all segments."""
        spoken = {feed.language for feed in self._feeds.values()}
        translated = {
            language
            for language in {*self._readers, *self.pinned}
            if any(feed.translates_into(language) for feed in self._feeds.values())
        }
        wanted = self.wanted()
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
                    num_missing=len(self._late.missing(each))
                    if with_missing and each in wanted
                    else 0,
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
            sinks=[outlet.facts() for _, outlet in self._outlets],
        )

    def _offered(self) -> set[str]:
        pairs = self._servers.pairs
        # A region is offered where it is pinned: pt-PT beside pt.
        sources = self._spoken or pairs.sources
        regions = {
            each
            for each in self.pinned
            if "-" in each and any(pairs.can(source, each) for source in sources)
        }
        if not self._spoken:
            return pairs.all_targets | regions
        return self._spoken.union(regions, *(pairs.targets(each) for each in self._spoken))

    def said(self, *, closed: bool = False) -> None:
        """Something new is in the room: its viewers get it in a moment."""
        if closed:
            self._late.wake()
        super().said()

    # The end

    @property
    def is_idle(self) -> bool:
        """Whether nobody is here, and nothing is kept for anybody."""
        return super().is_idle and not self._feeds

    async def close(self, reason: str = "GOING_AWAY", retry_after_s: float = 0.0) -> None:
        """Say goodbye to everybody, and stop."""
        if (store := self._store) is not None:
            if self._storing is not None:
                await asyncio.wait({self._storing})
            if reason == "ROOM_CLOSED":
                await store.delete()
            elif store.is_behind:
                with contextlib.suppress(TakenError):
                    await store.flush(self.room, self._kept_facts)
        await super().close(reason, retry_after_s)
        self._servers.forget(self.changed)
        for handle in self._returns.values():
            handle.cancel()
        self._tell_outlets()
        await asyncio.gather(*(outlet.close() for _, outlet in self._outlets))
        await asyncio.gather(*(hearing.cancel() for hearing in self._hearings.values()))
        tasks = [*self._own_tasks, *self._tasks.values(), *self._resting.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
