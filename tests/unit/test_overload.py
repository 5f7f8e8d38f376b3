"""The engine with more to do than it can: fair, bounded, and nothing lost. Time is the model's."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.unit.driver import one_thread  # noqa: F401
from translator.engine.engine import Engine
from translator.engine.request import Outcome, Priority, Request
from translator.engine.scheduler import SchedulerLimits
from translator.languages.pair import LanguagePair
from translator.models.base import EncoderStates, Prefill, StepOutput
from translator.models.fake import FakeBatch
from translator.testing import FakeClock, FakeModel, fake_translation
from translator.text.detokenizer import detokenize

pytestmark = pytest.mark.unit

PAIR = LanguagePair("xx", "yy")


class TimedModel(FakeModel):
    """Takes as long as a small network on a CPU: rows share most of a step, little of a prefill."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock

    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Prefill:
        self.clock.advance(0.010 + 0.008 * len(targets))
        return super().prefill(encoder_states, targets)

    def new_batch(self) -> "TimedBatch":
        return TimedBatch(self)

    def request(self, name: str, text: str, priority: Priority = Priority.LIVE) -> Request:
        tokens = self.tokenizer(PAIR).encode_source(text).tokens
        return Request((name, "yy"), 1, "fake", tokens, priority=priority)

    def text_of(self, outcome: Outcome) -> str:
        assert outcome.hypothesis is not None
        return detokenize(self.tokenizer(PAIR), outcome.hypothesis.tokens).text


class TimedBatch(FakeBatch):
    def __init__(self, model: TimedModel) -> None:
        super().__init__(model)
        self._clock = model.clock

    def step(self, tokens: Tensor) -> StepOutput:
        self._clock.advance(0.003 + 0.0003 * len(tokens))
        return super().step(tokens)


class Crowd:
    """Keys that ask again as soon as they are answered, each for a text of its own.

    Attributes:
        waits_s: For each key the seconds that each of its answers took.
    """

    def __init__(self, limits: SchedulerLimits | None = None) -> None:
        self.clock = FakeClock()
        self.model = TimedModel(self.clock)
        self.engine = Engine({"fake": self.model}, limits, clock=self.clock)
        self.waits_s: dict[str, list[float]] = {}
        self._asked_s: dict[str, float] = {}

    def ask(self, name: str, num_words: int, priority: Priority = Priority.LIVE) -> None:
        words = " ".join(f"{name}{n}" for n in range(num_words)) + "."
        self._asked_s[name] = self.clock()
        self.engine.submit(self.model.request(name, words, priority))

    def run(self, seconds: float, num_words: dict[str, int]) -> None:
        """Those in ``num_words`` ask all the time, for texts of that length."""
        end_s = self.clock() + seconds
        for name, count in num_words.items():
            self.ask(name, count)
        while self.clock() < end_s:
            for outcome in self.engine.step():
                name = outcome.request.key[0]
                self.waits_s.setdefault(name, []).append(self.clock() - self._asked_s[name])
                if name in num_words:
                    self.ask(name, num_words[name])
            self.engine.check_integrity()


def test_everybody_is_answered_as_often_as_anybody() -> None:
    crowd = Crowd()
    crowd.run(20.0, {f"s{n}": 6 for n in range(60)})
    counts = [len(waits_s) for waits_s in crowd.waits_s.values()]
    assert len(counts) == 60
    assert max(counts) - min(counts) <= 1
    assert max(max(waits_s) for waits_s in crowd.waits_s.values()) < 1.5


def test_a_long_hypothesis_does_not_wait_for_an_admission_at_each_of_its_steps() -> None:
    """Sixty ask all the time; one of them needs thirty steps, the others a few."""
    num_words = {"long": 30} | {f"s{n}": 3 for n in range(59)}
    slowest: dict[float, float] = {}
    for share in (0.0, 0.5):
        crowd = Crowd(SchedulerLimits(decoding_share=share, max_prefill_tokens=60))
        crowd.run(30.0, num_words)
        slowest[share] = max(crowd.waits_s["long"])
    assert slowest[0.5] < 2.0
    assert slowest[0.5] < 0.6 * slowest[0.0]


