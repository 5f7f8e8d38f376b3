"""Has what sessions and texts ask for decoded, in this process."""

import queue
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from translator.engine.engine import Engine
from translator.engine.request import Outcome, Request, RequestKey
from translator.engine.threads import EngineThreads
from translator.session.session import Session

__all__ = ["answer", "settle", "settle_in_threads"]

# Requests of a text that are filed at a time, so that no text floods the others.
_FILED = 64


def settle(
    engine: Engine,
    sessions: Iterable[Session],
    *,
    change: Callable[[Request], Request] | None = None,
    on_outcome: Callable[[Outcome], None] | None = None,
) -> None:
    """Decode in this thread until none of the sessions wants anything more.

    Sessions do not depend on what others do: side by side they only share the steps.

    Args:
        engine: Has the sessions' models, and nothing else to do.
        sessions: Each with a stream id of its own.
        change: Makes another request of each, as for comparison.
        on_outcome: Told of each outcome, before its session is.
    """
    owners: dict[RequestKey, Session] = {}
    filed: list[Request] = []

    def file() -> bool:
        filed.clear()
        for session in sessions:
            requests = session.next_requests()
            owners.update((request.key, session) for request in requests)
            filed.extend(requests)
        return bool(filed)

    sessions = list(sessions)
    while file():
        for request in filed:
            engine.submit(request if change is None else change(request))
        for outcome in engine.run():
            if on_outcome is not None:
                on_outcome(outcome)
            owners[outcome.request.key].accept(outcome)


def settle_in_threads(engines: EngineThreads, session: Session) -> None:
    """Have engines in threads of their own decode until the session wants nothing more.

    Raises:
        TranslatorError: The session cannot go on.
    """
    arrived: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    due: set[RequestKey] = set()

    def file() -> None:
        requests = session.next_requests()
        due.update(request.key for request in requests)
        engines.submit(requests, arrived.put)

    try:
        file()
        while due:
            outcome = arrived.get()
            due.remove(outcome.request.key)
            session.accept(outcome)
            file()
    finally:
        for key in due:
            engines.cancel(key)


def answer(
    engines: EngineThreads, requests: Iterator[Request | None], accept: Callable[[Outcome], None]
) -> None:
    """Have requests answered, some at a time; None among them is a step without one.

    Raises:
        TranslatorError: What ``accept`` raises; the rest is cancelled.
    """
    arrived: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    due: set[RequestKey] = set()
    wanted = (request for request in requests if request is not None)

    def file(count: int) -> None:
        some = list(islice(wanted, count))
        due.update(request.key for request in some)
        engines.submit(some, arrived.put)

    try:
        file(_FILED)
        while due:
            outcome = arrived.get()
            due.remove(outcome.request.key)
            accept(outcome)
            file(1)
    finally:
        for key in due:
            engines.cancel(key)
