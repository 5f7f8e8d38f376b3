"""What one call asks for twice is decoded once, and nobody loses an outcome to another's end."""

import asyncio
from typing import Any, cast

import pytest

from translator.engine.memo import LruMemo
from translator.engine.request import Hypothesis, Outcome, Priority, Request, RequestKey
from translator.engine.threads import OutcomeCallback
from translator.errors import ServiceError
from translator.metrics import Metrics
from translator.service.context import ServiceContext
from translator.service.shared_requests import Asked, SharedRequests

pytestmark = pytest.mark.unit


class Desk:
    """In the place of the engine: notes what is filed, and answers when it is told to."""

    def __init__(self, limit: int = 10) -> None:
        self.filed: dict[RequestKey, tuple[Request, OutcomeCallback]] = {}
        self.told: list[tuple[str, Outcome]] = []
        self.memo = LruMemo()
        self.metrics = Metrics()
        self.engine = self
        self.requests = SharedRequests(cast(ServiceContext, self), "call", limit)

    def submit(self, requests: tuple[Request], on_outcome: OutcomeCallback) -> None:
        [request] = requests
        self.filed[request.key] = request, on_outcome

    def cancel(self, key: RequestKey) -> None:
        del self.filed[key]

    def answer(self, name: str, error: ServiceError | None = None) -> None:
        request, on_outcome = self.filed.pop((name, ""))
        hypothesis = None if error else Hypothesis((7,), (), (0.0,))
        on_outcome(Outcome(request, hypothesis, error))

    def asked(self, name: str, source: int = 1, **fields: Any) -> Asked:
        values = {"priority": Priority.BATCH, **fields}
        request = Request((name, ""), 0, "fake", (source, 0), **values)
        return Asked(request, lambda outcome: self.told.append((name, outcome)))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.told]


async def test_the_same_request_is_filed_once_and_told_to_all() -> None:
    desk = Desk()
    assert await desk.requests.ask(desk.asked("a"))
    assert not await desk.requests.ask(desk.asked("b"))
    assert await desk.requests.ask(desk.asked("c", source=2))
    assert len(desk.filed) == 2
    desk.answer("a")
    assert desk.names == ["a", "b"]
    # Each is told of its own request.
    assert [outcome.request.key[0] for _, outcome in desk.told] == ["a", "b"]
    # Now it is known.
    assert not await desk.requests.ask(desk.asked("d"))
    assert desk.names == ["a", "b", "d"]


async def test_who_gives_up_takes_nothing_from_others() -> None:
    desk = Desk()
    first, second = desk.asked("a"), desk.asked("b")
    await desk.requests.ask(first)
    await desk.requests.ask(second)
    desk.requests.give_up(first)
    assert len(desk.filed) == 1
    desk.answer("a")
    assert desk.names == ["b"]
    third, fourth = desk.asked("c", source=3), desk.asked("d", source=3)
    await desk.requests.ask(third)
    await desk.requests.ask(fourth)
    desk.requests.give_up(third)
    desk.requests.give_up(fourth)
    desk.requests.give_up(fourth)
    assert not desk.filed
    # It can be asked for again.
    assert await desk.requests.ask(desk.asked("e", source=3))


async def test_an_error_is_told_to_all_and_not_remembered() -> None:
    desk = Desk()
    await desk.requests.ask(desk.asked("a"))
    await desk.requests.ask(desk.asked("b"))
    desk.answer("a", ServiceError("broken"))
    assert [outcome.error is None for _, outcome in desk.told] == [False, False]
    assert await desk.requests.ask(desk.asked("c"))


async def test_only_what_is_repeatable_is_shared() -> None:
    desk = Desk()
    assert await desk.requests.ask(desk.asked("a", scored=True))
    assert await desk.requests.ask(desk.asked("b", scored=True))
    desk.answer("a")
    desk.answer("b")
    assert await desk.requests.ask(desk.asked("c"))


async def test_there_is_room_for_so_many_and_what_waited_may_be_known_by_then() -> None:
    desk = Desk(limit=1)
    await desk.requests.ask(desk.asked("a"))
    waiting = [
        asyncio.create_task(desk.requests.ask(desk.asked(name, source=2))) for name in ("b", "c")
    ]
    await asyncio.sleep(0)
    assert len(desk.filed) == 1
    desk.answer("a")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert list(desk.filed) == [("b", "")]
    desk.answer("b")
    assert [await task for task in waiting] == [True, False]
    assert desk.names == ["a", "b", "c"]
