"""Drafts of tentative source: a line does not go blank because one of its words was revised."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.policy.steady import SteadyDraft

pytestmark = pytest.mark.unit

WORDS = [f"w{n}" for n in range(60)]


class Line:
    """A steady draft, and the updates that it is given, one after the other."""

    def __init__(self) -> None:
        self.steady = SteadyDraft()
        self._numbers = itertools.count(1)

    def show(
        self, *drafts: str, committed: str = "", is_settled: bool = False, is_closed: bool = False
    ) -> list[str]:
        return [
            self.steady.show(
                committed,
                draft,
                sequence=next(self._numbers),
                is_settled=is_settled,
                is_closed=is_closed,
                is_first=True,
            )
            for draft in drafts
        ]


def words(count: int, first: str = WORDS[0]) -> str:
    """A draft of so many words."""
    return " ".join([first, *WORDS[1:count]])


def restless() -> Line:
    """After a recogniser that takes back a word an update."""
    line = Line()
    line.show(*["so", "he"] * 17)
    line.show("", committed="he", is_closed=True)
    return line


def test_a_revision_does_not_blank_the_line() -> None:
    drafts = ["we all went", "they", "they all went", "they all went so far that we"]
    assert Line().show(*drafts) == ["we all went"] * 3 + ["they all went so far that"]


def test_of_what_a_restless_recogniser_says_the_end_is_hidden() -> None:
    """Four and a half times the words that an update takes back, here one."""
    assert restless().show(words(3), words(6), words(9)) == ["", words(1), words(4)]
    calm = Line()
    assert calm.show(words(3), words(5), words(9)) == [words(3), words(5), words(9)]


def test_what_takes_words_back_has_to_bring_many_more() -> None:
    line = restless()
    assert line.show(words(9)) == [words(4)]
    others = [words(count, "x") for count in (9, 14, 27, 28)]
    # Eight more were taken back: six are hidden, so it has to be eighteen more than are shown.
    assert line.show(*others) == [words(4)] * 3 + [words(22, "x")]


def test_words_that_were_only_hidden_stay_shown() -> None:
    """More is hidden than before, but the draft still says what is shown."""
    line = Line()
    assert line.show(words(8), f"{words(6)} x", words(8), words(9)) == [words(8)] * 4
    assert line.show(words(10)) == [words(9)]


def test_what_was_revised_long_ago_is_forgotten() -> None:
    line = restless()
    line.show(*[words(20)] * 40)
    assert line.show(words(30)) == [words(30)]


def test_of_several_drafts_of_one_update_the_last_counts() -> None:
    """While its sentences are translated one after the other, the recogniser revises nothing."""
    line = Line()
    for count in range(4, 40):
        for draft in (words(count // 2), words(count)):
            line.steady.show("", draft, sequence=count, is_settled=False, is_first=True)
    assert line.show(words(50)) == [words(50)]


def test_what_was_committed_since_was_not_taken_back() -> None:
    line = Line()
    for count in range(5, 50, 2):
        text = " ".join(WORDS[count : count + 8])
        line.show(text, committed=" ".join(WORDS[count - 2 : count]) if count > 5 else "")
    text = " ".join(WORDS[49:60])
    assert line.show(text) == [text]


def test_where_committed_text_differs_all_after_it_is_shown_anew() -> None:
    line = Line()
    line.show("the ship is red and old")
    assert line.show("is new", committed="a boat") == ["is new"]


def test_what_is_settled_is_shown_whole_and_committed_text_is_left_alone() -> None:
    line = restless()
    assert line.show(words(7)) == [words(2)]
    assert line.show(words(7), is_settled=True) == [words(7)]
    # The draft says it no more, but it is what the committed text goes on with.
    assert line.show("", committed="w0 w1") == ["w2 w3 w4 w5 w6"]
    assert line.show("", committed="w2", is_settled=True, is_closed=True) == [""]


def test_what_a_closed_segment_showed_of_the_next_stays() -> None:
    line = Line()
    line.show("They left. The boats are red")
    assert line.show("", committed="They left.", is_closed=True) == [""]
    assert line.steady.shown.strip() == "The boats are red"
    drafts = ["", "The", "The boats are new", "The boats are new today"]
    assert line.show(*drafts) == ["The boats are red"] * 2 + drafts[2:]


def test_what_followed_other_words_than_were_committed_does_not_stay() -> None:
    line = Line()
    line.show("They left. The boats are red")
    line.show("", committed="We left. The", is_closed=True)
    assert line.steady.shown == ""


def test_a_draft_is_not_held_for_good_and_scripts_without_spaces_are_not_held() -> None:
    assert Line().show("one two three", *["four"] * 50)[-1] == "four"
    assert Line().show("船" * 30, "赤" * 30) == ["船" * 30, "赤" * 30]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "a", "a b.", "b c d", "a b c d e f g h i j"]),
            st.text("ab .é日", max_size=40),
            st.integers(0, 1),
            st.booleans(),
            st.booleans(),
        ),
        max_size=80,
    )
)
def test_whatever_comes_is_survived_and_a_settled_draft_is_shown(
    steps: list[tuple[str, str, int, bool, bool]],
) -> None:
    steady = SteadyDraft()
    sequence = 0
    for committed, draft, newer, is_settled, is_closed in steps:
        sequence += newer
        shown = steady.show(
            committed, draft, sequence=sequence, is_settled=is_settled, is_closed=is_closed
        )
        if is_closed:
            assert shown == ""
        elif is_settled:
            assert shown == draft
