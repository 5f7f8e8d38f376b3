"""Splits long work on the event loop into steps, between which other calls have their turn."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from math import inf
from typing import TypeVar

__all__ = ["OwnTurns", "Turns"]

# A shorter pause is not worth a timer; a longer one helps nobody.
_LEAST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.02
# What is more than a step's has been computed for others: it is no reason to rest longer.
_LONGEST_STEP_S = 0.01
# Steps of one call within so long are one turn.
_LONGEST_TURN_S = 0.002
_T = TypeVar("_T")


class Turns:
    """Lets through one step of long work at a time, over all calls.

    Between two steps the event loop does whatever is due. While long work waits, the loop also
    rests as long as it has computed, because the engines' threads need the interpreter's lock for
    every operation and the loop's thread rarely releases it. While somebody speaks, it rests
    several times as long, so that few words meet a step. Measured: docs/performance.md.

    Args:
        cpu_s: CPU time to rest from, in seconds; by default, of the event loop's thread.
        is_heard: Whether somebody speaks.
        rest_beside_speech: How many times as long it then rests.
    """

    def __init__(
        self,
        cpu_s: Callable[[], float] = time.thread_time,
        is_heard: Callable[[], bool] = lambda: False,
        rest_beside_speech: float = 3.0,
    ) -> None:
        self._cpu_s = cpu_s
        self._is_heard = is_heard
        self._rest_beside_speech = rest_beside_speech
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
        if self._is_heard():
            return self._rest_beside_speech * min(used_s, _LONGEST_STEP_S)
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
