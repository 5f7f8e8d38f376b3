"""A model with several engines: what nobody waits for is shared among them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from queue import SimpleQueue

import pytest

from translator.engine.engine import Engine, num_engines
from translator.engine.request import Outcome, Priority, Request
from translator.engine.threads import EngineThreads
from translator.languages.pair import LanguagePair
from translator.testing import FakeClock, FakeModel, fake_translation
from translator.text.detokenizer import detokenize

pytestmark = pytest.mark.unit

MODEL = FakeModel()
TOKENIZER = MODEL.tokenizer(LanguagePair("xx", "yy"))
NUMBERS = count()


def some(priority: Priority, number: int) -> list[Request]:
    """Requests of a priority, each with a key and a source of its own."""
    texts = (f"the lamp {next(NUMBERS)}" for _ in range(number))
    return [
        Request((text, "yy"), 1, "fake", TOKENIZER.encode_source(text).tokens, priority=priority)
        for text in texts
    ]


class Case:
    """Three engines of a model, of which each says what it has decoded."""

    def __init__(self) -> None:
        self.clock = FakeClock(100.0)
        self.done = [0, 0, 0]
        self.arrived: SimpleQueue[Outcome] = SimpleQueue()
        self.threads = EngineThreads(*map(self._engine, range(3)), clock=self.clock)

    def _engine(self, number: int) -> Engine:
        def note(record: object) -> None:
            self.done[number] += record.num_finished  # type: ignore[attr-defined]

        return Engine({"fake": MODEL}, on_step=note)

    def decoded(self, requests: list[Request]) -> list[int]:
        """How many of these each engine decoded."""
        self.done = [0, 0, 0]
        # They are shared while none has begun.
        self.threads.submit(requests, self.arrived.put)
        outcomes = [self.arrived.get(timeout=10) for _ in requests]
        for outcome in outcomes:
            assert outcome.hypothesis is not None
            said = detokenize(TOKENIZER, outcome.hypothesis.tokens).text
            assert said == fake_translation(outcome.request.key[0])
        assert {o.request.key for o in outcomes} == {r.key for r in requests}
        assert self.threads.num_in_flight == 0
        return self.done


@pytest.fixture
def case() -> Iterator[Case]:
    made = Case()
    made.threads.start()
    yield made
    made.threads.stop()


@pytest.mark.parametrize("priority", [Priority.LARGE, Priority.BATCH])
def test_what_nobody_waits_for_is_shared(case: Case, priority: Priority) -> None:
    assert case.decoded(some(priority, 30)) == [10, 10, 10]


@pytest.mark.parametrize("priority", [Priority.LIVE, Priority.UNARY])
def test_the_first_does_what_somebody_waits_for(case: Case, priority: Priority) -> None:
    assert case.decoded(some(priority, 5)) == [5, 0, 0]


def test_while_somebody_listens_the_first_does_all(case: Case) -> None:
    case.decoded(some(Priority.LIVE, 1))
    case.clock.advance(1.9)
    assert case.decoded(some(Priority.BATCH, 6)) == [6, 0, 0]
    case.clock.advance(0.1)
    assert case.decoded(some(Priority.BATCH, 6)) == [2, 2, 2]


def test_what_is_cancelled_counts_no_more(case: Case) -> None:
    # Not started: all of it waits.
    waiting = Case()
    requests = some(Priority.BATCH, 3)
    waiting.threads.submit(requests, waiting.arrived.put)
    waiting.threads.cancel(requests[0].key)
    waiting.threads.submit([replace(requests[1], version=2)], waiting.arrived.put)
    more = some(Priority.BATCH, 1)
    waiting.threads.submit(more, waiting.arrived.put)
    waiting.threads.start()
    got = [waiting.arrived.get(timeout=10) for _ in range(3)]
    waiting.threads.stop()
    assert {(o.request.key, o.request.version) for o in got} == {
        (requests[1].key, 2),
        (requests[2].key, 1),
        (more[0].key, 1),
    }
    assert waiting.done == [1, 1, 1]


def test_a_model_that_only_one_thread_may_call_has_one_engine() -> None:
    class Parallel(FakeModel):
        is_parallel = True

    assert (num_engines(FakeModel(), 4), num_engines(Parallel(), 4)) == (1, 4)
