"""Terms in a text: where they are, how they may be written, and what is certain as it grows."""

import unicodedata
from functools import partial
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.steps import Steps
from translator.terms import pieces as pieces_module
from translator.terms.glossary import Glossary
from translator.terms.match import Match
from translator.terms.pieces import cut, fold, keys_of, surface
from translator.terms.term import Term, has_capital

pytestmark = pytest.mark.unit


def glossary(*terms: str) -> Glossary:
    """Terms with one form each, which says nothing here."""
    return Glossary(Term(term, ("x",)) for term in terms)


def found(terms: Glossary, text: str, *, capitals: bool = False) -> list[str]:
    return [match.text for match in terms.find(text, capitals=capitals).matches]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("machine", "A machine, the machines", ["machine"]),
        ("machine", "machine-made; Smith’s machine", ["machine", "machine"]),
        ("Smith", "Smith’s son, Smithson", ["Smith"]),
        ("água", "um copo d'água", ["água"]),
        ("C++", "C, C++ and C++11", ["C++", "C++"]),
        (".NET", "ASP.NET or .NET", [".NET", ".NET"]),
        ("3", "3.5 and 3, or 1,300", ["3"]),
        ("3.5", "3.5, 3.55, 13.5 and 3.5.", ["3.5", "3.5"]),
        ("v2.0", "v2.0 and v2.0.1", ["v2.0"]),
        ("name", "user_name or name", ["name"]),
        ("e-mail", "e-mail, e‑mail, e - mail", ["e-mail", "e‑mail"]),
        ("don't", "don't, don’t", ["don't", "don’t"]),
        ("€", "50 € or 50€", ["€", "€"]),
        ("機械学習", "私は機械学習を学ぶ。", ["機械学習"]),
        ("서울", "서울에서 만나요", ["서울"]),
        ("ภาษา", "เรียนภาษาไทย", ["ภาษา"]),
        ("नमस्ते", "नमस्ते, नमस्तेजी", ["नमस्ते"]),
        ("10 kg", "10 kg, 10\u00a0kg", ["10 kg", "10\u00a0kg"]),
    ],
)
def test_a_term_stands_between_borders_of_words(term: str, text: str, expected: list[str]) -> None:
    assert found(glossary(term), text) == expected


def test_white_space_inside_a_term_may_be_any() -> None:
    text = "machine  learning, machine\nlearning; machine\u200blearning; machinelearning"
    assert found(glossary("machine learning"), text) == [
        "machine  learning",
        "machine\nlearning",
        "machine\u200blearning",
    ]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("apple", "apple Apple APPLE aPPLE", ["apple", "Apple", "APPLE", "aPPLE"]),
        ("Apple", "apple Apple APPLE", ["Apple"]),
        ("iPhone", "iphone iPhone IPHONE", ["iPhone"]),
        ("US", "us Us US", ["US"]),
        ("straße", "Straße STRASSE strasse", ["Straße", "STRASSE", "strasse"]),
        ("istanbul", "İstanbul ISTANBUL ıstanbul", ["İstanbul", "ISTANBUL", "ıstanbul"]),
        ("λόγος", "ΛΌΓΟΣ Λόγος", ["ΛΌΓΟΣ", "Λόγος"]),
    ],
)
def test_a_small_letter_is_any_and_a_capital_itself(
    term: str, text: str, expected: list[str]
) -> None:
    assert found(glossary(term), text) == expected


def test_where_all_is_in_capitals_a_term_with_capitals_may_be_too() -> None:
    terms = glossary("New York", "iPhone", "subway")
    text = "THE NEW YORK SUBWAY ON AN IPHONE"
    assert found(terms, text) == ["SUBWAY"]
    matches = terms.find(text, capitals=True).matches
    assert [(m.text, m.is_capitals) for m in matches] == [
        ("NEW YORK", True),
        ("SUBWAY", True),
        ("IPHONE", True),
    ]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("machine learning", "MACHINE LEARNING is fun", True),
        ("machine learning", "Machine Learning is fun", False),
        ("NASA", "NASA flies", False),
        ("a", "A is a letter", False),
        ("木", "木", False),
    ],
)
def test_a_match_tells_whether_it_is_in_capitals(term: str, text: str, expected: bool) -> None:
    assert glossary(term).find(text).matches[0].is_capitals == expected


def test_of_two_terms_that_differ_in_case_each_matches_itself() -> None:
    terms = Glossary([Term("us", ("nós",)), Term("US", ("EUA",))])
    matches = terms.find("US gave us what Us wants").matches
    assert [(m.text, m.forms) for m in matches] == [
        ("US", ("EUA",)),
        ("us", ("nós",)),
        ("Us", ("nós",)),
    ]


