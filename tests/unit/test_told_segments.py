"""What a client was told of is told to end: also a draft of source that was taken back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.driver import Driver, make_config, one_thread  # noqa: F401
from translator.testing import FakeModel

pytestmark = pytest.mark.unit

Step = tuple[str, str]
BOTH, ONE, OTHER = ("targets", "yy zz"), ("targets", "yy"), ("targets", "zz")


def driven(*steps: Step) -> Driver:
    """A session after steps, each of them a kind and its text, and then its end."""
    model = FakeModel()
    driver = Driver(make_config(model, "yy", "zz"), model)
    for kind, text in steps:
        if kind == "targets":
            driver.reconfigure(make_config(model, *text.split()))
            driver.settle()
        elif kind == "tail":
            driver.say("", text)
        elif kind == "flush":
            driver.flush()
            driver.settle()
        else:
            driver.say(text)
    driver.end()
    for reader in driver.readers.values():
        assert set(reader.texts) == set(reader.sources), "a segment that was told of is still open"
    return driver


def test_a_tail_that_was_taken_back_ends_its_segment_with_the_stream() -> None:
    for steps in ([("tail", "one two")], [("tail", "one two"), ("tail", "")]):
        reader = driven(*steps).readers["yy"]
        assert reader.texts == {0: ""}
        assert reader.sources == {0: (0, 0)}


def test_a_target_that_is_away_for_a_while_goes_on_where_the_others_are() -> None:
    driver = driven(
        ("tail", "one two"), ("tail", ""), OTHER, ("text", "Three four. "), BOTH, ("text", "Five. ")
    )
    assert driver.readers["yy"].texts == {0: "", 2: "FIVE."}
    assert driver.readers["zz"].final_texts == ["", "THREE FOUR.", "FIVE."]


def test_what_nobody_was_told_of_costs_no_segment() -> None:
    driver = driven(("text", "  "), ONE, ("text", "  "), BOTH, ("flush", ""), ("text", "One. "))
    assert driver.readers["yy"].texts == {0: "ONE."}


@given(
    st.lists(
        st.sampled_from(
            [
                *[BOTH, ONE, OTHER, ("tail", ""), ("tail", "and then"), ("tail", "So. And")],
                *[("text", "One. "), ("text", "two "), ("text", " "), ("flush", "")],
            ]
        ),
        max_size=12,
    )
)
@example([("tail", "and then"), ("tail", ""), ONE, BOTH, ("text", "One. ")])
@example([("tail", "and then"), ONE, ("tail", ""), BOTH, ("text", "One. ")])
@example([("tail", "and then"), ONE, BOTH, ("tail", ""), ("text", "One. ")])
def test_every_segment_that_was_told_of_is_closed(steps: list[Step]) -> None:
    driven(*steps)
