"""Numbers that a model copied wrongly."""

import pytest

from translator.text.misread_numbers import misread_numbers
from translator.text.rewriting import rewrite

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        ("It costs 7,911 reais.", "Custa 7.711 reais.", "Custa 7.911 reais."),
        ("939,457 people", "93.457 pessoas", "939.457 pessoas"),
        ("2,922 and 407,217", "2.222 e 477.117", "2.922 e 407.217"),
        ("Since 2019", "Desde 2009", "Desde 2019"),
        # All there, in whatever format, or written out.
        ("5,000 of 1,200.50", "5 mil de 1.200,50", None),
        ("the 1990s, 5:30 pm", "os anos 90, 17h30", None),
        ("two hundred people", "200 pessoas", None),
        # Another number, not this one misread.
        ("3,500 workers got two hundred", "Os operários receberam 200", None),
        ("Call 555", "Ligue 911", None),
        ("no figures", "8.888", None),
        ("8,888", "nenhum", None),
    ],
)
def test_it_becomes_that_of_the_source(text: str, said: str, expected: str | None) -> None:
    edits = misread_numbers(said, text, "en", "pt")
    assert rewrite(said, edits).text == (said if expected is None else expected)
