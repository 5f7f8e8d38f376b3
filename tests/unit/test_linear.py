"""Text code takes time linear in the length of the text, whatever is in it.

Steps are counted, not seconds: see ``steps.py``. Twice the text may cost little more than twice.
"""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.steps import Steps
from translator.documents import lines
from translator.documents.lines import parts
from translator.text import case, identifiers, protection, segmenter, sentences, typography, words
from translator.text.protection import protect
from translator.text.segmenter import Segmenter, SegmentLimits

pytestmark = pytest.mark.unit

CUTTING = (lines, identifiers, protection, typography, segmenter, sentences, words)
HOSTILE = [
    *["。", "！", ".", "?", "…", ",", "、", ";", "-", "—", ">", "(", ")", "]", '"', "'", "“", "”"],
    *[" ", "\n", "\r", "\r\n", "\t", "\u2028", "\u3000", "\u00a0", "\x00"],
    *["\u0301", "\u20dd", "\u200d", "\ufe0f", "👩\u200d", "👍🏽", "_", "*", "♪", "½", "𝟎", "٣"],
    *["x", "字", "ก", "ิ", "กิ", "7.", "7,", "a.", "a'", "a-", "a_", "字。", "。字", "a。"],
    *[
        "a ",
        "a. ",
        "A. ",
        "Mr. ",
        "no. ",
        "a, ",
        "a! ",
        "a… ",
        ". ",
        "。 ",
        " .",
        "- ",
        ">> ",
        "♪ ",
    ],
    *['"a. ', "(a) ", "[1]. ", "a.[1] ", "a.\n", "a\n\n", "a. - ", "a. 😀 ", "Hi. - - - ", "’ "],
]
TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=4).map("".join),
)
LIMITS = SegmentLimits(max_words=4, max_length=20)
# The text ends with a word, and begins with one, or neither.
SIDES = st.sampled_from([("", ""), ("Well ", ""), ("Well", " then"), ("", "x")])


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    counter = Steps()
    counter.watch(monkeypatch, segmenter, sentences, words)
    return counter


def check(steps: Steps, work: Callable[[str], object], text: str, sides: tuple[str, str]) -> None:
    """Fail if work on twice ``text`` costs much more than twice."""
    first, last = sides
    num = max(1, 60 // len(text))

    def cost(times: int) -> int:
        return steps.of(lambda: work(first + text * (times * num) + last))

    # What comes with one length and not with another is some segment or word more.
    assert cost(4) <= 2.3 * cost(2) + 2_000


def cut(text: str) -> None:
    """What a session does with one large update."""
    cutter = Segmenter("en", LIMITS)
    start = 0
    while end := cutter.find_end(text, start=start):
        start += end.position


def type_in(text: str) -> None:
    """What a session does with a text that comes letter by letter."""
    cutter = Segmenter("en", LIMITS)
    start = 0
    for length in range(1, len(text) + 1):
        scanned = length - 1 - start
        while end := cutter.find_end(text[:length], max(0, scanned), start=start):
            start += end.position
            scanned = 0


@pytest.mark.parametrize("text", HOSTILE)
def test_one_look_for_an_end_costs_no_more_than_the_longest_segment(
    steps: Steps, text: str
) -> None:
    def cost(length: int) -> int:
        return steps.of(lambda: Segmenter("en", LIMITS).find_end(text * length))

    assert cost(400) <= 1.1 * cost(100) + 50


@given(TEXTS, SIDES)
@settings(deadline=None, max_examples=30, derandomize=True)
def test_a_text_is_cut_in_linear_time(text: str, sides: tuple[str, str]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        steps = Steps()
        steps.watch(
            monkeypatch, lines, identifiers, protection, segmenter, sentences, typography, words
        )
        check(steps, cut, text, sides)
        check(steps, lambda whole: list(parts(whole, lines=True)), text, sides)
        check(steps, lambda whole: protect(whole, str.isascii), text, sides)
        check(steps, lambda whole: list(Segmenter("en", LIMITS).split(whole)), text, sides)
        check(steps, type_in, text, sides)


@given(TEXTS, SIDES)
@settings(deadline=None, max_examples=30, derandomize=True)
def test_words_are_found_in_linear_time(text: str, sides: tuple[str, str]) -> None:
    works: list[Callable[[str], object]] = [
        words.word_ends,
        words.count_steps,
        words.strip_final_punctuation,
        Segmenter("en").num_overlong,
        Segmenter("en").is_ended,
        Segmenter("en").settled_length,
        lambda whole: words.num_erased(whole, whole + "x"),
        lambda whole: case.is_capitals(whole.upper(), "en"),
        lambda whole: case.sentence_case(whole.upper(), "en"),
        lambda whole: case.capitals(whole, "tr"),
    ]
    with pytest.MonkeyPatch.context() as monkeypatch:
        steps = Steps()
        steps.watch(monkeypatch, case, segmenter, sentences, words)
        for work in works:
            check(steps, work, text, sides)


def test_a_quadratic_pattern_would_be_seen(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter counts: the pattern that word starts were found with until it was seen."""
    monkeypatch.setattr(segmenter, "_MARK", re.compile(r"(?<=[。！？])[^\w\s]*\w"))
    steps.watch(monkeypatch, segmenter)
    with pytest.raises(AssertionError):
        check(steps, Segmenter("en").num_overlong, "。", ("", ""))
