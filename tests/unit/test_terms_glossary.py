"""What is a glossary, and what is said of one that is none; and what is pointed out in one."""

import pytest

from translator.errors import InvalidRequestError
from translator.terms.advice import advice
from translator.terms.glossary import MAX_LENGTH, MAX_TERMS, Glossary, find_problems
from translator.terms.term import MAX_FORMS, MAX_TERM_LENGTH, Term

pytestmark = pytest.mark.unit


def told(*terms: Term) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequestError) as error:
        Glossary(terms, field="config.glossary")
    return [(each.field, each.description) for each in error.value.violations]


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("", "it is empty"),
        ("  ", "'  ' is white space only"),
        ("\u3000", "'\\u3000' is white space only"),
        ("...", "'...' has no letter, digit or symbol"),
        ("\u0301", "'\u0301' has no letter, digit or symbol"),
        ("\u200b", "'\\u200b' has no letter, digit or symbol"),
        ("a\x07b", "'a\\x07b' has the control character U+0007 at 2"),
        ("ab\x00", "'ab\\x00' has the control character U+0000 at 3"),
        ("\ud800", "'\\ud800' has the control character U+D800 at 1"),
        ("x" * 501, f"'{'x' * 39}…' has 501 characters; at most 500 are allowed"),
    ],
)
def test_a_term_that_is_not_valid_is_named(text: str, description: str) -> None:
    good = Term("cart", ("carrinho",))
    assert told(good, Term(text, ("x",))) == [("config.glossary[1].source_term", description)]
    assert told(Term("x", ("y", text))) == [("config.glossary[0].target_term", description)]


@pytest.mark.parametrize("text", ["x", "€", "★", "C++", "5", "木", "x" * MAX_TERM_LENGTH, "\ue000"])
def test_a_letter_a_digit_or_a_symbol_is_enough(text: str) -> None:
    assert Glossary([Term(text, (text,))]).find(f"a {text}.").matches[0].text == text


def test_terms_are_composed_and_their_white_space_is_one_space() -> None:
    glossary = Glossary([Term(" a\u0301gua \t fria\n", ("\ufeffcold  water ", "cold water"))])
    assert glossary.terms == (Term("água fria", ("cold water",)),)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Term("cart", ("carrinho",)), Term("cart", ("cesto",))),
        (Term("cart", ("carrinho",)), Term("cart")),
        (Term("New York", ("Nova York",)), Term("New  York", ("Nova Iorque",))),
        (Term("água", ("water",)), Term("a\u0301gua", ("rain",))),
        (Term("cart", ("a", "b")), Term("cart", ("b", "a"))),
        (Term("don't", ("a",)), Term("don’t", ("b",))),
    ],
)
def test_terms_that_contradict_each_other_are_both_named(first: Term, second: Term) -> None:
    ((field, description),) = told(first, Term("x"), second)
    assert field == "config.glossary[2]"
    assert description.endswith("(config.glossary[0])")
    assert " before, and " in description


@pytest.mark.parametrize(
    "terms",
    [
        [Term("cart", ("carrinho",)), Term("cart", ("carrinho",))],
        [Term("us", ("nós",)), Term("US", ("EUA",)), Term("Us", ("Nós",))],
        [],
    ],
)
def test_terms_that_differ_in_case_or_say_the_same_are_no_contradiction(terms: list[Term]) -> None:
    assert find_problems(terms) == []
    assert len(Glossary(terms)) == len(terms)


def test_of_terms_that_say_the_same_the_first_is_found() -> None:
    (match,) = Glossary([Term("cart", ("x",)), Term("cart", ("x",))]).find("a cart").matches
    assert match.entry == 0


def test_too_much_is_told_at_once() -> None:
    many = [Term(f"term {n}") for n in range(MAX_TERMS)]
    assert len(Glossary(many)) == MAX_TERMS
    assert told(*many, Term("x")) == [
        ("config.glossary", f"{MAX_TERMS + 1} terms; at most {MAX_TERMS} are allowed")
    ]
    long = [Term("x" * 500, ("y",)) for _ in range(MAX_LENGTH // 501 + 1)]
    ((field, description),) = told(*long)
    assert field == "config.glossary"
    assert f"at most {MAX_LENGTH} are" in description
    forms = tuple(map(str, range(MAX_FORMS + 1)))
    assert told(Term("x", forms)) == [
        (
            "config.glossary[0].target_term",
            f"{MAX_FORMS + 1} forms; at most {MAX_FORMS} are allowed",
        )
    ]


def test_of_many_problems_ten_are_told() -> None:
    problems = told(*[Term("") for _ in range(12)])
    assert len(problems) == 11
    assert problems[-1] == ("config.glossary", "2 more terms are not valid")


def test_what_is_probably_not_meant_is_pointed_out() -> None:
    terms = [
        Term("apple", ("maçã",)),
        Term("Apple"),
        Term("cart", ("Carrinho",)),
        Term("covid", ("COVID-19",)),
        Term("Stop. Go", ("Pare. Siga",)),
        Term("e.g.", ("p. ex.",)),
        Term("apple", ("maçã",)),
    ]
    notes = list(advice(terms, "en", "pt"))
    assert [(entry, other) for entry, _, other in notes] == [(1, 0), (2, None), (4, None), (6, 0)]
    assert "'Carrinho'" in notes[1][1]
    assert "sentence ends" in notes[2][1]
    assert [entry for entry, _, _ in advice(terms, "en", "de")] == [1, 4, 6]


def test_of_glossaries_one_after_the_other_the_first_that_has_a_term_counts() -> None:
    own = Glossary([Term("cart", ("cesta",)), Term("US", ("EUA",))])
    shop = Glossary(
        [
            Term("lamp", ("abajur",)),
            Term("Cart", ("Carrinho",)),
            Term("cart", ("carrinho",)),
            Term("us", ("nós",)),
        ],
        name="shop",
    )
    both = Glossary.layered([own, shop, Glossary([Term("lamp", ("luz",))], name="old")])
    found = both.find("A Cart, a cart and a lamp for us in the US").matches
    assert [(match.text, match.forms[0]) for match in found] == [
        ("Cart", "cesta"),
        ("cart", "cesta"),
        ("lamp", "abajur"),
        ("us", "nós"),
        ("US", "EUA"),
    ]
    origins = [("", 0), ("", 0), ("shop", 0), ("shop", 3), ("", 1)]
    assert [both.origin(match.entry) for match in found] == origins
    assert [match.text for match in both.kept.find("a cesta e o abajur").matches] == [
        "cesta",
        "abajur",
    ]


def test_glossaries_together_may_have_more_terms_than_one() -> None:
    many = [
        Glossary(Term(f"{letter}{n}", (f"{n}{letter}",)) for n in range(6_000)) for letter in "ab"
    ]
    both = Glossary.layered(many)
    assert (len(both), len(both.kept)) == (12_000, 12_000)
