"""How much of a model's time each caller has taken lately. Pure Python."""

from math import exp

__all__ = ["Appetites"]

# Seconds: what was taken counts less and less; after so long, 37 % of it.
_MEMORY_S = 2.0
# Shares of the time from which a caller is heavy, and below which it is no more.
_HEAVY, _LIGHT = 0.25, 0.08
_MAX_CALLERS = 1024


class _Appetite:
    def __init__(self, now: float) -> None:
        self.taken_s = 0.0
        self.at_s = now
        self.is_heavy = False

    def settle(self, now: float) -> None:
        self.taken_s *= exp((self.at_s - now) / _MEMORY_S)
        self.at_s = now
        share = self.taken_s / _MEMORY_S
        self.is_heavy = share > (_LIGHT if self.is_heavy else _HEAVY)


class Appetites:
    """Tells callers that take much of a model's time from the others.

    A stream at the pace of speech takes one or two hundredths of it. A caller, with however many
    streams, is heavy from a quarter on, and until it takes hardly more than others.
    """

    def __init__(self) -> None:
        self._callers: dict[str, _Appetite] = {}

    def took(self, caller: str, seconds: float, now: float) -> None:
        """Note that requests of a caller took so long."""
        appetite = self._callers.get(caller)
        if appetite is None:
            self._forget(now)
            appetite = self._callers[caller] = _Appetite(now)
        appetite.settle(now)
        appetite.taken_s += seconds

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
