"""How much of the event loop streams take."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Generator
from math import inf
from typing import Any

from translator.service.long_work import Turns
from translator.service.own_time import own_time

__all__ = ["Pace", "Paces"]

# A stream at the pace of speech takes a hundredth of the event loop, one of a recogniser that
# revises ten times a second some hundredths.
_SHARE = 0.05
# Seconds of CPU that a stream may take at once. Who takes more is fast until all of it is paid off,
# with a smaller share; no more than so much is remembered.
_BURST_S = 0.03
_SHARE_TO_PAY = 0.01
_MOST_S = 0.1
# How long the next streams of a caller begin as fast, in seconds, and of how many that is known.
_KNOWN_S = 10.0
# A stream that ends within so many seconds has cost more to open than it was of use.
_SHORT_S = 1.0
_MAX_CALLERS = 1024
# How long somebody counts as speaking after a word, in seconds, and how many times as long as they
# have computed fast streams rest meanwhile.
_HEARD_S = 2.0
_REST_BESIDE_SPEECH = 9.0


class Paces:
    """Makes the pace of each stream.

    Attributes:
        turns: Those of fast streams.

    Args:
        clock: Seconds, monotonic.
        cpu_s: CPU time of the event loop's thread, in seconds, without collections of garbage.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        cpu_s: Callable[[], float] = own_time,
    ) -> None:
        self.clock = clock
        self.cpu_s = cpu_s
        # What all fast streams have taken.
        self.fast_taken_s = 0.0
        self.turns = Turns(lambda: self.fast_taken_s, self.is_heard, _REST_BESIDE_SPEECH)
        self._spoken_s = -inf
        # When each caller had a fast stream last, and what its short ones have taken.
        self._fast_s: OrderedDict[str, float] = OrderedDict()
        self._short: OrderedDict[str, Pace] = OrderedDict()

    def spoken(self) -> None:
        """Note that somebody has said something, at the pace of speech."""
        self._spoken_s = self.clock()

    def is_heard(self) -> bool:
        """Whether somebody speaks, at the pace of speech."""
        return self.clock() - self._spoken_s < _HEARD_S

    def of(self, caller: str) -> "Pace":
        """The pace of a new stream.

        One of a caller who has just had a fast one begins as fast: otherwise who opens another
        stream for each message would never be.
        """
        is_fast = self.clock() - self._fast_s.get(caller, -inf) < _KNOWN_S
        return Pace(self, caller, taken_s=_BURST_S if is_fast else 0.0)

    def ended(self, pace: "Pace") -> None:
        """Note that a stream has ended: whoever opens many for a moment is fast, too."""
        if not pace.caller or self.clock() - pace.began_s > _SHORT_S:
            return
        short = self._short.setdefault(pace.caller, Pace(self, pace.caller))
        self._short.move_to_end(pace.caller)
        if len(self._short) > _MAX_CALLERS:
            self._short.popitem(last=False)
        short._taken_s += pace.total_s
        # Where that is too much, it is noted.
        short.is_fast  # noqa: B018

    def note_fast(self, caller: str) -> None:
        """Note that a caller has a fast stream."""
        self._fast_s[caller] = self.clock()
        self._fast_s.move_to_end(caller)
        if len(self._fast_s) > _MAX_CALLERS:
            self._fast_s.popitem(last=False)


class Pace:
    """Counts the CPU time of a stream's steps, and tells whether that is more than speech takes.

    Attributes:
        caller: Whose stream it is; "": nobody knows.
        total_s: What it has taken, in seconds.
        began_s: When it began.

    Args:
        paces: Knows the other streams.
        caller: See there.
        taken_s: What it has taken to begin with.
    """

    def __init__(self, paces: Paces, caller: str, taken_s: float = 0.0) -> None:
        self._paces = paces
        self.caller = caller
        self.total_s = 0.0
        self._taken_s = taken_s
        self.began_s = self._at_s = paces.clock()
        self._is_fast = taken_s > 0

    @property
    def is_fast(self) -> bool:
        """Whether the source comes faster than anybody speaks."""
        now_s = self._paces.clock()
        paid_s = (_SHARE_TO_PAY if self._is_fast else _SHARE) * (now_s - self._at_s)
        self._taken_s = max(0.0, min(self._taken_s, _MOST_S) - paid_s)
        self._at_s = now_s
        self._is_fast = self._taken_s > (0.0 if self._is_fast else _BURST_S)
        if self._is_fast and self.caller:
            self._paces.note_fast(self.caller)
        return self._is_fast

    def hurry(self) -> None:
        """Be fast until all is paid off: for source that nobody speaks at once."""
        self._is_fast = True

    async def counted(self, work: Awaitable[None]) -> None:
        """Do work, and count what it computes; what it waits for is not counted."""
        await _Counted(work, self)

    def count(self, work: Callable[[], None]) -> None:
        """Do work that waits for nothing, and count it."""
        began_s = self._paces.cpu_s()
        try:
            work()
        finally:
            self.add(self._paces.cpu_s() - began_s)

    def add(self, seconds: float) -> None:
        """Count some CPU time."""
        self.total_s += seconds
        self._taken_s += seconds
        if self._is_fast:
            self._paces.fast_taken_s += seconds


class _Counted:
    """Awaits something, and counts the CPU time of each step of it."""

    def __init__(self, work: Awaitable[None], pace: Pace) -> None:
        self._work = work
        self._pace = pace

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self._work.__await__()
        pace, cpu_s = self._pace, self._pace._paces.cpu_s
        error: BaseException | None = None
        while True:
            began_s = cpu_s()
            try:
                waited = steps.send(None) if error is None else steps.throw(error)
            except StopIteration:
                return
            finally:
                pace.add(cpu_s() - began_s)
            error = None
            try:
                yield waited
            except BaseException as thrown:
                error = thrown
