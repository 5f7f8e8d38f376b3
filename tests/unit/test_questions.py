"""Questions without their mark."""

import pytest

from translator.text.questions import is_question

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "what time does the store close"),
        ("en-GB", "So, can you guys hear me"),
        ("en", "hey did you get my email"),
        ("en", "why don’t we start"),
        ("en", "how much is it"),
        ("en", "does anyone have a pen"),
        ("pt", "que horas a loja fecha"),
        ("pt-BR", "você recebeu meu email"),
        ("pt", "e por que ninguém avisou"),
        ("pt", "pode repetir por favor"),
        ("pt", "onde fica o banheiro"),
    ],
)
def test_it_is_one(language: str, text: str) -> None:
    assert is_question(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "when i got home it was late"),
        ("en", "what i mean is that we are late"),
        ("en", "do the dishes before you go"),
        ("en", "should you need help call us"),
        ("en", "how i met your mother"),
        ("en", "what is clear is that nobody came"),
        ("pt", "você tem razão"),
        ("pt", "você pode clicar aqui para sair"),
        ("pt", "você sabe que eu te amo"),
        ("pt", "quando eu cheguei já era tarde"),
        ("pt", "vocês estão atrasados"),
        ("de", "was machst du"),
        ("en", ""),
    ],
)
def test_it_is_none(language: str, text: str) -> None:
    assert not is_question(text, language)


def test_a_long_one_may_be_something_else() -> None:
    assert is_question("can you see it", "en")
    assert not is_question("can you see it" + " and so on" * 9, "en")
