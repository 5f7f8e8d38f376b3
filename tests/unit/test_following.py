"""Which language a segment is in, by what was in force and what its text seems to be."""

import pytest

from translator.languages.detection import Detection
from translator.service.following import decide

pytestmark = pytest.mark.unit

SURE, LIKELY, GUESS = 0.95, 0.7, 0.4


@pytest.mark.parametrize(
    ("in_force", "found", "num_words", "closed", "decided"),
    [
        # Nothing is known: four words that are sure, or the end of the segment.
        ("", ("pt", SURE), 3, False, None),
        ("", ("pt", SURE), 4, False, "pt"),
        ("", ("pt", LIKELY), 4, False, None),
        ("", ("pt", LIKELY), 12, False, "pt"),
        ("", ("pt", GUESS), 1, True, "pt"),
        ("", None, 4, False, None),
        ("", None, 12, False, ""),
        ("", None, 1, True, ""),
        # One is in force: it stays unless it is sure that another one has come.
        ("en", ("en", LIKELY), 4, False, "en"),
        ("en", None, 4, False, "en"),
        ("en", None, 1, True, "en"),
        ("en", ("pt", SURE), 5, False, None),
        ("en", ("pt", SURE), 6, False, "pt"),
        ("en", ("pt", LIKELY), 6, False, None),
        ("en", ("pt", LIKELY), 12, False, "en"),
        ("en", ("pt", SURE), 2, True, "pt"),
        ("en", ("pt", LIKELY), 2, True, "en"),
        ("en", ("pt", SURE), 1, True, "en"),
    ],
)
def test_the_language_of_a_segment(
    in_force: str,
    found: tuple[str, float] | None,
    num_words: int,
    closed: bool,
    decided: str | None,
) -> None:
    detection = None if found is None else Detection(*found)
    assert decide(in_force, detection, num_words, closed=closed) == decided


def test_a_closed_segment_is_always_decided_and_so_is_a_long_one() -> None:
    founds = [None, *(Detection(code, c) for code in ("en", "pt") for c in (SURE, LIKELY, GUESS))]
    for found in founds:
        for in_force in ("", "en", "pt"):
            assert decide(in_force, found, 0, closed=True) is not None
            assert decide(in_force, found, 12, closed=False) is not None
