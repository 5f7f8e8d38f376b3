"""What the embedded model makes of speech without punctuation, and of odd source."""

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from translator.engine.engine import Engine
from translator.languages.pair import LanguagePair
from translator.local.driver import settle
from translator.models.base import Seq2SeqModel
from translator.models.embedded import embedded_models
from translator.models.marian.loading import load_marian_folder
from translator.policy.registry import Latency, PolicyChoice, resolve
from translator.session.events import Binding, SessionConfig, SessionLimits, SourceUpdate
from translator.session.session import Session
from translator.text.segmenter import Segmenter

pytestmark = pytest.mark.model

EN_PT = LanguagePair("en", "pt")

TALK = (
    "good evening and thank you all for coming to the library tonight my name is anna and i have "
    "worked in this building for twenty years when i started there were no computers here at all "
    "and every book had a small card on which we wrote the name of the reader and the day it had "
    "to come back people often ask me whether i miss those cards and i tell them that i do not "
    "because now we know at once which books are on the shelf"
)


@pytest.fixture(scope="module")
def en_pt() -> Seq2SeqModel:
    """In eight bits, as it is served where the processor can."""
    return load_marian_folder(dict(embedded_models())[EN_PT], pair=EN_PT, precision="int8")


@dataclass
class Heard:
    """What a reader has in the end: the text of each segment, and its source."""

    texts: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        return " ".join(self.texts).split()


def hear(model: Seq2SeqModel, words: Iterable[str], policy: PolicyChoice | None = None) -> Heard:
    """Stream words into a session, each translated before the next."""
    binding = Binding("pt", model.info, model.tokenizer(EN_PT))
    config = SessionConfig((binding,), policy or resolve(Latency.BALANCED), Segmenter("en"))
    session = Session("s", "s", config, SessionLimits(), lambda: 0.0)
    engine = Engine({model.info.name: model})
    heard, source, text = Heard(), "", ""
    for number, word in enumerate([*words, None], start=1):
        if word is None:
            session.end_source()
        else:
            source += word + " "
            session.update_source(SourceUpdate(number, word + " "))
        settle(engine, [session])
        for _, event in session.outboxes["pt"].take():
            text += event.committed
            if event.closed:
                end = event.source_start + event.source_committed_length
                heard.texts.append(text)
                heard.sources.append(source[event.source_start : end])
                text = ""
    assert session.is_done
    heard.warnings = [warned.reason for warned in session.warnings]
    return heard


def test_speech_without_punctuation_is_cut_into_parts_of_one_text(en_pt: Seq2SeqModel) -> None:
    heard = hear(en_pt, TALK.split())
    assert "".join(heard.sources).split() == TALK.split()
    assert len(heard.texts) >= 3
    assert max(len(source.split()) for source in heard.sources) < 64
    # No full stop is invented at a cut, and the model goes on in the middle of a sentence.
    assert not any(text.endswith(".") for text in heard.texts[:-1])
    assert sum(text[:1].islower() for text in heard.texts[1:]) >= len(heard.texts[1:]) / 2
    assert 0.7 < len(heard.words) / len(TALK.split()) < 1.3
    for word in ("biblioteca", "Anna", "vinte", "computadores", "prateleira"):
        assert Counter(w.strip(",.").lower() for w in heard.words)[word.lower()] == 1


@pytest.mark.parametrize(
    "words",
    [
        ["thank", "you", "very", "much"],
        ["you"],
        ["one", "two", "three", "four", "five"],
        ["3", "17", "250", "1999"],
        ["and", "then", "ela", "disse", "que", "não", "but", "we", "stayed"],
        ["-"],
        ["\u00e9"],
    ],
)
def test_what_repeats_stays_in_bounds(en_pt: Seq2SeqModel, words: list[str]) -> None:
    said = list(itertools.islice(itertools.cycle(words), 60))
    heard = hear(en_pt, said)
    assert " ".join(heard.sources).split() == said
    assert len(heard.words) <= 3 * len(said)
    assert all("\ufffd" not in text for text in heard.texts)
    assert heard.warnings == []
