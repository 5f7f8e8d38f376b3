"""Runs each engine in its own thread: requests go in by a queue, outcomes come back by a call.

A model may have several engines. The first one does all that somebody listens to or waits for, and
so decides what goes before what; what nobody waits for is shared among all while nobody listens.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from math import inf

from translator.engine.engine import Engine
from translator.engine.lane import to_translator_error
from translator.engine.request import Outcome, Priority, Request, RequestKey
from translator.errors import ModelNotFoundError
from translator.limits import SchedulerLimits

__all__ = ["EngineThreads", "OutcomeCallback"]

_log = logging.getLogger(__name__)

OutcomeCallback = Callable[[Outcome], None]
_Command = Callable[[], None]
_Numbered = list[tuple[int, Outcome]]
_SHARED = (Priority.LARGE, Priority.BATCH)
# So long after a live request, the first engine does all.
_LISTENED_S = SchedulerLimits().patience_s


class EngineThreads:
    """Runs engines, each in its own thread, for askers in any thread.

    Args:
        engines: The engines to begin with; a request goes to one that has its model.
        call: Called in an engine's thread with a function that delivers outcomes, and its argument.
            By default, the function is called at once.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        *engines: Engine,
        call: Callable[[Callable[[_Numbered], None], _Numbered], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._call = call
        self._clock = clock
        self._last_live_s = -inf
        self._threads = [_EngineThread(engine, self._deliver) for engine in engines]
        self._lock = threading.Lock()
        self._callbacks: dict[RequestKey, tuple[int, OutcomeCallback]] = {}
        # Which thread each of them is with.
        self._threads_of: dict[RequestKey, _EngineThread] = {}
        self._submissions = 0
        self._started = False

    def start(self) -> None:
        """Start the threads."""
        self._started = True
        for thread in self._threads:
            thread.start()

    def add(self, *engines: Engine) -> None:
        """Run more engines."""
        threads = [_EngineThread(engine, self._deliver) for engine in engines]
        with self._lock:
            self._threads = [*self._threads, *threads]
        if self._started:
            for thread in threads:
                thread.start()

    def remove(self, model: str) -> None:
        """Remove the engines of a model; they end after the work that they still have."""
        with self._lock:
            going = [thread for thread in self._threads if thread.engine.serves(model)]
            self._threads = [thread for thread in self._threads if thread not in going]
        for thread in going:
            thread.finish()

    def forget(self) -> None:
        """Deliver no more outcomes."""
        with self._lock:
            self._callbacks.clear()
            self._threads_of.clear()

    def stop(self) -> None:
        """End the threads after their present steps; outcomes still due are never delivered."""
        self.forget()
        for thread in self._threads:
            thread.stop()

    @property
    def num_in_flight(self) -> int:
        """How many keys are waiting for an outcome."""
        return len(self._callbacks)

    def submit(self, requests: Sequence[Request], on_outcome: OutcomeCallback) -> None:
        """File requests. Each gets one outcome: its own, or that of a newer one that replaced it.

        Requests for one model reach it together, so several targets of a source share its encoding
        and their steps.

        If a key has a request already, a new one replaces it while it waits, and is dropped while
        it runs. The outcome names the request that it answers, so the asker sees that it is not the
        newest, and files again.
        """
        commands: dict[_EngineThread, list[_Command]] = {}
        lost: _Numbered = []
        with self._lock:
            for request in requests:
                thread = self._thread_for(request)
                if request.key in self._callbacks:
                    number, _ = self._callbacks[request.key]
                    # Its former request may be with another model, then this one is dropped there.
                    if thread is not None:
                        commands.setdefault(thread, []).append(partial(thread.replace, request))
                else:
                    # It tells this outcome from one of the same key that was cancelled before.
                    self._submissions += 1
                    number = self._submissions
                    if thread is not None:
                        thread.num_due += 1
                        self._threads_of[request.key] = thread
                        filed = partial(thread.submit, request, number)
                        commands.setdefault(thread, []).append(filed)
                    else:
                        lost.append((number, Outcome(request, None, _missing(request))))
                self._callbacks[request.key] = (number, on_outcome)
        for thread, filed_together in commands.items():
            thread.put(filed_together)
        if lost:
            self._deliver(lost)

    def cancel(self, key: RequestKey) -> None:
        """Forget a key's request; its slot is free within one step, and no outcome comes."""
        with self._lock:
            known = self._callbacks.pop(key, None) is not None
            self._is_through(key)
        if known:
            for thread in self._threads:
                thread.put((partial(thread.cancel, key),))

    def _thread_for(self, request: Request) -> "_EngineThread | None":
        known = self._threads_of.get(request.key)
        if known is not None and known.engine.serves(request.model):
            return known
        serving = [thread for thread in self._threads if thread.engine.serves(request.model)]
        if request.priority is Priority.LIVE:
            self._last_live_s = self._clock()
        is_shared = request.priority in _SHARED and (
            self._clock() - self._last_live_s >= _LISTENED_S
        )
        return min(serving[: None if is_shared else 1], key=lambda t: t.num_due, default=None)

    def _is_through(self, key: RequestKey) -> None:
        thread = self._threads_of.pop(key, None)
        if thread is not None:
            thread.num_due -= 1

    def _deliver(self, numbered: _Numbered) -> None:
        """Hand outcomes over; called in an engine's thread."""
        if self._call is None:
            self._call_back(numbered)
        else:
            self._call(self._call_back, numbered)

    def _call_back(self, numbered: _Numbered) -> None:
        for number, outcome in numbered:
            key = outcome.request.key
            with self._lock:
                expected, callback = self._callbacks.get(key, (None, None))
                if callback is None or expected != number:
                    continue
                del self._callbacks[key]
                self._is_through(key)
            try:
                callback(outcome)
            except Exception:
                _log.exception("a session's outcome callback failed")


def _missing(request: Request) -> ModelNotFoundError:
    return ModelNotFoundError(f"there is no model {request.model!r}")


class _EngineThread:
    """One engine's thread, and the queue of commands to it.

    Args:
        engine: Only this thread touches it once the thread has started.
        deliver: Called in the thread with outcomes and the numbers of their submissions.

    Attributes:
        num_due: Requests whose outcome is due; who files them counts them.
    """

    def __init__(
        self, engine: Engine, deliver: Callable[[list[tuple[int, Outcome]]], None]
    ) -> None:
        self.engine = engine
        self.num_due = 0
        self._deliver = deliver
        self._commands: queue.SimpleQueue[Sequence[_Command] | None] = queue.SimpleQueue()
        # The submission that each key's outcome answers.
        self._numbers: dict[RequestKey, int] = {}
        self._thread: threading.Thread | None = None
        # In the thread: it ends when there is nothing left to do.
        self._finishing = False

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="translator-engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after its present step."""
        if self._thread is not None:
            self._commands.put(None)
            self._thread.join()
            self._thread = None

    def finish(self) -> None:
        """End the thread after the work that was filed."""
        if self._thread is not None:
            self.put((self._finish,))
            self._thread.join()
            self._thread = None

    def put(self, commands: Sequence[_Command]) -> None:
        """Call methods of this object in the thread, with no step between them."""
        self._commands.put(commands)
        self.engine.ring()

    # What follows runs in the thread.

    def _run(self) -> None:
        while True:
            if self._finishing and not self.engine.has_work:
                return
            self.engine.silence()
            # Sleep only when there is nothing to decode now.
            wait_s = self.engine.wait_s
            while True:
                try:
                    commands = self._commands.get(
                        block=wait_s > 0, timeout=None if wait_s == inf else wait_s
                    )
                except queue.Empty:
                    break
                if commands is None:
                    return
                wait_s = 0.0
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
            self._answer([Outcome(request, None, to_translator_error(error))])

    def replace(self, request: Request) -> None:
        if request.key in self._numbers:
            self.engine.replace(request)

    def cancel(self, key: RequestKey) -> None:
        self._numbers.pop(key, None)
        self.engine.cancel(key)

    def _finish(self) -> None:
        self._finishing = True

    def _answer(self, outcomes: list[Outcome]) -> None:
        self._deliver([(self._numbers.pop(o.request.key, 0), o) for o in outcomes])
