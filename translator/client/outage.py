"""The time without an open call, and the plan for the next attempt to open one."""

import asyncio
from collections.abc import Awaitable, Callable

from translator.client.backoff import Backoff
from translator.errors import LimitError, TranslatorError

__all__ = ["Outage"]


class Outage:
    """Plans attempts and makes them, until one works or it has lasted too long.

    Args:
        timeout_s: How long it may last altogether.
        backoff: The pauses between attempts.

    Attributes:
        cause: Why there has to be another attempt; None for the first one.
    """

    def __init__(self, timeout_s: float, backoff: Backoff | None = None) -> None:
        self.cause: TranslatorError | None = None
        self._timeout_s = timeout_s
        self._lasted_s = 0.0
        self._backoff = backoff or Backoff()
        # On the event loop's clock.
        self._retry_at: float | None = None

    @property
    def attempts(self) -> int:
        """How many attempts have been planned since a call last worked."""
        return self._backoff.attempts

    @property
    def is_planned(self) -> bool:
        """Whether an attempt has ever been planned."""
        return self._retry_at is not None

    @property
    def left_s(self) -> float:
        """How much longer it may last."""
        return self._timeout_s - self._lasted_s

    def works(self) -> None:
        """Note that the call is open and alive, so that the next outage is a new one."""
        self._lasted_s = 0.0
        self._backoff.reset()

    def plan(self, cause: TranslatorError | None) -> float:
        """Plan the next attempt. Returns how long to wait before it, in seconds."""
        retry_after_s = cause.retry_after_s if isinstance(cause, LimitError) else 0.0
        wait_s = self._backoff.next_s(retry_after_s)
        self.cause = cause
        self._retry_at = asyncio.get_running_loop().time() + wait_s
        return wait_s

    async def attempt(self, make: Callable[[], Awaitable[None]], closed: asyncio.Event) -> None:
        """Wait for the planned time and make the attempt, unless ``closed`` is set before.

        Raises:
            TimeoutError: The outage has lasted too long.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self.left_s):
                if not await _is_set_within(closed, (self._retry_at or began) - began):
                    await make()
        finally:
            self._lasted_s += loop.time() - began

    def told(self, what: str) -> str:
        """Why it is given up, for people.

        Args:
            what: What could not be opened, and where.
        """
        message = self.cause.message if self.cause is not None else "no answer"
        return f"{what} within {self._timeout_s:g} s: {message}"


async def _is_set_within(event: asyncio.Event, wait_s: float) -> bool:
    if wait_s > 0:
        try:
            async with asyncio.timeout(wait_s):
                await event.wait()
        except TimeoutError:
            return False
    return event.is_set()
