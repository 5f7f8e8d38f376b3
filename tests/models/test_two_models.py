"""The embedded models one after the other: Portuguese through English, and into Portuguese again.

No one would want that pair, and no catalog has it; yet both legs are real.
"""

import pytest

from translator.documents.plain import TextTranslation
from translator.engine.engine import Engine
from translator.languages.pair import LanguagePair
from translator.local.driver import settle
from translator.models.marian.recurrent import RecurrentModel
from translator.policy.registry import Latency, PolicyChoice, resolve
from translator.session.events import (
    Binding,
    ResumedTarget,
    ResumeState,
    SessionConfig,
    SessionLimits,
    SourceUpdate,
    TargetEvent,
)
from translator.session.session import Session
from translator.text.segmenter import Segmenter

pytestmark = pytest.mark.model

TALK = (
    "Boa noite e obrigado por terem vindo à biblioteca. O meu nome é Ana e trabalho neste edifício "
    "há vinte anos. Quando comecei, não havia computadores aqui."
)
FINAL_ONLY = PolicyChoice("final-only", {})


class Legs:
    """Both models, and what they need."""

    def __init__(self, pt_en: RecurrentModel, en_pt: RecurrentModel) -> None:
        self.engine = Engine({model.info.name: model for model in (pt_en, en_pt)})
        self.first = Binding("en", pt_en.info, pt_en.tokenizer(LanguagePair("pt", "en")))
        self.second = Binding(
            "pt", en_pt.info, en_pt.tokenizer(LanguagePair("en", "pt")), pivoted=True
        )

    def stream(
        self, words: list[str], policy: PolicyChoice, resume: ResumeState | None = None
    ) -> list[TargetEvent]:
        """The updates of a stream to which each word comes after all was said of those before."""
        config = SessionConfig(
            (self.second,), policy, Segmenter("pt"), alignments=True, pivot=self.first
        )
        session = Session("s", "s", config, SessionLimits(), lambda: 0.0, resume)
        events: list[TargetEvent] = []
        for number, word in enumerate([*words, None], start=1):
            if word is None:
                session.end_source()
            else:
                session.update_source(SourceUpdate(number, word + " "))
            settle(self.engine, [session])
            events += [event for _, event in session.outboxes["pt"].take()]
        assert session.is_done
        return events

    def translate(self, text: str) -> str:
        """The text at once."""
        job = TextTranslation("whole", self.first, Segmenter("pt"), text)
        for leg in (None, self.second):
            for request in filter(None, job.ask() if leg is None else job.go_on(leg)):
                self.engine.submit(request)
            for outcome in self.engine.run():
                job.accept(outcome)
        return job.result(alignments=False)[0]


@pytest.fixture(scope="module")
def legs(pt_en: RecurrentModel, en_pt: RecurrentModel) -> Legs:
    return Legs(pt_en, en_pt)


def text_of(events: list[TargetEvent]) -> str:
    return "".join(event.committed + " " * event.closed for event in events).strip()


def test_final_only_is_the_whole_translation_of_the_whole_translation(legs: Legs) -> None:
    assert text_of(legs.stream(TALK.split(), FINAL_ONLY)) == legs.translate(TALK)


def test_text_is_committed_before_its_sentence_ends_from_source_that_came(legs: Legs) -> None:
    events = legs.stream(TALK.split(), resolve(Latency.BALANCED))
    text = text_of(events)
    for word in ("biblioteca", "Ana", "vinte anos", "computadores"):
        assert word in text
    assert any(event.committed and not event.closed for event in events)
    come = [len(" ".join(TALK.split()[: event.source_sequence])) + 1 for event in events]
    for event, length in zip(events, come, strict=True):
        assert event.source_start + event.source_committed_length <= length
        for aligned in event.alignments:
            assert event.source_start + aligned.source_end <= length
    # The same name in both, by way of the English.
    ana = next(
        TALK[event.source_start + aligned.source_start : event.source_start + aligned.source_end]
        for event in events
        for aligned in event.alignments
        if event.committed and "Ana" in text_in(events, event, aligned.target_start)
    )
    assert ana == "Ana"


def text_in(events: list[TargetEvent], last: TargetEvent, start: int) -> str:
    """The word of a segment's committed text that begins at ``start``."""
    segment = "".join(e.committed for e in events if e.segment_id == last.segment_id)
    return segment[start:].split()[0]


@pytest.mark.parametrize("cut", range(2, 24, 7))
@pytest.mark.thorough
def test_a_stream_cut_anywhere_goes_on_after_its_committed_text(legs: Legs, cut: int) -> None:
    words = TALK.split()
    policy = resolve(Latency.LOW)
    before = [e for e in legs.stream(words, policy) if e.source_sequence <= cut]
    closed = [event for event in before if event.closed]
    start = closed[-1].source_start + closed[-1].source_committed_length if closed else 0
    segment = len(closed)
    committed = "".join(e.committed for e in before if e.segment_id == segment)
    state = ResumeState({"pt": ResumedTarget(segment, 7, start, target_committed=committed)})
    rest = legs.stream((" ".join(words) + " ")[start:].split(), policy, state)
    assert rest[0].segment_id == segment
    assert rest[0].committed_length == len(committed) + len(rest[0].committed)
    assert [e.segment_id for e in rest if e.closed] == list(range(segment, 3))
    last = rest[-1]
    assert last.source_start + last.source_committed_length == len(TALK) + 1
