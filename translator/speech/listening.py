"""Feeds a recogniser in a thread, so that the event loop never waits for it."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor

from translator.asr import SourcePiece
from translator.speech.recogniser import BYTES_PER_S, Recogniser

__all__ = ["Listener"]

# A recogniser is given so much at once, at least and at most: speakers take turns.
_LEAST_S, _MOST_S = 0.3, 5.0
# Whoever sends audio waits where more than this is not heard yet.
_MAX_BACKLOG_S = 10.0


class Listener:
    """Hears one speaker. Iterating over it gives what is recognised, until ``end``.

    Args:
        recogniser: It is used in one thread at a time.
        pool: The threads that it is used in; others may use them too.
    """

    def __init__(self, recogniser: Recogniser, pool: Executor) -> None:
        self._recogniser = recogniser
        self._pool = pool
        self._waiting = bytearray()
        self._running = 0
        self._ended = False
        self._changed = asyncio.Condition()

    @property
    def backlog_s(self) -> float:
        """How much audio is not heard yet, in seconds."""
        return (len(self._waiting) + self._running) / BYTES_PER_S

    @property
    def is_ended(self) -> bool:
        """Whether no audio is taken any more."""
        return self._ended

    @property
    def settled_s(self) -> float:
        """As of the recogniser."""
        return self._recogniser.settled_s

    async def hear(self, audio: bytes) -> None:
        """Take audio. Waits while too much is not heard yet, so the backlog is bounded."""
        async with self._changed:
            self._waiting += audio
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self._ended or self.backlog_s <= _MAX_BACKLOG_S)

    async def end(self) -> None:
        """No audio follows. What has come is still heard."""
        async with self._changed:
            self._ended = True
            self._changed.notify_all()

    async def __aiter__(self) -> AsyncIterator[list[SourcePiece]]:
        loop = asyncio.get_running_loop()
        while audio := await self._next():
            pieces = await loop.run_in_executor(self._pool, self._recogniser.accept, audio)
            async with self._changed:
                self._running = 0
                self._changed.notify_all()
            yield pieces
        yield await loop.run_in_executor(self._pool, self._recogniser.finish)

    async def _next(self) -> bytes:
        """What to hear next; nothing at the end."""
        async with self._changed:
            await self._changed.wait_for(
                lambda: self._ended or len(self._waiting) >= _LEAST_S * BYTES_PER_S
            )
            audio = bytes(self._waiting[: round(_MOST_S * BYTES_PER_S)])
            del self._waiting[: len(audio)]
            self._running = len(audio)
            return audio
