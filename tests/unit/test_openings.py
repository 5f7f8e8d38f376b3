"""Phrases before a clause."""

import pytest

from translator.text.openings import NO_OPENING, Opening, after_opening, find_opening
from translator.text.rewriting import rewrite

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("language", "text", "phrase"),
    [
        ("en", "Nice to meet you, I'm Paula.", "Nice to meet you"),
        ("en-GB", "Sorry, can you hear me?", "Sorry"),
        ("en", "NO, THANK YOU, I'M FULL.", "NO, THANK YOU"),
        ("en", "No, I'm full.", "No"),
        ("en", "That’s  okay, take your time", "That’s  okay"),
        ("pt", "Prazer em conhecê-la, eu sou o Rui.", "Prazer em conhecê-la"),
        ("pt-BR", "não tem problema, eu espero", "não tem problema"),
        ("en", "Welcome back,", "Welcome back"),
    ],
)
def test_it_is_what_stands_before_the_comma(language: str, text: str, phrase: str) -> None:
    assert find_opening(text, language).phrase == phrase


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", ""),
        ("en", "Nice to meet you again, I'm Paula."),
        ("en", "Next week, we start."),
        ("en", "I said thank you, but he left."),
        ("de", "Danke, gern."),
        ("pt", "Nice to meet you, I'm Paula."),
    ],
)
def test_other_texts_have_none(language: str, text: str) -> None:
    assert find_opening(text, language) == NO_OPENING


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("Nic", True),
        ("nice to meet", True),
        ("Nice to meet you", True),
        ("Nice to meet you,", False),
        ("No,", True),
        ("No, thank", True),
        ("No, they", False),
        ("Nice to meet them", False),
        ("Yes, nice to meet", False),
    ],
)
def test_more_words_may_make_one_of_what_has_come(text: str, is_open: bool) -> None:
    assert find_opening(text, "en").is_open == is_open


def test_each_way_to_cut_a_text_leads_to_the_same() -> None:
    text = "No, thank you, I'm just looking."
    openings = [find_opening(text[:n], "en") for n in range(1, len(text) + 1)]
    certain = [each.phrase for each in openings if not each.is_open]
    first = certain.index("No, thank you")
    assert set(certain[first:]) == {"No, thank you"}
    assert set(certain[:first]) <= {""}
    assert openings[-1] == Opening("No, thank you")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thank you, Kevin, that was great.", "Thank you, Kevin, it was great."),
        ("Wow, that was close!", "Wow, it was close!"),
        ("The house, that was red, is white.", None),
        ("Thank you, that is kind.", None),
    ],
)
def test_that_is_no_relative_after_one(text: str, expected: str | None) -> None:
    assert rewrite(text, after_opening(text, "en")).text == (expected or text)
