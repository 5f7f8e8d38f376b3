"""The engine in its thread: outcomes come on the loop, to whom they are due and to nobody else."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from tests.unit.driver import one_thread  # noqa: F401
from translator.engine.async_engine import AsyncEngine
from translator.engine.engine import Engine, StepRecord
from translator.engine.request import Outcome, Request
from translator.errors import ModelNotFoundError, ServiceError
from translator.languages.pair import LanguagePair
from translator.models.base import EncoderStates
from translator.testing import FakeModel, fake_translation
from translator.text.detokenizer import detokenize

pytestmark = pytest.mark.unit

PAIR = LanguagePair("xx", "yy")


class GatedModel(FakeModel):
    """A model that can be held up inside the engine's thread."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.threads: set[str] = set()

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        self.threads.add(threading.current_thread().name)
        self.entered.set()
        if not self.gate.wait(10):
            raise TimeoutError("the test left the gate closed")
        return super().encode(sources)

    def request(self, text: str, version: int = 1, *, key: str = "s") -> Request:
        tokens = self.tokenizer(PAIR).encode_source(text).tokens
        return Request((key, "yy"), version, "fake", tokens)

    def text_of(self, outcome: Outcome) -> str:
        assert outcome.hypothesis is not None
        return detokenize(self.tokenizer(PAIR), outcome.hypothesis.tokens).text

    async def hold(self, engine: AsyncEngine) -> None:
        """Return when the engine is inside a step that it cannot end."""
        self.gate.clear()
        self.entered.clear()
        engine.submit((self.request("held up", key="holder"),), lambda outcome: None)
        assert await asyncio.to_thread(self.entered.wait, 10)


@pytest.fixture
def model() -> GatedModel:
    return GatedModel()


@pytest_asyncio.fixture
async def engine(model: GatedModel) -> AsyncIterator[AsyncEngine]:
    engine = AsyncEngine(Engine({"fake": model}))
    engine.start()
    yield engine
    model.gate.set()
    await engine.stop()


class Collector:
    """Gathers outcomes and what thread they came in."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.threads: set[str] = set()
        self._arrived = asyncio.Event()

    def __call__(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.threads.add(threading.current_thread().name)
        self._arrived.set()

    async def wait(self, condition: Callable[[], bool] | None = None) -> None:
        async with asyncio.timeout(10):
            while not (self.outcomes if condition is None else condition()):
                self._arrived.clear()
                await self._arrived.wait()

    @property
    def versions(self) -> list[int]:
        return [outcome.request.version for outcome in self.outcomes]


async def settle(engine: AsyncEngine, model: GatedModel) -> None:
    """Wait until all that was filed before has been answered."""
    outcome = await engine.translate(model.request("the last one", key="last"))
    assert outcome.error is None


async def test_the_model_runs_in_the_engines_thread_and_the_outcome_comes_on_the_loop(
    engine: AsyncEngine, model: GatedModel
) -> None:
    collector = Collector()
    engine.submit((model.request("good day."),), collector)
    assert engine.num_in_flight == 1
    await collector.wait()
    assert model.text_of(collector.outcomes[0]) == "GOOD DAY."
    assert collector.threads == {threading.current_thread().name}
    assert model.threads == {"translator-engine"}
    assert engine.num_in_flight == 0


async def test_many_at_once_get_each_its_own(engine: AsyncEngine, model: GatedModel) -> None:
    texts = [f"text {n} has {n * n}." for n in range(50)]
    outcomes = await asyncio.gather(
        *(engine.translate(model.request(text, key=text)) for text in texts)
    )
    assert [model.text_of(outcome) for outcome in outcomes] == list(map(fake_translation, texts))


async def test_a_newer_request_replaces_the_one_that_waits(
    engine: AsyncEngine, model: GatedModel
) -> None:
    await model.hold(engine)
    collector = Collector()
    for version, text in enumerate(["a", "a b", "a b c."], 1):
        engine.submit((model.request(text, version),), collector)
    model.gate.set()
    await collector.wait()
    await settle(engine, model)
    assert collector.versions == [3]
    assert model.text_of(collector.outcomes[0]) == "A B C."


async def test_a_newer_request_is_dropped_while_the_former_runs(
    engine: AsyncEngine, model: GatedModel
) -> None:
    collector = Collector()
    model.gate.clear()
    engine.submit((model.request("a", 1),), collector)
    assert await asyncio.to_thread(model.entered.wait, 10)
    engine.submit((model.request("a b", 2),), collector)
    model.gate.set()
    await collector.wait()
    await settle(engine, model)
    assert collector.versions == [1]


class NamedModel(GatedModel):
    """A gated model of another name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.info = replace(self.info, name=name)

    def request(self, text: str, version: int = 1, *, key: str = "s") -> Request:
        return replace(super().request(text, version, key=key), model=self.info.name)