def test_a_live_request_does_not_wait_for_a_document() -> None:
    crowd = Crowd(SchedulerLimits(max_slots=8))
    for index in range(150):
        crowd.ask(f"doc{index}", 25, Priority.UNARY)
    crowd.run(1.0, {})
    crowd.run(3.0, {"live": 6})
    assert crowd.engine.num_waiting, "the document has ended too early to be in the way"
    assert max(crowd.waits_s["live"]) < 0.2
    assert sum(name.startswith("doc") for name in crowd.waits_s) > 20


@pytest.mark.parametrize("priority", [Priority.LARGE, Priority.BATCH])
def test_a_line_does_not_wait_for_documents(priority: Priority) -> None:
    """Sixty-four rows are full of them when it comes, and a step of all takes 22 ms."""
    crowd = Crowd()
    for index in range(600):
        crowd.ask(f"doc{index}", 25, priority)
    crowd.run(1.0, {})
    before = len(crowd.waits_s)
    for number in range(60):
        crowd.ask(f"line{number}", 12, Priority.UNARY)
        asked_s = crowd.clock()
        while f"line{number}" not in crowd.waits_s:
            crowd.run(0.001, {})
        assert crowd.clock() - asked_s < 0.2
    # Their share of the time is theirs.
    gained = len(crowd.waits_s) - before - 60
    assert gained > (20 if priority is Priority.LARGE else 0)


@pytest.mark.parametrize("priority", [Priority.UNARY, Priority.LARGE, Priority.BATCH])
def test_a_document_gets_through_however_many_speak(priority: Priority) -> None:
    crowd = Crowd()
    for index in range(20):
        crowd.ask(f"doc{index}", 12, priority)
    # Of a batch one request starts in two seconds, whatever others ask for.
    crowd.run(60.0 if priority is Priority.BATCH else 30.0, {f"s{n}": 6 for n in range(100)})
    assert sum(name.startswith("doc") for name in crowd.waits_s) == 20
    # One of the document at each admission costs those who speak little.
    live = [wait_s for name, waits in crowd.waits_s.items() if name[0] == "s" for wait_s in waits]
    assert max(live) < 2.5


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ask", "ask", "ask", "cancel", "step", "step"]),
            st.integers(0, 9),
            st.integers(1, 8),
            st.sampled_from(Priority),
        ),
        max_size=60,
    ),
    st.integers(1, 5),
    st.integers(4, 40),
)
@settings(deadline=None, max_examples=60)
def test_nothing_is_lost_and_nothing_comes_twice(
    actions: list[tuple[str, int, int, Priority]], slots: int, tokens: int
) -> None:
    """Each key gets one outcome for what it asked last, or for what ran when it asked again."""
    clock = FakeClock()
    model = TimedModel(clock)
    limits = SchedulerLimits(max_slots=slots, max_prefill_tokens=tokens)
    engine = Engine({"fake": model}, limits, clock=clock)
    asked: dict[str, list[str]] = {}
    answered: Counter[str] = Counter()

    def step() -> None:
        outcomes = engine.step()
        engine.check_integrity()
        assert engine.num_running <= slots
        for outcome in outcomes:
            name = outcome.request.key[0]
            assert model.text_of(outcome) in map(fake_translation, asked.pop(name))
            answered[name] += 1

    for action, number, num_words, priority in actions:
        name = f"k{number}"
        if action == "step":
            step()
        elif action == "cancel":
            engine.cancel((name, "yy"))
            asked.pop(name, None)
        else:
            # A key keeps its priority.
            priority = Priority(number % len(Priority))
            text = " ".join(f"{name}w{n}" for n in range(num_words)) + "."
            request = model.request(name, text, priority)
            if name not in asked:
                engine.submit(request)
                asked[name] = [text]
            elif engine.replace(request):
                asked[name] = [text]
    for _ in range(1000):
        if not engine.has_work:
            break
        # As its thread does while batch requests rest.
        clock.advance(engine.wait_s)
        step()
    assert not asked
    assert (engine.num_running, engine.num_waiting) == (0, 0)
