"""Texts without a capital and a full stop, in the form of sentences and back."""

import pytest

from translator.text.protection import protect
from translator.text.sentence_form import (
    Ending,
    as_title,
    ending,
    title_as_sentence,
    with_first_small,
    with_pronouns,
    with_sentence_begun,
)

pytestmark = pytest.mark.unit


def protected(text: str) -> tuple[str, str]:
    found = protect(text, str.isascii)
    return found.text, found.visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello", Ending.EITHER),
        ("see you on Monday", Ending.EITHER),
        ("call me at 9", Ending.EITHER),
        ("the bus to the station leaves at nine", Ending.FULL_STOP),
        ("my sister moved to Recife last year", Ending.FULL_STOP),
        ("please write to anna@example.com about the bus", Ending.FULL_STOP),
        ("please write about the bus to anna@example.com", Ending.FULL_STOP),
        ("what time does the store close", Ending.QUESTION_MARK),
        # It has a mark.
        ("Hello.", Ending.AS_IT_IS),
        ("is it far?", Ending.AS_IT_IS),
        ("Size:", Ending.AS_IT_IS),
        ("he said (again)", Ending.AS_IT_IS),
        ("twenty %", Ending.AS_IT_IS),
        # Titles.
        ("Garden Table", Ending.AS_IT_IS),
        ("Blue Running Shirt-XL", Ending.AS_IT_IS),
        ("Folding Chair 40 cm 2 Pieces Oak", Ending.AS_IT_IS),
        # Nobody knows.
        ("garden table", Ending.EITHER),
        ("", Ending.AS_IT_IS),
        ("   ", Ending.AS_IT_IS),
    ],
)
def test_how_a_text_ends_for_the_model(text: str, expected: Ending) -> None:
    assert ending(*protected(text), "en") is expected


@pytest.mark.parametrize("text", ["今日は雨です", "สวัสดี", "שלום לכולם", "आप कैसे हैं"])
def test_a_script_without_capitals_gets_nothing(text: str) -> None:
    assert ending(text, text, "und") is Ending.AS_IT_IS
    assert with_sentence_begun(text, text, "und") == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("garden table", "Garden table"),
        ("Garden table", "Garden table"),
        ('  "maybe", she said', '  "Maybe", she said'),
        ("iPhone case", "iPhone case"),
        ("água fria", "Água fria"),
        ("9 tables", "9 tables"),
        ("don't go", "Don't go"),
        ("", ""),
    ],
)
def test_the_model_gets_a_capital_at_the_beginning(text: str, expected: str) -> None:
    assert with_sentence_begun(text, text, "en") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i think i know, i'm sure", "I think I know, I'm sure"),
        ("so do i", "so do I"),
        ('he said "i will"', 'he said "I will"'),
        ("i.e. a lamp", "i.e. a lamp"),
        ("wi-fi is in it", "wi-fi is in it"),
        ("I know", "I know"),
    ],
)
def test_an_english_i_is_a_capital(text: str, expected: str) -> None:
    assert with_pronouns(text, "en-GB") == expected
    assert with_pronouns(text, "it") == text


def test_what_no_model_touches_gets_none() -> None:
    said, visible = protected("anna@example.com writes to me")
    assert with_sentence_begun(said, visible, "en") == said


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Mesa de jardim", "pt", "mesa de jardim"),
        ("Água", "pt-BR", "água"),
        ("I think so", "en", "I think so"),
        ("I'm here", "en", "I'm here"),
        ("Monday", "en", "Monday"),
        ("Portuguese", "en-GB", "Portuguese"),
        ("In the morning", "en", "in the morning"),
        ("NATO", "pt", "NATO"),
        ("Haus", "de", "Haus"),
        ("Istanbul", "tr", "ıstanbul"),
        ('"Talvez"', "pt", '"talvez"'),
        ("", "pt", ""),
    ],
)
def test_a_translation_begins_small_as_its_source(text: str, language: str, expected: str) -> None:
    assert with_first_small(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Summer Beach Hat", "en", "Summer beach hat"),
        ("Set of 3 Ceramic Bowls", "en", "Set of 3 ceramic bowls"),
        ("Women's Tops on Black Friday", "en-US", "Women's tops on black Friday"),
        ("USB-C Cable 2m by McLaren", "en", "USB-C cable 2m by McLaren"),
        ("Chapéu de Praia", "pt", "Chapéu de praia"),
        # A sentence with a name, one word, a mark, another language.
        ("My name is John", "en", "My name is John"),
        ("Hat", "en", "Hat"),
        ("Good Morning!", "en", "Good Morning!"),
        ("Das Haus", "de", "Das Haus"),
        ("One Two Three Four Five Six Seven Eight Nine Ten Eleven", "en", None),
    ],
)
def test_a_title_may_be_a_sentence(text: str, language: str, expected: str | None) -> None:
    assert title_as_sentence(text, text, language) == (text if expected is None else expected)


def test_a_code_word_in_a_title_stays() -> None:
    assert title_as_sentence("Red Zorblax Hat", "Red         Hat", "en") == "Red Zorblax hat"


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Chapéu de praia com aba", "pt-BR", "Chapéu de Praia com Aba"),
        ("Cabo USB-C 2m do iPad", "pt", "Cabo USB-C 2m do iPad"),
        ("hat of the year", "en", "Hat of the Year"),
        ("chapeau de plage", "fr", "chapeau de plage"),
    ],
)
def test_its_translation_is_a_title_again(text: str, language: str, expected: str) -> None:
    assert as_title(text, language) == expected
