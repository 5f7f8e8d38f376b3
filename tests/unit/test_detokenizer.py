"""Tokens to text, with where each ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.testing import FakeTokenizer
from translator.text.detokenizer import TargetText, detokenize

pytestmark = pytest.mark.unit

PIECES = st.sampled_from(
    ["", " ", " a", "b", " é", "e\u0301", "😀", " 。", ".", "  x", " $", " US", " R", "$"]
)


def tokens(tokenizer: FakeTokenizer, pieces: list[str]) -> list[int]:
    return [tokenizer.id(piece) for piece in pieces]


def test_pieces_are_joined_without_the_leading_space() -> None:
    tokenizer = FakeTokenizer()
    target = detokenize(tokenizer, tokens(tokenizer, [" Hello", ",", " wor", "ld"]))
    assert target == TargetText("Hello, world", (5, 6, 10, 12))


def test_a_length_inside_a_token_is_no_number_of_tokens() -> None:
    target = TargetText("Hello, world", (5, 6, 10, 12))
    assert [target.num_tokens_at(n) for n in (0, 4, 5, 6, 7, 10, 12)] == [0, None, 1, 2, None, 3, 4]


def test_control_tokens_belong_to_what_they_follow() -> None:
    tokenizer = FakeTokenizer()
    target = detokenize(tokenizer, tokens(tokenizer, ["", " A", "", " B"]))
    assert target == TargetText("A B", (0, 1, 1, 3))
    assert target.num_tokens_at(1) == 3


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ([" Custa", " US", " $", " 5"], "Custa US$ 5"),
        ([" R", " $", " 5"], "R$ 5"),
        ([" bus", " $", " 5"], "bus $ 5"),
        ([" (", "HK", " $", "5"], "(HK$5"),
        ([" $", " 5"], "$ 5"),
        ([" PR", " $"], "PR $"),
    ],
)
def test_a_currency_has_no_space_before_its_dollar_sign(pieces: list[str], text: str) -> None:
    tokenizer = FakeTokenizer()
    assert detokenize(tokenizer, tokens(tokenizer, pieces)).text == text


@given(st.lists(PIECES, max_size=8))
def test_text_of_the_first_tokens_begins_the_text_of_all(pieces: list[str]) -> None:
    tokenizer = FakeTokenizer()
    ids = tokens(tokenizer, pieces)
    whole = detokenize(tokenizer, ids)
    if " $" not in pieces:
        assert whole.text == "".join(pieces).lstrip(" ")
    for count in range(len(ids) + 1):
        part = detokenize(tokenizer, ids[:count])
        assert whole.text.startswith(part.text)
        assert part.token_ends == whole.token_ends[:count]
        assert (whole.num_tokens_at(len(part.text)) or 0) >= count or part.text == ""
