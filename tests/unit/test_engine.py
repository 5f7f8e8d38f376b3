"""The engine on models without weights: the same tokens, whatever else happens."""

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tests.unit.driver import one_thread  # noqa: F401
from translator.engine.engine import Engine, StepRecord
from translator.engine.request import Hypothesis, Outcome, Priority, Request, RequestKey
from translator.engine.runner import EncoderCache
from translator.engine.scheduler import SchedulerLimits
from translator.errors import DecodingError, ModelNotFoundError, OverloadedError, ServiceError
from translator.languages.pair import LanguagePair
from translator.models.base import (
    EncoderStates,
    Prediction,
    Prefill,
    StepOutput,
    predict_from_logits,
)
from translator.models.fake import FakeBatch
from translator.models.info import ModelInfo
from translator.testing import FakeClock, FakeModel, FakeTokenizer, fake_translation
from translator.text.detokenizer import detokenize

pytestmark = pytest.mark.unit

PAIR = LanguagePair("xx", "yy")
SENTENCES = ["hello", "good day to you.", "a, b and c!", "one two three four five six", "", "why?"]


# A model whose every token depends on the source and on all tokens before it.


@dataclass(frozen=True)
class HashStates:
    source: tuple[int, ...]

    @property
    def num_tokens(self) -> int:
        return len(self.source)


class HashModel:
    """Token 0 ends a target; each token is a hash of the source and of the target so far."""

    vocabulary_size = 6

    def __init__(self) -> None:
        self.info = ModelInfo(
            "hash", "hash", (PAIR,), supports_alignment=False, max_source_tokens=9
        )
        self.device = torch.device("cpu")
        self.num_steps = 0

    def tokenizer(self, pair: LanguagePair) -> FakeTokenizer:
        return FakeTokenizer()

    def max_target_tokens(self, num_source_tokens: int) -> int:
        return 2 * num_source_tokens + 4

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        return [HashStates(tuple(source)) for source in sources]

    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Prefill:
        longest = max(map(len, targets)) + 1
        hidden = [
            [float(self.next(s, t[:i])) if i <= len(t) else -1.0 for i in range(longest)]
            for s, t in zip(encoder_states, targets, strict=True)
        ]
        return Prefill(torch.tensor(hidden)[..., None], None, [tuple(t) for t in targets])

    def new_batch(self) -> "HashBatch":
        return HashBatch(self)

    def logits(self, hidden: Tensor) -> Tensor:
        logits = torch.zeros(len(hidden), self.vocabulary_size)
        return logits.scatter_(1, hidden.long(), 5.0)

    def predict(
        self,
        hidden: Tensor,
        drafted: Sequence[int] | None = None,
        *,
        probable: bool = True,
        sources: Sequence[EncoderStates] = (),
    ) -> Prediction:
        return predict_from_logits(self.logits(hidden), drafted, probable=probable)

    def next(self, states: EncoderStates, target: Sequence[int]) -> int:
        assert isinstance(states, HashStates)
        return random.Random(repr((states.source, tuple(target)))).randrange(self.vocabulary_size)


class HashBatch:
    def __init__(self, model: HashModel) -> None:
        self._model = model
        self._rows: dict[int, tuple[EncoderStates, list[int]]] = {}

    def load(
        self, row: int, encoder_states: EncoderStates, prefill: Prefill, index: int, position: int
    ) -> None:
        assert isinstance(prefill.states, list)
        self._rows[row] = (encoder_states, list(prefill.states[index][:position]))

    def move(self, row: int, to: int) -> None:
        self._rows[to] = self._rows.pop(row)

    def step(self, tokens: Tensor) -> StepOutput:
        self._model.num_steps += 1
        predicted = []
        for row, token in enumerate(tokens.tolist()):
            states, target = self._rows[row]
            target.append(token)
            predicted.append([float(self._model.next(states, target))])
        return StepOutput(torch.tensor(predicted), None)


def scratch(source: Sequence[int], prefix: Sequence[int] = ()) -> tuple[tuple[int, ...], bool]:
    """What the hash model decodes token by token: tokens, and whether the limit cut them."""
    model = HashModel()
    target = list(prefix)
    limit = model.max_target_tokens(len(source))
    while True:
        token = model.next(HashStates(tuple(source)), target)
        if token == 0:
            return tuple(target), False
        target.append(token)
        if len(target) >= limit:
            return tuple(target), True


# Helpers


def fake_request(model: FakeModel, text: str, *, key: str = "s", draft: str = "") -> Request:
    tokenizer = model.tokenizer(PAIR)
    return Request(
        (key, "yy"), 1, "fake", tokenizer.encode_source(text).tokens,
        draft=tokenizer.encode_target(draft),
    )  # fmt: skip


def run(engine: Engine, *requests: Request) -> dict[RequestKey, Outcome]:
    """Outcomes of requests that arrive together, with the state checked after each step."""
    for request in requests:
        engine.submit(request)
    return {outcome.request.key: outcome for outcome in drain(engine)}


def drain(engine: Engine) -> list[Outcome]:
    outcomes: list[Outcome] = []
    while engine.has_work:
        outcomes += engine.step()
        engine.check_integrity()
    assert (engine.num_running, engine.num_waiting) == (0, 0)
    return outcomes


def hypothesis_of(outcome: Outcome) -> Hypothesis:
    assert outcome.error is None
    assert outcome.hypothesis is not None
    return outcome.hypothesis


