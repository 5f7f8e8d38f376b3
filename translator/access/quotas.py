"""How much a caller has used, and whether there is any left."""

import time
from collections import OrderedDict
from collections.abc import Callable

from translator.access.caller import Caller
from translator.access.ledger import Ledger, Row
from translator.errors import QuotaExceededError

__all__ = ["Books", "Usage", "Window"]

_MINUTE_S, _DAY_S = 60.0, 86_400.0
# What is remembered of callers who use nothing now. Names in tokens are as many as an issuer has.
_MAX_IDLE = 10_000
_MOST = 2**62


class Window:
    """What was used in the last so many seconds, from two counters whatever the number of calls.

    What the interval before had counts in the share of it that the window still covers (a sliding
    window counter).

    Args:
        length_s: How long the window is.
        clock: Seconds, monotonic.
        counters: The interval, what was used in it and what in the one before; all 0 to begin with.
    """

    def __init__(
        self, length_s: float, clock: Callable[[], float], counters: memoryview | None = None
    ) -> None:
        self._length_s = length_s
        self._clock = clock
        self._counters = Row().window(0) if counters is None else counters

    def spend(self, amount: int, limit: int) -> float:
        """Use an amount if any of ``limit`` is left; it may go beyond it once.

        Returns:
            0.0, or if nothing was left and nothing is used, the seconds until some is.
        """
        passed = self._advance()
        _, used, used_before = self._counters
        if used + used_before * (1.0 - passed) >= limit:
            return self._wait_s(passed, limit)
        self._counters[1] = min(used + amount, _MOST)
        return 0.0

    def _advance(self) -> float:
        """Go to the interval that it is now. Returns how much of it has passed, from 0 to 1."""
        intervals = self._clock() / self._length_s
        interval = int(intervals)
        before, used, _ = self._counters
        if interval != before:
            self._counters[2] = used if interval == before + 1 else 0
            self._counters[1] = 0
            self._counters[0] = interval
        return intervals - interval

    def _wait_s(self, passed: float, limit: int) -> float:
        _, used, used_before = self._counters
        if used < limit:
            # Of what the interval before had, enough is forgotten in this one.
            share = 1.0 - (limit - used) / used_before
            return max(0.001, share - passed) * self._length_s
        share = 1.0 - limit / used
        return (1.0 - passed + share) * self._length_s


class Usage:
    """What one caller uses of this server.

    Args:
        clock: Seconds, monotonic.
        row: Where it is counted.
    """

    def __init__(self, clock: Callable[[], float], row: Row | None = None) -> None:
        self._row = row = row or Row()
        self._minute = Window(_MINUTE_S, clock, row.window(0))
        self._day = Window(_DAY_S, clock, row.window(1))
        self._items = Window(_DAY_S, clock, row.window(2))

    @property
    def sessions(self) -> int:
        """Streams that are open."""
        return sum(self._row.sessions)

    def begin_session(self, caller: Caller) -> None:
        """Take a place for a stream, to be given back with ``end_session``.

        Raises:
            QuotaExceededError: There is none left.
        """
        limit = caller.quota.sessions
        with self._row.held():
            is_full = 0 < limit <= self.sessions
            self._row.sessions[self._row.own] += not is_full
        if is_full:
            raise QuotaExceededError(
                f"{caller.name} has {limit} stream{'s' * (limit > 1)} open, the most that it may",
                retry_after_s=5.0,
                subject="key-sessions",
            )

    def end_session(self) -> None:
        """Give the place of a stream back."""
        with self._row.held():
            self._row.sessions[self._row.own] -= 1

    def spend_characters(self, caller: Caller, amount: int) -> None:
        """Count source.

        Raises:
            QuotaExceededError: Of a minute or of a day nothing is left.
        """
        quota = caller.quota
        if quota.characters_per_minute:
            self._spend(
                caller,
                self._minute,
                (amount, quota.characters_per_minute),
                f"{quota.characters_per_minute} characters a minute",
                "key-characters-per-minute",
            )
        if quota.characters_per_day:
            self._spend(
                caller,
                self._day,
                (amount, quota.characters_per_day),
                f"{quota.characters_per_day} characters a day",
                "key-characters-per-day",
            )

    def spend_item(self, caller: Caller) -> None:
        """Count an item of a batch.

        Raises:
            QuotaExceededError: Of a day nothing is left.
        """
        if limit := caller.quota.batch_items_per_day:
            self._spend(
                caller,
                self._items,
                (1, limit),
                f"{limit} items of batches a day",
                "key-batch-items-per-day",
            )

    def _spend(
        self, caller: Caller, window: Window, amount: tuple[int, int], what: str, subject: str
    ) -> None:
        with self._row.held():
            wait_s = window.spend(*amount)
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
        ledger: Where all workers of a server count; None: each caller is counted here.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, ledger: Ledger | None = None
    ) -> None:
        self._clock = clock
        self._ledger = ledger
        self._usages: OrderedDict[tuple[bool, str], Usage] = OrderedDict()

    @property
    def num_known(self) -> int:
        """How many callers are remembered."""
        return len(self._usages)

    def of(self, caller: Caller) -> Usage:
        """What a caller has used so far."""
        # A token may have the name of a key, which is somebody else.
        who = caller.is_configured, caller.name
        if self._ledger is not None and caller.name:
            return Usage(self._clock, self._ledger.row(f"{caller.is_configured} {caller.name}"))
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
