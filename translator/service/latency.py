"""Measures how long source waits for the first update that reflects it."""

from collections import deque
from collections.abc import Callable

__all__ = ["UpdateLatency"]

_MAX_PENDING = 1000


class UpdateLatency:
    """Times the source updates of one stream.

    Args:
        clock: Seconds, monotonic.
        observe: Called with the seconds for each source update, once it is reflected.
    """

    def __init__(self, clock: Callable[[], float], observe: Callable[[float], None]) -> None:
        self._clock = clock
        self._observe = observe
        # Source that causes no update, such as a repeat, must not pile up.
        self._pending: deque[tuple[int, float]] = deque(maxlen=_MAX_PENDING)

    def came(self, sequence: int) -> None:
        """Note that a source update has come."""
        self._pending.append((sequence, self._clock()))

    def left(self, sequence: int) -> None:
        """Note that an update leaves that reflects the source up to ``sequence``."""
        while self._pending and self._pending[0][0] <= sequence:
            self._observe(self._clock() - self._pending.popleft()[1])
