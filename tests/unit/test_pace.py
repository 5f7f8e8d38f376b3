"""Whose source comes faster than anybody speaks, and how long that is remembered. No waiting."""

import asyncio
from dataclasses import dataclass

import pytest

from translator.service.pace import Pace, Paces

pytestmark = pytest.mark.unit


@dataclass
class Times:
    """Times that a test sets."""

    now_s: float = 0.0
    cpu_s: float = 0.0

    @property
    def paces(self) -> Paces:
        return Paces(lambda: self.now_s, lambda: self.cpu_s)

    def compute(self, pace: Pace, seconds: float) -> None:
        def work() -> None:
            self.cpu_s += seconds

        pace.count(work)


def test_speech_and_a_recogniser_that_revises_all_the_time_are_not_fast() -> None:
    for per_second, seconds in ((2.5, 0.008), (10, 0.0045)):
        times = Times()
        pace = times.paces.of("one")
        for _ in range(300):
            times.now_s += 1 / per_second
            times.compute(pace, seconds)
            assert not pace.is_fast


def test_who_sends_without_a_pause_is_fast_until_it_is_paid_off() -> None:
    times = Times()
    pace = times.paces.of("one")
    sent = 0
    while not pace.is_fast:
        times.now_s += 0.003
        times.compute(pace, 0.003)
        sent += 1
    assert sent == 11
    for _ in range(1000):
        times.now_s += 0.003
        times.compute(pace, 0.003)
        assert pace.is_fast
    # However much that was: ten seconds of rest are enough.
    times.now_s += 9.0
    assert pace.is_fast
    times.now_s += 1.5
    assert not pace.is_fast


def test_another_stream_of_the_same_caller_begins_as_fast_and_nobody_elses() -> None:
    times = Times()
    paces = times.paces
    pace = paces.of("mob")
    times.compute(pace, 0.1)
    assert pace.is_fast
    assert paces.of("mob").is_fast
    assert not paces.of("one").is_fast
    times.now_s += 20.0
    assert not paces.of("mob").is_fast


def test_streams_without_a_caller_know_nothing_of_each_other() -> None:
    times = Times()
    paces = times.paces
    pace = paces.of("")
    times.compute(pace, 0.1)
    assert pace.is_fast
    assert not paces.of("").is_fast


def test_who_opens_streams_for_a_moment_is_fast() -> None:
    times = Times()
    paces = times.paces
    for lasted_s, is_fast in ((2.0, False), (0.1, True)):
        for _ in range(20):
            pace = paces.of("mob")
            times.compute(pace, 0.01)
            times.now_s += lasted_s
            paces.ended(pace)
        assert paces.of("mob").is_fast is is_fast


def test_callers_are_not_kept_for_ever() -> None:
    times = Times()
    paces = times.paces
    for number in range(3000):
        pace = paces.of(f"{number}")
        times.compute(pace, 0.1)
        assert pace.is_fast
        paces.ended(pace)
    assert len(paces._fast_s) == len(paces._short) == 1024


async def test_what_a_stream_waits_for_is_not_counted() -> None:
    times = Times()
    pace = times.paces.of("one")

    async def work() -> None:
        times.cpu_s += 0.01
        await asyncio.sleep(0)
        times.cpu_s += 0.01

    async def others() -> None:
        times.cpu_s += 7.0

    await asyncio.gather(pace.counted(work()), others())
    assert pace.total_s == pytest.approx(0.02)


async def test_errors_and_cancelling_go_through() -> None:
    pace = Times().paces.of("one")
    ended = []

    async def fails() -> None:
        await asyncio.sleep(0)
        raise KeyError("x")

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    with pytest.raises(KeyError):
        await pace.counted(fails())
    task = asyncio.create_task(pace.counted(waits()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_fast_streams_rest_from_their_own_work_nine_times_as_long_beside_speech(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    times = Times()
    paces = times.paces
    pace = paces.of("mob")
    pace.hurry()
    # What others compute is no reason for it.
    times.cpu_s += 1.0
    times.compute(paces.of("one"), 0.02)
    await paces.turns.take()
    times.compute(pace, 0.006)
    await paces.turns.take()
    paces.spoken()
    times.compute(pace, 0.006)
    await paces.turns.take()
    times.now_s += 2.0
    times.compute(pace, 0.006)
    await paces.turns.take()
    assert pauses == pytest.approx([0, 0.006, 0.054, 0.006])
