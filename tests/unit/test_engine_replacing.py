"""Requests that are replaced or cancelled while they wait or run."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.driver import one_thread  # noqa: F401
from tests.unit.engines import SOURCES, TOKENS, drain, hash_engine, hypothesis_of
from tests.unit.hash_model import long_source, scratch
from translator.engine.request import Outcome, Priority, Request, RequestKey

pytestmark = pytest.mark.unit


def test_a_newer_request_replaces_the_one_that_waits() -> None:
    engine = hash_engine(slots=1)
    engine.submit(Request(("a", "yy"), 1, "hash", long_source()))
    engine.submit(Request(("b", "yy"), 1, "hash", (1,)))
    engine.step()
    assert engine.replace(Request(("b", "yy"), 2, "hash", (2, 3)))
    outcomes = drain(engine)
    assert [(o.request.key[0], o.request.version) for o in outcomes] == [("a", 1), ("b", 2)]
    assert hypothesis_of(outcomes[1]).tokens == scratch((2, 3))[0]


def test_a_request_that_runs_is_not_replaced() -> None:
    engine = hash_engine()
    engine.submit(Request(("a", "yy"), 1, "hash", long_source()))
    engine.step()
    assert engine.num_running == 1
    assert not engine.replace(Request(("a", "yy"), 2, "hash", (2,)))
    assert [o.request.version for o in drain(engine)] == [1]


def test_a_cancelled_request_frees_its_slot_at_once_and_has_no_outcome() -> None:
    engine = hash_engine(slots=1)
    engine.submit(Request(("a", "yy"), 1, "hash", long_source()))
    engine.submit(Request(("b", "yy"), 1, "hash", (1,)))
    engine.step()
    engine.cancel(("a", "yy"))
    engine.check_integrity()
    assert engine.num_running == 0
    assert [o.request.key[0] for o in drain(engine)] == ["b"]


def test_a_cancelled_request_leaves_the_rows_of_others_as_they_are() -> None:
    sources = [source for n in range(1, 500) if len(scratch(source := (n, 1))[0]) >= 4][:4]
    for cancelled in range(4):
        engine = hash_engine()
        for number, source in enumerate(sources):
            engine.submit(Request((str(number), "yy"), number, "hash", source))
        engine.step()
        engine.cancel((str(cancelled), "yy"))
        engine.check_integrity()
        outcomes = drain(engine)
        assert {o.request.version for o in outcomes} == {0, 1, 2, 3} - {cancelled}
        for outcome in outcomes:
            assert hypothesis_of(outcome).tokens == scratch(sources[outcome.request.version])[0]


def test_cancelling_what_is_not_there_does_nothing() -> None:
    engine = hash_engine()
    engine.cancel(("a", "yy"))
    engine.submit(Request(("a", "yy"), 1, "hash", (1,)))
    engine.cancel(("a", "yy"))
    assert not engine.has_work


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("file"), st.integers(0, 4), SOURCES, TOKENS, st.sampled_from(Priority)),
        st.tuples(st.just("cancel"), st.integers(0, 4)),
        st.tuples(st.just("step"), st.integers(1, 4)),
    ),
    max_size=30,
)


@given(ACTIONS, st.integers(1, 3))
def test_any_schedule_gives_every_request_its_own_tokens(
    actions: list[tuple[Any, ...]], slots: int
) -> None:
    engine = hash_engine(slots)
    due: dict[RequestKey, Request] = {}

    def check(outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            request = due.pop(outcome.request.key)
            # A heavy one that waited stays heavy when a live one replaces it.
            filed = replace(outcome.request, priority=request.priority, scored=request.scored)
            assert filed == request
            tokens, _ = scratch(request.source, request.target_prefix)
            assert hypothesis_of(outcome).tokens == tokens

    for version, (action, number, *rest) in enumerate(actions):
        key = (str(number), "yy")
        if action == "file":
            source, draft, priority = rest
            request = Request(key, version, "hash", source, draft=draft, priority=priority)
            if key not in due:
                engine.submit(request)
                due[key] = request
            elif engine.replace(request):
                due[key] = request
        elif action == "cancel":
            engine.cancel(key)
            due.pop(key, None)
        else:
            for _ in range(number):
                check(engine.step())
                engine.check_integrity()
        engine.check_integrity()
        assert engine.num_waiting + engine.num_running == len(due)
    check(drain(engine))
    assert not due
