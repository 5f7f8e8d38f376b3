"""Requests whose source has two forms: the more probable translation answers, once."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.driver import one_thread  # noqa: F401
from tests.unit.engines import SOURCES, drain, hash_engine, hypothesis_of, run
from tests.unit.hash_model import HashModel, scratch
from translator.engine.engine import Engine
from translator.engine.request import Priority, Request
from translator.errors import ServiceError
from translator.models.base import EncoderStates

pytestmark = pytest.mark.unit


def better(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[tuple[int, ...], bool]:
    """What the hash model finds more probable, and whether it is of the second form.

    All its tokens are as probable, so the shorter one is; a whole one is better than one cut short.
    """
    (tokens, is_cut), (other, other_is_cut) = scratch(first), scratch(second)
    is_second = len(other) < len(tokens) if is_cut == other_is_cut else is_cut
    return (other, True) if is_second else (tokens, False)


@given(
    st.lists(st.tuples(SOURCES, st.none() | SOURCES, st.booleans()), min_size=1, max_size=6),
    st.integers(2, 4),
    st.sampled_from(Priority),
    st.data(),
)
def test_of_two_forms_the_more_probable_answers_once(
    jobs: list[tuple[tuple[int, ...], tuple[int, ...] | None, bool]],
    slots: int,
    priority: Priority,
    data: st.DataObject,
) -> None:
    engine = hash_engine(slots)
    for number, (source, second, _) in enumerate(jobs):
        engine.submit(
            Request(
                (str(number), "yy"),
                number,
                "hash",
                source,
                priority=priority,
                second_source=second or (),
            )
        )
    outcomes = []
    for _ in range(data.draw(st.integers(0, 4))):
        outcomes += engine.step()
        engine.check_integrity()
    answered = {outcome.request.version for outcome in outcomes}
    cancelled = {n for n, (_, _, is_cancelled) in enumerate(jobs) if is_cancelled} - answered
    for number in cancelled:
        engine.cancel((str(number), "yy"))
        engine.check_integrity()
    outcomes += drain(engine)
    assert sorted(o.request.version for o in outcomes) == sorted(set(range(len(jobs))) - cancelled)
    for outcome in outcomes:
        source, second, _ = jobs[outcome.request.version]
        hypothesis = hypothesis_of(outcome)
        expected = (scratch(source)[0], False) if second is None else better(source, second)
        assert (hypothesis.tokens, hypothesis.is_of_second) == expected
        # As it was asked.
        assert outcome.request.second_source == (second or ())


def test_of_two_forms_one_that_fails_leaves_the_other() -> None:
    class Partly(HashModel):
        def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
            if any(5 in source for source in sources):
                raise RuntimeError("no five")
            return super().encode(sources)

    engine = Engine({"hash": Partly()})
    outcomes = run(
        engine,
        Request(("first", "yy"), 1, "hash", (5,), second_source=(1, 2)),
        Request(("second", "yy"), 1, "hash", (1, 2), second_source=(5,)),
        Request(("both", "yy"), 1, "hash", (5,), second_source=(5, 5)),
    )
    assert hypothesis_of(outcomes["first", "yy"]).is_of_second
    assert not hypothesis_of(outcomes["second", "yy"]).is_of_second
    assert isinstance(outcomes["both", "yy"].error, ServiceError)


def test_a_newer_request_takes_the_place_of_one_with_two_forms() -> None:
    engine = hash_engine()
    engine.submit(Request(("s", "yy"), 1, "hash", (1,), second_source=(2,)))
    assert engine.replace(Request(("s", "yy"), 2, "hash", (3,)))
    (outcome,) = drain(engine)
    assert (outcome.request.version, hypothesis_of(outcome).tokens) == (2, scratch((3,))[0])


def test_where_there_is_one_slot_the_first_form_answers() -> None:
    request = Request(("s", "yy"), 1, "hash", (1,), second_source=(2,))
    outcome = run(hash_engine(slots=1), request)["s", "yy"]
    assert hypothesis_of(outcome).tokens == scratch((1,))[0]


@given(SOURCES, SOURCES)
def test_the_second_form_may_have_a_lead(source: tuple[int, ...], second: tuple[int, ...]) -> None:
    is_cut, other_is_cut = scratch(source)[1], scratch(second)[1]
    for lead, is_second in ((1e6, not other_is_cut or is_cut), (-1e6, is_cut and not other_is_cut)):
        engine = hash_engine(2)
        engine.submit(
            Request(("0", "yy"), 0, "hash", source, second_source=second, second_lead=lead)
        )
        (outcome,) = drain(engine)
        assert hypothesis_of(outcome).is_of_second == is_second
