"""Words of catalogues."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.catalogue_words import catalogue_words
from translator.text.rewriting import rewrite

pytestmark = pytest.mark.unit


def said(text: str, language: str) -> str:
    return rewrite(text, catalogue_words(text, language)).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Socks (2-pack), 12 pack, 6-Pack Pens", "Socks (pack of 2), pack of 12, Pack of 6 Pens"),
        ("Jacket, Sz M, wipes (432 ct)", "Jacket, Size M, wipes (432 pieces)"),
        ("Item no. 4521 and No.5", "Item number 4521 and number 5"),
        ("No. 5 is alive", "Number 5 is alive"),
        ("Ships within 24 hours", "Is shipped within 24 hours"),
        ("Item 45 ships from Rome", "Item 45 is shipped from Rome"),
        ("Women's Blouse", "Blouse for Women"),
        ("Girls’ Long Dress with Pockets", "Long Dress for Girls with Pockets"),
        ("Kids' Backpack, 2 pieces", "Backpack for Children, 2 pieces"),
        ("Ladies' Leather Wallet (Black)", "Leather Wallet for Women (Black)"),
        ("Women's World Cup, Men's Health", None),
        ("Men's 3-in-1 Jacket", None),
        ("Women's Rights are human rights", None),
        ("the Women's Blouse", None),
        # Other words.
        ("10 pack mules, a 6-package deal", None),
        ("The ships from Lisbon, ships in the bay", None),
        ("no, no one, ct scan", None),
        ("", None),
    ],
)
def test_english(text: str, expected: str | None) -> None:
    assert said(text, "en-US") == (text if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sapato nº 38, N.º5, no 5", "Sapato número 38, número 5, no 5"),
        ("17 a 27 Pol, Tam. M", "17 a 27 Polegadas, Tamanho M"),
        ("10 Unid. + Brinde", "10 Unidades + Presente"),
        ("um brinde, pol, tam de um", None),
    ],
)
def test_portuguese(text: str, expected: str | None) -> None:
    assert said(text, "pt-BR") == (text if expected is None else expected)


def test_other_languages_stay() -> None:
    assert said("2-pack, nº 5", "de") == "2-pack, nº 5"


WORDS = ["2", "-", "pack", "no.", "5", "ships", "in", "nº", "Tam", ".", "M", "+", "brinde", "ct"]


@given(st.lists(st.sampled_from(WORDS), max_size=12), st.sampled_from(["en", "pt"]))
def test_edits_are_in_order_and_do_not_overlap(words: list[str], language: str) -> None:
    text = " ".join(words)
    reached = 0
    for edit in catalogue_words(text, language):
        assert reached <= edit.start < edit.end <= len(text)
        reached = edit.end
