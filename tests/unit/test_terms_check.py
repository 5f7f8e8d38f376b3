"""Forms of terms in a translation: which are there, and how one is to be written."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.terms.check import form_for, locate
from translator.terms.glossary import Glossary
from translator.terms.match import Match
from translator.terms.term import Term

pytestmark = pytest.mark.unit

GLOSSARY = Glossary(
    [
        Term("machine learning", ("aprendizado de máquina", "aprendizagem automática")),
        Term("machine", ("máquina",)),
        Term("US", ("EUA",)),
        Term("iPhone"),
        Term("npm"),
        Term("android system", ("sistema Android",)),
        Term("3d", ("3d",)),
        Term("ink", ("tinta",)),
    ]
)


def matches(source: str, *, capitals: bool = False) -> tuple[Match, ...]:
    return GLOSSARY.find(source, capitals=capitals).matches


def forms_in(source: str, target: str, *, capitals: bool = False) -> list[str | None]:
    spans = locate(matches(source, capitals=capitals), target)
    return [None if span is None else target[slice(*span)] for span in spans]


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("a machine", "uma máquina", ["máquina"]),
        ("a machine", "Máquina", ["Máquina"]),
        ("a machine", "uma ma\u0301quina", ["ma\u0301quina"]),
        ("a machine", "as máquinas", [None]),
        ("a machine", "", [None]),
        ("machine learning", "a aprendizagem automática", ["aprendizagem automática"]),
        # A term that stands twice has to stand twice.
        ("machine and machine", "a máquina", ["máquina", None]),
        ("machine and machine", "máquina e máquina", ["máquina", "máquina"]),
        # What is part of a longer form is not there by itself.
        ("machine learning by machine", "aprendizado de máquina", ["aprendizado de máquina", None]),
        (
            "a machine for machine learning",
            "aprendizado de máquina com máquina",
            ["máquina", "aprendizado de máquina"],
        ),
        ("the US", "os EUA", ["EUA"]),
        ("the US", "os eua", [None]),
        # What is not translated stays as it is written in the source.
        ("my iPhone", "meu iPhone", ["iPhone"]),
        ("my iPhone", "meu iphone", [None]),
        ("NPM and npm", "npm e NPM", ["NPM", "npm"]),
        ("npm runs", "Npm roda", [None]),
        # A sentence begins with a capital.
        ("the android system", "Sistema Android", ["Sistema Android"]),
        ("the android system", "Sim. Sistema Android", ["Sistema Android"]),
        ("the android system", "o Sistema Android", [None]),
        ("the android system", "o sistema android", [None]),
    ],
)
def test_each_term_has_a_form_of_its_own(
    source: str, target: str, expected: list[str | None]
) -> None:
    assert forms_in(source, target) == expected


@pytest.mark.parametrize(
    ("forms", "source", "target", "expected"),
    [
        (("infeccioso",), "infectious", "doenças infecciosas", "infecciosas"),
        (("assintomático",), "asymptomatic", "Assintomáticas, elas", "Assintomáticas"),
        (("contato próximo",), "close contact", "contatos próximos", "contatos próximos"),
        (("infecção viral",), "viral infection", "as infecções virais", "infecções virais"),
        (("carrinho", "cesto"), "cart", "os cestos", "cestos"),
        # The form itself goes first, and a form in the plural is meant so.
        (("carrinho",), "cart", "carrinhos e o carrinho", "carrinho"),
        (("carrinhos",), "cart", "o carrinho", None),
        # Another word, a form with a capital, and half of one.
        (("caso",), "case", "as casas", None),
        (("Estado",), "state", "Estados", None),
        (("contato próximo",), "close contact", "contatos de próximos", None),
    ],
)
def test_a_form_may_be_in_another_number_or_gender(
    forms: tuple[str, ...], source: str, target: str, expected: str | None
) -> None:
    found = Glossary([Term(source, forms)]).find(source).matches
    (span,) = locate(found, target, "pt-BR")
    assert (None if span is None else target[slice(*span)]) == expected
    assert locate(found, target, "fi") == [span if expected in forms else None]


def test_an_inflected_place_counts_once() -> None:
    found = Glossary([Term("box", ("box", "crate"))]).find("box, box and box").matches
    assert locate(found, "two crates, boxes", "en") == [(4, 10), (12, 17), None]
    many = Glossary([Term("box", ("crate",))]).find("box " * 5_000).matches
    assert locate(many, "crates " * 5_000, "en")[-1] == (34_993, 34_999)


def test_in_capitals_a_form_may_be_so_too() -> None:
    source = "THE ANDROID SYSTEM OF THE IPHONE"
    assert forms_in(source, "O SISTEMA ANDROID DO IPHONE", capitals=True) == [
        "SISTEMA ANDROID",
        "IPHONE",
    ]
    assert forms_in(source, "o sistema Android do iPhone", capitals=True) == [
        "sistema Android",
        "iPhone",
    ]


def test_the_matches_of_a_term_get_their_places_in_order() -> None:
    found = matches("machine, ink, machine, npm, machine")
    target = "npm: máquina, máquina, tinta"
    spans = locate(found, target)
    assert spans == [(5, 12), (23, 28), (14, 21), (0, 3), None]


@pytest.mark.parametrize(
    ("source", "before", "language", "expected"),
    [
        ("a machine", "", "pt", "Máquina"),
        ("a machine", "«", "pt", "Máquina"),
        ("a machine", "Uma ", "pt", "máquina"),
        ("A MACHINE", "Uma ", "pt", "MÁQUINA"),
        ("the android system", "", "pt", "Sistema Android"),
        ("my iPhone", "", "pt", "iPhone"),
        ("npm", "", "pt", "npm"),
        ("a 3d thing", "", "pt", "3d"),
        ("the US", "", "pt", "EUA"),
    ],
)
def test_a_form_is_written_as_its_place_asks(
    source: str, before: str, language: str, expected: str
) -> None:
    assert form_for(matches(source)[0], before, language) == expected


def test_capitals_may_be_asked_for_or_not() -> None:
    (match,) = matches("the MACHINE")
    assert form_for(match, "o ", "pt") == "MÁQUINA"
    assert form_for(match, "o ", "pt", capitals=False) == "máquina"
    (match,) = Glossary([Term("paint", ("istek",))]).find("paint").matches
    assert form_for(match, "", "tr") == "İstek"
    assert form_for(match, "o ", "tr-TR", capitals=True) == "İSTEK"


WORDS = st.lists(
    st.sampled_from(["machine", "machine learning", "MACHINE", "US", "iPhone", "ink", "red", "."]),
    max_size=8,
).map(" ".join)


@given(WORDS)
def test_forms_as_they_are_written_for_a_source_are_found(source: str) -> None:
    found = matches(source)
    target = ""
    for match in found:
        target += f"{form_for(match, target, 'pt')} "
    spans = locate(found, target)
    assert all(span is not None for span in spans)
    assert len(set(spans)) == len(spans)


@given(WORDS, WORDS)
def test_no_two_matches_share_a_place(source: str, target: str) -> None:
    spans = sorted(span for span in locate(matches(source), target) if span is not None)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
