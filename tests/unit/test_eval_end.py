"""How the end of a sentence is told, and what comes of it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.driver import one_thread  # noqa: F401
from translator.asr.piece import SourcePiece
from translator.catalog.catalog import Served
from translator.errors import ConfigError
from translator.eval import log
from translator.eval.backend import Keep
from translator.eval.data import Sentence, read_sentences
from translator.eval.end import End
from translator.eval.live import LiveReplay
from translator.eval.replay import WORD_S, replay
from translator.eval.run import evaluate_sentences
from translator.eval.summary import summarize
from translator.eval.talk import Arrival, Talk
from translator.languages.pair import LanguagePair
from translator.policy.registry import Latency, PolicyChoice
from translator.session.events import Rests
from translator.testing import FakeModel, fake_translation

pytestmark = pytest.mark.unit

SERVED = Served(FakeModel(), LanguagePair("xx", "yy"))
AGREEMENT = PolicyChoice("local-agreement", {"n": 2})
TEXTS = [
    "Rain!",
    "the buoy is green.",
    "Who rows the small boat today?",
    "Nobody waves. The gulls are quiet.",
]
SENTENCES = [Sentence(index, text, fake_translation(text)) for index, text in enumerate(TEXTS)]


def replayed(end: End, text: str = "the buoy is green.") -> log.Instance:
    (done,) = replay(SERVED, [Sentence(0, text, "")], AGREEMENT, end=end)
    return done


@pytest.mark.parametrize("end", End)
def test_whichever_way_the_end_is_told_all_of_it_is_committed(end: End) -> None:
    done = list(replay(SERVED, SENTENCES, AGREEMENT, end=end))
    assert [instance.prediction for instance in done] == [fake_translation(t) for t in TEXTS]
    assert {instance.end for instance in done} == {end}


def test_an_end_with_the_last_word_is_part_of_its_update() -> None:
    done = replayed(End.WITH_LAST)
    assert [piece.end_of_segment for piece in done.sent] == [False, False, False, True]
    last = done.received[-1]
    assert (last.closed, last.at_s) == (True, pytest.approx(4 * WORD_S))


def test_an_end_with_the_next_word_is_told_when_the_last_has_been_answered() -> None:
    done = replayed(End.NEXT_WORD)
    assert not any(piece.end_of_segment for piece in done.sent)
    answered, closing = done.received[-2:]
    assert (answered.closed, answered.at_s) == (False, pytest.approx(4 * WORD_S))
    assert (closing.closed, closing.at_s) == (True, pytest.approx(5 * WORD_S))


def test_in_a_rest_the_session_commits_by_itself() -> None:
    done = replayed(End.REST)
    closing = done.received[-1]
    assert (closing.closed, closing.at_s) == (True, pytest.approx(4 * WORD_S + Rests().sentence_s))
    # Without a mark it takes longer; and the server finds the ends.
    bare = replayed(End.REST, "the buoy is green").received[-1]
    assert bare.closed
    assert bare.at_s > 4 * WORD_S + Rests().segment_s
    two = replayed(End.REST, "Nobody waves. The gulls are quiet.")
    assert sum(update.closed for update in two.received) == 2


def test_in_a_talk_what_falls_due_between_words_is_done_in_time() -> None:
    words = {1.0: "The", 1.5: " buoy", 2.0: " is", 2.5: " green.", 30.0: " It", 30.5: " rains."}
    arrivals = tuple(Arrival(at_s, SourcePiece(text)) for at_s, text in words.items())
    run = LiveReplay(SERVED, Talk("quay", arrivals), AGREEMENT, timer=lambda: 0.0, silence_s=9.0)
    closed_s = [update.at_s for update in run.run().received if update.closed]
    assert closed_s == pytest.approx([2.5 + Rests().sentence_s, 30.5 + Rests().sentence_s])


def test_a_talk_without_a_silence_at_its_end_ends_with_its_last_word() -> None:
    arrivals = (Arrival(1.0, SourcePiece("The buoy")), Arrival(1.5, SourcePiece(" is green.")))
    done = LiveReplay(SERVED, Talk("quay", arrivals), AGREEMENT, timer=lambda: 0.0).run()
    assert done.received[-1].at_s == 1.5


def test_logs_of_different_ends_are_not_mixed(tmp_path: Path) -> None:
    asked: list[End] = []

    class Counting:
        fingerprint = "a model"

        def sentences(
            self,
            sentences: Sequence[Sentence],
            policy: Latency | PolicyChoice,
            end: End,
            keep: Keep,
        ) -> None:
            asked.append(end)
            for instance in replay(SERVED, sentences, policy, end=end):
                keep(instance)

        def talk(self, *_: object) -> log.Instance:
            raise AssertionError

    file = tmp_path / "log.jsonl"
    for end in (End.WITH_LAST, End.WITH_LAST, End.REST, End.REST, End.WITH_LAST):
        done = evaluate_sentences(file, SENTENCES, AGREEMENT, end, Counting(), lambda _: None)
        assert [instance.end for instance in done] == [end] * len(SENTENCES)
    assert asked == [End.WITH_LAST, End.REST]
    other = Counting()
    other.fingerprint = "another"
    with pytest.raises(ConfigError, match="has what another model said"):
        evaluate_sentences(file, SENTENCES, AGREEMENT, End.WITH_LAST, other, lambda _: None)
    assert len(list(log.read(file))) == 2 * len(SENTENCES)


def test_what_differs_from_the_whole_translation_and_what_is_empty_is_counted() -> None:
    whole = list(replay(SERVED, SENTENCES, PolicyChoice("final-only", {}), end=End.WITH_LAST))
    others = [Sentence(i, "the buoy is red.", "") if i == 1 else s for i, s in enumerate(SENTENCES)]
    done = list(replay(SERVED, others, AGREEMENT))
    summary = summarize(done, whole=whole)
    assert (summary.differs, summary.empty) == (1 / 4, 0)
    assert summarize(whole, whole=whole).differs == 0.0
    assert summarize(done).differs is None


def test_only_short_sentences_are_read_and_a_list_has_items(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    rows = [
        '{"a": "one two three", "b": ["eins", "zwei"]}',
        '{"a": "one two three four", "b": ["drei"]}',
        '{"a": "one", "b": ["vier"]}',
    ]
    file.write_text("\n".join(rows), encoding="utf-8")
    read = read_sentences(file, source_field="a", reference_field="b.0", max_words=3)
    assert read == [Sentence(0, "one two three", "eins"), Sentence(1, "one", "vier")]
    with pytest.raises(ConfigError, match=r"data\.jsonl:1.*'b\.2'"):
        read_sentences(file, source_field="a", reference_field="b.2")
    with pytest.raises(ConfigError, match="no sentences of at most 2 words"):
        read_sentences(file, source_field="a", reference_field="b.0", max_words=2, limit=0)
