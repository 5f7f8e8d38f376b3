"""What somebody says, on its way to a room; a broken connection is resumed."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Any, Self

from translator.captions.v1 import captions_pb2 as pb
from translator.client.backoff import Backoff
from translator.client.captions import convert
from translator.client.captions.events import (
    CaptionsLink,
    Farewell,
    PublicationEvent,
    PublicationOpened,
    PublicationProblem,
    PublicationProgress,
)
from translator.client.captions.source import KeptSource
from translator.client.captions.subscription import MAX_SILENCE_S, MOST_WAIT_S, bearer
from translator.client.connection import Connection
from translator.client.link import Link
from translator.client.resuming import RESUMABLE, ResumingCall
from translator.errors import ConnectionLostError, TranslatorError

__all__ = ["AsyncPublication"]

_log = logging.getLogger(__name__)

# Beyond so many code points that may have to be said again, ``send`` waits.
_MAX_KEPT = 100_000

_Connection = Connection[pb.PublishRequest, pb.PublishResponse]


class AsyncPublication:
    """A speaker of a room, used with ``async with``.

    What was said is kept until it has become captions. If the connection breaks, or the gateway
    starts anew, it is said again from where the gateway is, so no word is lost or doubled. All of
    this goes on in a task of its own; nothing has to be read.

    Attributes:
        num_viewers: How many read along.
        problem: What is wrong at the moment, as a sentence; "" if nothing is.
        opened: What the gateway said when the room listened.
    """

    def __init__(
        self,
        link: Link,
        room: CaptionsLink,
        *,
        language: str,
        speaker: str,
        publisher_id: str | None,
        resume_timeout_s: float,
        on_event: Callable[[PublicationEvent], None] | None,
    ) -> None:
        self.num_viewers = 0
        self.problem = ""
        self.opened: PublicationOpened | None = None
        self._link = link
        self._room = room
        self._id = publisher_id or secrets.token_hex(12)
        self._source = KeptSource(language, speaker)
        self._calls: ResumingCall[pb.PublishRequest, pb.PublishResponse] = ResumingCall(
            link,
            "publication",
            self._begin,
            self._open,
            timeout_s=resume_timeout_s,
            backoff=Backoff(most_s=MOST_WAIT_S),
            on_reconnecting=self._tell,
        )
        self._on_event = on_event
        self._is_ending = False
        # Something has changed that somebody may wait for.
        self._moved = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        """Code points said so far."""
        return self._source.position

    @property
    def done(self) -> int:
        """Code points of it that have become captions in all languages."""
        return self._source.done

    async def __aenter__(self) -> Self:
        """Wait until the room listens.

        Raises:
            ConnectionLostError: No gateway could be reached within ``resume_timeout_s``.
            TranslatorError: Any other error of the gateway, such as a link that is not good.
        """
        self._calls.plan()
        self._task = asyncio.create_task(self._run())
        try:
            await self._until(lambda: self.opened is not None)
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Leave the room at once. What was said goes on to become captions. Safe to call twice."""
        self._calls.closed.set()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._wake()

    async def send(
        self,
        committed: str,
        *,
        tentative: str = "",
        end_of_segment: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> None:
        """Say something. It waits only while too much has not become captions yet.

        Args:
            committed: Appended to the source for good, exactly as given, so include the spaces.
            tentative: Replaces the tentative tail, which follows the committed source.
            end_of_segment: Whether the segment ends after ``committed``.
            start_s: Media time at which ``committed`` begins, in seconds.
            end_s: Media time at which ``committed`` ends, in seconds.

        Raises:
            InvalidRequestError: The tentative text is too long.
            RuntimeError: The publication is not open, or its source has ended.
            TranslatorError: It has failed with it.
        """
        self._check_open()
        if self._source.num_kept > _MAX_KEPT:
            await self._until(lambda: self._source.num_kept <= _MAX_KEPT)
        requests = self._source.say(
            committed,
            tentative=tentative,
            end_of_segment=end_of_segment,
            start_s=start_s,
            end_s=end_s,
        )
        await self._pass_on(requests)

    async def change(self, *, language: str = "", speaker: str = "") -> None:
        """Speak another language, or have another name, from the next text on; "" means as before.

        Raises:
            RuntimeError: The publication is not open, or its source has ended.
            TranslatorError: It has failed with it.
        """
        self._check_open()
        await self._pass_on(self._source.change(language, speaker))

    async def close_source(self) -> None:
        """Say that nothing comes any more, and wait until all has become captions.

        Raises:
            ConnectionLostError: No server took it, or no gateway was there.
            RuntimeError: The publication is not open.
            TranslatorError: It has failed with it.
        """
        self._check_open()
        self._is_ending = True
        if self._calls.connection is not None:
            self._calls.connection.half_close()
        task = self._task
        if task is not None:
            await asyncio.wait({task})
        self._check_failure()
        if not self._source.is_done and not self._calls.closed.is_set():
            raise ConnectionLostError("the call ended before all had become captions")

    # How it gets there

    async def _pass_on(self, requests: list[pb.PublishRequest]) -> None:
        if (connection := self._calls.connection) is not None and requests:
            connection.send(requests)
            await connection.flushed()

    async def _run(self) -> None:
        """Keep it connected until it has ended or failed."""
        try:
            while not self._calls.closed.is_set():
                connection = self._calls.connection
                if connection is None:
                    await self._calls.connect()
                elif await self._receive(connection):
                    return
        except TranslatorError:
            _log.debug("a publication has failed, as whoever uses it is told")
        except Exception:
            _log.exception("a publication ended with an error")
            self._calls.failure = TranslatorError("the publication ended with an error")
        finally:
            await self._calls.drop()
            await self._wake()

    def _begin(self) -> Any:
        metadata = (*self._link.metadata, bearer(self._room))
        return self._link.captions.Publish(metadata=metadata)

    async def _open(self, connection: _Connection) -> None:
        connection.send([self._source.opening(self._id, self._room.room_id, self._room.key)])
        while True:
            response = await connection.read(MAX_SILENCE_S)
            if response is None:
                raise ConnectionLostError("the gateway ended the call")
            told = convert.reply(response)
            if isinstance(told, PublicationOpened):
                break
            await self._take(told)
        connection.send(self._source.replay())
        if self._is_ending:
            connection.half_close()
        # What is said from here on comes after that.
        self._calls.connection = connection
        self._calls.works()
        self.opened = told
        self._tell(told)
        await self._wake()

    async def _receive(self, connection: _Connection) -> bool:
        """Take the next message. Returns whether it was the end of all."""
        try:
            response = await connection.read(MAX_SILENCE_S)
            if response is None:
                if self._is_ending or self._calls.closed.is_set():
                    return True
                raise ConnectionLostError("the gateway ended the call")
            await self._take(convert.reply(response))
        except RESUMABLE as error:
            await self._calls.resume(error)
        return False

    async def _take(self, told: Any) -> None:
        match told:
            case PublicationProgress():
                self._source.acknowledge(told.position)
                self.num_viewers = told.num_viewers
            case PublicationProblem():
                self.problem = "" if told.reason == "RECOVERED" else told.message
            case Farewell():
                raise told.error
            case _:
                return
        self._tell(told)
        await self._wake()

    def _tell(self, event: PublicationEvent) -> None:
        if self._on_event is not None:
            self._on_event(event)

    async def _wake(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _until(self, met: Callable[[], bool]) -> None:
        """Wait until something holds; raise if it never will."""
        async with self._moved:
            await self._moved.wait_for(
                lambda: met() or self._calls.failure is not None or self._calls.closed.is_set()
            )
        self._check_failure()

    def _check_failure(self) -> None:
        if self._calls.failure is not None:
            raise self._calls.failure

    def _check_open(self) -> None:
        self._check_failure()
        if self._task is None or self._calls.closed.is_set() or self._is_ending:
            raise RuntimeError("the publication is not open, or its source has ended")
