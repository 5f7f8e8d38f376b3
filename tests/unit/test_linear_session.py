"""What one message asks of a session is linear in its length, and comes in steps that are bounded.

Steps are counted, not seconds: see ``steps.py``. The engine's own work is not the event loop's.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.driver import make_config, one_thread  # noqa: F401
from tests.unit.steps import Steps
from tests.unit.test_linear import HOSTILE
from translator.session import hypothesis, parting, passthrough, session, tail, track
from translator.session.events import ResumedTarget, ResumeState, SessionLimits, SourceUpdate
from translator.session.session import Session
from translator.testing import FakeClock, FakeModel
from translator.text import case, segmenter, sentences, words

pytestmark = pytest.mark.unit

MODULES = (
    case, segmenter, sentences, words, hypothesis, parting, passthrough, session, tail, track,
)  # fmt: skip
TEXTS = st.sampled_from(HOSTILE) | st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=3).map(
    "".join
)
# Of the larger text that is tried; the other has a quarter of it. Of a tentative tail no more than
# 2,400 code points are looked at.
LENGTHS = {False: 4_096, True: 12_000}


def costs(steps: Steps, text: str, *, tentative: bool) -> list[int]:
    """Steps of each part of the work that an update with ``text`` asks for."""
    limits = SessionLimits(max_pending_segments=10_000)
    config = make_config(FakeModel(), "yy", policy="final-only")
    stream = Session("s", "stream", config, limits, FakeClock())
    update = SourceUpdate(1, "" if tentative else text, text if tentative else "")
    taken = stream.take_source(update)

    def step() -> None:
        next(taken, None)
        stream.next_requests()

    return [steps.of(step) for _ in range(len(text) // 512 + 2)]


@pytest.mark.parametrize("tentative", [False, True])
@given(text=TEXTS)
@settings(deadline=None, max_examples=25, derandomize=True)
def test_a_message_costs_what_its_length_says_in_bounded_steps(text: str, tentative: bool) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        steps = Steps()
        steps.watch(monkeypatch, *MODULES)
        times = LENGTHS[tentative] // (4 * len(text))
        small = costs(steps, text * times, tentative=tentative)
        large = costs(steps, text * (4 * times), tentative=tentative)
    assert sum(large) <= 4.6 * sum(small) + 20_000
    # No step of a longer message is longer than the longest of a shorter one.
    assert max(large) <= 1.5 * max(small) + 20_000


def test_a_long_source_of_a_resume_is_taken_in_steps() -> None:
    """In one it took 0.7 s of every stream's time."""
    model = FakeModel()
    source = "Dr. " * 8_192
    resume = ResumeState({"yy": ResumedTarget(0, 0, 0, source, "tail")})
    stream = Session("s", "stream", make_config(model, "yy"), SessionLimits(), FakeClock(), resume)
    assert stream.report().segments == 0
    steps = sum(1 for _ in stream.take_resumed())
    assert steps == len(source) // 512 - 1
    assert stream.report().segments > 100
    assert sum(1 for _ in stream.take_resumed()) == 0
