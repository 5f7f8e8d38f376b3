"""All rooms of a gateway."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from translator.captions.hearing import Ears
from translator.captions.live_room import LiveRoom, RoomFullError, RoomLimits
from translator.captions.servers import Servers

__all__ = ["Hall"]

# A sign of life for viewers; proxies end what is silent for a minute.
_BEAT_S = 15.0
_IDLE_S = 3600.0


class Hall:
    """Rooms by name. A room is there as soon as somebody comes with a link to it.

    Links are signed, so only rooms that this gateway, or one with its secret, has made are asked
    for; after a restart they come back, empty.

    Args:
        servers: What translates.
        limits: What each room may take.
        max_rooms: Rooms at once.
        pinned: Languages that every room has translated without readers too.
        ears: What recognises speech; None where nothing does.
    """

    def __init__(
        self,
        servers: Servers,
        *,
        limits: RoomLimits = RoomLimits(),  # noqa: B008
        max_rooms: int = 100,
        pinned: Sequence[str] = (),
        ears: Ears | None = None,
    ) -> None:
        self.servers = servers
        self._limits = limits
        self._max_rooms = max_rooms
        self._pinned = tuple(pinned)
        self._ears = ears
        self._rooms: dict[str, LiveRoom] = {}
        self._permanent: set[str] = set()

    @property
    def rooms(self) -> Iterable[LiveRoom]:
        """The rooms."""
        return self._rooms.values()

    def room(
        self,
        room_id: str,
        *,
        title: str = "",
        pinned: Sequence[str] = (),
        permanent: bool = False,
    ) -> LiveRoom:
        """The room of this name, made where it is not there. One that is idle for an hour goes,
        unless it is ``permanent``.

        Raises:
            RoomFullError: There are too many.
        """
        room = self._rooms.get(room_id)
        if room is None:
            if len(self._rooms) >= self._max_rooms:
                raise RoomFullError(f"this gateway has {self._max_rooms} rooms at most")
            room = self._rooms[room_id] = LiveRoom(
                room_id,
                self.servers,
                title=title,
                pinned=(*self._pinned, *pinned),
                limits=self._limits,
                ears=self._ears,
            )
            if permanent:
                self._permanent.add(room_id)
        return room

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
