"""How far a recogniser's final results reach on its clock, and which of them are repeats."""

from collections import deque

__all__ = ["Horizon"]

# What is older than this many results does not come again.
_REMEMBERED = 32


class Horizon:
    """Tells repeated and late results from those of a clock that was restarted.

    Args:
        slack_s: By how much times may be rounded.

    Attributes:
        end_s: The end of the last final result, on the recogniser's clock; -1 before the first.
    """

    def __init__(self, slack_s: float = 0.0) -> None:
        self.end_s = -1.0
        self._slack_s = slack_s
        self._finals: deque[tuple[float, float, str]] = deque(maxlen=_REMEMBERED)

    def is_behind(self, start_s: float, end_s: float) -> bool:
        """Whether a result begins before the end of the last final one, and ends no later."""
        return start_s < self.end_s - self._slack_s and end_s <= self.end_s + self._slack_s

    def has_seen(self, start_s: float, end_s: float, text: str) -> bool:
        """Whether this final result has come before."""
        return (start_s, end_s, text) in self._finals

    def add(self, start_s: float, end_s: float, text: str) -> None:
        """Add a final result that was taken."""
        self.end_s = end_s
        self._finals.append((start_s, end_s, text))
