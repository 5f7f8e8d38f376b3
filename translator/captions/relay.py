"""Rooms of another gateway: what it tells is told on, under the same event ids."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from translator.captions.audience import Audience, RoomLimits, Viewer
from translator.captions.events import ORIGINAL, Line, Segment, parse_event_id
from translator.captions.facts import LanguageFacts, PublisherFacts, RoomFacts
from translator.captions.links import Links, Role
from translator.captions.mirror import Mirror
from translator.captions.responses import Encoder
from translator.client import AsyncTranslatorClient
from translator.client.captions.events import (
    Caption,
    CaptionDraft,
    CaptionPiece,
    CaptionRoom,
    CaptionsLink,
    CaptionSnapshot,
    LateCaption,
    RawEvent,
)
from translator.client.captions.subscription import AsyncSubscription
from translator.client.events import Connecting, Reconnecting
from translator.client.login import Login
from translator.errors import DrainingError, TranslatorError

__all__ = ["RelayRoom", "Upstream", "connected_upstream"]

_log = logging.getLogger(__name__)

_KEY_LIFETIME_S = 3600.0
# The other gateway may be away for as long as it likes: what came until then is told on.
_RESUME_TIMEOUT_S = 1e9
_RETRY_S = 2.0
_TIDY_S = 15.0
# A room whose other gateway has never been heard of has this one.
_NO_EPOCH = "none"


class Upstream:
    """The gateway whose rooms are relayed.

    Args:
        client: A client of it.
        address: Where it is, for people.
        links: What makes keys that it takes: both have the same secret.
    """

    def __init__(self, client: AsyncTranslatorClient, address: str, links: Links) -> None:
        self.client = client
        self.address = address
        self._links = links

    def link(self, room_id: str) -> CaptionsLink:
        """A new key to a room. It may read as many languages as a gateway needs."""
        key = self._links.key(room_id, Role.OPERATE, lifetime_s=_KEY_LIFETIME_S)
        return CaptionsLink(room_id, key)


@asynccontextmanager
async def connected_upstream(
    address: str,
    links: Links,
    login: Login = Login(),  # noqa: B008
) -> AsyncIterator[Upstream]:
    """The gateway at this address. It may come and go; nothing is waited for.

    Raises:
        ConfigError: A file of the login cannot be used.
    """
    async with AsyncTranslatorClient(address, **login.arguments()) as client:
        yield Upstream(client, address, links)


class RelayRoom(Audience):
    """A room of another gateway. It belongs to one event loop.

    A language is asked for while somebody reads it here. Viewers wait until all that there is of
    their languages has come; what comes then has the other room's numbers, so a viewer may go on
    here with an id that it got there, and the other way round.

    Args:
        room_id: Its name.
        upstream: The other gateway.
        pinned: Languages that are asked for without readers too.
        limits: What it may take.
    """

    room: Mirror

    def __init__(
        self,
        room_id: str,
        upstream: Upstream,
        *,
        pinned: Sequence[str] = (),
        limits: RoomLimits = RoomLimits(),  # noqa: B008
    ) -> None:
        super().__init__(room_id, self._new_room(_NO_EPOCH, limits), limits)
        self._upstream = upstream
        self._pinned = tuple(dict.fromkeys(pinned))
        self._told: CaptionRoom | None = None
        # Languages of which there is everything that the other room has.
        self._loaded: set[str] = set()
        self._demand = asyncio.Event()
        self._problem = ""
        self._tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._tidy())]

    @staticmethod
    def _new_room(epoch: str, limits: RoomLimits) -> Mirror:
        return Mirror(
            epoch,
            clock=time.monotonic,
            max_length=limits.max_length,
            max_age_s=limits.max_age_s,
        )

    # For viewers

    def is_ready(self, viewer: Viewer) -> bool:
        """Whether all is here that the viewer reads."""
        return self._loaded.issuperset(viewer.cursor.languages)

    def _offered(self) -> set[str]:
        return {each.language for each in self._told.languages} if self._told else set()

    def demand_changed(self) -> None:
        """Other languages may be wanted."""
        super().demand_changed()
        self._demand.set()

    async def transcript(self, code: str) -> tuple[str, str, list[tuple[Segment, Line]]]:
        """All closed lines of a language; one that nobody reads here is asked for elsewhere.

        Raises:
            TranslatorError: The other gateway does not answer.
        """
        language = self.language_for(code)
        if language in self._loaded:
            return await super().transcript(code)
        link = self._upstream.link(self.room_id)
        captions = await self._upstream.client.captions(link, code, timeout_s=10.0)
        language = captions[0].language if captions else language
        return self.room.epoch, language, [self._line(caption) for caption in captions]

    def facts(self, *, with_missing: bool = False) -> RoomFacts:
        """How the room does, as far as it is known here."""
        told = self._told
        offered = () if told is None else told.languages
        wanted = sorted({*self._readers, *self._pinned})
        speakers = [
            PublisherFacts("", "", True, "") for _ in range(told.num_speakers if told else 0)
        ]
        if self._problem:
            speakers.append(PublisherFacts("", "", False, self._problem))
        return RoomFacts(
            room_id=self.room_id,
            title=told.title if told else "",
            epoch=self.room.epoch,
            offered=[
                LanguageFacts(each.language, spoken=each.spoken, translated=each.translated)
                for each in offered
            ],
            languages=[
                LanguageFacts(
                    each,
                    num_viewers=self._readers.get(each, 0),
                    pinned=each in self._pinned,
                    translated=each in self._loaded,
                )
                for each in wanted
            ],
            publishers=speakers,
            num_viewers=len(self._viewers),
            num_segments=len(list(self.room.segments)),
            recorded=told.recorded if told else False,
            retention_s=told.retention_s if told else self.limits.max_age_s,
        )

    # What the other gateway tells

    def _asked(self) -> list[str]:
        """Languages to ask for; [] while nobody reads."""
        wanted = self.wanted()
        if self._readers[ORIGINAL] or ORIGINAL in self._leaving:
            wanted.append(ORIGINAL)
        wanted = list(dict.fromkeys([*self._pinned, *wanted]))
        # Its languages have to be known before pt-BR can be told from pt.
        return [ORIGINAL] if wanted and self._told is None else sorted(wanted)

    async def _follow(self) -> None:
        while True:
            try:
                self._demand.clear()
                if languages := self._asked():
                    await self._read(languages)
                else:
                    self._drop(self._loaded)
                    await self._demand.wait()
            except TranslatorError as error:
                self._tell(error.message)
                await asyncio.sleep(_RETRY_S)

    async def _read(self, languages: list[str]) -> None:
        """Read until nobody here reads any more."""
        subscription = self._upstream.client.subscribe(
            lambda: self._upstream.link(self.room_id),
            languages,
            resume_timeout_s=_RESUME_TIMEOUT_S,
            history=0,
            on_connecting=self._connecting,
        )
        asked = languages
        # A new subscription has nothing.
        self._drop(self._loaded)
        async with subscription:
            while True:
                if self._demand.is_set():
                    self._demand.clear()
                    wanted = self._asked()
                    if not wanted:
                        self._demand.set()
                        return
                    if wanted != asked:
                        asked = wanted
                        self._drop(self._loaded - set(asked))
                        subscription.change(asked)
                await self._next(subscription)

    async def _next(self, subscription: AsyncSubscription) -> None:
        """Take an event, or note that other languages are wanted."""
        reading = asyncio.create_task(subscription.raw())
        demand = asyncio.create_task(self._demand.wait())
        try:
            await asyncio.wait({reading, demand}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                # Cancelling the wait loses no event.
                return
            await self._take(reading.result())
        except StopAsyncIteration:
            raise DrainingError("the room is closed at the other gateway") from None
        finally:
            for task in (reading, demand):
                task.cancel()
            await asyncio.gather(reading, demand, return_exceptions=True)

    async def _take(self, event: RawEvent) -> None:
        match event:
            case Reconnecting():
                self._tell(event.cause.message)
                return
            case CaptionSnapshot():
                await self._load(event)
            case CaptionPiece():
                self._append(event.id, event.caption, whole=False)
            case LateCaption():
                self._append(event.id, event.caption, whole=True)
            case CaptionDraft():
                self._show(event)
            case CaptionRoom():
                self._told = event
                self._rename()
        self._tell("")
        self.said()

    async def _load(self, snapshot: CaptionSnapshot) -> None:
        """Take all that there is of some languages."""
        epoch, n = _place(snapshot.id)
        if epoch != self.room.epoch:
            self._begin(epoch)
        for draft in snapshot.drafts:
            language = draft.language
            captions = [each for each in snapshot.captions if each.language == language]
            if snapshot.page > snapshot.first_page:
                captions = [*await self._older(language, snapshot), *captions]
            lines = (self._line(caption) for caption in captions)
            self.room.load(language, lines, n, snapshot.page)
            self._show(draft)
            self._loaded.add(language)

    async def _older(self, language: str, snapshot: CaptionSnapshot) -> list[Caption]:
        """Closed captions of pages that are not in a snapshot."""
        link = self._upstream.link(self.room_id)
        captions = await self._upstream.client.captions(link, language, timeout_s=10.0)
        return [each for each in captions if Mirror.page_of(each.segment_id) < snapshot.page]

    def _begin(self, epoch: str) -> None:
        """The other gateway has started anew: so do viewers."""
        self.room = self._new_room(epoch, self.limits)
        self._encoder = Encoder(epoch)
        self._loaded.clear()
        self._deliveries.clear()
        for viewer in self._viewers:
            self._restart(viewer, viewer.cursor.languages)

    def _append(self, name: str, caption: Caption, *, whole: bool) -> None:
        segment, line = self._line(caption)
        self.room.append(
            _place(name)[1],
            segment,
            caption.language,
            caption.text,
            closed=caption.closed,
            whole=whole,
            start_s=line.start_s,
            end_s=line.end_s,
        )

    def _show(self, draft: CaptionDraft) -> None:
        texts = []
        for text in draft.texts:
            facts = text.segment_id, text.key, draft.language, text.source_language, text.speaker
            texts.append((self._line(Caption(*facts, "", False))[0], text.text))
        self.room.show(draft.language, texts)

    def _drop(self, languages: Iterable[str]) -> None:
        for language in set(languages):
            self.room.forget(language)
            self._loaded.discard(language)

    @staticmethod
    def _line(caption: Caption) -> tuple[Segment, Line]:
        now = time.time()
        begin = now if caption.begin_time is None else min(now, caption.begin_time)
        segment = Segment(
            caption.segment_id,
            caption.key,
            caption.source_language,
            caption.speaker,
            time.monotonic() - (now - begin),
            begin,
        )
        return segment, Line(caption.text, caption.closed, caption.start_s, caption.end_s)

    def _rename(self) -> None:
        """Viewers have asked for languages by codes of their own."""
        for viewer in self._viewers:
            languages = viewer.cursor.languages
            own = tuple(dict.fromkeys(map(self.language_for, languages)))
            if own != languages:
                self._readers.subtract(languages)
                self._readers.update(own)
                self._restart(viewer, own)
        self._readers = +self._readers
        self.changed()
        self._demand.set()

    def _restart(self, viewer: Viewer, languages: Sequence[str]) -> None:
        added = [self.language_for(language) for language in viewer.added]
        viewer.cursor = self.room.subscribe(languages, viewer.after, added)

    def _connecting(self, event: Connecting) -> None:
        if event.cause is not None:
            self._tell(event.cause.message)

    def _tell(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            if problem:
                _log.warning("the other gateway of a room is away")
            self.changed()

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(_TIDY_S)
            self.room.expire()

    async def close(self, reason: str = "GOING_AWAY", retry_after_s: float = 0.0) -> None:
        """Say goodbye to everybody, and stop."""
        await super().close(reason, retry_after_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _place(name: str) -> tuple[str, int]:
    """Epoch and number of an event."""
    place = parse_event_id(name)
    if place is None:
        raise DrainingError("the other gateway's events have no ids")
    return place
