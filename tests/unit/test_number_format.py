"""Numbers alone, as the target writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.number_format import (
    as_written_in,
    copied,
    number_as_written_in,
    with_format,
    with_ordinals,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,200", "1.200"),
        ("1,200.50", "1.200,50"),
        ("-1,234,567", "-1.234.567"),
        ("$3.50", "$3,50"),
        ("US$ 1,200.00", "US$ 1.200,00"),
        ("12.5%", "12,5%"),
        (" 0.5 % ", " 0,5 % "),
        ("1,200 €", "1.200 €"),
        # Nobody knows: decimals, thousands of another language, a version.
        ("2.500", "2.500"),
        ("3.5", "3.5"),
        ("1,5", "1,5"),
        ("$2.500", "$2.500"),
        ("1.2.3", "1.2.3"),
        ("1,200 kg", "1,200 kg"),
        ("1,200 1,300", "1,200 1,300"),
        ("12:30", "12:30"),
        ("1,20,300", "1,20,300"),
        ("", ""),
    ],
)
def test_a_number_from_english(text: str, expected: str) -> None:
    assert as_written_in(text, "en-US", "pt-BR") == expected
    assert as_written_in(text, "en", "ja") == text
    assert as_written_in(text, "und", "pt") == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.500", "2,500"),
        ("3,5", "3.5"),
        ("R$ 1.200,50", "R$ 1,200.50"),
        ("1.000.000", "1,000,000"),
        ("1,200", "1,200"),
        ("3.5", "3.5"),
        ("192.168.100.200", "192.168.100.200"),
        ("1.234.567.890", "1,234,567,890"),
    ],
)
def test_a_number_from_portuguese(text: str, expected: str) -> None:
    assert as_written_in(text, "pt", "en") == expected


@given(st.integers(0, 10**15), st.integers(0, 99))
def test_no_value_changes(whole: int, cents: int) -> None:
    text = f"${whole:,}.{cents:02}"
    there = as_written_in(text, "en", "pt")
    assert there == text.translate(str.maketrans(".,", ",."))
    assert as_written_in(there, "pt", "en") == text


@pytest.mark.parametrize(
    ("said", "text", "expected"),
    [
        ("US$1,249,99 por 1,200", "US$1,249.99 for 1,200", "US$1.249,99 por 1.200"),
        ("são 1.200", "it is 1,200", "são 1.200"),
        ("1200 e mil", "1,200", "1200 e mil"),
        # A decimal, a version, two with the same digits.
        ("3.5 e 0.9", "3.5 and 0.9", "3.5 e 0.9"),
        ("v1,200 e A1,200", "1,200", "v1,200 e A1,200"),
        ("1,200 e 12.00", "1,200 and 12.00", "1,200 e 12.00"),
    ],
)
def test_numbers_in_a_translation(said: str, text: str, expected: str) -> None:
    assert with_format(said, text, "en", "pt") == expected
    assert with_format(said, text, "", "pt") == said
    assert with_format("(1.238 reviews)", "(1.238 avaliações)", "pt", "en") == "(1,238 reviews)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$49.99 / $1,079.99", "$49,99 / $1.079,99"),
        ("1,200 – 39.90 €", "1.200 – 39,90 €"),
        ("1,200.50", "1.200,50"),
        ("38.722, -9.139 (2.5)", "38.722, -9.139 (2.5)"),
        ("10:30 1.5.2026 192.168.0.1", "10:30 1.5.2026 192.168.0.1"),
    ],
)
def test_numbers_of_a_text_that_is_copied(text: str, expected: str) -> None:
    assert copied(text, "en", "pt") == expected
    assert copied(text, "en", "ja") == text


def test_an_amount_gets_the_marks_of_the_target() -> None:
    said = with_format("$49.99, antes $79,99", "$49.99, was $79.99", "en", "pt")
    assert said == "$49,99, antes $79,99"
    assert with_format("versão 3.50", "version 3.50", "en", "pt") == "versão 3.50"


def test_decimals_that_are_no_version() -> None:
    assert number_as_written_in("4.8", "en", "pt") == "4,8"
    assert number_as_written_in("1,132", "en", "pt") == "1.132"
    assert number_as_written_in("4.8", "en", "ja") == "4.8"


@pytest.mark.parametrize(
    ("said", "text", "expected"),
    [
        (
            "Termina em 1o de maio, não 1o de nada.",
            "It ends on May first.",
            "Termina em 1º de maio, não 1o de nada.",
        ),
        (
            "Sala 2b, 3o andar, 2a porta",
            "Room 2b, 3rd floor, 2nd door",
            "Sala 2b, 3º andar, 2ª porta",
        ),
        ("Dom Pedro 2o", "Dom Pedro 2º", "Dom Pedro 2º"),
        ("180oC e 20 oF", "180°C and 20 °F", "180°C e 20 °F"),
        # What is no ordinal in the source.
        ("Sala 2a, 1o passo", "Room 2a, 3rd step", "Sala 2a, 1o passo"),
        ("3o", "3", "3o"),
    ],
)
def test_signs_of_ordinals_and_degrees(said: str, text: str, expected: str) -> None:
    assert with_ordinals(said, text) == expected
    assert len(expected) == len(said)
