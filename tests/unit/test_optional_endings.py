"""Endings in brackets: the plural, and the first of two genders."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.optional_endings import optional_endings
from translator.text.protection import Verbatim, protect
from translator.text.rewriting import AS_IT_IS, rewrite

pytestmark = pytest.mark.unit


def said(text: str, language: str) -> str:
    return rewrite(text, optional_endings(text, language)).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Select the file(s) to upload.", "Select the files to upload."),
        ("3 item(s) and box(es) added", "3 items and boxes added"),
        ("ADD ATTACHMENT(S)", "ADD ATTACHMENTS"),
        ("entry(ies), child(ren)", "entries, children"),
        ("file(s)", "files"),
        ("Product(s) require(s) attention.", "Products require attention."),
        # None of these is an ending that a word may have.
        ("f(s) = 1", "f(s) = 1"),
        ("a list (s) of", "a list (s) of"),
        ("print(x), main(s)x, man(ies)", "print(x), main(s)x, man(ies)"),
        ("and/or, w/o, he/she", "and/or, w/o, he/she"),
    ],
)
def test_english_plurals(text: str, expected: str) -> None:
    assert said(text, "en-US") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bem-vindo(a) à loja!", "Bem-vindo à loja!"),
        ("Selecione o(s) arquivo(s).", "Selecione os arquivos."),
        ("Item(ns), cor(es), total(is), opção(ões)", "Itens, cores, totais, opções"),
        ("O(a) usuário(a) e o/a aluno/a", "O usuário e o aluno"),
        ("Sr(a). Silva, seu(sua) pedido", "Sr. Silva, seu pedido"),
        ("OBRIGADO(A)", "OBRIGADO"),
        ("Item(ns) requer(em), pode(m), foi(ram), está(ão)", "Itens requerem, podem, foram, estão"),
        ("todos/as, e/ou, km/h, A/C", "todos, e/ou, km/h, A/C"),
        ("(a) primeira, (b) segunda", "(a) primeira, (b) segunda"),
    ],
)
def test_portuguese_plurals_and_genders(text: str, expected: str) -> None:
    assert said(text, "pt-BR") == expected


def test_other_languages_stay() -> None:
    assert said("Datei(en), file(s), bem-vindo(a)", "de") == "Datei(en), file(s), bem-vindo(a)"


def test_an_ending_after_what_is_protected_stays() -> None:
    text = "Add the file(s) to the cart(s)."
    rewording = AS_IT_IS.with_others(optional_endings(text, "en"))
    assert protect(text, lambda _: True, rewording=rewording).text == "Add the files to the carts."
    term = Verbatim(8, 12, "arquivo")
    protected = protect(text, lambda _: True, [term], rewording=rewording)
    assert protected.text == "Add the %1(s) to the carts."


@given(st.text("as(o)/ m.Ãn", max_size=30), st.sampled_from(["en", "pt", "es"]))
def test_edits_are_in_order_and_do_not_overlap(text: str, language: str) -> None:
    reached = 0
    for edit in optional_endings(text, language):
        assert reached <= edit.start < edit.end <= len(text)
        reached = edit.end
