"""Text in capitals: recognised, made a sentence, and put in capitals again, place by place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.case import capitals, is_capitals, sentence_case, with_first_capital

pytestmark = pytest.mark.unit

LANGUAGES = st.sampled_from(["en", "pt-BR", "de", "tr", "el", "ka", "ja", "xx"])
TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            [*"AÉßẞİIıΣΜªºŉﬁЯ'.-!? \n5", "U.S. ", "THE ", "I'M ", "OK ", "BBC ", "3RD ", "გა", "字"]
        ),
        max_size=20,
    ).map("".join),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("THE BOAT IS LATE.", True),
        ("THE BOAT", True),
        ("STOP IT", True),
        ("BBC NEWS", True),
        ("NATO SAYS NO", True),
        ("I AM OK", True),
        ("PLAN B", True),
        ("GOODBYE", True),
        ("HELP!", True),
        ("NO.", True),
        ("- WHERE? - HERE.", True),
        ("DIE STRAßE IST NASS", True),
        ("NATO", False),
        ("OK", False),
        ("OK.", False),
        ("I", False),
        ("THE", False),
        ("BBC CNN", False),
        ("U.S.", False),
        ("A320", False),
        ("5 + 5", False),
        ("", False),
        ("The NATO summit", False),
        ("THE BOAT is late", False),
        ("\u4f60\u597d", False),
        ("\u4ed6\u5728NATO\u5de5\u4f5c\u3002", False),
        ("\u4ed6\u7528 MICROSOFT WORD \u3002", False),
        ("I\u0645\u0631\u062d\u0628\u0627", False),
        ("\u10d2\u10d0 THE BOAT", False),
        ("A 1ª PONTE", True),
        ("III", False),
        ("LOUIS XIV", True),
    ],
)
def test_text_in_capitals_is_told_from_acronyms(text: str, expected: bool) -> None:
    assert is_capitals(text, "en") is expected


def test_after_text_in_capitals_a_word_is_enough() -> None:
    assert is_capitals("YES", "en", former=True)
    assert not is_capitals("NATO", "en", former=True)
    assert not is_capitals("Yes", "en", former=True)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "THE BOAT IS LATE.", "The boat is late."),
        ("en", "I THINK I'M LATE, I’LL RUN.", "I think I'm late, I’ll run."),
        ("en", "DON'T SHOUT! IT'S LATE.", "Don't shout! It's late."),
        ("en", "- (LAUGHS) WHAT?", "- (Laughs) what?"),
        ("en", "MR. BROWN SAW THE BBC.", "Mr. Brown saw the BBC."),
        (
            "en",
            "THE U.S. AND NATO, A320, 3RD AND 1980S.",
            "The U.S. and NATO, A320, 3rd and 1980s.",
        ),
        ("en", "PLAN B, OK?", "Plan B, OK?"),
        ("en", "5 BOATS", "5 boats"),
        ("en", "LOUIS XIV AND MARY II DID IT.", "Louis XIV and mary II did it."),
        ("pt", "VI O CAPÍTULO III.", "Vi o capítulo III."),
        ("pt", "O BARCO DA ONU, EU E A ÁGUA.", "O barco da ONU, eu e a água."),
        ("pt", "UM COPO D'ÁGUA", "Um copo d'água"),
        ("de", "DAS MAẞ IST VOLL", "Das maß ist voll"),
        ("el", "ΤΟ ΦΩΣ ΣΒΗΝΕΙ", "Το φως σβηνει"),
        ("tr", "IŞIK İYİ", "Işık iyi"),
        ("ja", "\u4f60\u597d", "\u4f60\u597d"),
    ],
)
def test_capitals_become_a_sentence(language: str, text: str, expected: str) -> None:
    assert sentence_case(text, language) == expected


def test_a_sentence_becomes_capitals() -> None:
    assert capitals("O pão é bom, d'água.", "pt") == "O PÃO É BOM, D'ÁGUA."
    assert capitals("Straße", "de") == "STRAßE"
    assert capitals("iyi ışık", "tr-TR") == "İYİ IŞIK"
    assert capitals("\u4f60\u597d \u10d2\u10d0", "ka") == "\u4f60\u597d \u10d2\u10d0"


@given(TEXTS, LANGUAGES)
def test_every_place_stays_where_it_is(text: str, language: str) -> None:
    for changed in (sentence_case(text, language), capitals(text, language)):
        assert len(changed) == len(text)
        for before, after in zip(text, changed, strict=True):
            assert before == after or before.isalpha()


@given(TEXTS, LANGUAGES)
def test_capitals_come_back(text: str, language: str) -> None:
    shouted = capitals(text, language)
    assert capitals(shouted, language) == shouted


@given(TEXTS, TEXTS, LANGUAGES)
def test_more_text_changes_no_word_before(text: str, more: str, language: str) -> None:
    begun = f"{text} "
    assert sentence_case(begun + more, language).startswith(sentence_case(begun, language))


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("ça va bien", "Ça va bien", "Ça va bien"),
        ("às 8:46 um silêncio", "At 8:46 a hush", "Às 8:46 um silêncio"),
        ("“olá”, disse", "“Hello”, she said", "“Olá”, disse"),
        ("o barco", "The boat", "O barco"),
        # The source has none, or something else comes first.
        ("o barco", "the boat", "o barco"),
        ("2 barcos", "Two boats", "2 barcos"),
        ("O barco", "The boat", "O barco"),
        # Names.
        ("iPhone novo", "New iPhone", "iPhone novo"),
        ("npm é novo", "New is npm", "npm é novo"),
        ("a lâmpada", "Use a lamp", "A lâmpada"),
        # Letters without a capital of one letter.
        ("ßa", "A", "ßa"),
        ("აბ", "A", "აბ"),
        ("", "A", ""),
        ("…", "A", "…"),
    ],
)
def test_a_sentence_begins_with_a_capital_as_its_source_does(
    text: str, source: str, expected: str
) -> None:
    assert with_first_capital(text, source, "pt") == expected


@given(TEXTS, TEXTS, LANGUAGES)
def test_a_first_capital_changes_no_length(text: str, source: str, language: str) -> None:
    result = with_first_capital(text, source, language)
    assert len(result) == len(text)
    assert sum(one != other for one, other in zip(text, result, strict=True)) <= 1