async def test_models_do_not_wait_for_each_other() -> None:
    held, free = NamedModel("held"), NamedModel("free")
    engine = AsyncEngine(*(Engine({model.info.name: model}) for model in (held, free)))
    engine.start()
    await held.hold(engine)
    outcome = await engine.translate(free.request("good day."))
    assert free.text_of(outcome) == "GOOD DAY."
    assert engine.num_in_flight == 1
    held.gate.set()
    await engine.stop()


async def test_a_key_that_changes_its_model_has_one_outcome_at_a_time() -> None:
    """What is filed while the former model decodes is dropped; the outcome makes the asker ask."""
    former, later = NamedModel("former"), NamedModel("later")
    engine = AsyncEngine(*(Engine({model.info.name: model}) for model in (former, later)))
    engine.start()
    await former.hold(engine)
    collector = Collector()
    engine.submit((former.request("a.", 1),), collector)
    engine.submit((later.request("b.", 2),), collector)
    former.gate.set()
    await settle(engine, later)
    await collector.wait()
    assert collector.versions == [1]
    engine.submit((later.request("b.", 3),), collector)
    await collector.wait(lambda: len(collector.outcomes) == 2)
    assert collector.versions == [1, 3]
    await engine.stop()


async def test_a_request_that_changed_its_model_is_cancelled_wherever_it_is() -> None:
    former, later = NamedModel("former"), NamedModel("later")
    engine = AsyncEngine(*(Engine({model.info.name: model}) for model in (former, later)))
    engine.start()
    await later.hold(engine)
    collector = Collector()
    engine.submit((later.request("a."),), collector)
    engine.cancel(("s", "yy"))
    later.gate.set()
    await settle(engine, later)
    assert collector.outcomes == []
    await engine.stop()


async def test_what_is_cancelled_has_no_outcome(engine: AsyncEngine, model: GatedModel) -> None:
    await model.hold(engine)
    collector = Collector()
    engine.submit((model.request("a"),), collector)
    engine.cancel(("s", "yy"))
    engine.cancel(("s", "yy"))
    engine.cancel(("holder", "yy"))
    assert engine.num_in_flight == 0
    model.gate.set()
    await settle(engine, model)
    assert collector.outcomes == []


@pytest.mark.parametrize("running", [False, True])
async def test_a_key_cancelled_and_filed_again_gets_the_new_outcome_only(
    engine: AsyncEngine, model: GatedModel, running: bool
) -> None:
    old, new = Collector(), Collector()
    if running:
        model.gate.clear()
    else:
        await model.hold(engine)
    engine.submit((model.request("old", 1),), old)
    if running:
        assert await asyncio.to_thread(model.entered.wait, 10)
    engine.cancel(("s", "yy"))
    engine.submit((model.request("new.", 2),), new)
    model.gate.set()
    await new.wait()
    await settle(engine, model)
    assert old.outcomes == []
    assert new.versions == [2]
    assert model.text_of(new.outcomes[0]) == "NEW."


async def test_an_outcome_on_its_way_to_the_loop_does_not_answer_a_later_request(
    model: GatedModel,
) -> None:
    """The engine has finished; the loop has not heard of it; the key is cancelled, filed again."""
    finished = threading.Event()
    inner = Engine({"fake": model}, on_step=lambda r: finished.set() if r.num_finished else None)
    engine = AsyncEngine(inner)
    engine.start()
    old, new = Collector(), Collector()
    engine.submit((model.request("old.", 1),), old)
    assert finished.wait(10)  # the loop is held up meanwhile
    engine.cancel(("s", "yy"))
    engine.submit((model.request("new.", 2),), new)
    await new.wait()
    await settle(engine, model)
    await engine.stop()
    assert old.outcomes == []
    assert new.versions == [2]


async def test_a_wait_that_is_cancelled_cancels_the_request(
    engine: AsyncEngine, model: GatedModel
) -> None:
    await model.hold(engine)
    task = asyncio.create_task(engine.translate(model.request("a b c")))
    await asyncio.sleep(0)
    assert engine.num_in_flight == 2
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.num_in_flight == 1
    model.gate.set()
    await settle(engine, model)
    assert model.num_encoded == 2  # the one that held it up, and the last one


async def test_an_unknown_model_is_told_to_who_asked(
    engine: AsyncEngine, model: GatedModel
) -> None:
    outcome = await engine.translate(Request(("s", "yy"), 1, "other", (1,)))
    assert isinstance(outcome.error, ModelNotFoundError)
    await settle(engine, model)


async def test_a_bug_in_filing_is_the_outcome_of_that_request_only(
    engine: AsyncEngine, model: GatedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "submit", lambda *_: 1 / 0)
        outcome = await engine.translate(model.request("a"))
    assert isinstance(outcome.error, ServiceError)
    await settle(engine, model)