def text_of(model: FakeModel, outcome: Outcome) -> str:
    return detokenize(model.tokenizer(PAIR), hypothesis_of(outcome).tokens).text


def hash_engine(slots: int = 64) -> Engine:
    return Engine({"hash": HashModel()}, SchedulerLimits(max_slots=slots))


TOKENS = st.lists(st.integers(1, 5), max_size=6).map(tuple)
SOURCES = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple)


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


# Two forms of a source


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
    # A step advances whatever runs, and something always does.
    for _ in range(sum(2 + len(scratch((token, 1))[0]) for token, _ in jobs)):
        outcomes += engine.step()
    assert not engine.has_work
    said = {o.request.key[0]: hypothesis_of(o).tokens for o in outcomes}
    assert said == {str(n): scratch((token, 1))[0] for n, (token, _) in enumerate(jobs)}


# Replacing and cancelling


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


def long_source() -> tuple[int, ...]:
    """A source that takes several steps."""
    return next((n, n) for n in range(1, 500) if len(scratch((n, n))[0]) >= 5)


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


# Errors have one owner


class FaultyModel(FakeModel):
    """Fails for sources that have a certain word."""

    def __init__(self) -> None:
        super().__init__()
        self.fail_steps = False

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        for source in sources:
            if self._word("crash") in source:
                raise RuntimeError("encoder crashed")
            if self._word("overload") in source:
                raise OverloadedError("no room")
        return super().encode(sources)

    def predict(
        self,
        hidden: Tensor,
        drafted: Sequence[int] | None = None,
        *,
        probable: bool = True,
        sources: Sequence[EncoderStates] = (),
    ) -> Prediction:
        prediction = super().predict(hidden, drafted, probable=probable)
        for row, token in enumerate(prediction.tokens):
            if token in {self._word("NAN"), self._word(" NAN")}:
                prediction.log_probabilities[row] = math.nan
        return prediction

    def new_batch(self) -> FakeBatch:
        batch = super().new_batch()
        step = batch.step

        def failing(tokens: Tensor) -> StepOutput:
            if self.fail_steps:
                raise RuntimeError("step crashed")
            return step(tokens)

        batch.step = failing  # type: ignore[method-assign]
        return batch

    def _word(self, word: str) -> int:
        return self.tokenizer(PAIR).id(word)


@pytest.mark.parametrize("bad", ["nan.", "a b nan c"])  # in the prefill, in a step
def test_scores_that_are_no_numbers_fail_one_request_only(bad: str) -> None:
    model = FaultyModel()
    outcomes = run(
        Engine({"fake": model}),
        *(fake_request(model, t, key=t) for t in ("good day.", bad, "good night to all.")),
    )
    error = outcomes[bad, "yy"].error
    assert isinstance(error, DecodingError)
    assert error.reason == "DECODING_FAILED"
    assert outcomes[bad, "yy"].hypothesis is None
    assert text_of(model, outcomes["good day.", "yy"]) == "GOOD DAY."
    assert text_of(model, outcomes["good night to all.", "yy"]) == "GOOD NIGHT TO ALL."


def test_a_source_that_crashes_the_encoder_fails_alone() -> None:
    model = FaultyModel()
    engine = Engine({"fake": model})
    outcomes = run(
        engine, *(fake_request(model, t, key=t) for t in ("good day.", "crash", "overload", "a b."))
    )
    error = outcomes["crash", "yy"].error
    assert isinstance(error, ServiceError)
    assert "RuntimeError" in error.message
    assert "encoder crashed" not in error.message
    assert isinstance(error.__cause__, RuntimeError)
    assert isinstance(outcomes["overload", "yy"].error, OverloadedError)
    assert text_of(model, outcomes["good day.", "yy"]) == "GOOD DAY."
    assert text_of(model, outcomes["a b.", "yy"]) == "A B."


def test_a_failing_request_leaves_those_that_run_alone() -> None:
    model = FaultyModel()
    engine = Engine({"fake": model})
    engine.submit(fake_request(model, "one two three four.", key="a"))
    engine.step()
    engine.submit(fake_request(model, "crash", key="b"))
    engine.submit(fake_request(model, "x y.", key="c"))
    outcomes = {o.request.key[0]: o for o in drain(engine)}
    assert outcomes["b"].error is not None
    assert text_of(model, outcomes["a"]) == "ONE TWO THREE FOUR."
    assert text_of(model, outcomes["c"]) == "X Y."


def test_a_step_that_crashes_fails_all_that_ran_and_the_engine_goes_on() -> None:
    model = FaultyModel()
    engine = Engine({"fake": model})
    for text in ("a b c.", "d e f."):
        engine.submit(fake_request(model, text, key=text))
    model.fail_steps = True
    outcomes = engine.step()
    engine.check_integrity()
    assert {o.request.key[0] for o in outcomes} == {"a b c.", "d e f."}
    assert all(isinstance(o.error, ServiceError) for o in outcomes)
    assert not engine.has_work
    model.fail_steps = False
    assert text_of(model, run(engine, fake_request(model, "a b c."))["s", "yy"]) == "A B C."


def test_a_request_needs_a_source_token() -> None:
    with pytest.raises(ValueError, match="at least one source token"):
        Request(("s", "yy"), 1, "fake", ())
