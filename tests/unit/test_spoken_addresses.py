"""Addresses that are spoken, and the same words where they are none."""

import pytest

from translator.text.protection import protect
from translator.text.rewordings import rewordings
from translator.text.rewriting import rewrite

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("My mail is maria dot silva at gmail dot com.", "en", "My mail is maria.silva@gmail.com."),
        ("Go to www dot example dot com slash help.", "en", "Go to www.example.com/help."),
        ("john underscore 23 at mail dot acme dot co dot uk", "en", "john_23@mail.acme.co.uk"),
        ("Try Example dot org, or ask.", "en", "Try example.org, or ask."),
        ("É joão ponto silva arroba gmail ponto com ponto br.", "pt",
         "É joao.silva@gmail.com.br."),
        ("Acesse exemplo ponto com barra ajuda.", "pt", "Acesse exemplo.com/ajuda."),
        ("Connect the dots at home.", "en", None),
        ("The dot com bubble burst.", "en", None),
        ("O ponto com mais gente. No ponto de ônibus.", "pt", None),
    ],
)  # fmt: skip
def test_is_written(text: str, language: str, expected: str | None) -> None:
    said = rewrite(text, rewordings(text, language).edits).text
    assert said == (text if expected is None else expected)


def test_no_model_touches_it() -> None:
    text = "Write to maria dot silva at gmail dot com today."
    protected = protect(text, lambda _: True, rewording=rewordings(text, "en"))
    (mask,) = protected.masks
    assert mask.text == "maria.silva@gmail.com"
    assert not mask.is_form
    assert protected.text == f"Write to {mask.code} today."


@pytest.mark.parametrize(
    ("text", "language", "place"),
    [
        ("my mail is maria dot", "en", 11),
        ("my mail is maria dot silva at gmail", "en", 11),
        ("é maria ponto silva arroba", "pt", 2),
        ("she lives at home", "en", None),
    ],
)
def test_its_beginning_waits(text: str, language: str, place: int | None) -> None:
    assert rewordings(text, language).open_from == place
