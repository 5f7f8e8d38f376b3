"""Decimals, dates and weekdays as they are spoken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.rewriting import rewrite
from translator.text.spoken_numbers import spoken_numbers

pytestmark = pytest.mark.unit


def said(text: str, language: str) -> str:
    return rewrite(text, spoken_numbers(text, language).edits).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is two point four million.", "It is 2.4 million."),
        ("about three point one four", "about 3.14"),
        ("Twenty-five point five percent", "25.5 percent"),
        ("It closes on the thirtieth of June.", "It closes on June 30."),
        ("Born on May twenty-first, 1980", "Born on May 21, 1980"),
        ("june the third or december thirty first", "June 3 or December 31"),
        ("call five five five, zero one two three", "call 555, 0123"),
        ("oh double seven nine four-two", "077942"),
        ("in nineteen ninety four, since twenty-oh-five", "in 1994, since 2005"),
        ("In May eighteen twelve, by twenty twenty-six.", "In May 1812, by 2026."),
        ("It costs nineteen ninety nine", "It costs nineteen ninety nine"),
        (
            "in twenty five days, from nineteen to twenty",
            "in twenty five days, from nineteen to twenty",
        ),
        # Neither decimals nor dates nor digits of a number.
        ("one two three four go, nine one one", "one two three four go, nine one one"),
        ("at this point four people left", "at this point four people left"),
        ("You may first want to march second.", "You may first want to march second."),
        ("the third of them, the first point", "the third of them, the first point"),
        ("one point", "one point"),
        ("", ""),
    ],
)
def test_english(text: str, expected: str) -> None:
    assert said(text, "en-US") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cresceu dois vírgula cinco por cento.", "Cresceu 2,5 por cento."),
        ("no dia um de dezembro", "no dia 1 de dezembro"),
        ("Hoje é dia vinte e um de julho.", "Hoje é dia 21 de julho."),
        ("Pagam até dia dez.", "Pagam até dia 10."),
        ("fecha cedo na quinta", "fecha cedo na quinta-feira"),
        ("Na segunda às dez", "Na segunda-feira às dez"),
        ("Às quintas não há aulas", "Às quintas-feiras não há aulas"),
        ("nove oito dois sete, meia um quatro três", "9827, 6143"),
        ("Em mil novecentos e noventa e quatro", "Em 1994"),
        ("mil oitocentos e doze ou mil novecentos", "1812 ou 1900"),
        ("trinta mil novecentos e dez", "trinta mil novecentos e dez"),
        ("duzentos e um mil novecentos", "duzentos e um mil novecentos"),
        ("mil pessoas, mil e cem", "mil pessoas, mil e cem"),
        # What they count, or another thing.
        ("na quinta vez, na segunda parte", "na quinta vez, na segunda parte"),
        ("na quinta da minha avó", "na quinta da minha avó"),
        ("no dia dois amigos vieram", "no dia dois amigos vieram"),
        ("um dia um homem", "um dia um homem"),
    ],
)
def test_portuguese(text: str, expected: str) -> None:
    assert said(text, "pt-BR") == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("It is two ", "en", 6),
        ("It is two point ", "en", 6),
        ("on the thirtieth of", "en", 3),
        ("on May twenty", "en", 3),
        ("It is two of us", "en", None),
        ("the end of", "en", None),
        ("cresceu dois vírgula", "pt", 8),
        ("no dia dez de", "pt", 3),
        ("fecha na quinta", "pt", 6),
        ("fecha na quinta-feira", "pt", None),
        ("o fim de", "pt", None),
    ],
)
def test_it_is_known_from_where_on_more_source_may_change_it(
    text: str, language: str, expected: int | None
) -> None:
    assert spoken_numbers(text, language).open_from == expected


def test_other_languages_stay() -> None:
    assert said("two point four, no dia dez", "de") == "two point four, no dia dez"


WORDS = [
    *["two", "point", "four", "the", "first", "of", "may", "June", "vírgula", "dois", "dia"],
    *["na", "quinta", "e", "um"],
]


@given(st.lists(st.sampled_from(WORDS), max_size=12), st.sampled_from(["en", "pt"]))
def test_edits_are_in_order_and_do_not_overlap(words: list[str], language: str) -> None:
    text = " ".join(words)
    reached = 0
    for edit in spoken_numbers(text, language).edits:
        assert reached <= edit.start < edit.end <= len(text)
        reached = edit.end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He's six feet tall.", "He's 6 feet tall."),
        ("A ten-foot pole, twenty-five yards away.", "A 10-foot pole, 25 yards away."),
        ("She weighs one hundred and twenty pounds.", "She weighs 120 pounds."),
        ("At thirty thousand five hundred feet.", "At 30,500 feet."),
        ("A hundred and one miles, a thousand miles.", "101 miles, 1,000 miles."),
        ("Take one every six hours.", "Take one every 6 hours."),
        ("Fifteen hundred dollars.", "1500 dollars."),
        ("He is six foot two, she five-foot-ten.",
         "He is 6 feet 2 inches tall, she 5 feet 10 inches tall."),
        ("Six feet two inches, five and a half feet.", "6 feet 2 inches, 5.5 feet."),
        ("It was minus ten degrees. Ten minus five.", "It was -10 degrees. Ten minus five."),
        ("One and a half miles.", "1.5 miles."),
        # No number, or one that is no count.
        ("With one foot, five six feet.", None),
        ("It is five six and a half feet.", None),
        ("One hundred people came at fifteen hundred hours.", None),
        ("Between five and six feet.", "Between five and 6 feet."),
    ],
)  # fmt: skip
def test_numbers_of_units_are_figures(text: str, expected: str | None) -> None:
    """A model takes feet for metres and pounds for kilograms where the number is a word."""
    assert said(text, "en") == (text if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ele tem um metro e oitenta.", "Ele tem 1,80 metro."),
        ("Um metro e cinco, dois metros e meio.", "1,05 metro, dois metros e meio."),
        ("Um quilo e meio de carne.", "1,5 kg de carne."),
        ("Mil e quinhentos reais.", "1.500 reais."),
        ("Dois mil e quinhentos reais.", None),
        ("No século vinte e um.", "No século 21."),
    ],
)
def test_portuguese_measures_are_figures(text: str, expected: str | None) -> None:
    assert said(text, "pt") == (text if expected is None else expected)
