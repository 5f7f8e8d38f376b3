"""Abbreviated days and months."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.calendar_names import calendar_names
from translator.text.rewriting import rewrite

pytestmark = pytest.mark.unit


def said(text: str, language: str) -> str:
    return rewrite(text, calendar_names(text, language)).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Mon–Fri: 9–6; Sat. 10-2; closed Sun.",
            "Monday to Friday: 9–6; Saturday 10-2; closed Sunday.",
        ),
        ("Open Mon-Sat, MON. - FRI.", "Open Monday to Saturday, Monday to Friday."),
        ("Sat & Sun closed", "Saturday & Sunday closed"),
        ("Delivery: Mon, Wed, Fri", "Delivery: Monday, Wednesday, Friday"),
        ("See you Wed at 3, Tue 3pm", "See you Wednesday at 3, Tuesday 3pm"),
        ("Thurs, Dec 4 or Fri 12 Jan 2026", "Thursday, December 4 or Friday 12 January 2026"),
        ("Due Jan. 5; 16 Aug 2009; Sept 2025", "Due January 5; 16 August 2009; September 2025"),
        # Other words.
        ("The sun is hot, he sat at 3, wed in May", "The sun is hot, he sat at 3, wed in May"),
        ("On Sun exposure, Mon Laferte, Jan Smith", "On Sun exposure, Mon Laferte, Jan Smith"),
        ("I sat 2 hours, the dec 5 and mar 3", "I sat 2 hours, the dec 5 and mar 3"),
        ("", ""),
    ],
)
def test_english(text: str, expected: str) -> None:
    assert said(text, "en-US") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Seg. a sex.: 9h; sáb. 10h; dom. fechado.",
            "Segunda a sexta: 9h; sábado 10h; domingo fechado.",
        ),
        ("seg-sex, Seg à Sáb", "segunda a sexta, Segunda a sábado"),
        ("5 de jan. de 2026, 12 dez 2025", "5 de janeiro de 2026, 12 dezembro 2025"),
        ("Sáb: 9h, no sáb. até às 10h", "Sábado: 9h, no sábado até às 10h"),
        # Other words.
        ("é um luxo que poucos podem ter.", "é um luxo que poucos podem ter."),
        ("o dom da fala, dez amigos, 3 set de jogos", "o dom da fala, dez amigos, 3 set de jogos"),
        ("Podem ter. E o sexo e a sex shop", "Podem ter. E o sexo e a sex shop"),
    ],
)
def test_portuguese(text: str, expected: str) -> None:
    assert said(text, "pt-BR") == expected


def test_other_languages_stay() -> None:
    assert said("Mon–Fri, 5 Jan", "de") == "Mon–Fri, 5 Jan"


WORDS = ["Mon", "–", "Fri", ".", ",", "Sat", "at", "3", "Jan", "2026", "seg", "a", "sex", "e", "de"]


@given(st.lists(st.sampled_from(WORDS), max_size=12), st.sampled_from(["en", "pt"]))
def test_edits_are_in_order_and_do_not_overlap(words: list[str], language: str) -> None:
    text = " ".join(words)
    reached = 0
    for edit in calendar_names(text, language):
        assert reached <= edit.start < edit.end <= len(text)
        reached = edit.end
