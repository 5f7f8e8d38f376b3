"""Endings in brackets: the plural, the first of two genders, and the brackets put back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.detokenizer import TargetText
from translator.text.optional_endings import optional_endings, with_brackets
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


def bracketed(text: str, word: str, language: str) -> str:
    start = text.index(word)
    return rewrite(text, with_brackets(text, [(start, start + len(word))], language)).text


PLURALS = {
    "en": [
        "file(s) entry(ies) child(ren) box(es) address(es) cookie(s) category(ies) database(s)",
        "status(es) house(s) class(es) watch(es) size(s) key(s) virus(es) cause(s) FILE(S)",
    ],
    "pt": [
        "registro(s) item(ns) convite(s) indexador(es) versão(ões) mãe(s) pão(ães) canal(is)",
        "mão(s) papel(éis) lençol(óis) perfil(is) nível(is) mês(es) vez(es) cor(es) torre(s)",
        "país(es) árvore(s) cliente(s) software(s) imagem(ns) gás(es) luz(es) lei(s) OPÇÃO(ÕES)",
        "inglês(es)",
    ],
    "es": ["archivo(s) opción(es) color(es) red(es) luz(ces) mes(es) cliente(s) detalle(s)"],
}


@pytest.mark.parametrize(
    ("word", "language"),
    [
        (word, language)
        for language, lines in PLURALS.items()
        for line in lines
        for word in line.split()
    ],
)
def test_a_plural_gets_the_brackets_that_it_came_from(word: str, language: str) -> None:
    plural = said(word, language)
    assert "(" not in plural
    assert bracketed(plural, plural, language) == word


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("Abra os arquivos.", "arquivos", "Abra o(s) arquivo(s)."),
        ("Dos itens", "itens", "Do(s) item(ns)"),
        ("aos seguintes produtos: 1", "produtos", "ao(s) seguinte(s) produto(s): 1"),
        ("mensagens selecionadas?", "mensagens", "mensagem(ns) selecionada(s)?"),
        # Neither a verb nor an article is an adjective.
        ("arquivos vamos", "arquivos", "arquivo(s) vamos"),
        ("registros dos anos", "registros", "registro(s) dos anos"),
        ("os ônibus", "ônibus", "os ônibus"),
        ("sempre", "sempre", "sempre"),
        ("os", "os", "os"),
    ],
)
def test_articles_and_adjectives_get_brackets_too(text: str, word: str, expected: str) -> None:
    assert bracketed(text, word, "pt") == expected


def test_only_the_first_plural_of_those_that_a_word_stands_behind() -> None:
    text = "as listas de desejos"
    edits = with_brackets(text, [(0, 2), (3, 9), (13, 20)], "pt")
    assert rewrite(text, edits).text == "a(s) lista(s) de desejos"


def test_words_of_some_tokens() -> None:
    said = TargetText("%1 registros foram removidos.", (2, 7, 12, 18, 23, 29, 29))
    for chosen in (1, 2):
        flags = [index == chosen for index in range(7)]
        assert [*said.words_of(flags)] == [(3, 12)]
    assert [*said.words_of([True] * 7)] == [(3, 12), (13, 18), (19, 28)]
    assert [*said.words_of([False] * 7)] == []


@given(st.text("osã snmõe(i.", max_size=30), st.data(), st.sampled_from(["en", "pt", "es"]))
def test_brackets_are_in_order(text: str, data: st.DataObject, language: str) -> None:
    words = [(m.start(), m.end()) for m in re.finditer(r"[^\W\d_]+", text)]
    chosen = [word for word in words if data.draw(st.booleans())]
    reached = 0
    for edit in with_brackets(text, chosen, language):
        assert reached <= edit.start < edit.end <= len(text)
        reached = edit.end


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
