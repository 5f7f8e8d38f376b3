"""How long to wait before the next attempt to open a stream."""

import random
from collections.abc import Callable

__all__ = ["Backoff"]

_BASE_S = 0.05
_MOST_S = 2.5
_MOST_DOUBLINGS = 10


class Backoff:
    """Growing pauses with a random part.

    The first attempt comes at once. The n-th after it comes after a pause between ``a`` and
    ``2 × a``, where ``a`` is ``0.05 × 2ⁿ`` seconds but at most 2.5. If the server says when to try
    again, no attempt comes sooner, and each comes a random time later: up to as long again, but at
    most 2.5 seconds. So the clients of a server that went away do not come back all at once.

    Args:
        chance: Returns random numbers from 0 to 1.
        most_s: In place of those 2.5 seconds.

    Attributes:
        attempts: Number of pauses since the last ``reset``.
    """

    # This spreads load; it need not be secure.
    def __init__(
        self, chance: Callable[[], float] = random.random, most_s: float = _MOST_S
    ) -> None:
        self.attempts = 0
        self._chance = chance
        self._most_s = most_s

    def next_s(self, retry_after_s: float = 0.0) -> float:
        """The pause before the next attempt, in seconds.

        Args:
            retry_after_s: What the server said; 0 if it said nothing.
        """
        doublings = min(self.attempts, _MOST_DOUBLINGS)
        own_s = min(_BASE_S * 2**doublings, self._most_s) if doublings else 0.0
        self.attempts += 1
        least_s = max(own_s, retry_after_s)
        return least_s + min(least_s, self._most_s) * self._chance()

    def reset(self) -> None:
        """Start over, because the stream works again: the next attempt comes at once."""
        self.attempts = 0