@pytest.mark.parametrize("composed", ["água", "a\u0301gua"])
@pytest.mark.parametrize("text", ["água fria", "a\u0301gua fria", "A\u0301GUA fria"])
def test_composition_does_not_count(composed: str, text: str) -> None:
    (match,) = glossary(composed).find(text).matches
    assert text[match.start : match.end] == match.text == text.removesuffix(" fria")


def test_letters_that_fold_to_several_do_not_move_positions() -> None:
    text = "İİ ßß ŉ machine ﬁ"
    (match,) = glossary("machine").find(text).matches
    assert text[match.start : match.end] == "machine"


def test_characters_that_are_not_seen_do_not_count() -> None:
    assert found(glossary("machine learning"), "ma\u00adchine \u200elear\u200dning") == [
        "ma\u00adchine \u200elear\u200dning"
    ]


@pytest.mark.parametrize(
    ("terms", "text", "expected"),
    [
        (
            ["machine", "machine learning"],
            "machine learning machine",
            ["machine learning", "machine"],
        ),
        (["machine", "machine learn"], "machine learning", ["machine"]),
        (["New York", "York City Council"], "New York City Council", ["York City Council"]),
        (["a b", "b c"], "a b c", ["a b"]),
        (["a b", "a b c", "c d e f"], "a b c d e f", ["a b", "c d e f"]),
        (["a", "b c d", "d e f g"], "a b c d e f g", ["a", "d e f g"]),
    ],
)
def test_of_overlapping_terms_the_longer_counts_then_the_earlier(
    terms: list[str], text: str, expected: list[str]
) -> None:
    assert found(glossary(*terms), text) == expected


@pytest.mark.parametrize(
    ("text", "matches", "rest"),
    [
        ("", [], ""),
        ("the mach", [], "mach"),
        ("the machine", [], "machine"),
        ("the machine ", [], "machine "),
        ("the machine le", [], "machine le"),
        ("the machine li", ["machine"], ""),
        ("the machine.", ["machine"], ""),
        ("the machine. ", ["machine"], ""),
        ("machine learning", [], "machine learning"),
        ("machine learning,", ["machine learning"], ""),
        ("machine learning ", ["machine learning"], ""),
        ("machines", [], ""),
        ("cafe", [], "cafe"),
        ("caf", [], "caf"),
        ("café", [], "café"),
        ("cafe ", [], ""),
        ("it costs 3", [], "3"),
        ("it costs 3.", [], "3."),
        ("it costs 3. ", [], ""),
        ("it costs 3.5 ", ["3.5"], ""),
        ("機械", [], "機械"),
        ("機械学習", [], "機械学習"),
        ("機械学習を", ["機械学習"], ""),
        ("New York Ci", [], "New York Ci"),
        ("big New York City Council now", ["York City Council"], ""),
    ],
)
def test_what_may_go_on_is_open(text: str, matches: list[str], rest: str) -> None:
    terms = glossary(
        "machine", "machine learning", "café", "3.5", "機械学習", "New York", "York City Council"
    )
    seen = terms.find(text, grows=True)
    assert [match.text for match in seen.matches] == matches
    assert text[seen.open_from :] == rest


def test_a_text_that_does_not_grow_is_not_open() -> None:
    seen = glossary("machine", "machine learning").find("the machine")
    assert [match.text for match in seen.matches] == ["machine"]
    assert seen.open_from == len("the machine")


def test_of_an_address_a_term_is_all_or_nothing() -> None:
    terms = glossary("shop", "com now", "info@shop.com", "com", "see")
    text = "see info@shop.com now, shop.com"
    wholes = [(4, 17), (23, 31)]
    matches = terms.find(text, wholes=wholes).matches
    assert [match.text for match in matches] == ["see", "info@shop.com"]
    # A word that an address does not reach is not touched.
    matches = glossary("shop", "now").find(text, wholes=wholes).matches
    assert [match.text for match in matches] == ["now"]
    assert found(glossary("shop", "now"), text) == ["shop", "now", "shop"]


# Of few characters, so that terms are found, and of those that make trouble.
ALPHABET = [*"ab AB  .,'-+3", "é", "e", "\u0301", "\u0323", "ß", "İ", "i", "ı", "\u00ad", "\u200b"]
ALPHABET += ["木", "가", "ᄀ", "ᅡ", "ᆨ", "か", "\u3099", "\n", "_", "ᾳ", "\u0345"]
TEXTS = st.text(st.sampled_from(ALPHABET), max_size=24)
TERMS = st.lists(
    st.text(st.sampled_from(ALPHABET), min_size=1, max_size=8).filter(
        lambda term: any(map(str.isalnum, term)) and bool(cut(term))
    ),
    max_size=6,
    unique_by=lambda term: fold(surface(unicodedata.normalize("NFC", term)).strip()),
)


