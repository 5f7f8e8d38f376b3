"""Decodes what sessions and texts ask for, in this process."""

import queue
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from translator.engine.engine import Engine
from translator.engine.request import Outcome, Request, RequestKey
from translator.engine.threads import EngineThreads
from translator.session.session import Session

__all__ = ["answer", "settle", "settle_in_threads"]

# How many requests of a text are filed at once, so that no text floods the others.
_FILED = 64


def settle(
    engine: Engine,
    sessions: Iterable[Session],
    *,
    change: Callable[[Request], Request] | None = None,
    on_outcome: Callable[[Outcome], None] | None = None,
) -> None:
    """Decode in this thread until no session wants anything more.

    Sessions do not depend on each other; they only share the decoder steps.

    Args:
        engine: Has the sessions' models and no other work.
        sessions: Each has its own stream id.
        change: Replaces each request, for example for a comparison.
        on_outcome: Called with each outcome, before its session gets it.
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
    """Decode in the engines' threads until the session wants nothing more.

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
    engines: EngineThreads,
    requests: Iterator[Request | None],
    accept: Callable[[Outcome], None],
    caller: str,
) -> None:
    """Have requests answered, a few at a time; None stands for a step without a request.

    Args:
        engines: Have the models.
        requests: Of one caller.
        accept: Takes each outcome.
        caller: Its name; it takes turns with those in other threads.

    Raises:
        TranslatorError: What ``accept`` raises; the rest is cancelled.
    """
    arrived: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    due: set[RequestKey] = set()
    wanted = (request for request in requests if request is not None)

    def file(count: int) -> None:
        some = [replace(each, caller=caller) for each in islice(wanted, count)]
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
