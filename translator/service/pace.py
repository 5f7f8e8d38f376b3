"""How much of the event loop one call takes."""

import time
from collections.abc import Awaitable, Callable, Generator
from typing import Any

__all__ = ["Pace"]

# A stream at the pace of speech takes a hundredth of the event loop, one of a recogniser that
# revises ten times a second some hundredths.
_SHARE = 0.05
_BURST_S = 0.05


class Pace:
    """Counts the CPU time of a call's steps, and tells whether that is more than its share.

    Args:
        clock: Seconds, monotonic.
        cpu_s: CPU time of the event loop's thread, in seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        cpu_s: Callable[[], float] = time.thread_time,
    ) -> None:
        self._clock = clock
        self._cpu_s = cpu_s
        self._taken_s = 0.0
        self._at_s = clock()

    @property
    def is_over(self) -> bool:
        """Whether the call has taken more than its share lately."""
        now_s = self._clock()
        self._taken_s = max(0.0, self._taken_s - _SHARE * (now_s - self._at_s))
        self._at_s = now_s
        return self._taken_s > _BURST_S

    async def counted(self, work: Awaitable[None]) -> None:
        """Do work, and count what it computes; what it waits for is not counted."""
        await _Counted(work, self)

    def count(self, work: Callable[[], None]) -> None:
        """Do work that waits for nothing, and count it."""
        began_s = self._cpu_s()
        try:
            work()
        finally:
            self._taken_s += self._cpu_s() - began_s


class _Counted:
    """Awaits something, and counts the CPU time of each step of it."""

    def __init__(self, work: Awaitable[None], pace: Pace) -> None:
        self._work = work
        self._pace = pace

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self._work.__await__()
        pace, cpu_s = self._pace, self._pace._cpu_s
        error: BaseException | None = None
        while True:
            began_s = cpu_s()
            try:
                waited = steps.send(None) if error is None else steps.throw(error)
            except StopIteration:
                return
            finally:
                pace._taken_s += cpu_s() - began_s
            error = None
            try:
                yield waited
            except BaseException as thrown:
                error = thrown
