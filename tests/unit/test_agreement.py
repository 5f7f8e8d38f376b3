"""The words before a term that is put in, in the term's gender and number."""

import pytest

from translator.text.agreement import agreeing

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
        # Two words, and the number.
        ("uma nova", "carrinho", "um novo"),
        ("é uma nova", "medicamento antiviral", "é um novo"),
        ("no meu", "cesta", "na minha"),
        ("sobre os", "desinfetante", "sobre o"),
        ("as outras", "carrinho", "o outro"),
        ("o", "calças", "as"),
        ("Alguma", "carrinhos", "Alguns"),
        ("muito novo", "cesta", "muito nova"),
        # A preposition, and what may be in the plural or not.
        ("a", "carrinhos", "a"),
        ("o", "ônibus", "o"),
        ("os", "lápis", "os"),
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
    assert "".join(agreeing(word, form, "pt-BR")) == expected
    assert agreeing(word, form, "es") == (word, "")
