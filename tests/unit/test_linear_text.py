"""What a whole text asks of the event loop is linear in its length, and comes in bounded steps.

Steps are counted, not seconds: see ``steps.py``. The engine's own work is not the event loop's.
"""

import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.driver import one_thread  # noqa: F401
from tests.unit.steps import Steps
from tests.unit.test_linear import HOSTILE
from translator.documents import alternatives
from translator.documents import plain as module
from translator.documents.plain import TextTranslation
from translator.engine.engine import Engine
from translator.languages.pair import LanguagePair
from translator.session import hypothesis
from translator.session.events import Binding
from translator.testing import FakeModel
from translator.text import (
    case,
    identifiers,
    protection,
    rewriting,
    segmenter,
    sentences,
    typography,
    words,
)
from translator.text.segmenter import Segmenter, SegmentLimits
from translator.text.words import UNSPACED

pytestmark = pytest.mark.unit

MODULES = (
    *(case, identifiers, protection, rewriting, segmenter, sentences, typography, words),
    # The borders of ``lines.py`` are not among them: a search for the next one goes as far as there
    # is none, each character once.
    *(hypothesis, alternatives, module),
)
T = TypeVar("T")
TEXTS = st.sampled_from(HOSTILE) | st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=3).map(
    "".join
)
LIMITS = SegmentLimits(max_words=8, max_length=60)
LENGTH = 1_600
MAX_ALTERNATIVES = 8


def is_run(text: str) -> bool:
    """Whether a text is one long run without a space, which is found and copied in one step."""
    return len(text.split()) < 2 and re.search(f"[{UNSPACED}]", text) is None


def costs(steps: Steps, text: str) -> tuple[list[int], list[int]]:
    """Steps of each part of the work that the translation of ``text`` asks for.

    The second list is that of the alternatives, each of which is a copy of the whole text.
    """
    model = FakeModel()
    binding = Binding("yy", model.info, model.tokenizer(LanguagePair("xx", "yy")))
    engine = Engine({"fake": model})
    job = TextTranslation("key", binding, Segmenter("en", LIMITS), text, MAX_ALTERNATIVES)
    counted: list[int] = []

    def each(work: Iterator[T]) -> Iterator[T]:
        while True:
            found: list[T] = []
            counted.append(steps.of(partial(found.extend, islice(work, 1))))
            if not found:
                return
            yield found[0]

    for request in filter(None, each(job.ask())):
        engine.submit(request)
    counted += [steps.of(partial(job.accept, outcome)) for outcome in engine.run()]
    for request in job.branch_requests():
        engine.submit(request)
    counted += [steps.of(partial(job.accept_branch, outcome)) for outcome in engine.run()]
    pieces = list(each(job.pieces(alignments=True)))
    assert is_run(text) or len(pieces) >= len(text) // LIMITS.max_length
    in_steps, counted = counted, []
    assert len(list(each(job.alternatives()))) <= MAX_ALTERNATIVES
    return in_steps, counted


@given(text=TEXTS)
@settings(deadline=None, max_examples=25, derandomize=True)
def test_a_text_costs_what_its_length_says_in_bounded_steps(text: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        steps = Steps()
        steps.watch(monkeypatch, *MODULES)
        times = LENGTH // (4 * len(text))
        small, small_whole = costs(steps, text * times)
        large, large_whole = costs(steps, text * (4 * times))
    assert sum(large) <= 4.3 * sum(small) + 2_000
    assert sum(large_whole) <= 4.3 * sum(small_whole) + 2_000
    # No step of a longer text is longer than the longest of a shorter one.
    assert max(large) <= 1.2 * max(small) + 500


@pytest.mark.parametrize("text", ["word {a} ", "{a} ", "Say {a}. ", "“q” – {a} £5 ", "%1 A1B2 ★ "])
def test_many_placeholders_cost_what_their_number_says(text: str) -> None:
    """Seen with 50,000 of them: 1 to 22 s of the processor, four times as much as 12,500."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        steps = Steps()
        steps.watch(monkeypatch, *MODULES)
        small, _ = costs(steps, text * 40)
        large, _ = costs(steps, text * 160)
    assert sum(large) <= 4.3 * sum(small) + 2_000
    assert max(large) <= 1.2 * max(small) + 500
