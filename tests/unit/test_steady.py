"""Drafts of tentative source: a line does not go blank because one of its words was revised."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translator.policy.steady import SteadyDraft

pytestmark = pytest.mark.unit


def show(steady: SteadyDraft, *drafts: str) -> list[str]:
    return [steady.show("", draft, is_settled=False, is_first=True) for draft in drafts]


def restless() -> SteadyDraft:
    """After a recogniser that revises."""
    steady = SteadyDraft()
    show(steady, "so", "he", "so", "he")
    steady.show("he", "", is_settled=True, is_closed=True)
    return steady


def test_a_revision_does_not_blank_the_line() -> None:
    drafts = ["we all went", "they", "they all", "they all went", "they all went so"]
    assert show(SteadyDraft(), *drafts) == ["we all went"] * 3 + drafts[3:]


def test_what_a_restless_recogniser_says_is_shown_later_and_replaced_once_it_has_settled() -> None:
    words = [f"w{n}" for n in range(20)]
    steady = restless()
    assert show(steady, *(" ".join(words[:n]) for n in (5, 8, 10))) == ["", "w0", "w0 w1 w2"]
    other = ["x", *words[1:]]
    shown = show(steady, *(" ".join(other[:n]) for n in (12, 14, 16, 18, 20)))
    assert shown[:3] == ["w0 w1 w2"] * 3
    assert shown[-1] == " ".join(other[:13])


def test_what_has_settled_is_shown_whole_and_committed_text_is_left_alone() -> None:
    steady = restless()
    assert show(steady, "one two three four five six seven eight") == ["one"]
    text = "one two three four five six seven"
    assert steady.show("", text, is_settled=True, is_first=True) == text
    # The draft says it no more, but it was committed.
    assert steady.show("one two", "", is_settled=False) == " three four five six seven"
    assert steady.show("uno", "", is_settled=True, is_closed=True) == ""


def test_what_a_closed_segment_showed_of_the_next_stays() -> None:
    steady = SteadyDraft()
    show(steady, "They left. The boats are red")
    # It is committed with another word, and the next one has hardly anything yet.
    assert steady.show("We left.", "", is_settled=False, is_closed=True) == ""
    assert show(steady, "", "The", "The boats are new", "The boats are new today") == [
        "The boats are red", "The boats are red", "The boats are new", "The boats are new today",
    ]  # fmt: skip


def test_a_draft_is_not_held_for_good_and_scripts_without_spaces_are_not_held() -> None:
    steady = SteadyDraft()
    assert show(steady, "one two three", *["four"] * 50)[-1] == "four"
    assert show(SteadyDraft(), "船" * 30, "赤" * 30) == ["船" * 30, "赤" * 30]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "a", "a b.", "b c d", "a b c d e f g h i j"]),
            st.text("ab .é日", max_size=40),
            st.booleans(),
            st.booleans(),
        ),
        max_size=80,
    )
)
@settings(deadline=None, max_examples=200)
def test_whatever_comes_is_survived_and_a_settled_draft_is_shown(
    steps: list[tuple[str, str, bool, bool]],
) -> None:
    steady = SteadyDraft()
    for committed, draft, is_settled, is_closed in steps:
        shown = steady.show(committed, draft, is_settled=is_settled, is_closed=is_closed)
        if is_closed:
            assert shown == ""
        elif is_settled:
            assert shown == draft
