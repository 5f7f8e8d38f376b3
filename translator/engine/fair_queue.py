"""Requests of one priority that wait, and whose turn it is. Pure Python."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from translator.engine.request import Request, RequestKey

__all__ = ["FairQueue", "Waiting"]


@dataclass(slots=True)
class Waiting:
    """A queued request, and when its key began to wait, in seconds of the engine's clock."""

    request: Request
    since: float


@dataclass(slots=True)
class _Caller:
    """What one caller has waiting, in order of arrival.

    Attributes:
        number: Callers of the same tag go in this order.
        tag: Where on the queue's virtual time its first request starts.
    """

    number: int
    tag: float
    waiting: OrderedDict[RequestKey, Waiting] = field(default_factory=OrderedDict)


class FairQueue:
    """Callers take turns: each gets the same share of tokens, however many requests it files.

    A caller's own requests go in order of arrival. One who comes goes before those who have had
    their share already, so who asks for little hardly waits for who asks for much. A request that
    was longer than others lets its caller wait longer for the next turn.

    This is start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996): each request has a tag
    in virtual time, where the caller's request before it ends, and the smallest tag goes first.

    Args:
        by_caller: False: all go in order of arrival.
    """

    def __init__(self, *, by_caller: bool = True) -> None:
        self._by_caller = by_caller
        self._callers: dict[str, _Caller] = {}
        self._caller_of: dict[RequestKey, str] = {}
        # Where callers without a waiting request have ended, if that is still ahead.
        self._ended: dict[str, float] = {}
        self._time = 0.0
        self._num_callers = 0

    def __len__(self) -> int:
        return len(self._caller_of)

    def add(self, waiting: Waiting) -> None:
        """Queue a request whose key has none here."""
        key, name = waiting.request.key, waiting.request.caller if self._by_caller else ""
        caller = self._callers.get(name)
        if caller is None:
            self._num_callers += 1
            tag = max(self._time, self._ended.pop(name, 0.0))
            caller = self._callers[name] = _Caller(self._num_callers, tag)
        caller.waiting[key] = waiting
        self._caller_of[key] = name

    def find(self, key: RequestKey) -> Waiting | None:
        """The waiting request of a key."""
        name = self._caller_of.get(key)
        return None if name is None else self._callers[name].waiting[key]

    def remove(self, key: RequestKey) -> bool:
        """Forget the request of a key; it has cost its caller nothing. Whether there was one."""
        name = self._caller_of.pop(key, None)
        if name is None:
            return False
        caller = self._callers[name]
        del caller.waiting[key]
        if not caller.waiting:
            del self._callers[name]
            self._ended[name] = caller.tag
        self._advance()
        return True

    def take(self, waiting: Waiting) -> None:
        """Remove a request that starts; its caller has had its tokens."""
        caller = self._callers[self._caller_of[waiting.request.key]]
        self._time = max(self._time, caller.tag)
        caller.tag += _cost(waiting.request)
        self.remove(waiting.request.key)

    def in_turn(self) -> Iterator[Waiting]:
        """All that wait, in the order in which they would start if nothing else came."""
        if len(self._callers) == 1:
            [caller] = self._callers.values()
            yield from caller.waiting.values()
            return
        turns = [(c.tag, c.number, iter(c.waiting.values())) for c in self._callers.values()]
        heapify(turns)
        while turns:
            tag, number, rest = heappop(turns)
            waiting = next(rest, None)
            if waiting is not None:
                yield waiting
                heappush(turns, (tag + _cost(waiting.request), number, rest))

    @property
    def oldest_s(self) -> float | None:
        """Since when the request has waited that has waited the longest, of those that are next."""
        firsts = (next(iter(c.waiting.values())) for c in self._callers.values())
        return min((waiting.since for waiting in firsts), default=None)

    def _advance(self) -> None:
        """Forget callers without a request for whom nothing is left to make up."""
        if not self._callers:
            self._time = max(self._time, *self._ended.values(), 0.0)
        if self._ended:
            self._ended = {n: end for n, end in self._ended.items() if end > self._time}


def _cost(request: Request) -> int:
    """Tokens that it takes, about: what is encoded, and at most as much again that is decoded."""
    return 2 * len(request.source) + len(request.target_prefix)
