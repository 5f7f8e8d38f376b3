"""What a draft shows: words that are likely to stay, numbers and names later than others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.policy.base import Observation, TargetWord
from translator.policy.drafts import Drafts
from translator.text.words import word_ends

pytestmark = pytest.mark.unit


def show(
    drafts: Drafts, text: str, num_source_words: int, *, known: int = 0, tentative: bool = False
) -> str:
    length = drafts.shown_length(
        Observation(
            text=text,
            committed_length=known,
            words=[TargetWord(end) for end in word_ends(text, known)],
            source_text="",
            num_source_words=num_source_words,
            source_is_committed=not tentative,
        )
    )
    return text[:length]


def show_all(drafts: Drafts, *texts: str, tentative: bool = False) -> list[str]:
    """What is shown of each hypothesis, of a source word more each time."""
    drafts.start_segment()
    return [show(drafts, t, n, tentative=tentative) for n, t in enumerate(texts, start=1)]


def test_a_word_is_shown_when_it_has_survived() -> None:
    texts = ["the red", "the red boat", "the red boats", "the red boats leave", "the red boats ran"]
    assert show_all(Drafts(survive=1), *texts) == texts
    assert show_all(Drafts(survive=2), *texts) == [
        "", "the red", "the red", "the red boats", "the red boats",
    ]  # fmt: skip
    assert show_all(Drafts(survive=3), *texts) == ["", "", "the red", "the red", "the red boats"]


@pytest.mark.parametrize("name", ["Lima", "312", "12th", "d'Arc", "€5", "McLean"])
def test_a_number_or_a_name_has_to_survive_once_more(name: str) -> None:
    texts = [f"near {name}", f"near {name} they", f"near {name} they met", f"near {name} they met"]
    assert show_all(Drafts(survive=2), *texts) == [
        "", "near", f"near {name} they", f"near {name} they met",
    ]  # fmt: skip
    assert show_all(Drafts(survive=1), *texts) == texts


def test_the_capital_of_a_first_word_is_no_name_but_its_digit_is_a_number() -> None:
    assert show_all(Drafts(survive=2), "They met", "They met") == ["", "They met"]
    assert show_all(Drafts(survive=2), "312 met", "312 met", "312 met") == ["", "", "312 met"]


def test_where_all_are_capitals_none_makes_a_name() -> None:
    assert show_all(Drafts(survive=2), "THEY MET", "THEY MET LIMA") == ["", "THEY MET"]


def test_a_number_that_grows_is_shown_once() -> None:
    texts = ["he has 3", "he has 300", "he has 312", "he has 312 boats", "he has 312 boats here"]
    assert show_all(Drafts(survive=2), *texts) == [
        "", "he has", "he has", "he has", "he has 312 boats",
    ]  # fmt: skip


def test_what_is_masked_is_the_end_of_what_has_survived() -> None:
    texts = ["one two three", "one two three four"]
    assert show_all(Drafts(survive=1, mask_k=2), *texts) == ["one", "one two"]
    assert show_all(Drafts(survive=2, mask_k=2), *texts) == ["", "one"]
    assert show_all(Drafts(mask_k=9), *texts) == ["", ""]


def test_committed_words_are_shown_whatever_the_draft() -> None:
    drafts = Drafts(survive=3, mask_k=3)
    assert show(drafts, "one two three", 3, known=7) == "one two"


def test_a_source_that_becomes_shorter_takes_back_only_what_is_not_said_any_more() -> None:
    drafts = Drafts(survive=2)
    drafts.start_segment()
    for count, text, shown in (
        (1, "so", ""),
        (4, "so we all went", "so"),
        (6, "so we all went to sea", "so we all went"),
        # Compared with the hypothesis of one word, only "so" has survived.
        (3, "so we all left", "so we all"),
    ):
        assert show(drafts, text, count, tentative=True) == shown


def test_a_new_segment_goes_on_with_what_was_shown_of_its_source_already() -> None:
    drafts = Drafts(survive=2)
    text = "They left. The boats are red"
    assert show_all(drafts, text, text, text, tentative=True)[-1] == text
    drafts.start_segment()
    assert show(drafts, "The boats are new today", 5, tentative=True) == "The boats are"
    # Once only.
    drafts.start_segment()
    assert show(drafts, "They left", 2) == ""


def test_a_new_segment_owes_nothing_to_committed_source() -> None:
    drafts = Drafts(survive=2)
    show_all(drafts, "one two", "one two")
    drafts.start_segment()
    assert show(drafts, "two", 1) == ""


@given(
    st.integers(1, 3),
    st.integers(0, 2),
    st.lists(
        st.tuples(st.text("ab A3.,é日", max_size=9), st.integers(0, 6), st.booleans()), max_size=8
    ),
)
def test_what_is_shown_is_whole_words_of_the_hypothesis(
    survive: int, mask_k: int, hypotheses: list[tuple[str, int, bool]]
) -> None:
    drafts = Drafts(survive, mask_k)
    for text, count, ends in hypotheses:
        if ends:
            drafts.start_segment()
        shown = show(drafts, text, count, tentative=True)
        assert len(shown) in {0, *word_ends(text)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((0,), "survive is 0"), ((1, -1), "mask-k is -1"), ((1, 0, 50), "bias is 50")],
)
def test_drafts_say_which_setting_is_out_of_bounds(
    arguments: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Drafts(*arguments)
