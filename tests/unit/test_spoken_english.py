"""Expressions of home, shops and travel, and the same words where they are meant as they say."""

import re

import pytest

from translator.text.rewordings import rewordings
from translator.text.rewriting import rewrite
from translator.text.spoken_english import _EXPRESSIONS, SPOKEN_ENGLISH

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He threw up twice last night.", "He vomited twice last night."),
        ("Set the table, please.", "Put the dishes on the table, please."),
        ("They’re down by two.", "They're losing by two."),
        ("Two coffees to go!", "Two coffees to take away!"),
        ("I ran into Lucy at the mall.", "I encountered Lucy at the mall."),
        ("LADIES AND GENTLEMEN, WELCOME", "LADIES, GENTLEMEN, WELCOME"),
        ("Oh no. Knock it off!", "Oh no. Stop that!"),
        ("I can't make it to the party.", "I can't come to the party."),
        ("She's in her mid-thirties.", "She's about 35 years old."),
        ("He takes it every other day.", "He takes it every two days."),
        ("Two-nil! Thirty-odd people, at ten-ish.",
         "Two to zero! A little over thirty people, at around ten."),
    ],
)  # fmt: skip
def test_is_said_in_other_words(text: str, expected: str) -> None:
    assert rewrite(text, SPOKEN_ENGLISH.find(text, "en-GB")).text == expected
    assert rewrite(text, rewordings(text, "en-GB").edits).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "He threw up his hands.",
        "Set the table width. Clear the table before each import.",
        "The car is down by the river. They're down by the sea.",
        "Coffee to go with it.",
        "I ran into the garden and into Tom's house.",
        "Good evening, ladies and gentlemen. Ladies and gentlemen, good evening.",
        "Knock it off the shelf.",
        "I can't make it work.",
        "The bus stop by the bank is closed.",
        "Do the dishes match?",
        "Every other person, every second one, in his thirties.",
    ],
)
def test_may_be_meant_as_it_says(text: str) -> None:
    assert not list(SPOKEN_ENGLISH.find(text, "en"))


def test_every_expression_is_found_and_stands_for_no_other() -> None:
    lines = _EXPRESSIONS.strip().splitlines()
    assert len({line.rpartition(" = ")[0] for line in lines}) == len(lines)
    for line in lines:
        form, _, plain = line.rpartition(" = ")
        is_alone = "(?-i:" not in form and not form.startswith("(?<=")
        if is_alone and ("(?=" not in form or "|$" in form):
            text = re.sub(r"^\^|^\(\?<[^)]*\)", "", form).partition("(?")[0]
            found = rewrite(text, SPOKEN_ENGLISH.find(text, "en")).text
            assert found.lower() == plain.lower(), form
            assert rewrite(found, SPOKEN_ENGLISH.find(found, "en")).text == found, form
