"""Those who read a room: who they are, which languages they read, and what each gets next."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from translator.captions.events import ORIGINAL, Line, Segment
from translator.captions.facts import RoomFacts
from translator.captions.responses import Encoded, Encoder, bye, room_event
from translator.captions.transcript import Cursor, Transcript
from translator.errors import LimitError

__all__ = ["Audience", "Outlet", "RoomFullError", "RoomLimits", "Viewer"]

# What comes within this time is sent together.
_GATHER_S = 0.04


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
        return_s: How long a publisher may be away and go on, in seconds; and how long the words of
            one that is gone wait for a server.
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
        after: Id of the event that it came with, until it is given something.
        added: Languages that this does not hold for.
    """

    cursor: Cursor
    room_revision: int = 0
    farewell: Encoded | None = None
    beat: bool = False
    outlet: "Outlet | None" = field(default=None, repr=False)
    after: str = ""
    added: tuple[str, ...] = ()
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


class Audience:
    """A room as its viewers see it. It belongs to one event loop.

    Args:
        room_id: Its name.
        room: What has been said in it.
        limits: What it may take.
    """

    def __init__(self, room_id: str, room: Transcript, limits: RoomLimits) -> None:
        self.room_id = room_id
        self.room = room
        self.limits = limits
        self.used_at = time.monotonic()
        self.is_closed = False
        self._encoder = Encoder(room.epoch)
        self._viewers: set[Viewer] = set()
        self._readers: Counter[str] = Counter()
        # Languages that nobody reads any more, and until when they are translated on.
        self._leaving: dict[str, float] = {}
        self._deliveries: dict[object, tuple[Delivery, Cursor]] = {}
        self._gathering: asyncio.TimerHandle | None = None
        self._facts_event: tuple[bytes, Encoded] | None = None
        self._facts_revision = 1

    # What is different from room to room

    def facts(self, *, with_missing: bool = False) -> RoomFacts:
        """How the room does. What is missing for late readers takes a look at all segments."""
        raise NotImplementedError

    def _offered(self) -> set[str]:
        """Languages that can be read."""
        raise NotImplementedError

    @property
    def is_settled(self) -> bool:
        """Whether what is in the room may be told."""
        return True

    def is_ready(self, viewer: Viewer) -> bool:
        """Whether there is something to tell a viewer at all."""
        return True

    def changed(self) -> None:
        """Something about the room itself may be different."""
        if self.is_closed:
            return
        event = room_event(self.facts())
        if self._facts_event is None or event.sse != self._facts_event[0]:
            self._facts_event = event.sse, event
            self._facts_revision += 1
            self.said()

    def demand_changed(self) -> None:
        """Other languages may be wanted."""
        now = time.monotonic()
        self._leaving = {each: until for each, until in self._leaving.items() if until > now}
        self.changed()

    @property
    def num_viewers(self) -> int:
        """How many read."""
        return len(self._viewers)

    @property
    def is_idle(self) -> bool:
        """Whether nobody is here, and nothing is kept for anybody."""
        return not self._viewers

    async def transcript(self, code: str) -> tuple[str, str, list[tuple[Segment, Line]]]:
        """All closed lines of a language, with the epoch, and the room's own code of it."""
        language = self.language_for(code)
        return self.room.epoch, language, self.room.closed_lines(language)

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

    def join(self, languages: Iterable[str], after: str = "", added: Iterable[str] = ()) -> Viewer:
        """Add a viewer; see ``Transcript.subscribe``.

        Raises:
            RoomFullError: There is no room for another one.
        """
        if len(self._viewers) >= self.limits.max_viewers:
            raise RoomFullError(f"the room takes {self.limits.max_viewers} viewers at most")
        own = tuple(dict.fromkeys(map(self.language_for, languages)))
        new = [self.language_for(language) for language in added]
        viewer = Viewer(self.room.subscribe(own, after, new), after=after, added=tuple(new))
        self._viewers.add(viewer)
        self.used_at = time.monotonic()
        news = [language for language in own if not self._readers[language]]
        self._readers.update(own)
        for language in own:
            self._leaving.pop(language, None)
        if news:
            self.demand_changed()
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
            loop.call_later(self.limits.linger_s + 0.05, self.demand_changed)
            self.changed()

    def take(self, viewer: Viewer) -> Delivery:
        """What a viewer does not have yet; made once for all that are equally far."""
        cursor = viewer.cursor
        if not self.is_ready(viewer):
            farewell = viewer.farewell
            return Delivery() if farewell is None else Delivery((farewell,), farewell.sse)
        viewer.after, viewer.added = "", ()
        state = (
            cursor.languages, cursor.n, cursor.revisions, cursor.added, viewer.room_revision
        )  # fmt: skip
        known = self._deliveries.get(state)
        if known is None:
            news = self.room.read(cursor)
            events = [self._encoder.encode(each) for each in news]
            if viewer.room_revision != self._facts_revision and self._facts_event is not None:
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

    def wanted(self) -> list[str]:
        """Languages that are read, or were until a moment ago, the most read first."""
        now = time.monotonic()
        leaving = (each for each, until in self._leaving.items() if until > now)
        read = (language for language, _ in self._readers.most_common())
        wanted = dict.fromkeys([*read, *leaving])
        wanted.pop(ORIGINAL, None)
        return list(wanted)

    def said(self, *, closed: bool = False) -> None:
        """Something new is in the room: its viewers get it in a moment. ``closed``: a segment has
        ended.
        """
        if self._gathering is None and not self.is_closed:
            loop = asyncio.get_running_loop()
            self._gathering = loop.call_later(_GATHER_S, self._wake)

    def _wake(self) -> None:
        self._gathering = None
        self._deliveries.clear()
        for viewer in self._viewers:
            # Most are as far as all others and read as fast: they need no task for a delivery.
            outlet = viewer.outlet
            if outlet is None or not viewer.is_waiting or not outlet.is_ready:
                viewer.wake()
            elif chunk := self.take(viewer).chunk:
                outlet.write(chunk)

    # The end

    def beat(self) -> None:
        """Have every viewer sent a sign of life."""
        for viewer in self._viewers:
            viewer.beat = True
            viewer.wake()

    async def close(self, reason: str = "GOING_AWAY", retry_after_s: float = 0.0) -> None:
        """Say goodbye to everybody, and stop."""
        self.is_closed = True
        farewell = bye(reason, retry_after_s)
        for viewer in self._viewers:
            viewer.farewell = farewell
            viewer.wake()
        if self._gathering is not None:
            self._gathering.cancel()
