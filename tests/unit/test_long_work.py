"""Long work on the event loop goes on a step at a time, and leaves the engines as much time."""

import asyncio
from collections.abc import Iterator

import pytest

from translator.service.long_work import OwnTurns, Turns

pytestmark = pytest.mark.unit


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that are made, none of which takes long."""
    made: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        made.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    return made


async def test_in_one_round_of_the_event_loop_one_step_is_done_whoever_wants_one() -> None:
    loop, turns = asyncio.get_running_loop(), Turns(lambda: 0.0)
    rounds = 0
    done: list[tuple[int, str]] = []

    def count() -> None:
        nonlocal rounds
        rounds += 1
        loop.call_soon(count)

    async def work(name: str) -> None:
        steps = turns.through(iter(range(5)))
        async for step in steps:
            done.append((rounds, f"{name}{step}"))  # noqa: PERF401

    count()
    await asyncio.gather(*(work(name) for name in "abc"))
    assert len({number for number, _ in done}) == len(done) == 15
    # By turns, and each in its own order.
    assert [name for _, name in done[:6]] == ["a0", "b0", "c0", "a1", "b1", "c1"]


async def test_the_loop_rests_as_long_as_it_has_computed(pauses: list[float]) -> None:
    used_s = 0.0
    turns = Turns(lambda: used_s)

    def steps(seconds: float) -> Iterator[None]:
        nonlocal used_s
        for _ in range(10):
            used_s += seconds
            yield

    async for _ in turns.through(steps(0.01)):
        pass
    assert pauses == pytest.approx([0, *[0.01] * 10])
    pauses.clear()
    # What is short is not worth a timer each time.
    async for _ in turns.through(steps(0.002)):
        pass
    assert sum(pauses) == pytest.approx(0.018)
    assert len(list(filter(None, pauses))) == 3
    pauses.clear()
    # What was done while no long work waited is not paid for.
    used_s += 100.0
    await turns.take()
    await turns.take()
    assert pauses == [0.02, 0.0]


async def test_who_is_cancelled_while_waiting_leaves_the_turn_to_the_next() -> None:
    turns = Turns()
    waiting = [asyncio.create_task(turns.take()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    waiting[1].cancel()
    await waiting[2]


async def test_a_call_waits_as_one_however_many_texts_it_has() -> None:
    turns = Turns(lambda: 0.0)
    now = 0.0
    # Each step takes as long as a turn may.
    own = OwnTurns(turns, lambda: now)
    done: list[str] = []

    async def work(name: str, turns: Turns) -> None:
        nonlocal now
        async for _ in turns.through(iter(range(3))):
            done.append(name)
            now += 0.01

    await asyncio.gather(*(work(name, own) for name in "aaaaaaaa"), work("b", turns))
    assert len(done) == 27
    # The one text of another call has every second turn.
    assert done.index("b") <= 2
    assert [number for number, name in enumerate(done) if name == "b"][-1] <= 6


async def test_short_steps_of_a_call_share_a_turn() -> None:
    now = 0.0
    taken = 0

    class Counted(Turns):
        async def take(self) -> None:
            nonlocal taken
            taken += 1
            await super().take()

    own = OwnTurns(Counted(lambda: 0.0), lambda: now)

    async def work() -> None:
        nonlocal now
        async for _ in own.through(iter(range(10))):
            now += 0.0005

    await asyncio.gather(work(), work())
    assert 4 <= taken <= 7


async def test_a_call_goes_on_when_whoever_took_its_turn_is_cancelled() -> None:
    own = OwnTurns(Turns(lambda: 0.0), lambda: 0.0)
    own._ends_s = 0.0
    first, second = asyncio.create_task(own.take()), asyncio.create_task(own.take())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait({second}, timeout=1)
    # It took the turn itself, and the clock stands still: it may go on for good.
    assert second.done()


async def test_beside_speech_the_loop_rests_longer_but_not_from_what_others_compute(
    pauses: list[float],
) -> None:
    used_s = 0.0
    turns = Turns(lambda: used_s, lambda: True)
    for seconds in (0.006, 0.5):
        used_s += seconds
        await turns.take()
    assert pauses == pytest.approx([0.018, 0.03])
