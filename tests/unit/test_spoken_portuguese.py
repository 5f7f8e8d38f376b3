"""Requests to friends and expressions of Portugal, in words that models know."""

import pytest

from translator.text.rewordings import rewordings
from translator.text.rewriting import rewrite
from translator.text.spoken_portuguese import _EXPRESSIONS, SPOKEN_PORTUGUESE

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Liga o aquecedor.", "Ligue o aquecedor."),
        ("Entra. Fecha a porta!", "Entra. Feche a porta!"),
        ("Traz-me um copo de água", "Traga-me um copo de água"),
        ("Sai daí!", "Saia daí!"),
        ("Fecha a porta à chave.", "Tranque a porta."),
        ("UMA BICA, POR FAVOR", "UM CAFÉ EXPRESSO, POR FAVOR"),
        ("O filme foi uma seca.", "O filme foi muito chato."),
        ("Isto é bué caro, e bué de gente compra.", "Isto é muito caro, e muita gente compra."),
        ("Queria um café.", "Eu gostaria de um café."),
        ("Tem uns trinta e poucos anos.", "Tem pouco mais de trinta anos."),
    ],
)
def test_is_said_in_other_words(text: str, expected: str) -> None:
    assert rewrite(text, SPOKEN_PORTUGUESE.find(text, "pt-PT")).text == expected
    assert rewrite(text, rewordings(text, "pt-PT").edits).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "Ele traz-me flores e passa o sal.",
        "Prova de matemática. Liga dos Campeões. Conta de luz.",
        "Houve uma seca em 1932, foi uma seca longa.",
        "A bicha do milho. A fonte tem uma bica de pedra.",
        "Eu queria um café.",
    ],
)
def test_may_be_meant_as_it_says(text: str) -> None:
    assert not list(SPOKEN_PORTUGUESE.find(text, "pt"))


def test_every_expression_is_found_and_stands_for_no_other() -> None:
    lines = _EXPRESSIONS.strip().splitlines()
    assert len({line.rpartition(" = ")[0] for line in lines}) == len(lines)
    for line in lines:
        form, _, plain = line.rpartition(" = ")
        if "(?=" not in form or "|$" in form:
            text = form.removeprefix("^").partition("(?")[0]
            found = rewrite(text, SPOKEN_PORTUGUESE.find(text, "pt")).text
            assert found.lower() == plain.lower(), form
            assert rewrite(found, SPOKEN_PORTUGUESE.find(found, "pt")).text == found, form