def plain(match: Match) -> tuple[int, int, int]:
    return match.start, match.end, match.entry


@given(TERMS, TEXTS, st.booleans())
@example(["\u200b3"], "3", False)
@example(["\u00ad 3"], "a 3", False)
def test_a_match_is_its_term_where_it_says(terms: list[str], text: str, capitals: bool) -> None:
    end = 0
    for match in glossary(*terms).find(text, capitals=capitals).matches:
        assert end <= match.start < match.end <= len(text)
        assert text[match.start : match.end] == match.text
        assert keys_of(match.text) == keys_of(terms[match.entry])
        end = match.end


def slow(terms: list[str], text: str) -> list[tuple[int, int, int]]:
    """All the places of all the terms, the longest first, then the earliest."""
    pieces = cut(text)
    cleaned = [" ".join(unicodedata.normalize("NFC", term).split()) for term in terms]
    places = []
    for begin in range(len(pieces)):
        for end in range(begin + 1, len(pieces) + 1):
            keys = [pieces.folded[begin], *pieces.keys[begin + 1 : end]]
            start, stop = pieces.starts[begin], pieces.ends[end - 1]
            for entry, term in enumerate(cleaned):
                is_written = not has_capital(term) or surface(text[start:stop]) == surface(term)
                if keys == keys_of(term) and is_written:
                    places.append((start - stop, start, stop, entry))
    taken: list[tuple[int, int, int]] = []
    for _, start, stop, entry in sorted(places):
        if all(stop <= a or start >= b for a, b, _ in taken):
            taken.append((start, stop, entry))
    return sorted(taken)


@given(TERMS, TEXTS)
@example(["a b", "a b a", "a c d e", "a"], "a b a c d e")
def test_the_tree_finds_what_a_search_for_each_term_finds(terms: list[str], text: str) -> None:
    assert list(map(plain, glossary(*terms).find(text).matches)) == slow(terms, text)


@given(TERMS, TEXTS, st.booleans())
@example(["가각"], "가가\u11a8", False)
@example(["e\u0323\u0301"], "e\u0301\u0323", False)
@example(["3.5", "3"], "a 3.5", False)
def test_what_is_certain_stays_as_a_text_grows(terms: list[str], text: str, capitals: bool) -> None:
    known = glossary(*terms)
    whole = known.find(text, capitals=capitals).matches
    for length in range(len(text) + 1):
        seen = known.find(text[:length], capitals=capitals, grows=True)
        assert 0 <= seen.open_from <= length
        assert all(match.end <= seen.open_from for match in seen.matches)
        assert list(seen.matches) == [m for m in whole if m.start < seen.open_from]


@given(TERMS, TEXTS)
def test_what_follows_white_space_and_a_word_of_no_term_is_not_open(
    terms: list[str], text: str
) -> None:
    text += " zzz "
    assert glossary(*terms).find(text, grows=True).open_from == len(text)


HOSTILE = [
    ("a ", [" ".join("a" * n) for n in range(1, 20)]),
    ("a ", [f"{' '.join('a' * n)} b" for n in range(1, 20)]),
    ("a b ", ["a b a", "b a b a b", "a b a b a b a"]),
    ("木", ["木" * n for n in range(1, 20)]),
    ("a\u0301", ["á" * 20]),
    ("3.", ["3.3", "3"]),
    ("3,4.", ["3,4.3"]),
    (".", ["a.", ". . b"]),
    (" ", ["a b"]),
    ("\u0301", ["á"]),
    ("\u00ad", ["ab"]),
]


@pytest.mark.parametrize(("part", "terms"), HOSTILE, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("grows", [True, False])
def test_time_is_linear(
    part: str, terms: list[str], grows: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = glossary(*terms)
    steps = Steps()
    steps.watch(monkeypatch, pieces_module)
    short, long = (steps.of(partial(known.find, part * n, grows=grows)) for n in (100, 400))
    assert long < 4.5 * short


def test_terms_are_found_among_ten_thousand() -> None:
    terms = [f"term {n} of many" for n in range(10_000)]
    text = " ".join(islice(terms, 0, 10_000, 1_000))
    assert found(glossary(*terms), text) == terms[::1_000]


def test_terms_that_begin_with_each_other_take_no_stack() -> None:
    terms = ["木" * length for length in range(1, 501)]
    assert found(glossary(*terms), "木" * 1_200) == ["木" * 500, "木" * 500, "木" * 200]
