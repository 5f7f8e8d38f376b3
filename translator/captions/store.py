"""Rooms that outlive their gateway: Redis keeps what was committed, a stream for each room.

An entry is what was committed in a moment. Its id is the number of its last piece, and it is added
only behind the entry that its gateway knows: of two gateways that have a room, one is told so.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from translator.captions.events import Piece, Segment
from translator.captions.room import Room
from translator.errors import ConfigError

__all__ = ["KeptRoom", "RoomStore", "Store", "TakenError", "connected_store"]

_log = logging.getLogger(__name__)

_PREFIX = "translator:captions:"
_TIMEOUT_S = 2.0
# Redis is tried for so long; then captions go on without it.
_GIVE_UP_S = 5.0
_RETRY_S = 0.2

# Id of the last entry, of the new one, the new entry, the first number that is kept, seconds.
_APPEND = """
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if last and last[1] == ARGV[2] and last[2][2] == ARGV[3] then return 1 end
if last and last[1] ~= ARGV[1] then return 0 end
redis.call('XADD', KEYS[1], ARGV[2], 'entry', ARGV[3])
redis.call('XTRIM', KEYS[1], 'MINID', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
"""


class TakenError(Exception):
    """Another gateway has the room."""


@dataclass(slots=True)
class KeptRoom:
    """What a former gateway left of a room.

    Attributes:
        epoch: The room's.
        title: What it is called.
        pinned: Languages that are translated without readers too.
        covered: Up to where each publisher's source stands committed in the original.
        pieces: What was committed, in order; the oldest may be gone.
        last_id: Id of the last entry.
    """

    epoch: str
    title: str = ""
    pinned: tuple[str, ...] = ()
    covered: dict[str, int] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)
    last_id: str = ""


class RoomStore:
    """The stream of one room.

    Attributes:
        kept: What was there; None if nothing was.
    """

    def __init__(self, redis: Any, room_id: str, kept: KeptRoom | None, keep_s: float) -> None:
        self.kept = kept
        self._redis = redis
        self._key = _PREFIX + room_id
        self._keep_s = keep_s
        self._last_id = "" if kept is None else kept.last_id
        self._waiting: list[Piece] = []
        self._is_storing = False
        self._is_on = True
        self._is_taken = False

    @property
    def is_behind(self) -> bool:
        """Whether something is committed that Redis does not have yet."""
        return self._is_taken or (self._is_on and (bool(self._waiting) or self._is_storing))

    def add(self, piece: Piece) -> None:
        """Have a piece stored by the next ``flush``."""
        if self._is_on:
            self._waiting.append(piece)

    async def flush(self, room: Room, facts: Callable[[], Mapping[str, Any]]) -> None:
        """Store what was added. Where Redis is away for too long, captions go on without it.

        Args:
            room: The room.
            facts: Tells ``title``, ``pinned`` and ``covered``, as of now.

        Raises:
            TakenError: Another gateway has the room.
        """
        self._is_storing = True
        try:
            while self._waiting:
                pieces, self._waiting = self._waiting, []
                entry = json.dumps(_entry(room.epoch, facts(), pieces))
                await self._append(f"{pieces[-1].n}-0", entry, f"{room.first_n}-0")
        finally:
            self._is_storing = False

    async def delete(self) -> None:
        """Forget the room."""
        self._is_on = False
        self._waiting.clear()
        try:
            await self._redis.delete(self._key)
        except (OSError, self._redis_error()) as error:
            _log.warning("a room stays in Redis until it expires: %s", type(error).__name__)

    async def _append(self, entry_id: str, entry: str, first_id: str) -> None:
        seconds = str(max(1, round(self._keep_s)))
        arguments = (self._last_id, entry_id, entry, first_id, seconds)
        give_up_at = time.monotonic() + _GIVE_UP_S
        while True:
            try:
                if not await self._redis.eval(_APPEND, 1, self._key, *arguments):
                    self._is_taken = True
                    raise TakenError
            except (OSError, self._redis_error()) as error:
                if time.monotonic() > give_up_at:
                    _log.warning("a room is not kept any more: %s", type(error).__name__)
                    await self.delete()
                    return
                await asyncio.sleep(_RETRY_S)
            else:
                self._last_id = entry_id
                return

    @staticmethod
    def _redis_error() -> type[Exception]:
        from redis.exceptions import RedisError

        error: type[Exception] = RedisError
        return error


class Store:
    """The rooms in a Redis.

    Args:
        redis: Its client.
        keep_s: How long a room in which nothing is said is kept, in seconds.
    """

    def __init__(self, redis: Any, keep_s: float) -> None:
        self._redis = redis
        self._keep_s = keep_s
        self._kept: dict[str, KeptRoom] = {}

    def of(self, room_id: str) -> RoomStore:
        """The stream of a room, with what was there when it was loaded."""
        return RoomStore(self._redis, room_id, self._kept.pop(room_id, None), self._keep_s)

    async def load(self, *room_ids: str) -> None:
        """Look at what there is of some rooms, or of all."""
        if not room_ids:
            keys = [key async for key in self._redis.scan_iter(match=_PREFIX + "*")]
            room_ids = tuple(key.removeprefix(_PREFIX) for key in keys)
        for room_id in room_ids:
            entries = await self._redis.xrange(_PREFIX + room_id)
            kept = _kept(entries)
            if kept is not None:
                self._kept[room_id] = kept


@asynccontextmanager
async def connected_store(url: str, keep_s: float) -> AsyncIterator[Store]:
    """The rooms that a Redis has.

    Args:
        url: Where it is, such as ``redis://localhost:6379/0``.
        keep_s: How long a room in which nothing is said is kept, in seconds.

    Raises:
        ConfigError: It cannot be reached.
    """
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    try:
        redis: Any = Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
        )
    except ValueError as error:
        raise ConfigError(f"redis: not the URL of a Redis ({error})") from None
    try:
        store = Store(redis, keep_s)
        try:
            await store.load()
        except (OSError, RedisError) as error:
            # Its own text may have the URL, with a password.
            raise ConfigError(f"redis: cannot be read ({type(error).__name__})") from None
        yield store
    finally:
        await redis.aclose()


def _entry(epoch: str, facts: Mapping[str, Any], pieces: Sequence[Piece]) -> dict[str, Any]:
    segments = {piece.segment.segment_id: piece.segment for piece in pieces}
    return {
        "epoch": epoch,
        **facts,
        "segments": [
            [each.segment_id, each.key, each.source_language, each.speaker, each.begin_time]
            for each in segments.values()
        ],
        "pieces": [
            [
                *(each.n, each.segment.segment_id, each.language, each.text, each.length),
                *(each.closed, each.whole, each.start_s, each.end_s),
            ]
            for each in pieces
        ],
    }


def _kept(entries: Sequence[tuple[str, Mapping[str, str]]]) -> KeptRoom | None:
    if not entries:
        return None
    kept = KeptRoom("")
    segments: dict[int, Segment] = {}
    since_boot_s = time.monotonic() - time.time()
    for entry_id, fields in entries:
        told = json.loads(fields["entry"])
        if told["epoch"] != kept.epoch:
            kept = KeptRoom(told["epoch"])
            segments = {}
        kept.title, kept.pinned = told["title"], tuple(told["pinned"])
        kept.covered.update(told["covered"])
        kept.last_id = entry_id
        for number, key, language, speaker, begin_time in told["segments"]:
            begin_s = begin_time + since_boot_s
            segment = Segment(number, key, language, speaker, begin_s, begin_time)
            segments.setdefault(number, segment)
        for n, number, language, text, length, closed, whole, start_s, end_s in told["pieces"]:
            segment = segments[number]
            kept.pieces.append(
                Piece(n, segment, language, text, length, closed, whole, start_s, end_s)
            )
    return kept
