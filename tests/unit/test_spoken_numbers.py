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
            "in 25 days, from nineteen to twenty",
        ),
        # Neither decimals nor dates nor digits of a number.
        ("one two three four go, nine one one", "one two three four go, 911"),
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
        ("trinta mil novecentos e dez", "30.910"),
        ("duzentos e um mil novecentos", "201.900"),
        ("mil pessoas, mil e cem", "mil pessoas, 1.100"),
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
        ("2.3 million gallons, a 3-million-acre forest", None),
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
        ("Dois mil e quinhentos reais.", "2.500 reais."),
        ("No século vinte e um.", "No século 21."),
    ],
)
def test_portuguese_measures_are_figures(text: str, expected: str | None) -> None:
    assert said(text, "pt") == (text if expected is None else expected)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "eighty one people, four hundred and ninety nine dollars", "81 people, 499 dollars"),
        ("en", "eight hundred eighty eight, nine thousand and one", "888, 9,001"),
        ("en", "five hundred thousand, twenty-five thousand four hundred", "500,000, 25,400"),
        ("en", "two million three hundred thousand, twenty five million",
         "2,300,000, 25 million"),
        ("en", "two thousand nineteen, two thousand one hundred", "2019, 2,100"),
        ("en", "a hundred and fifty, fifteen hundred and twenty", "150, 1,520"),
        ("en", "The twenty twenty four budget. Nineteen ninety nine was it",
         "The 2024 budget. 1999 was it"),
        ("en", "room two oh five, flight four fifty two, bus one twenty nine, gate two zero",
         "room 205, flight 452, bus 129, gate 20"),
        ("en", "her twenty first birthday, fifty-third", "her 21st birthday, 53rd"),
        ("en", "Thirty odd people, ten grand. Five k!", "A little over thirty people, "
         "10 thousand dollars. 5k!"),
        ("pt", "Voo quatro cinco dois, custa trinta e dois e noventa", "Voo 452, custa 32,90"),
        ("pt", "Cinco mil e poucos reais, um e setenta de altura",
         "Pouco mais de cinco mil reais, 1,70 m de altura"),
        ("pt", "faz menos vinte graus", "faz -20 graus"),
        ("pt", "Custa cem reais, não cinco reais", "Custa 100 reais, não cinco reais"),
        # What models know, and what is no number, or more than one.
        ("en", "two hundred, three thousand, a million, eighty-one", None),
        ("en", "five six seven, it is nineteen ninety nine", None),
        ("en", "fifty and sixty, twenty twenty vision, room two, twenty four seven", None),
        ("en", "a thousand and one nights, a twenty-one-year-old", None),
        ("pt", "oitenta e um reais, novecentos e vinte e sete", "81 reais, 927"),
        ("pt", "três mil cento e noventa e sete, duzentas e cinquenta", "3.197, 250"),
        ("pt", "dois milhões e trezentos mil, vinte e cinco mil", "2.300.000, 25.000"),
        ("pt", "dois mil e vinte e quatro, dois mil e cem", "2024, 2.100"),
        ("pt", "cem, duzentos, cinco mil, vinte e cinco milhões, quarenta e dois", None),
        ("pt", "mil e uma noites, dez e vinte, trinta e quarenta", None),
    ],
)  # fmt: skip
def test_numbers_of_several_words_are_figures(
    language: str, text: str, expected: str | None
) -> None:
    assert said(text, language) == (text if expected is None else expected)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "It costs four hundred and"),
        ("en", "It costs four hundred and ninety"),
        ("en", "It costs eighty three thousand two hundred and ninety eight"),
        ("en", "It costs ten grand"),
        ("pt", "It costs três mil e"),
        ("pt", "It costs quatrocentos e oitenta e três mil"),
    ],
)
def test_a_number_at_the_end_is_open_from_its_first_word(language: str, text: str) -> None:
    assert spoken_numbers(text, language).open_from == len("It costs ")
    assert spoken_numbers(f"{text} friends came", language).open_from is None


def test_a_model_without_figures_gets_the_words() -> None:
    rewording = spoken_numbers("eighty one people", "en")
    assert rewording.in_characters(str.isalpha).edits == ()
    assert rewording.in_characters(str.isalnum) == rewording
