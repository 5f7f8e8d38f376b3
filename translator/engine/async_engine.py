"""The only bridge between the engines' threads and asyncio."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from translator.engine.engine import Engine
from translator.engine.request import Outcome, Request, RequestKey
from translator.engine.threads import EngineThreads, OutcomeCallback

__all__ = ["AsyncEngine"]

_log = logging.getLogger(__name__)


class AsyncEngine:
    """Runs engines, each in its own thread; the event loop never computes.

    Call all methods on the event loop on which ``start`` was called. Callbacks run there too.

    Args:
        engines: The engines to begin with; a request goes to one that has its model.
    """

    def __init__(self, *engines: Engine) -> None:
        self._engines = EngineThreads(*engines, call=self._call_soon)
        self._loop: asyncio.AbstractEventLoop | None = None
        # What the loop has yet to take, and whether it knows of that.
        self._arrived: deque[tuple[Callable[[Any], None], list[Any]]] = deque()
        self._is_called = False

    def start(self) -> None:
        """Start the threads; outcomes are delivered on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._engines.start()

    def add(self, *engines: Engine) -> None:
        """Run more engines; see ``EngineThreads``."""
        self._engines.add(*engines)

    async def remove(self, model: str) -> None:
        """Remove the engines of a model; they end after the work that they still have."""
        await asyncio.to_thread(self._engines.remove, model)

    async def stop(self) -> None:
        """End the threads after their present steps; outcomes still due are never delivered."""
        self._engines.forget()
        await asyncio.to_thread(self._engines.stop)

    @property
    def num_in_flight(self) -> int:
        """How many keys are waiting for an outcome."""
        return self._engines.num_in_flight

    def submit(self, requests: Sequence[Request], on_outcome: OutcomeCallback) -> None:
        """File requests; see ``EngineThreads.submit``."""
        self._engines.submit(requests, on_outcome)

    def cancel(self, key: RequestKey) -> None:
        """Forget a key's request; its slot is free within one step, and no outcome comes."""
        self._engines.cancel(key)

    async def translate(self, request: Request) -> Outcome:
        """File a request and wait for its outcome; cancelling the wait cancels the request."""
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def settle(outcome: Outcome) -> None:
            if not done.done():
                done.set_result(outcome)

        self.submit((request,), settle)
        try:
            return await done
        except asyncio.CancelledError:
            self.cancel(request.key)
            raise

    def _call_soon(self, function: Callable[[Any], None], outcomes: list[Any]) -> None:
        """Wake the loop, unless it has been: each time costs a system call on either side."""
        assert self._loop is not None  # noqa: S101
        self._arrived.append((function, outcomes))
        if self._is_called:
            return
        self._is_called = True
        try:
            self._loop.call_soon_threadsafe(self._take_arrived)
        except RuntimeError:
            # The loop was closed without stop(): nobody is left to take the outcomes.
            _log.warning("dropping %d outcomes: the event loop is closed", len(outcomes))
            self._arrived.clear()
            self._is_called = False

    def _take_arrived(self) -> None:
        assert self._loop is not None  # noqa: S101
        # First, so that what comes from now on wakes the loop again.
        self._is_called = False
        while self._arrived:
            # A call each: if one fails, the others are taken all the same.
            function, outcomes = self._arrived.popleft()
            self._loop.call_soon(function, outcomes)
