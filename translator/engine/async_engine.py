"""The only bridge between the engines' threads and asyncio."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from functools import partial

from translator.engine.engine import Engine
from translator.engine.request import Outcome, Request, RequestKey
from translator.errors import ServiceError, TranslatorError

__all__ = ["AsyncEngine"]

_log = logging.getLogger(__name__)

OutcomeCallback = Callable[[Outcome], None]
_Command = Callable[[], None]


class AsyncEngine:
    """Runs engines, each in a thread of its own; the event loop never computes.

    All methods are called on the event loop that ``start`` was called on, and so are the callbacks.

    Args:
        engines: What decodes; a request goes to the one that has its model.
    """

    def __init__(self, *engines: Engine) -> None:
        self._threads = [_EngineThread(engine, self._deliver) for engine in engines]
        self._callbacks: dict[RequestKey, tuple[int, OutcomeCallback]] = {}
        self._submissions = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start the threads; outcomes are delivered on the running event loop."""
        self._loop = asyncio.get_running_loop()
        for thread in self._threads:
            thread.start()

    async def stop(self) -> None:
        """End the threads after their present steps; outcomes that are still due do not come."""
        self._callbacks.clear()
        for thread in self._threads:
            await thread.stop()

    @property
    def num_in_flight(self) -> int:
        """Keys whose outcome is still due."""
        return len(self._callbacks)

    def submit(self, requests: Sequence[Request], on_outcome: OutcomeCallback) -> None:
        """File requests. For each one outcome comes back, or one for a newer that replaced it.

        Those for one model come to it together, so several targets of a source share its encoding
        and their steps.

        While a key's outcome is due, a further request of the key replaces the former if that still
        waits, and is dropped if that runs: the outcome names the request that it answers, so the
        asker sees that it is not the newest and files again.
        """
        commands: dict[_EngineThread, list[_Command]] = {}
        for request in requests:
            thread = self._thread_of(request)
            filed = commands.setdefault(thread, [])
            if request.key in self._callbacks:
                number, _ = self._callbacks[request.key]
                # Its former request may be with another model, then this one is dropped there.
                filed.append(partial(thread.replace, request))
            else:
                # It tells this outcome from one of the same key that was cancelled before.
                self._submissions += 1
                number = self._submissions
                filed.append(partial(thread.submit, request, number))
            self._callbacks[request.key] = (number, on_outcome)
        for thread, filed in commands.items():
            thread.put(filed)

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

    def cancel(self, key: RequestKey) -> None:
        """Forget a key's request; its slot is free within one step and no outcome comes."""
        if self._callbacks.pop(key, None) is not None:
            for thread in self._threads:
                thread.put((partial(thread.cancel, key),))

    def _thread_of(self, request: Request) -> "_EngineThread":
        # The first one says of a model that nobody has that it is not there.
        serving = (thread for thread in self._threads if thread.engine.serves(request.model))
        return next(serving, self._threads[0])

    def _deliver(self, numbered: list[tuple[int, Outcome]]) -> None:
        """In an engine's thread: hand outcomes over to the event loop."""
        assert self._loop is not None  # noqa: S101
        try:
            self._loop.call_soon_threadsafe(self._call_back, numbered)
        except RuntimeError:
            # The loop was closed without stop(): nobody is left to tell.
            _log.warning("dropping %d outcomes: the event loop is closed", len(numbered))

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


class _EngineThread:
    """One engine's thread, and the queue of commands to it.

    Args:
        engine: Only its thread touches it once that has started.
        deliver: Called in the thread with outcomes and the numbers of their submissions.
    """

    def __init__(
        self, engine: Engine, deliver: Callable[[list[tuple[int, Outcome]]], None]
    ) -> None:
        self.engine = engine
        self._deliver = deliver
        self._commands: queue.SimpleQueue[Sequence[_Command] | None] = queue.SimpleQueue()
        # The submission that each key's outcome answers.
        self._numbers: dict[RequestKey, int] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="translator-engine", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        if self._thread is not None:
            self._commands.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def put(self, commands: Sequence[_Command]) -> None:
        """Have methods of this object called in the thread, with no step between them."""
        self._commands.put(commands)

    # What follows runs in the thread.

    def _run(self) -> None:
        while True:
            # Sleep only when there is nothing to decode.
            block = not self.engine.has_work
            while True:
                try:
                    commands = self._commands.get(block=block)
                except queue.Empty:
                    break
                if commands is None:
                    return
                block = False
                for command in commands:
                    command()
            try:
                outcomes = self.engine.step()
            except Exception:
                # Lanes turn failures of a model into outcomes, so this is a bug in the engine.
                _log.exception("engine step failed")
                continue
            if outcomes:
                self._answer(outcomes)

    def submit(self, request: Request, number: int) -> None:
        self._numbers[request.key] = number
        try:
            self.engine.submit(request)
        except Exception as error:
            own = error if isinstance(error, TranslatorError) else ServiceError(str(error))
            self._answer([Outcome(request, None, own)])

    def replace(self, request: Request) -> None:
        if request.key in self._numbers:
            self.engine.replace(request)

    def cancel(self, key: RequestKey) -> None:
        self._numbers.pop(key, None)
        self.engine.cancel(key)

    def _answer(self, outcomes: list[Outcome]) -> None:
        self._deliver([(self._numbers.pop(o.request.key, 0), o) for o in outcomes])
