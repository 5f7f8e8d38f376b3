"""All rooms of a gateway."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from translator.captions.audience import Audience, RoomFullError, RoomLimits
from translator.captions.hearing import Ears
from translator.captions.live_room import LiveRoom
from translator.captions.relay import RelayRoom, Upstream
from translator.captions.servers import Servers
from translator.captions.store import Store
from translator.errors import ClientError

__all__ = ["Hall", "RelayOnlyError"]

# A sign of life for viewers; proxies end what is silent for a minute.
_BEAT_S = 15.0
_IDLE_S = 3600.0


class RelayOnlyError(ClientError):
    """This gateway has rooms of another one, for viewers only."""

    reason = "RELAY_ONLY"
    status = "UNIMPLEMENTED"


class Hall:
    """Rooms by name. A room is there as soon as somebody comes with a link to it.

    Links are signed, so only rooms that this gateway, or one with its secret, has made are asked
    for; after a restart they come back, empty.

    Args:
        origin: What translates; or the gateway whose rooms are relayed.
        limits: What each room may take.
        max_rooms: Rooms at once.
        pinned: Languages that every room has translated without readers too.
        ears: What recognises speech; None where nothing does.
        store: Where rooms are kept, so that they outlive this gateway; None: nowhere.
    """

    def __init__(
        self,
        origin: Servers | Upstream,
        *,
        limits: RoomLimits = RoomLimits(),  # noqa: B008
        max_rooms: int = 100,
        pinned: Sequence[str] = (),
        ears: Ears | None = None,
        store: Store | None = None,
    ) -> None:
        self._origin = origin
        self._store = store
        self._losing: set[asyncio.Task[None]] = set()
        self._limits = limits
        self._max_rooms = max_rooms
        self._pinned = tuple(pinned)
        self._ears = ears
        self._rooms: dict[str, Audience] = {}
        self._permanent: set[str] = set()

    @property
    def rooms(self) -> Iterable[Audience]:
        """The rooms."""
        return self._rooms.values()

    def room(
        self,
        room_id: str,
        *,
        title: str = "",
        pinned: Sequence[str] = (),
        permanent: bool = False,
    ) -> Audience:
        """The room of this name, made where it is not there. One that is idle for an hour goes,
        unless it is ``permanent``.

        Raises:
            RoomFullError: There are too many.
        """
        room = self._rooms.get(room_id)
        if room is None:
            if len(self._rooms) >= self._max_rooms:
                raise RoomFullError(f"this gateway has {self._max_rooms} rooms at most")
            pinned = (*self._pinned, *pinned)
            if isinstance(self._origin, Upstream):
                room = RelayRoom(room_id, self._origin, pinned=pinned, limits=self._limits)
            else:
                room = LiveRoom(
                    room_id,
                    self._origin,
                    title=title,
                    pinned=pinned,
                    limits=self._limits,
                    ears=self._ears,
                    store=None if self._store is None else self._store.of(room_id),
                    taken=lambda: self._lose(room_id),
                )
            self._rooms[room_id] = room
            if permanent:
                self._permanent.add(room_id)
        return room

    def speaking_room(
        self, room_id: str, *, title: str = "", pinned: Sequence[str] = ()
    ) -> LiveRoom:
        """The same, for those who speak.

        Raises:
            RoomFullError: There are too many.
            RelayOnlyError: Rooms are relayed here.
        """
        if isinstance(self._origin, Upstream):
            raise RelayOnlyError(
                f"this gateway relays rooms of {self._origin.address}: speak and make rooms there"
            )
        room = self.room(room_id, title=title, pinned=pinned)
        assert isinstance(room, LiveRoom)  # noqa: S101
        return room

    def _lose(self, room_id: str) -> None:
        """Another gateway has gone on with a room: whoever comes gets what that one left."""
        losing = asyncio.create_task(self._reload(room_id))
        self._losing.add(losing)
        losing.add_done_callback(self._losing.discard)

    async def _reload(self, room_id: str) -> None:
        room = self._rooms.get(room_id)
        if room is None or self._store is None:
            return
        try:
            await self._store.load(room_id)
        finally:
            self._rooms.pop(room_id, None)
            await room.close(retry_after_s=0.5)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Keep the rooms while the context is open; at its end everybody is told goodbye."""
        tending = asyncio.create_task(self._tend())
        try:
            yield
        finally:
            tending.cancel()
            await asyncio.gather(tending, return_exceptions=True)
            await self.close()

    async def close(self) -> None:
        """Close all rooms; safe to call twice."""
        rooms, self._rooms = list(self._rooms.values()), {}
        await asyncio.gather(*(room.close(retry_after_s=0.5) for room in rooms))

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_S)
            for name, room in list(self._rooms.items()):
                room.beat()
                is_idle = room.is_idle and name not in self._permanent
                if is_idle and room.used_at < time.monotonic() - _IDLE_S:
                    del self._rooms[name]
                    await room.close("ROOM_CLOSED")
