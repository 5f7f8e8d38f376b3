"""The word before a term that is put in, in the term's gender."""

import pytest

from translator.terms.agreement import agreeing

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("word", "form", "expected"),
    [
        ("o", "cesta", "a"),
        ("O", "cesta de compras", "A"),
        ("Seu", "cesta", "Sua"),
        ("ao", "finalização", "à"),
        ("AOS", "cestas", "ÀS"),
        ("da", "carrinho", "do"),
        ("umas", "carrinhos", "uns"),
        ("nossa", "gavetão", "nosso"),
        ("o", "mão", "a"),
        ("a", "mapa", "o"),
        ("na", "lar", "no"),
        ("Uma", "abajur", "Um"),
        ("o", "flor", "a"),
        # The ending does not tell, or it is right already, or no article, or a name.
        ("a", "leite", "a"),
        ("a", "problema", "a"),
        ("o", "sofá-cama", "o"),
        ("a", "cesta", "a"),
        ("azul", "cesta", "azul"),
        ("o", "Alexa", "o"),
        ("", "cesta", ""),
    ],
)
def test_an_article_takes_the_gender_of_the_form(word: str, form: str, expected: str) -> None:
    assert agreeing(word, form, "pt-BR") == expected
    assert agreeing(word, form, "es") == word