async def test_a_callback_that_fails_harms_no_other(
    engine: AsyncEngine, model: GatedModel, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(outcome: Outcome) -> None:
        raise RuntimeError("a session's bug")

    await model.hold(engine)
    collector = Collector()
    engine.submit((model.request("a.", key="1"),), fail)
    engine.submit((model.request("b.", key="2"),), collector)
    model.gate.set()
    await collector.wait()
    assert model.text_of(collector.outcomes[0]) == "B."
    assert "callback failed" in caplog.text


async def test_the_loop_is_woken_once_for_all_that_has_come(
    engine: AsyncEngine, model: GatedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    call = loop.call_soon_threadsafe
    calls: list[Any] = []

    def counted(function: Callable[..., Any], *arguments: Any) -> asyncio.Handle:
        calls.append(function)
        return call(function, *arguments)

    monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
    taken: list[int] = []
    for number in range(3):
        engine._call_soon(taken.extend, [number])
    assert len(calls) == 1
    # It wakes, and takes them.
    for _ in range(2):
        await asyncio.sleep(0)
    assert taken == [0, 1, 2]
    engine._call_soon(taken.extend, [3])
    assert len(calls) == 2
    for _ in range(2):
        await asyncio.sleep(0)
    assert taken == [0, 1, 2, 3]
    await settle(engine, model)


async def test_what_cannot_be_taken_holds_up_nothing_that_came_with_it(
    engine: AsyncEngine, model: GatedModel
) -> None:
    failed: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context))
    taken: list[int] = []

    def fail(_: list[int]) -> None:
        raise RuntimeError("a bug")

    for function, number in ((taken.extend, 1), (fail, 2), (taken.extend, 3)):
        engine._call_soon(function, [number])
    for _ in range(2):
        await asyncio.sleep(0)
    assert taken == [1, 3]
    assert len(failed) == 1
    await settle(engine, model)


async def test_the_event_loop_goes_on_while_a_step_takes_long(
    engine: AsyncEngine, model: GatedModel
) -> None:
    await model.hold(engine)
    began = time.monotonic()
    engine.submit((model.request("a"),), lambda outcome: None)
    await asyncio.sleep(0)
    # If it waited for the step, it would for ever.
    assert time.monotonic() - began < 20
    model.gate.set()


async def test_stop_ends_the_thread_and_no_outcome_comes_after(model: GatedModel) -> None:
    engine = AsyncEngine(Engine({"fake": model}))
    await engine.stop()  # nothing to stop
    # Other tests of this process may keep engines of their own.
    before = set(threading.enumerate())
    engine.start()
    assert "translator-engine" in {thread.name for thread in set(threading.enumerate()) - before}
    await model.hold(engine)
    collector = Collector()
    engine.submit((model.request("a"),), collector)
    stopping = asyncio.create_task(engine.stop())
    await asyncio.sleep(0)
    model.gate.set()
    await stopping
    await engine.stop()
    assert collector.outcomes == []
    assert engine.num_in_flight == 0
    left = {thread.name for thread in set(threading.enumerate()) - before}
    assert "translator-engine" not in left


async def test_without_work_no_step_is_run(model: GatedModel) -> None:
    records: list[StepRecord] = []
    engine = AsyncEngine(Engine({"fake": model}, on_step=records.append))
    engine.start()
    await engine.translate(model.request("good day to you"))
    steps = len(records)
    before = time.process_time()
    await asyncio.sleep(0.2)
    assert time.process_time() - before < 0.1
    assert len(records) == steps
    await engine.stop()


async def test_an_engine_that_is_removed_does_first_what_it_has() -> None:
    held, free = NamedModel("held"), NamedModel("free")
    engine = AsyncEngine()
    engine.start()
    for model in (held, free):
        engine.add(Engine({model.info.name: model}))
    await held.hold(engine)
    collector, other = Collector(), Collector()
    engine.submit((held.request("a."),), collector)
    removal = asyncio.create_task(engine.remove("held"))
    engine.submit((free.request("b.", key="t"),), other)
    await other.wait()
    assert not removal.done()
    held.gate.set()
    await removal
    await collector.wait()
    assert held.text_of(collector.outcomes[0]) == "A."
    missing = await engine.translate(held.request("c.", key="u"))
    assert isinstance(missing.error, ModelNotFoundError)
    engine.add(Engine({"held": held}))
    assert held.text_of(await engine.translate(held.request("d.", key="u"))) == "D."
    await engine.stop()


async def test_an_engine_whose_work_was_cancelled_ends_too() -> None:
    model = GatedModel()
    engine = AsyncEngine()
    engine.start()
    engine.add(Engine({"fake": model}))
    await model.hold(engine)
    engine.cancel(("holder", "yy"))
    removal = asyncio.create_task(engine.remove("fake"))
    await asyncio.sleep(0)
    model.gate.set()
    await removal
    assert engine.num_in_flight == 0
    assert len(model.threads) == 1
    await engine.stop()
