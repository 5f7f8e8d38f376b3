"""Parses what clients send. Whoever sends what takes long to parse waits before the next of it."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from math import inf
from typing import TypeVar

__all__ = ["Parsing"]

# Bytes. Smaller messages take a millisecond at most, whatever is in them.
_LARGE = 16_384
# Seconds of CPU. A text of any length takes less, and 10,000 terms of a glossary half.
_LONG_S = 0.002
# A caller whose messages take long to parse has so much of the event loop for that.
_SHARE = 1 / 40
# Who has sent such a message lately.
_MAX_CALLERS = 1024
_T = TypeVar("_T")


class _Caller:
    def __init__(self) -> None:
        # One large message at a time, in order of arrival.
        self.turn = asyncio.Lock()
        self.num_waiting = 0
        self.free_at_s = -inf


class Parsing:
    """Parses messages on the event loop, which nothing else can use meanwhile.

    Protobuf takes 0.1 s for a message of 2 MB with a hundred thousand entries, and nobody knows
    before what is in it. The host that sent it waits 40 times as long before its next large
    message is looked at, on whatever connection that comes. What a message costs decides, not its
    size: a text of a megabyte is parsed at once, and so is the next.

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
        self._callers: OrderedDict[str, _Caller] = OrderedDict()

    async def parse(self, parse: Callable[[bytes], _T], message: bytes, peer: str) -> _T:
        """Parse a message.

        Args:
            parse: What does it.
            message: What came.
            peer: Where from, such as ``ipv4:192.0.2.7:4711``.
        """
        if len(message) < _LARGE:
            return parse(message)
        host = peer.rpartition(":")[0]
        caller = self._callers.setdefault(host, _Caller())
        self._callers.move_to_end(host)
        caller.num_waiting += 1
        try:
            async with caller.turn:
                if (wait_s := caller.free_at_s - self._clock()) > 0:
                    await asyncio.sleep(wait_s)
                began_s = self._cpu_s()
                try:
                    return parse(message)
                finally:
                    took_s = self._cpu_s() - began_s
                    if took_s >= _LONG_S:
                        caller.free_at_s = self._clock() + took_s / _SHARE
        finally:
            caller.num_waiting -= 1
            self._forget()

    def _forget(self) -> None:
        """Forget those who may send at once, where there are many."""
        if len(self._callers) > _MAX_CALLERS:
            now_s = self._clock()
            self._callers = OrderedDict(
                (host, caller)
                for host, caller in self._callers.items()
                if caller.num_waiting or caller.free_at_s > now_s
            )
