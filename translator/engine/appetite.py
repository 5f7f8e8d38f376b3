"""How much of a model's time each caller has taken lately. Pure Python."""

from collections import OrderedDict
from math import exp

from translator.engine.request import RequestKey

__all__ = ["Appetites"]

# Seconds: what was taken counts less and less; after so long, 37 % of it.
_MEMORY_S = 2.0
# Shares of the time from which a caller is heavy, and below which it is no more.
_HEAVY, _LIGHT = 0.25, 0.08
# Speech takes a hundredth of it for each target, so who relays many streams of it is not heavy.
_SPEECH = 0.02
_MAX_CALLERS = 1024
_MAX_STREAMS = 1024


class _Appetite:
    def __init__(self, now: float) -> None:
        self.taken_s = 0.0
        self.at_s = now
        self.is_heavy = False
        # When each target of a stream took some of it last, the latest at the end.
        self.asked_s: OrderedDict[RequestKey, float] = OrderedDict()

    def settle(self, now: float) -> None:
        self.taken_s *= exp((self.at_s - now) / _MEMORY_S)
        self.at_s = now
        while self.asked_s and next(iter(self.asked_s.values())) < now - _MEMORY_S:
            self.asked_s.popitem(last=False)
        share = self.taken_s / _MEMORY_S
        is_speech = share <= _SPEECH * len(self.asked_s)
        self.is_heavy = not is_speech and share > (_LIGHT if self.is_heavy else _HEAVY)


class Appetites:
    """Tells callers that take much of a model's time from the others.

    A stream at the pace of speech takes a hundredth of it for each target. A caller is heavy from a
    quarter on, and until it takes hardly more than others; but not if that is speech of many.
    """

    def __init__(self) -> None:
        self._callers: dict[str, _Appetite] = {}

    def took(self, caller: str, key: RequestKey, seconds: float, now: float) -> None:
        """Note that a request of a caller took so long."""
        appetite = self._callers.get(caller)
        if appetite is None:
            self._forget(now)
            appetite = self._callers[caller] = _Appetite(now)
        appetite.settle(now)
        appetite.taken_s += seconds
        appetite.asked_s[key] = now
        appetite.asked_s.move_to_end(key)
        if len(appetite.asked_s) > _MAX_STREAMS:
            appetite.asked_s.popitem(last=False)

    def is_heavy(self, caller: str, now: float) -> bool:
        """Whether a caller has taken much lately."""
        appetite = self._callers.get(caller)
        if appetite is None:
            return False
        appetite.settle(now)
        return appetite.is_heavy

    def _forget(self, now: float) -> None:
        """Make room for one more: those who have taken nothing lately go, or else the lightest."""
        if len(self._callers) < _MAX_CALLERS:
            return
        for appetite in self._callers.values():
            appetite.settle(now)
        kept = sorted(self._callers.items(), key=lambda item: item[1].taken_s)
        self._callers = dict(kept[_MAX_CALLERS // 2 :])
