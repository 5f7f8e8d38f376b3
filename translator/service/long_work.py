"""Splits long work on the event loop into steps, between which other calls have their turn."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from math import inf
from typing import TypeVar

__all__ = ["FastTurns", "OwnTurns", "Turns"]

# A shorter pause is not worth a timer; a longer one helps nobody.
_LEAST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.02
# Beside speech, after what does not come at its pace; and for so long after a word.
_REST_BESIDE_SPEECH = 9
_LONGEST_PAUSE_BESIDE_SPEECH_S = 0.1
_HEARD_S = 2.0
# Steps of one call within so long are one turn.
_LONGEST_TURN_S = 0.002
_T = TypeVar("_T")


class Turns:
    """Lets through one step of long work at a time, over all calls.

    Between two steps the event loop does whatever is due. While long work waits, the loop also
    rests as long as it has computed, because the engines' threads need the interpreter's lock for
    every operation and the loop's thread rarely releases it. Measured: docs/performance.md.

    Args:
        cpu_s: CPU time of the event loop's thread, in seconds.
    """

    def __init__(self, cpu_s: Callable[[], float] = time.thread_time) -> None:
        self._cpu_s = cpu_s
        self._lock = asyncio.Lock()
        self._rested_s = 0.0

    async def take(self) -> None:
        """Wait for the turn of the next step."""
        async with self._lock:
            used_s = self._cpu_s() - self._rested_s
            if used_s < _LEAST_PAUSE_S:
                await asyncio.sleep(0)
            else:
                await asyncio.sleep(self._rest_s(used_s))
                self._rested_s = self._cpu_s()

    def _rest_s(self, used_s: float) -> float:
        return min(used_s, _LONGEST_PAUSE_S)

    async def through(self, steps: Iterator[_T]) -> AsyncIterator[_T]:
        """Yield each of ``steps`` in its own turn."""
        while True:
            await self.take()
            try:
                step = next(steps)
            except StopIteration:
                return
            yield step


class FastTurns(Turns):
    """The turns of streams whose source comes faster than anybody speaks.

    While others speak, they rest nine times as long as they have computed: few words then meet a
    step of theirs.

    Args:
        cpu_s: CPU time of these streams on the event loop, in seconds.
        clock: Seconds, monotonic.
    """

    def __init__(
        self, cpu_s: Callable[[], float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(cpu_s)
        self._clock = clock
        self._spoken_s = -inf

    def spoken(self) -> None:
        """Note that somebody speaks, at the pace of speech."""
        self._spoken_s = self._clock()

    def _rest_s(self, used_s: float) -> float:
        if self._clock() - self._spoken_s >= _HEARD_S:
            return super()._rest_s(used_s)
        return min(_REST_BESIDE_SPEECH * used_s, _LONGEST_PAUSE_BESIDE_SPEECH_S)


class OwnTurns(Turns):
    """The turns of one call: however much of its work waits, it waits as one among all calls.

    Short steps share a turn, since each turn costs a round of the event loop.

    Args:
        turns: Those of all calls.
        clock: Seconds, monotonic.
    """

    def __init__(self, turns: Turns, clock: Callable[[], float] = time.monotonic) -> None:
        self._turns = turns
        self._clock = clock
        # When the present turn ends; and what those wait for who want the next one.
        self._ends_s = -inf
        self._next: asyncio.Event | None = None

    async def take(self) -> None:
        """Wait for the turn of the call's next step, unless the present one may go on."""
        while self._clock() >= self._ends_s:
            if self._next is not None:
                await self._next.wait()
                continue
            self._next = asyncio.Event()
            try:
                await self._turns.take()
                self._ends_s = self._clock() + _LONGEST_TURN_S
            finally:
                self._next.set()
                self._next = None
