"""The only bridge between the engine's thread and asyncio."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable

from translator.engine.engine import Engine
from translator.engine.request import Outcome, Request, RequestKey
from translator.errors import ServiceError, TranslatorError

__all__ = ["AsyncEngine"]

_log = logging.getLogger(__name__)

OutcomeCallback = Callable[[Outcome], None]


class AsyncEngine:
    """Runs an ``Engine`` in a thread of its own; the event loop never computes.

    All methods are called on the event loop that ``start`` was called on, and so are the callbacks.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._commands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._callbacks: dict[RequestKey, tuple[int, OutcomeCallback]] = {}
        self._submissions = 0
        # Only the engine's thread touches these: the submission each key's outcome answers.
        self._numbers: dict[RequestKey, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the engine's thread; outcomes are delivered on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="translator-engine", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """End the thread after its present step; outcomes that are still due do not come."""
        if self._thread is None:
            return
        self._callbacks.clear()
        self._commands.put(None)
        await asyncio.to_thread(self._thread.join)
        self._thread = None

    @property
    def num_in_flight(self) -> int:
        """Keys whose outcome is still due."""
        return len(self._callbacks)

    def submit(self, request: Request, on_outcome: OutcomeCallback) -> None:
        """File a request. One outcome comes back for it, or for a newer one that replaced it.

        While a key's outcome is due, a further request of the key replaces the former if that still
        waits, and is dropped if that runs: the outcome names the request that it answers, so the
        asker sees that it is not the newest and files again.
        """
        if request.key in self._callbacks:
            number, _ = self._callbacks[request.key]
            self._callbacks[request.key] = (number, on_outcome)
            self._commands.put(lambda: self._replace(request))
            return
        # The number tells this outcome from one of the same key that was cancelled before.
        self._submissions += 1
        number = self._submissions
        self._callbacks[request.key] = (number, on_outcome)
        self._commands.put(lambda: self._submit(request, number))

    async def translate(self, request: Request) -> Outcome:
        """File a request and wait for its outcome; cancelling the wait cancels the request."""
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def settle(outcome: Outcome) -> None:
            if not done.done():
                done.set_result(outcome)

        self.submit(request, settle)
        try:
            return await done
        except asyncio.CancelledError:
            self.cancel(request.key)
            raise

    def cancel(self, key: RequestKey) -> None:
        """Forget a key's request; its slot is free within one step and no outcome comes."""
        if self._callbacks.pop(key, None) is not None:
            self._commands.put(lambda: self._cancel(key))

    # What follows runs in the engine's thread.

    def _run(self) -> None:
        while True:
            # Sleep only when there is nothing to decode.
            block = not self._engine.has_work
            while True:
                try:
                    command = self._commands.get(block=block)
                except queue.Empty:
                    break
                if command is None:
                    return
                block = False
                command()
            try:
                outcomes = self._engine.step()
            except Exception:
                # Lanes turn failures of a model into outcomes, so this is a bug in the engine.
                _log.exception("engine step failed")
                continue
            if outcomes:
                self._deliver(outcomes)

    def _submit(self, request: Request, number: int) -> None:
        self._numbers[request.key] = number
        try:
            self._engine.submit(request)
        except Exception as error:
            own = error if isinstance(error, TranslatorError) else ServiceError(str(error))
            self._deliver([Outcome(request, None, own)])

    def _replace(self, request: Request) -> None:
        if request.key in self._numbers:
            self._engine.replace(request)

    def _cancel(self, key: RequestKey) -> None:
        self._numbers.pop(key, None)
        self._engine.cancel(key)

    def _deliver(self, outcomes: list[Outcome]) -> None:
        numbered = [(self._numbers.pop(o.request.key, 0), o) for o in outcomes]
        assert self._loop is not None  # noqa: S101
        try:
            self._loop.call_soon_threadsafe(self._call_back, numbered)
        except RuntimeError:
            # The loop was closed without stop(): nobody is left to tell.
            _log.warning("dropping %d outcomes: the event loop is closed", len(outcomes))

    # Back on the event loop.

    def _call_back(self, numbered: list[tuple[int, Outcome]]) -> None:
        for number, outcome in numbered:
            expected, callback = self._callbacks.get(outcome.request.key, (None, None))
            if callback is None or expected != number:
                continue
            del self._callbacks[outcome.request.key]
            try:
                callback(outcome)
            except Exception:
                _log.exception("a session's outcome callback failed")
