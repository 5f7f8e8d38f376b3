"""One publisher's speech on its way to source."""

import asyncio
import logging
from collections import deque
from concurrent.futures import Executor
from dataclasses import dataclass

from translator.captions.feed import Feed
from translator.captions.requests import Audio, Source
from translator.speech.listening import Listener
from translator.speech.recogniser import BYTES_PER_SAMPLE, SAMPLE_RATE, Speech

__all__ = ["Ears", "Hearing"]

_log = logging.getLogger(__name__)

# From so much audio on that is not heard yet the speaker is told, and below it no more.
_BEHIND_S, _ABREAST_S = 3.0, 1.0
_BEHIND = (
    "Captions come late: this machine is too slow to recognise all that is said. Fewer speakers, a "
    "smaller model or a faster machine help."
)
_FAILED = "The recogniser has failed on what was said. It goes on with what is said now."


@dataclass(frozen=True, slots=True)
class Ears:
    """What a gateway recognises speech with.

    Attributes:
        speech: Makes recognisers.
        pool: The threads that they are used in.
    """

    speech: Speech
    pool: Executor


@dataclass(frozen=True, slots=True)
class _Said:
    """Where a piece of source ends, and when it was said."""

    begin: int
    end: int
    start_s: float
    end_s: float


class Hearing:
    """Makes source of a publisher's audio. It outlives their connections, as the feed does.

    Args:
        ears: What it is recognised with.
        feed: Where the source goes.
    """

    def __init__(self, ears: Ears, feed: Feed) -> None:
        self._ears = ears
        self._feed = feed
        self._received: int | None = None
        self._listener: Listener | None = None
        self._task: asyncio.Task[None] | None = None
        # Where the listener's clock is 0, in seconds.
        self._begin_s = 0.0
        self._said: deque[_Said] = deque()
        self._acknowledged_s = 0.0

    @property
    def received(self) -> int:
        """Samples of the publisher's audio up to what has come."""
        return self._received or 0

    @property
    def acknowledged(self) -> int:
        """Samples of the audio whose captions are committed: nobody needs them any more."""
        done = self._feed.done
        while self._said and self._said[0].end <= done:
            self._said.popleft()
        if self._said:
            said = self._said[0]
            share = max(0, done - said.begin) / (said.end - said.begin)
            now_s = said.start_s + share * (said.end_s - said.start_s)
        elif self._listener is not None:
            now_s = self._begin_s + self._listener.settled_s
        else:
            now_s = self.received / SAMPLE_RATE
        self._acknowledged_s = max(self._acknowledged_s, now_s)
        return round(self._acknowledged_s * SAMPLE_RATE)

    async def hear(self, audio: Audio) -> None:
        """Take audio. Waits while too much is not heard yet.

        Raises:
            ClientError: The recogniser does not understand the language.
        """
        if self._received is None or audio.position > self._received:
            # Some is missing, so words must not be joined.
            await self.rest()
            self._received = audio.position
        elif self._listener is not None and self._listener.is_ended:
            # The publisher has come back before all was heard that it said last.
            await self.rest()
        samples = audio.samples[(self._received - audio.position) * BYTES_PER_SAMPLE :]
        if not samples:
            return
        if self._listener is None:
            recogniser = self._ears.speech.listen(self._feed.language)
            self._listener = Listener(recogniser, self._ears.pool)
            self._begin_s = self._received / SAMPLE_RATE
            self._task = asyncio.create_task(self._write(self._listener, self._begin_s))
        self._received += len(samples) // BYTES_PER_SAMPLE
        await self._listener.hear(samples)

    async def rest(self) -> None:
        """Commit what was said so far, and forget the language."""
        listener, task = self._listener, self._task
        if listener is None or task is None:
            return
        await listener.end()
        await asyncio.wait({task})
        if self._listener is listener:
            self._listener = self._task = None

    async def cancel(self) -> None:
        """Stop at once."""
        if self._listener is not None:
            # Whoever waits to be heard waits no more.
            await self._listener.end()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _write(self, listener: Listener, begin_s: float) -> None:
        """Pass on what is recognised."""
        try:
            async for pieces in listener:
                self._tell(listener.backlog_s)
                for piece in pieces:
                    while self._feed.is_full:  # noqa: ASYNC110
                        await asyncio.sleep(0.5)
                    start_s, end_s = (
                        None if each is None else each + begin_s
                        for each in (piece.start_s, piece.end_s)
                    )
                    begin = self._feed.received
                    await self._feed.send(
                        Source(
                            begin,
                            piece.committed,
                            piece.tentative,
                            piece.end_of_segment,
                            start_s,
                            end_s,
                        )
                    )
                    if piece.committed and start_s is not None and end_s is not None:
                        self._said.append(_Said(begin, self._feed.received, start_s, end_s))
                self._feed.on_progress()
        except Exception as error:
            # A bug of a recogniser must not end the captions. Its message may have what was said.
            _log.error("a recogniser failed: %s", type(error).__name__)
            self._feed.tell("speech", _FAILED)
            if self._listener is listener:
                self._listener = self._task = None
            await listener.end()

    def _tell(self, backlog_s: float) -> None:
        if backlog_s > _BEHIND_S:
            self._feed.tell("speech", _BEHIND)
        elif backlog_s < _ABREAST_S:
            self._feed.tell("speech", "")
