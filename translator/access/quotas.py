"""How much a caller has used, and whether there is any left."""

import time
from collections import OrderedDict
from collections.abc import Callable

from translator.access.caller import Caller
from translator.errors import QuotaExceededError

__all__ = ["Books", "Usage", "Window"]

_MINUTE_S, _DAY_S = 60.0, 86_400.0
# What is remembered of callers who use nothing now. Names in tokens are as many as an issuer has.
_MAX_IDLE = 10_000


class Window:
    """What was used in the last so many seconds, from two counters whatever the number of calls.

    What the interval before had counts in the share of it that the window still covers (a sliding
    window counter).

    Args:
        length_s: How long the window is.
        clock: Seconds, monotonic.
    """

    def __init__(self, length_s: float, clock: Callable[[], float]) -> None:
        self._length_s = length_s
        self._clock = clock
        self._interval = 0
        self._used = self._used_before = 0

    def spend(self, amount: int, limit: int) -> float:
        """Use an amount if any of ``limit`` is left; it may go beyond it once.

        Returns:
            0.0, or if nothing was left and nothing is used, the seconds until some is.
        """
        passed = self._advance()
        if self._used + self._used_before * (1.0 - passed) >= limit:
            return self._wait_s(passed, limit)
        self._used += amount
        return 0.0

    def _advance(self) -> float:
        """Go to the interval that it is now. Returns how much of it has passed, from 0 to 1."""
        intervals = self._clock() / self._length_s
        interval = int(intervals)
        if interval != self._interval:
            self._used_before = self._used if interval == self._interval + 1 else 0
            self._used = 0
            self._interval = interval
        return intervals - interval

    def _wait_s(self, passed: float, limit: int) -> float:
        if self._used < limit:
            # Of what the interval before had, enough is forgotten in this one.
            share = 1.0 - (limit - self._used) / self._used_before
            return max(0.001, share - passed) * self._length_s
        share = 1.0 - limit / self._used
        return (1.0 - passed + share) * self._length_s


class Usage:
    """What one caller uses of this server."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.sessions = 0
        self._minute, self._day = Window(_MINUTE_S, clock), Window(_DAY_S, clock)
        self._items = Window(_DAY_S, clock)

    def begin_session(self, caller: Caller) -> None:
        """Take a place for a stream, to be given back with ``end_session``.

        Raises:
            QuotaExceededError: There is none left.
        """
        limit = caller.quota.sessions
        if limit and self.sessions >= limit:
            raise QuotaExceededError(
                f"{caller.name} has {limit} stream{'s' * (limit > 1)} open, the most that it may",
                retry_after_s=5.0,
                subject="key-sessions",
            )
        self.sessions += 1

    def end_session(self) -> None:
        """Give the place of a stream back."""
        self.sessions -= 1

    def spend_characters(self, caller: Caller, amount: int) -> None:
        """Count source.

        Raises:
            QuotaExceededError: Of a minute or of a day nothing is left.
        """
        quota = caller.quota
        if quota.characters_per_minute:
            _check(
                caller,
                self._minute.spend(amount, quota.characters_per_minute),
                f"{quota.characters_per_minute} characters a minute",
                "key-characters-per-minute",
            )
        if quota.characters_per_day:
            _check(
                caller,
                self._day.spend(amount, quota.characters_per_day),
                f"{quota.characters_per_day} characters a day",
                "key-characters-per-day",
            )

    def spend_item(self, caller: Caller) -> None:
        """Count an item of a batch.

        Raises:
            QuotaExceededError: Of a day nothing is left.
        """
        if limit := caller.quota.batch_items_per_day:
            _check(
                caller,
                self._items.spend(1, limit),
                f"{limit} items of batches a day",
                "key-batch-items-per-day",
            )


def _check(caller: Caller, wait_s: float, what: str, subject: str) -> None:
    if wait_s:
        raise QuotaExceededError(
            f"{caller.name} has used its {what}; try again in {wait_s:.0f} s",
            retry_after_s=min(wait_s, _DAY_S),
            subject=subject,
        )


class Books:
    """What each caller uses. Those that use nothing now are forgotten when there are too many.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._usages: OrderedDict[tuple[bool, str], Usage] = OrderedDict()

    @property
    def num_known(self) -> int:
        """How many callers are remembered."""
        return len(self._usages)

    def of(self, caller: Caller) -> Usage:
        """What a caller has used so far."""
        # A token may have the name of a key, which is somebody else.
        who = caller.is_configured, caller.name
        usage = self._usages.get(who)
        if usage is None:
            usage = self._usages[who] = Usage(self._clock)
            self._forget()
        self._usages.move_to_end(who)
        return usage

    def _forget(self) -> None:
        tried = 0
        while len(self._usages) > _MAX_IDLE and tried < len(self._usages):
            who, usage = self._usages.popitem(last=False)
            if usage.sessions:
                self._usages[who] = usage
            tried += 1
