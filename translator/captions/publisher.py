"""The connection of somebody who speaks."""

import asyncio
import contextlib
import time
from typing import Protocol

from translator.captions import requests, responses
from translator.captions.audience import RoomFullError
from translator.captions.feed import Feed
from translator.captions.live_room import LiveRoom
from translator.errors import ClientError, InvalidRequestError, TranslatorError

__all__ = ["GoneError", "Peer", "Publisher"]

# So many messages a second and at once; beyond it, the socket is read more slowly.
_RATE = 50.0
_BURST = 200.0
# Every so many code points count as a further message.
_LENGTH = 500
_MAX_PROBLEMS = 20
_PROGRESS_S = 2.0
# A sign of life after so much silence.
_BEAT_S = 14.0
_FULL_S = 0.5


class GoneError(Exception):
    """The connection is over.

    Attributes:
        is_end: Whether the publisher has said that nothing comes any more.
    """

    def __init__(self, *, is_end: bool = False) -> None:
        super().__init__()
        self.is_end = is_end


class Peer(Protocol):
    """A publisher's end of the line. Each method raises ``GoneError`` when the line is cut.

    Attributes:
        waits_for_end: Whether it stays on the line until what it said has become captions.
    """

    waits_for_end: bool

    async def receive(self) -> str | bytes:
        """The next message, as JSON or as protobuf."""

    async def send(self, reply: responses.Reply) -> None:
        """Answer."""

    async def close(self, code: int, reason: str) -> None:
        """End it, perhaps while somebody waits in ``receive``; ``code`` is that of a WebSocket."""

    async def refuse(self, error: TranslatorError) -> None:
        """End it as there is no room."""


class Publisher:
    """Serves one connection.

    Args:
        peer: It has said who it is.
        room: The room that it may speak in.
        opening: Its first message.
    """

    def __init__(self, peer: Peer, room: LiveRoom, opening: requests.Opening) -> None:
        self._peer = peer
        self._room = room
        self._opening = opening
        self._news = asyncio.Event()
        self._tokens = _BURST
        self._filled_at = time.monotonic()
        self._is_replaced = False

    async def run(self) -> None:
        """Read until the connection ends."""
        opening = self._opening
        try:
            feed = self._room.publish(opening.publisher_id, opening.settings, opening.position)
        except RoomFullError as error:
            await self._peer.refuse(error)
            return
        before = self._room.connect(feed, self)
        if isinstance(before, Publisher):
            await before.replace()
        feed.on_progress = self._news.set
        writing = asyncio.create_task(self._write(feed))
        ended = False
        try:
            await self._room.change(feed, opening.settings)
            languages = self._room.spoken_languages
            await self._peer.send(
                responses.opened(
                    self._room.room.epoch,
                    feed.received,
                    languages,
                    self._room.title,
                    audio_position=self._room.audio_received(feed),
                    speech_languages=self._room.speech_languages,
                )
            )
            ended = await self._read(feed)
            if ended and self._peer.waits_for_end and not self._is_replaced:
                self._room.end(feed)
                heard = await self._room.finished(feed)
                await self._peer.send(responses.progress(feed.done, self._room.num_viewers, heard))
        except GoneError:
            pass
        finally:
            writing.cancel()
            self._room.disconnect(feed, self)
            if ended and not self._is_replaced:
                self._room.end(feed)

    async def replace(self) -> None:
        """The same publisher has another connection: this one ends."""
        self._is_replaced = True
        with contextlib.suppress(GoneError):
            await self._peer.send(responses.publisher_bye("REPLACED"))
            await self._peer.close(4409, "REPLACED")

    async def _read(self, feed: Feed) -> bool:
        """Take what is said. Returns whether the publisher has said that nothing comes any more."""
        num_problems = 0
        while True:
            try:
                data = await self._peer.receive()
            except GoneError as gone:
                return gone.is_end
            try:
                request = requests.parse_publish(data)
                # Audio is counted by its messages: who sends much waits for the recogniser.
                await self._slow_down(0 if isinstance(request, requests.Audio) else len(data))
                match request:
                    case requests.Source():
                        await feed.send(request)
                    case requests.Audio():
                        await self._room.hear(feed, request)
                    case requests.Settings():
                        await self._room.change(feed, request)
                    case requests.Opening():
                        raise InvalidRequestError("request", "opening comes once")
            except ClientError as error:
                num_problems += 1
                await self._peer.send(responses.problem(error.reason, error.message))
                if num_problems >= _MAX_PROBLEMS:
                    await self._peer.close(4400, "too many mistakes")
                    return False
            while feed.is_full:  # noqa: ASYNC110
                await asyncio.sleep(_FULL_S)

    async def _slow_down(self, length: int) -> None:
        """Read no faster than is allowed."""
        now = time.monotonic()
        self._tokens = min(_BURST, self._tokens + (now - self._filled_at) * _RATE)
        self._filled_at = now
        self._tokens -= 1 + length / _LENGTH
        if self._tokens < 0:
            await asyncio.sleep(-self._tokens / _RATE)

    async def _write(self, feed: Feed) -> None:
        """Say how far the source has become captions, what is wrong, and how many read."""
        told: tuple[int, ...] = ()
        problem = ""
        silent_s = 0.0
        heard = 0
        with contextlib.suppress(GoneError):
            while True:
                replies = []
                # A feed that has ended has none any more.
                heard = max(heard, self._room.audio_acknowledged(feed))
                facts = feed.done, self._room.num_viewers, heard
                if facts != told:
                    told = facts
                    replies.append(responses.progress(*facts))
                if feed.problem != problem:
                    problem = feed.problem
                    replies.append(responses.problem(feed.problem_reason, problem))
                if silent_s >= _BEAT_S:
                    replies.append(responses.BEAT)
                for reply in replies:
                    await self._peer.send(reply)
                silent_s = 0.0 if replies else silent_s
                self._news.clear()
                try:
                    async with asyncio.timeout(_PROGRESS_S):
                        await self._news.wait()
                except TimeoutError:
                    silent_s += _PROGRESS_S
