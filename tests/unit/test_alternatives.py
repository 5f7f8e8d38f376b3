"""Further translations: where they branch off, and in which order they come."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.driver import one_thread  # noqa: F401
from translator.documents.alternatives import Score, branches, same_text
from translator.documents.plain import TextTranslation
from translator.engine.engine import Engine
from translator.engine.request import Hypothesis, Outcome, Request, RunnerUp
from translator.errors import DecodingError
from translator.languages.pair import LanguagePair
from translator.session.events import Binding
from translator.testing import FakeModel
from translator.text.segmenter import Segmenter

pytestmark = pytest.mark.unit


def hypothesis(*tokens: tuple[int, float], second: tuple[int, float], end: float) -> Hypothesis:
    """Tokens and their log probabilities; every position has the same second choice."""
    return Hypothesis(
        tuple(token for token, _ in tokens),
        (),
        tuple(score for _, score in tokens),
        end_log_probability=end,
        runners_up=(RunnerUp(*second),) * (len(tokens) + 1),
    )


def test_branches_are_where_the_second_choice_was_nearly_taken() -> None:
    first = hypothesis((5, -0.1), (6, -1.5), second=(9, -2.0), end=-0.2)
    other = hypothesis((7, -1.0), second=(8, -1.25), end=-0.5)
    found = branches(3, other, 0, 3, branches(0, first, 0, 3))
    assert [(b.segment, b.prefix) for b in found] == [(3, (8,)), (0, (5, 9)), (3, (7, 8))]
    assert [b.loss for b in found] == pytest.approx([0.25, 0.5, 0.75])
    assert [b.log_probability for b in found] == pytest.approx([-1.25, -2.1, -2.25])


def test_no_branch_ends_the_segment_or_leaves_what_is_given() -> None:
    ends = hypothesis((5, -0.1), second=(0, -0.2), end=-0.1)
    assert branches(0, ends, eos_id=0, limit=9) == []
    # The first token was given: nothing was chosen there.
    given_first = Hypothesis(
        (4, 5), (), (0.0, -0.1), end_log_probability=-0.1, runners_up=(RunnerUp(9, -2.0),) * 2
    )
    found = branches(0, given_first, eos_id=0, limit=9)
    assert [b.prefix for b in found] == [(4, 9), (4, 5, 9)]


def test_the_mean_counts_the_end_of_sentence_unless_a_limit_came_first() -> None:
    whole = hypothesis((5, -1.0), (6, -2.0), second=(9, -3.0), end=-3.0)
    assert Score.of(whole).mean == pytest.approx(-2.0)
    assert Score.of(whole, prefix=-3.0).mean == pytest.approx(-3.0)
    cut = Hypothesis((5, 6), (), (-1.0, -2.0), truncated=True)
    assert Score.of(cut).mean == pytest.approx(-1.5)


@pytest.mark.parametrize(
    ("text", "other"), [("Good day.", "good  day"), ("Why?", "Why!"), ("“No.”", "“no")]
)
def test_some_differences_do_not_count(text: str, other: str) -> None:
    assert same_text(text) == same_text(other)
    assert same_text(text) != same_text(text.replace("o", "0").replace("y", "i"))


def alternatives(text: str, count: int) -> tuple[str, list[str]]:
    model = FakeModel()
    job = TextTranslation(
        "key",
        Binding("yy", model.info, model.tokenizer(LanguagePair("xx", "yy"))),
        Segmenter("en"),
        text,
        count,
    )
    asked = list(filter(None, job.ask()))
    for outcome in run(model, asked):
        job.accept(outcome)
    requests = job.branch_requests()
    assert len(requests) <= 2 * count
    assert len({request.key for request in (*asked, *requests)}) == len(asked) + len(requests)
    for outcome in run(model, requests):
        job.accept_branch(outcome)
    return job.result(alignments=False)[0], list(job.alternatives())


def run(model: FakeModel, requests: list[Request]) -> list[Outcome]:
    engine = Engine({"fake": model})
    for request in requests:
        engine.submit(request)
    return engine.run()


def test_an_alternative_is_the_text_with_one_segment_in_other_words() -> None:
    text, others = alternatives("  We sail. \nThey stay!\n", 3)
    assert text == "  WE SAIL. \nTHEY STAY!\n"
    assert others == [
        "  EW SAIL. \nTHEY STAY!\n",
        "  WE LIAS. \nTHEY STAY!\n",
        "  WE SAIL. \nYEHT STAY!\n",
    ]


@given(st.lists(st.sampled_from(["red ", "boats", ". ", "level ", "! ", "\n", "é ", "😀 "])))
@settings(deadline=None, max_examples=40)
def test_alternatives_differ_from_the_text_and_from_each_other(pieces: list[str]) -> None:
    text, others = alternatives("".join(pieces), 4)
    assert len({same_text(each) for each in (text, *others)}) == 1 + len(others) <= 5
    assert alternatives("".join(pieces), 0) == (text, [])


def test_a_branch_that_fails_fails_the_text() -> None:
    model = FakeModel()
    job = TextTranslation(
        "key",
        Binding("yy", model.info, model.tokenizer(LanguagePair("xx", "yy"))),
        Segmenter("en"),
        "One.",
        1,
    )
    for outcome in run(model, list(filter(None, job.ask()))):
        job.accept(outcome)
    with pytest.raises(DecodingError):
        job.accept_branch(Outcome(job.branch_requests()[0], None, DecodingError("no numbers")))
