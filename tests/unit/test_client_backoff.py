"""The pauses between attempts to open a stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.client.backoff import Backoff

pytestmark = pytest.mark.unit


def test_pauses_grow_from_none_to_the_most() -> None:
    backoff = Backoff(chance=lambda: 0.0)
    pauses = [backoff.next_s() for _ in range(9)]
    assert pauses == [0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 2.5, 2.5, 2.5]
    assert backoff.attempts == 9


def test_a_pause_is_random_up_to_twice_as_long() -> None:
    backoff = Backoff(chance=lambda: 1.0)
    assert [backoff.next_s() for _ in range(8)] == [0.0, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_the_first_attempt_after_a_break_comes_at_once() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() == 0.0


@given(st.floats(0, 600), st.integers(0, 2000), st.floats(0, 1))
def test_no_attempt_comes_before_the_server_wants_it_nor_much_later(
    retry_after_s: float, n: int, chance: float
) -> None:
    backoff = Backoff(chance=lambda: chance)
    backoff.attempts = n
    own_s = Backoff(chance=lambda: 0.0)
    own_s.attempts = n
    least_s = max(retry_after_s, own_s.next_s())
    assert least_s <= backoff.next_s(retry_after_s) <= least_s + min(least_s, 2.5)


def test_clients_that_a_server_sends_away_do_not_come_back_together() -> None:
    pauses = sorted(Backoff().next_s(1.0) for _ in range(40))
    assert pauses[0] >= 1.0
    assert pauses[30] - pauses[10] > 0.1


def test_the_longest_pause_may_be_another_one() -> None:
    backoff = Backoff(chance=lambda: 1.0, most_s=0.5)
    assert [backoff.next_s() for _ in range(6)] == [0.0, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert backoff.next_s(retry_after_s=3.0) == 3.5
