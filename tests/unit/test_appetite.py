"""Who takes much of a model's time."""

import pytest

from translator.engine.appetite import Appetites

pytestmark = pytest.mark.unit

KEY = ("s", "pt")


def test_a_quarter_of_the_time_is_much_and_one_who_has_had_much_has_to_rest() -> None:
    for share, is_heavy in ((0.2, False), (0.3, True)):
        appetites = Appetites()
        for step in range(200):
            appetites.took("one", KEY, share * 0.1, step * 0.1)
        assert appetites.is_heavy("one", 20.0) is is_heavy
    assert appetites.is_heavy("one", 21.0)
    assert not appetites.is_heavy("one", 24.0)
    assert not appetites.is_heavy("nobody", 0.0)


def test_speech_of_many_is_not_much() -> None:
    for num_streams, is_heavy in ((60, False), (16, True)):
        appetites = Appetites()
        for step in range(200):
            for number in range(num_streams):
                share = 0.6 / num_streams
                appetites.took("room", (f"s{number}", "pt"), share * 0.1, step * 0.1)
        assert appetites.is_heavy("room", 20.0) is is_heavy


def test_who_takes_little_is_forgotten_first() -> None:
    appetites = Appetites()
    appetites.took("mob", KEY, 2.0, 0.0)
    for number in range(5000):
        appetites.took(f"{number}", KEY, 0.001, 0.0)
    assert appetites.is_heavy("mob", 0.0)
    assert len(appetites._callers) <= 1024
    for number in range(5000):
        appetites.took("mob", (f"{number}", "pt"), 0.0, 0.0)
    assert len(appetites._callers["mob"].asked_s) <= 1024
