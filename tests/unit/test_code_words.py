"""Families of code words: no two words are the same, and each is found where it stands."""

import pytest

from translator.text.code_words import DEFAULT_CODE_WORDS, FAMILIES, CodeWords
from translator.text.detokenizer import TargetText
from translator.text.protection import Verbatim, protect

pytestmark = pytest.mark.unit


def writes(character: str) -> bool:
    return character not in "{}"


@pytest.fixture(params=list(FAMILIES.values()), ids=list(FAMILIES))
def family(request: pytest.FixtureRequest) -> CodeWords:
    found: CodeWords = request.param
    return found


def test_no_two_words_are_the_same_in_any_case(family: CodeWords) -> None:
    words = [family.word(number) for number in range(1, 2_001)]
    assert words[0] == family.name
    assert len({family.key(word) for word in words}) == 2_000
    assert not any(" " in word for word in words)


def test_each_word_is_found_and_no_part_of_one(family: CodeWords) -> None:
    words = [family.word(number) for number in range(1, 301)]
    text = ", ".join(words)
    found = list(family.find(text, 300))
    assert [text[start:end].strip() for start, end, _ in found] == words
    assert [key for _, _, key in found] == list(map(family.key, words))
    if family.name[0].isalnum():
        assert list(family.find(f"x{family.name}")) == []
    if family.name[-1].isalpha():
        assert list(family.find(f"{family.name}s")) == []


def test_what_is_protected_comes_back_in_any_case(family: CodeWords) -> None:
    text = "Hello {name}, your {thing} costs {price}."
    protected = protect(text, writes, codes=family)
    assert [mask.code for mask in protected.masks] == [family.word(n) for n in (1, 2, 3)]
    for said in (protected.text, protected.text.lower(), protected.text.upper()):
        back = protected.restored(TargetText(said, (len(said),)))
        assert back.text.lower() == text.lower()
        assert all(placeholder in back.text for placeholder in ("{name}", "{thing}", "{price}"))
        assert protected.missing(said) == []
    assert len(protected.missing("Hello")) == 3
    twice = f"{family.word(2)} and {family.word(2)} and {family.word(9)}"
    assert protected.restored(TargetText(twice, (len(twice),))).text.split() == [
        "{thing}", "and", "and",
    ]  # fmt: skip


def test_a_text_that_has_a_code_word_keeps_it(family: CodeWords) -> None:
    text = f"Press {family.name} or {family.word(2)} to begin, {{name}}."
    protected = protect(text, writes, codes=family)
    assert len(protected.masks) == 3
    said = protected.text
    assert protected.restored(TargetText(said, (len(said),))).text == text
    put = protect(text, writes, [Verbatim(0, 5, "Toque")], family)
    assert put.restored(TargetText(put.text, (len(put.text),))).text == text.replace(
        "Press", "Toque"
    )


def test_the_default_is_the_first() -> None:
    assert next(iter(FAMILIES.values())) is DEFAULT_CODE_WORDS
