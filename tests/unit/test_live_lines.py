"""What stays in sight of a translation while its source is edited."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.fronts.page.live import Shown, carried_over

pytestmark = pytest.mark.unit


def whole(*texts: str) -> list[Shown]:
    return [Shown(text) for text in texts]


def test_a_line_that_is_edited_keeps_what_was_shown_for_it() -> None:
    assert carried_over(["a", "b", "c"], whole("A", "B", "C"), ["a", "bb", "c"]) == [
        Shown("A"),
        Shown("B", draft=True),
        Shown("C"),
    ]


def test_a_new_line_shows_nothing_yet() -> None:
    assert carried_over(["a", "c"], whole("A", "C"), ["a", "b", "c"]) == [
        Shown("A"),
        Shown(draft=True),
        Shown("C"),
    ]
    assert carried_over(["a"], whole("A"), ["a", ""]) == [Shown("A"), Shown(draft=True)]


def test_a_line_that_is_gone_takes_its_translation_along() -> None:
    assert carried_over(["a", "b", "c"], whole("A", "B", "C"), ["a", "c"]) == whole("A", "C")
    assert carried_over(["a", "b"], whole("A", "B"), [""]) == [Shown("A", draft=True)]


LINES = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=6)


@given(LINES, LINES)
def test_each_line_has_one_and_what_is_whole_is_its_own(
    before: list[str], after: list[str]
) -> None:
    found = carried_over(before, [Shown(line.upper()) for line in before], after)
    assert len(found) == len(after)
    for line, each in zip(after, found, strict=True):
        assert each.draft or each.text == line.upper()
