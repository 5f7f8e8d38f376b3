"""Engines run step by step, without threads."""

from hypothesis import strategies as st

from tests.unit.driver import one_thread  # noqa: F401
from tests.unit.hash_model import PAIR, HashModel
from translator.engine.engine import Engine
from translator.engine.request import Hypothesis, Outcome, Request, RequestKey
from translator.engine.scheduler import SchedulerLimits
from translator.testing import FakeModel
from translator.text.detokenizer import detokenize

__all__ = [
    "SOURCES",
    "TOKENS",
    "drain",
    "fake_request",
    "hash_engine",
    "hypothesis_of",
    "run",
    "text_of",
]

# Sources and targets of the hash model.
TOKENS = st.lists(st.integers(1, 5), max_size=6).map(tuple)
SOURCES = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple)


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
