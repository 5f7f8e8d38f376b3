"""The engine on models without weights: the same tokens, whatever else happens."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.driver import one_thread  # noqa: F401
from tests.unit.engines import (
    SOURCES,
    TOKENS,
    drain,
    fake_request,
    hash_engine,
    hypothesis_of,
    run,
    text_of,
)
from tests.unit.hash_model import PAIR, HashModel, HashStates, scratch
from translator.engine.engine import Engine, StepRecord
from translator.engine.request import Outcome, Priority, Request
from translator.engine.runner import EncoderCache
from translator.engine.scheduler import SchedulerLimits
from translator.errors import ModelNotFoundError
from translator.models.base import predict_from_logits
from translator.testing import FakeClock, FakeModel, fake_translation

pytestmark = pytest.mark.unit

SENTENCES = ["hello", "good day to you.", "a, b and c!", "one two three four five six", "", "why?"]


# The same tokens


@pytest.mark.parametrize("num_requests", [1, 5])
def test_a_step_looks_for_all_runners_up_at_once(
    num_requests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = FakeModel()
    rows: list[int] = []
    logits = model.logits

    def counted(hidden: torch.Tensor) -> torch.Tensor:
        rows.append(len(hidden))
        return logits(hidden)

    monkeypatch.setattr(model, "logits", counted)
    monkeypatch.setattr(
        model,
        "predict",
        lambda hidden, drafted=None, **_: predict_from_logits(
            logits(hidden), drafted, probable=True
        ),
    )
    source = model.tokenizer(PAIR).encode_source("a b c.").tokens
    run(
        Engine({"fake": model}),
        *(
            Request((str(n), "yy"), 1, "fake", source, priority=Priority.UNARY, runners_up=True)
            for n in range(num_requests)
        ),
    )
    # Four tokens and the end.
    assert rows == [num_requests] * 5


@pytest.mark.parametrize("text", SENTENCES)
def test_a_request_is_translated_as_the_model_says(text: str) -> None:
    model = FakeModel()
    outcomes = run(Engine({"fake": model}), fake_request(model, text))
    assert text_of(model, outcomes["s", "yy"]) == fake_translation(text)


def test_alignment_names_a_source_token_for_each_target_token() -> None:
    model = FakeModel()
    hypothesis = hypothesis_of(
        run(Engine({"fake": model}), fake_request(model, "a b c."))["s", "yy"]
    )
    assert hypothesis.alignment == (0, 1, 2, 3)
    assert len(hypothesis.log_probabilities) == len(hypothesis.tokens)
    assert all(value < 0 for value in hypothesis.log_probabilities)


@given(st.lists(st.tuples(SOURCES, TOKENS, TOKENS), min_size=1, max_size=8), st.integers(1, 4))
def test_batched_is_alone_with_any_prefix_and_any_draft(
    jobs: list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]], slots: int
) -> None:
    outcomes = run(
        hash_engine(slots),
        *(
            Request((str(number), "yy"), 1, "hash", source, prefix, draft)
            for number, (source, prefix, draft) in enumerate(jobs)
        ),
    )
    for number, (source, prefix, _) in enumerate(jobs):
        hypothesis = hypothesis_of(outcomes[str(number), "yy"])
        assert (hypothesis.tokens, hypothesis.truncated) == scratch(source, prefix)


@given(
    st.lists(SOURCES, min_size=2, max_size=6),
    st.lists(st.integers(0, 4), min_size=6, max_size=6),
    st.randoms(use_true_random=False),
)
def test_any_order_and_time_of_arrival_is_the_same(
    sources: list[tuple[int, ...]], pauses: list[int], shuffle: random.Random
) -> None:
    requests = [Request((str(n), "yy"), n, "hash", s) for n, s in enumerate(sources)]
    shuffle.shuffle(requests)
    engine = hash_engine(slots=3)
    outcomes = []
    for request, pause in zip(requests, pauses, strict=False):
        engine.submit(request)
        for _ in range(pause):
            outcomes += engine.step()
            engine.check_integrity()
    outcomes += drain(engine)
    assert len(outcomes) == len(sources)
    for outcome in outcomes:
        assert hypothesis_of(outcome).tokens == scratch(sources[outcome.request.version])[0]


@given(SOURCES, TOKENS, st.integers(0, 20), TOKENS)
def test_a_draft_changes_no_token_and_saves_a_step_for_each_that_is_right(
    source: tuple[int, ...], prefix: tuple[int, ...], right: int, wrong: tuple[int, ...]
) -> None:
    tokens, truncated = scratch(source, prefix)
    draft = tokens[len(prefix) :][:right] + wrong
    request = Request(("s", "yy"), 1, "hash", source, prefix, draft)
    outcome = run(hash_engine(), request)["s", "yy"]
    assert hypothesis_of(outcome).tokens == tokens
    from_scratch = len(tokens) - len(prefix) + (not truncated)
    assert outcome.timing.steps_run + outcome.timing.steps_saved == max(
        from_scratch, outcome.timing.steps_run
    )
    agreed = 0
    while agreed < min(len(draft), len(tokens) - len(prefix)) and (
        draft[agreed] == tokens[len(prefix) + agreed]
    ):
        agreed += 1
    if not truncated:
        assert outcome.timing.steps_saved == agreed


def test_a_right_draft_takes_one_pass() -> None:
    model = FakeModel()
    request = fake_request(model, "one two three.", draft=fake_translation("one two three."))
    outcome = run(Engine({"fake": model}), request)["s", "yy"]
    assert text_of(model, outcome) == "ONE TWO THREE."
    assert (model.num_prefills, model.num_steps) == (1, 0)
    assert (outcome.timing.steps_run, outcome.timing.steps_saved) == (1, 4)


def test_the_target_prefix_is_kept_even_against_the_model() -> None:
    hypothesis = hypothesis_of(
        run(hash_engine(), Request(("s", "yy"), 1, "hash", (1,), (5, 5, 5)))["s", "yy"]
    )
    assert hypothesis.tokens[:3] == (5, 5, 5)
    assert hypothesis.log_probabilities[:3] == (0.0, 0.0, 0.0)


# Limits


def test_the_length_limit_truncates() -> None:
    source = next((n,) for n in range(1, 500) if scratch((n,))[1])
    hypothesis = hypothesis_of(
        run(hash_engine(), Request(("s", "yy"), 1, "hash", source))["s", "yy"]
    )
    assert hypothesis.truncated
    assert len(hypothesis.tokens) == HashModel().max_target_tokens(1)


def test_a_prefix_beyond_the_length_limit_gets_one_token_at_most() -> None:
    prefix = (1, 2, 3, 4, 5, 1, 2, 3)
    hypothesis = hypothesis_of(
        run(hash_engine(), Request(("s", "yy"), 1, "hash", (1,), prefix))["s", "yy"]
    )
    assert hypothesis.tokens[:8] == prefix
    assert len(hypothesis.tokens) <= 9


def test_a_source_known_already_is_not_encoded_again() -> None:
    model = FakeModel()
    engine = Engine({"fake": model})
    run(engine, fake_request(model, "a b", key="1"), fake_request(model, "a b", key="2"))
    assert model.num_encoded == 1
    run(engine, fake_request(model, "a b", key="3"), fake_request(model, "a c", key="4"))
    assert model.num_encoded == 2


def test_the_encoder_cache_keeps_within_its_tokens_and_drops_what_was_used_least_recently() -> None:
    cache = EncoderCache(max_tokens=6)
    for source in ((1, 1), (2, 2), (3, 3)):
        cache.put(source, HashStates(source))
    assert cache.get((1, 1)) is not None
    cache.put((4, 4), HashStates((4, 4)))
    assert cache.get((2, 2)) is None
    assert cache.get((1, 1)) is not None
    assert cache.num_tokens == 6
    long = (5,) * 50
    cache.put(long, HashStates(long))
    assert cache.get(long) is not None
    assert cache.num_tokens == 50
    cache.put((1, 1), HashStates((1, 1)))
    assert cache.num_tokens == 2


def test_no_more_run_than_there_are_slots() -> None:
    records: list[StepRecord] = []
    model = FakeModel()
    engine = Engine({"fake": model}, SchedulerLimits(max_slots=2), on_step=records.append)
    run(engine, *(fake_request(model, "a b c.", key=str(n)) for n in range(5)))
    assert max(record.num_running for record in records) == 2
    assert sum(record.num_finished for record in records) == 5
    assert records[0].num_waiting == 3


def test_live_requests_start_before_those_that_came_earlier_with_less_priority() -> None:
    model = FakeModel()
    engine = Engine({"fake": model}, SchedulerLimits(max_slots=1))
    source = model.tokenizer(PAIR).encode_source("a").tokens
    for name, priority in (("b", Priority.BATCH), ("u", Priority.UNARY), ("l", Priority.LIVE)):
        engine.submit(Request((name, "yy"), 1, "fake", source, priority=priority))
    assert [outcome.request.key[0] for outcome in drain(engine)] == ["l", "u", "b"]


def test_a_batch_stands_still_between_words_until_the_next_one() -> None:
    ticks, model = itertools.count(), FakeModel()
    engine = Engine({"fake": model}, clock=lambda: 1e-3 * next(ticks))
    run(engine, fake_request(model, "a word."))
    for text in ("one two three four.", "five six seven eight."):
        request = fake_request(model, text, key=text)
        engine.submit(replace(request, priority=Priority.BATCH))
    engine.step()
    assert 0 < engine.wait_s <= 0.25
    assert (engine.step(), engine.num_running) == ([], 2)
    engine.submit(fake_request(model, "another.", key="other"))
    assert engine.wait_s == 0
    assert next(outcome.request.key[0] for outcome in drain(engine)) == "other"


def test_models_have_lanes_of_their_own() -> None:
    fake = FakeModel()
    engine = Engine({"fake": fake, "hash": HashModel()})
    outcomes = run(engine, fake_request(fake, "a b."), Request(("h", "yy"), 1, "hash", (3, 1)))
    assert text_of(fake, outcomes["s", "yy"]) == "A B."
    assert hypothesis_of(outcomes["h", "yy"]).tokens == scratch((3, 1))[0]
    with pytest.raises(ModelNotFoundError, match="'other'"):
        engine.submit(Request(("s", "yy"), 1, "other", (1,)))


def test_times_are_the_clocks() -> None:
    clock = FakeClock()
    model = FakeModel()
    engine = Engine({"fake": model}, clock=clock)
    engine.submit(fake_request(model, "a."))
    clock.advance(2)
    engine.step()
    clock.advance(3)
    (outcome,) = drain(engine)
    assert (outcome.timing.queue_ms, outcome.timing.encode_ms, outcome.timing.decode_ms) == (
        2000, 0, 3000,
    )  # fmt: skip


class JumpingClock:
    """Time goes on as far as it likes with each look, or back."""

    def __init__(self, jumps: Sequence[float]) -> None:
        self._jumps = itertools.cycle(jumps)
        self._now = 0.0

    def __call__(self) -> float:
        self._now += next(self._jumps)
        return self._now


jump = st.one_of(st.floats(-1e9, 1e9), st.floats(-1.0, 1.0))


# Heavy ones wait on purpose; see test_scheduler.py.
PROMPT = [priority for priority in Priority if priority is not Priority.HEAVY]


@given(
    st.lists(jump, min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(1, 99), st.sampled_from(PROMPT)), min_size=1, max_size=12),
)
def test_a_clock_that_jumps_delays_nobody_for_ever_and_changes_nothing(
    jumps: list[float], jobs: list[tuple[int, Priority]]
) -> None:
    limits = SchedulerLimits(max_slots=3, max_prefill_tokens=8)
    engine = Engine({"hash": HashModel()}, limits, clock=JumpingClock(jumps))
    for name, (token, priority) in enumerate(jobs):
        engine.submit(Request((str(name), "yy"), 1, "hash", (token, 1), priority=priority))
    outcomes: list[Outcome] = []
    # A step advances something, but that batch requests rest and stand still meanwhile.
    for _ in range(20 * sum(2 + len(scratch((token, 1))[0]) for token, _ in jobs)):
        outcomes += engine.step()
    assert not engine.has_work
    said = {o.request.key[0]: hypothesis_of(o).tokens for o in outcomes}
    assert said == {str(n): scratch((token, 1))[0] for n, (token, _) in enumerate(jobs)}
