"""Word ends: what may be committed is whole words only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.words import count_steps, count_words, strip_final_punctuation, word_ends

pytestmark = pytest.mark.unit

TEXTS = st.text(
    st.sampled_from(
        [*"ab é3.,!?'\"”)(]»…-\n\t日本語。、」กา😀", "\u0301", "\u200d", "\x00", "\u3000"]
    ),
    max_size=30,
)


def words(text: str, start: int = 0) -> list[str]:
    pieces = []
    for end in word_ends(text, start):
        pieces.append(text[start:end])
        start = end
    return pieces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n", []),
        ("hello", ["hello"]),
        ("hello world", ["hello", " world"]),
        ("Hello, world!", ["Hello", ",", " world", "!"]),
        ("It cost 3.5 today.", ["It", " cost", " 3.5", " today", "."]),
        ("1,000.50", ["1,000.50"]),
        ("um copo d'água", ["um", " copo", " d'água"]),
        ("don't, isn’t", ["don't", ",", " isn’t"]),
        ("bem-vindo!", ["bem-vindo", "!"]),
        ("a.b.c d", ["a.b.c", " d"]),
        ('He said: "No."', ["He", " said", ":", ' "No', '."']),
        ("(yes) «sim».", ["(yes", ")", " «sim", "»."]),
        ("wait... what?!", ["wait", "...", " what", "?!"]),
        ("今日は。", ["今", "日", "は", "。"]),
        ("「今」、A", ["「", "今", "」、A"]),
        ("ABC日", ["ABC", "日"]),
        ("สวย", ["ส", "ว", "ย"]),
        ("one ", ["one"]),
        ("a  \n b", ["a", "  \n b"]),
        (" , ", [" ,"]),
    ],
)
def test_words_end_where_no_half_word_is_left(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_words_after_a_start_are_those_of_the_rest() -> None:
    assert words("Hello, big world.", len("Hello,")) == [" big", " world", "."]


@given(TEXTS)
def test_words_make_up_the_text_but_for_white_space_at_its_end(text: str) -> None:
    ends = word_ends(text)
    assert ends == sorted(set(ends))
    assert text[ends[-1] if ends else 0 :].strip() == ""
    assert all(word.strip() for word in words(text))


@given(TEXTS.filter(str.isascii))
def test_a_spaced_word_is_never_cut_before_a_letter_or_digit(text: str) -> None:
    for end in word_ends(text):
        assert not text[end : end + 1].isalnum()


@given(TEXTS, st.data())
def test_words_from_a_word_end_on_are_the_same_words(text: str, data: st.DataObject) -> None:
    ends = word_ends(text)
    index = data.draw(st.integers(0, len(ends)))
    assert word_ends(text, ends[index - 1] if index else 0) == ends[index:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello.", "Hello"),
        ("Hello", "Hello"),
        ("Really?!  ", "Really"),
        ('He said "no."', 'He said "no'),
        ("Wait…", "Wait"),
        ("好。", "好"),
        ("a, b,", "a, b,"),
        ("3.5", "3.5"),
        ("Dr. Who", "Dr. Who"),
        ("said (yes).", "said (yes)"),
        (".", ""),
        ("", ""),
    ],
)
def test_final_punctuation_goes_with_the_quotes_after_it(text: str, expected: str) -> None:
    assert strip_final_punctuation(text) == expected


def test_words_are_counted_at_white_space() -> None:
    assert count_words("") == 0
    assert count_words(" um copo\nd'água — 3.5 ") == 5


def test_progress_counts_characters_where_words_have_no_spaces() -> None:
    assert count_steps("two words") == 2
    assert count_steps("日本語 and です") == 6
