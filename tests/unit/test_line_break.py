"""Lines of subtitles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.text.line_break import MAX_LINE_LENGTH, break_lines

pytestmark = pytest.mark.unit


def lines(text: str, num_lines: int = 2) -> list[str]:
    return break_lines([(text, False)], num_lines)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("short", ["short"]),
        ("", []),
        (
            "one two three four five six seven eight nine ten",
            ["one two three four five", "six seven eight nine ten"],
        ),
        (
            "When the bell rings, all of the children run outside",
            ["When the bell rings,", "all of the children run outside"],
        ),
        ("橋はいつできるのかと市長に尋ねましたが、誰も知りません。", None),
        ("Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrik", None),
    ],
)
def test_lines_are_about_even(text: str, wanted: list[str] | None) -> None:
    found = lines(text)
    assert wanted is None or found == wanted
    assert "".join(found).replace(" ", "") == text.replace(" ", "")


def test_wide_characters_count_twice_and_no_line_begins_with_a_comma() -> None:
    found = lines("橋はいつできるのかと市長に尋ねましたが、誰も知りません。")
    assert len(found) == 2
    assert not any(line.startswith(("、", "。")) for line in found)


def test_codes_take_no_room_and_stay_at_their_words() -> None:
    pieces = [
        ("one ", False),
        ("<i>", True),
        ("two", False),
        ("</i>", True),
        (" " + "x" * 40, False),
    ]
    assert break_lines(pieces, 1) == ["one <i>two</i>", "x" * 40]


WORDS = st.lists(st.sampled_from(["a", "word", "longer-word", "漢字", "end.", ","]), max_size=80)


@given(WORDS, st.integers(1, 3))
def test_nothing_is_lost_and_what_fits_is_short(words: list[str], num_lines: int) -> None:
    text = " ".join(words)
    found = lines(text, num_lines)
    assert " ".join(found).split() == text.split() or "漢" in text
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    if len(text) <= MAX_LINE_LENGTH and text.isascii():
        assert len(found) <= 1
    if len(words) <= 60:
        assert len(found) <= max(num_lines, 2)
