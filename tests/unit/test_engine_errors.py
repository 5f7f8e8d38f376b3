"""A model that fails: each error has one owner, and the others go on."""

import math
from collections.abc import Sequence

import pytest
from torch import Tensor

from tests.unit.driver import one_thread  # noqa: F401
from tests.unit.engines import drain, fake_request, run, text_of
from tests.unit.hash_model import PAIR
from translator.engine.engine import Engine
from translator.engine.request import Request
from translator.errors import DecodingError, OverloadedError, ServiceError
from translator.models.base import EncoderStates, Prediction, StepOutput
from translator.models.fake import FakeBatch
from translator.testing import FakeModel

pytestmark = pytest.mark.unit


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
