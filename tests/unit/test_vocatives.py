"""Phrases, and whom they are said to."""

import pytest

from translator.text.rewriting import rewrite
from translator.text.vocatives import find_vocative, vocative_commas

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("language", "text", "phrase", "translated", "expected"),
    [
        ("en", "Thank you, Kevin.", "Thank you.", "Obrigado.", "Obrigado, Kevin."),
        ("en-GB", "Thanks, Dr Patel!", "Thanks!", "Obrigado!", "Obrigado, Dr. Patel!"),
        ("en", "Good morning, Mr. Lee", "Good morning", "Bom dia", "Bom dia, Sr. Lee"),
        ("en", "Thank you, sir.", "Thank you.", "Obrigado.", "Obrigado, senhor."),
        ("en", "How are you, Ann-Marie?", "How are you?", "Tudo bem?", "Tudo bem, Ann-Marie?"),
        ("en", "Mary, thank you!", "Thank you!", "Obrigado!", "Mary, obrigado!"),
        ("en", "Ladies and gentlemen, good evening.", "Good evening.", "Boa noite.",
         "Senhoras e senhores, boa noite."),
        ("en", "Good afternoon, Lisbon!", "Good afternoon!", "Boa tarde!", "Boa tarde, Lisboa!"),
        ("pt", "Boa noite, Nova York!", "Boa noite!", "Good evening!", "Good evening, New York!"),
        ("pt", "Obrigado, João da Silva!", "Obrigado!", "Thank you!", "Thank you, João da Silva!"),
        ("pt", "Bom dia, Dra. Lima.", "Bom dia.", "Good morning.", "Good morning, Dr. Lima."),
        ("pt", "Até amanhã,\npessoal", "Até amanhã", "See you", "See you,\neveryone"),
    ],
)  # fmt: skip
def test_it_is_the_phrase_and_who_is_meant(
    language: str, text: str, phrase: str, translated: str, expected: str
) -> None:
    found = find_vocative(text, language)
    assert found is not None
    assert found.phrase == phrase
    assert found.with_phrase(translated, "pt" if language[:2] == "en" else "en") == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Yes, Monday."),
        ("en", "Great, thank you."),
        ("en", "Nice to meet you, I'm Paula."),
        ("en", "Thank you, it was nice."),
        ("en", "Thank you Kevin."),
        ("en", "THANK YOU, KEVIN."),
        ("en", "We met Kevin, Mary and Paul."),
        ("pt", "Sim, Portugal."),
        ("de", "Danke, Kevin."),
        ("en", ", "),
        ("en", ""),
    ],
)
def test_what_else_has_a_comma_is_no_vocative(language: str, text: str) -> None:
    assert find_vocative(text, language) is None


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Thanks John.", "Thanks, John."),
        ("en", "Thank you Paul for that. Hi Mary can you hear?",
         "Thank you, Paul, for that. Hi, Mary, can you hear?"),
        ("en", "thank you john", "thank you, John"),
        ("en", "Thank you, Priya that helps", "Thank you, Priya, that helps"),
        ("pt", "Obrigado João, pode falar", "Obrigado, João, pode falar"),
        ("pt", "oi pedro tudo bem", "oi, Pedro, tudo bem"),
        ("en", "Thank You Card, Hello Kitty Backpack", "Thank You Card, Hello Kitty Backpack"),
        ("en", "Thank you very much. Hi there", "Thank you very much. Hi there"),
        ("en", "I said hi Mary", "I said hi Mary"),
        ("en", "See you Monday. Thank you I will", "See you Monday. Thank you I will"),
        ("en", "See you Mary. Okay Google", "See you, Mary. Okay Google"),
        ("pt", "Boa Vista é bonita. Bom dia pessoal", "Boa Vista é bonita. Bom dia pessoal"),
        ("de", "Hallo John", "Hallo John"),
    ],
)  # fmt: skip
def test_who_is_greeted_stands_between_commas(language: str, text: str, expected: str) -> None:
    assert rewrite(text, vocative_commas(text, language)).text == expected
