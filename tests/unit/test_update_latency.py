"""How long source waits for the first update that reflects it."""

import pytest

from translator.service.latency import UpdateLatency
from translator.testing import FakeClock

pytestmark = pytest.mark.unit


def test_each_source_update_is_timed_to_the_first_update_that_reflects_it() -> None:
    clock = FakeClock()
    waits_s: list[float] = []
    latency = UpdateLatency(clock, waits_s.append)
    for sequence in (1, 2, 5):
        latency.came(sequence)
        clock.advance(1.0)
    latency.left(0)
    assert waits_s == []
    latency.left(2)
    assert waits_s == [3.0, 2.0]
    latency.left(2)
    clock.advance(1.0)
    latency.left(7)
    assert waits_s == [3.0, 2.0, 2.0]


def test_source_that_no_update_reflects_does_not_pile_up() -> None:
    waits_s: list[float] = []
    latency = UpdateLatency(FakeClock(), waits_s.append)
    for sequence in range(1, 5001):
        latency.came(sequence)
    latency.left(5000)
    assert len(waits_s) == 1000
