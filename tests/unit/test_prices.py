"""Prices that no model touches."""

import pytest

from translator.session.prices import open_price, prices
from translator.text.protection import Verbatim

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("custa R$ 1.249,99.", ["R$ 1,249.99"]),
        ("US$47,00 e R$76,03", ["US$47.00", "R$76.03"]),
        ("R$ 499", [None]),
        ("custa $ 5, US$, XR$$5 e AB12$5", []),
        ("R$ 2x", []),
        ("", []),
    ],
)
def test_a_price_with_letters_is_found(text: str, expected: list[str | None]) -> None:
    assert [price.text for price in prices(text, (), ("pt-BR", "en"))] == expected
    assert all(price.text is None for price in prices(text, (), None))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("só 39,90 € (antes 1.059,90 €).", ["39.90 €", "1,059.90 €"]),
        ("€ 3,50, £2.000 e ¥8.000", ["€ 3.50", "£2,000", "¥8,000"]),
        ("€ 5,50 ou R$ 5,50, 7,50\u00a0€", ["€ 5.50", "R$ 5.50", "7.50\u00a0€"]),
        # These say the same in English, or what they say is not known.
        ("5 € e £7, 2.5 € ou x€5,50", []),
        ("1,5,5 €, €5,50m, €€ 3", []),
    ],
)
def test_a_price_with_a_sign_is_one_where_the_target_writes_it_otherwise(
    text: str, expected: list[str]
) -> None:
    assert [price.text for price in prices(text, (), ("pt", "en"))] == expected
    assert all("$" in text[p.start : p.end] for p in prices(text, (), None))


def test_a_price_in_a_term_is_none() -> None:
    text = "R$ 5 off e R$ 6"
    assert prices(text, [Verbatim(0, 8)], None) == [Verbatim(11, 15)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("custa R$", 6),
        ("custa R$ ", 6),
        ("custa R$ 1.", 6),
        ("custa R$ 1,5 ", 13),
        ("custa", 5),
        ("custa €1.", 6),
    ],
)
def test_the_end_of_a_text_may_become_one(text: str, expected: int) -> None:
    assert open_price(text) == expected
