"""A talk in one session on a clock of media time, and its long-form scores."""

import dataclasses
import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omnisteval.alignment import Word, align_sequences

from tests.unit.driver import one_thread  # noqa: F401
from translator.asr.piece import SourcePiece
from translator.catalog.catalog import Served
from translator.errors import ConfigError
from translator.eval import log
from translator.eval.latency import source_lags_s
from translator.eval.live import LiveReplay
from translator.eval.longform import aligned, resegmented
from translator.eval.run import evaluate_talk, whole_sentences
from translator.eval.summary import summarize
from translator.eval.talk import Arrival, Reference, Talk, read_references, read_words, windows
from translator.eval.updates import Received, Sent
from translator.languages.pair import LanguagePair
from translator.policy.registry import Latency, PolicyChoice, resolve
from translator.testing import FakeModel, fake_translation

pytestmark = pytest.mark.unit

SENTENCES = [
    "The ferry leaves at dawn.",
    "Nobody on the quay waves, and the gulls are quiet.",
    "Who counts the lamps tonight?",
    "Three crates of lemons went to the wrong island.",
    "They came back on Friday.",
]


def served() -> Served:
    return Served(FakeModel(), LanguagePair("xx", "yy"))


def policy(name: str = "local-agreement", **parameters: float) -> PolicyChoice:
    return resolve(PolicyChoice(name, parameters))


def talk(step_s: float = 0.5) -> Talk:
    """A word every so many seconds; references that are nearly what the fake model says."""
    arrivals: list[Arrival] = []
    references: list[Reference] = []
    now_s = 1.0
    for sentence in SENTENCES:
        start_s = now_s
        for word in sentence.split():
            text = f" {word}" if arrivals else word
            piece = SourcePiece(text, start_s=now_s, end_s=now_s + step_s)
            now_s += step_s
            arrivals.append(Arrival(now_s, piece))
        target = fake_translation(sentence.replace("the", "a"))
        references.append(Reference(target, start_s, now_s, sentence))
    return Talk("quay", tuple(arrivals), tuple(references))


def ticking(step_s: float) -> Callable[[], float]:
    """A timer for which every stretch of computation takes so long."""
    times = itertools.count()
    return lambda: next(times) * step_s


def replayed(given: Talk, computation_s: float = 0.0, **parameters: Any) -> log.Instance:
    return LiveReplay(served(), given, policy(**parameters), timer=ticking(computation_s)).run()


def test_a_talk_is_one_session_and_its_times_are_media_time() -> None:
    done = replayed(talk(), n=2)
    assert done.prediction == " ".join(map(fake_translation, SENTENCES))
    assert done.timed
    assert done.report.segments == len(SENTENCES)
    assert len(done.delays) == len(done.prediction.split())
    # "FERRY" is agreed on when the second word after it has come, at 1 s + 4 words.
    assert done.delays[:2] == (2500.0, 3000.0)
    # Computation takes no time here.
    assert done.elapsed == done.delays
    assert done.source_length == 1e3 * talk().arrivals[-1].at_s
    assert (done.received[0].at_s, done.received[0].draft) == (1.5, "THE~")


def test_computation_delays_what_is_committed_but_not_the_source_it_needs() -> None:
    ideal, real = replayed(talk(), n=2), replayed(talk(), 0.1, n=2)
    assert real.delays == ideal.delays
    late = [e - d for e, d in zip(real.elapsed, real.delays, strict=True)]
    # A request takes a stretch, and so does what the session does before it. What was known when
    # the segment ended needs none.
    assert sorted({round(ms) for ms in late}) == [0, 200, 300]
    assert real.computation.cpu_ms is not None
    assert real.computation.cpu_ms >= 100 * real.computation.requests


def test_words_that_come_while_the_engine_computes_are_translated_together() -> None:
    slow = replayed(talk(step_s=0.1), 0.95, n=2)
    assert slow.prediction == " ".join(map(fake_translation, SENTENCES))
    assert slow.computation.requests < len(talk().arrivals) / 2
    # Each was taken when it came: the event loop does not wait for the engine.
    assert [piece.came_s for piece in slow.sent] == [a.at_s for a in talk(0.1).arrivals]
    assert [piece.at_s for piece in slow.sent[1:9]] == [a.at_s for a in talk(0.1).arrivals[1:9]]
    assert list(slow.elapsed) == sorted(slow.elapsed)


def test_a_log_of_a_talk_is_read_as_it_was_written(tmp_path: Path) -> None:
    done = replayed(talk(), 0.01, n=2)
    log.append(tmp_path / "log.jsonl", done)
    assert list(log.read(tmp_path / "log.jsonl")) == [done]


def test_a_talk_that_the_log_has_is_not_streamed_again(tmp_path: Path) -> None:
    calls: list[str] = []

    class Counting:
        fingerprint = "a model"

        def sentences(self, *_: object) -> None:
            raise AssertionError

        def talk(
            self, talk: Talk, policy: Latency | PolicyChoice, on_progress: Callable[[int], None]
        ) -> log.Instance:
            calls.append(talk.name)
            return LiveReplay(served(), talk, policy, on_progress=on_progress).run()

    steps: list[int] = []
    file = tmp_path / "log.jsonl"
    first = evaluate_talk(file, talk(), policy(), Counting(), steps.append)
    assert steps[-1] == len(talk().arrivals)
    assert evaluate_talk(file, talk(), policy(), Counting(), steps.append) == first
    assert calls == ["quay"]
    shorter = dataclasses.replace(talk(), arrivals=talk().arrivals[:-1])
    evaluate_talk(file, shorter, policy(), Counting(), steps.append)
    assert calls == ["quay", "quay"]
    assert len(list(log.read(file))) == 1


# Lag


def test_a_words_lag_is_from_the_end_of_the_source_word_it_is_aligned_with() -> None:
    """Two source words in one update that lasts from 2 to 4 s: they end at 3 and at 4 s."""
    source = [
        Sent(1.0, "one", start_s=0.5, end_s=1.0),
        Sent(4.0, " two three", start_s=2.0, end_s=4.0),
    ]
    updates = [
        Received(5.0, 0, 2, 0, 7, "A B", alignments=((0, 3, 0, 1), (4, 7, 2, 3))),
        # "C" comes from both: the later counts. "D" has no alignment: the update's end does.
        Received(6.5, 0, 2, 0, 13, " C D", end_s=3.75, alignments=((0, 13, 4, 5),)),
    ]
    assert source_lags_s(source, updates) == [4.0, 2.0, 2.5, 2.75]


def test_source_words_without_times_end_when_they_come() -> None:
    source = [Sent(1.0, "one"), Sent(4.5, " two", due_s=4.0)]
    updates = [Received(5.0, 0, 2, 0, 7, "A B", alignments=((0, 3, 0, 1), (3, 7, 2, 3)))]
    assert source_lags_s(source, updates) == [4.0, 1.0]


def test_the_lag_of_a_replay_is_what_the_policy_waits() -> None:
    done = replayed(talk(), n=2)
    lags_s = source_lags_s(done.sent, done.received)
    assert len(lags_s) == len(done.prediction.split())
    # Two more words have to come for agreement; at the end of a sentence the next one.
    assert set(lags_s) <= {0.0, 0.5, 1.0}
    assert summarize([done]).median_lag_s == 1.0


# Long form

WORDS = st.lists(
    st.sampled_from(["a", "ab", "abc", "b", "ba", "xyz", ".", "x", "Ähm", "…", "-"]), max_size=9
)


@given(WORDS, WORDS)
def test_words_are_aligned_as_omnisteval_aligns_them(ours: list[str], theirs: list[str]) -> None:
    targets, outputs = [Word(w) for w in ours], [Word(w) for w in theirs]
    expected = align_sequences(targets, outputs, char_level=False)
    found = aligned(targets, outputs)
    for row, other in zip(found, expected, strict=True):
        assert [id(word) if word else None for word in row] == [
            id(word) if word else None for word in other
        ]


def test_output_goes_to_the_segments_it_belongs_to() -> None:
    done = replayed(talk(), n=2)
    scored = resegmented(done, done.references)
    assert [s.prediction for s in scored] == [fake_translation(s) for s in SENTENCES]
    assert scored[1].delays[0] == done.delays[5] - 1e3 * done.references[1].start_s
    assert scored[-1].end == scored[-1].source_length


@pytest.mark.parametrize("window", [1, 2])
def test_omnisteval_longform_gives_the_same_figures_for_the_same_log(
    tmp_path: Path, window: int
) -> None:
    done = [replayed(talk(), 0.03, n=2), replayed(talk(step_s=0.25), 0.08, n=3)]
    done[1] = dataclasses.replace(done[1], source="pier", index=1)
    segmentation: list[dict[str, object]] = []
    references: list[str] = []
    for instance in done:
        log.append(tmp_path / "log.jsonl", instance)
        for reference in windows(instance.references, window):
            times = {
                "offset": reference.start_s,
                "duration": reference.end_s - reference.start_s,
            }
            segmentation.append({"wav": f"{instance.source}.wav", **times})
            references.append(reference.text + "\n")
    (tmp_path / "segments.json").write_text(json.dumps(segmentation), encoding="utf-8")
    (tmp_path / "references.txt").write_text("".join(references), encoding="utf-8")
    subprocess.run(
        [
            sys.executable, "-W", "ignore", "-m", "omnisteval.cli", "longform", "--word_level",
            "--speech_segmentation", str(tmp_path / "segments.json"),
            "--ref_sentences_file", str(tmp_path / "references.txt"),
            "--hypothesis_file", str(tmp_path / "log.jsonl"),
            "--output_folder", str(tmp_path),
        ],
        check=True, capture_output=True, timeout=100,
    )  # fmt: skip
    rows = (tmp_path / "scores.tsv").read_text(encoding="utf-8").splitlines()
    theirs = dict(row.split("\t")[:2] for row in rows if "\t" in row)
    ours = summarize(done, window=window)
    figures = {
        "BLEU": ours.bleu,
        "chrF": ours.chrf,
        "LongYAAL (CU)": ours.long_yaal_ms,
        "LongYAAL (CA)": ours.long_yaal_ca_ms,
    }
    for name, figure in figures.items():
        assert float(theirs[name]) == pytest.approx(figure, abs=0.005), name
    assert ours.long_yaal_ca_ms != ours.long_yaal_ms


def test_windows_join_neighbouring_segments() -> None:
    references = talk().references
    joined = windows(references, 2)
    assert len(joined) == 3
    assert joined[0].text == f"{references[0].text} {references[1].text}"
    assert joined[0].source == " ".join(SENTENCES[:2])
    assert (joined[0].start_s, joined[0].end_s) == (references[0].start_s, references[1].end_s)
    assert joined[2] == references[4]


def test_the_sentences_of_a_talk_can_be_translated_whole() -> None:
    whole = whole_sentences(talk())
    assert [sentence.source for sentence in whole] == SENTENCES
    assert whole[1].reference == talk().references[1].text
    unknown = dataclasses.replace(talk().references[0], source="")
    assert whole_sentences(Talk("quay", (), (unknown,))) == []


# Data


def written(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_words_come_when_they_have_been_said(tmp_path: Path) -> None:
    file = written(
        tmp_path / "en.words.tsv", "start\tend\tword", "0.5\t1.0\tHello,", "1.0\t1.5\tsea."
    )
    read = read_words(file)
    assert read.name == f"{tmp_path.name}_en"
    assert [a.at_s for a in read.arrivals] == [1.0, 1.5]
    assert [a.piece.committed for a in read.arrivals] == ["Hello,", " sea."]
    assert read.arrivals[1].piece.start_s == 1.0
    plain = read_words(file, without_marks=True)
    assert [a.piece.committed for a in plain.arrivals] == ["hello", " sea"]


def test_words_without_a_line_of_names_are_start_end_and_word(tmp_path: Path) -> None:
    file = written(tmp_path / "gold.tsv", "0.5\t1.0\tHello", "1.0\t1.5\tsea")
    assert [a.at_s for a in read_words(file).arrivals] == [1.0, 1.5]


def test_a_meeting_has_speakers_punctuation_and_words_without_times(tmp_path: Path) -> None:
    file = written(
        tmp_path / "board.words.tsv",
        "start\tend\tspeaker\ttoken\tpunct\ttags",
        "1.0\t2.0\t0\tGood\t\t[]",
        "\t\t0\tmorning\t,\t[]",
        "\t\t0\tall\t\t[]",
        "\t\t0\t<laugh>\t\t[]",
        "4.0\t5.0\t1\tThanks\t.\t[]",
        "4.5\t4.8\t0\tRight\t\t[]",
        "4.8\t4.8\t1\t!\t\t[]",
    )
    arrivals = read_words(file).arrivals
    assert [a.piece.committed for a in arrivals] == [
        "Good",
        " morning,",
        " all",
        " Thanks.!",
        " Right",
    ]
    # Two words share the time from 2 s to 4 s.
    assert [a.piece.end_s for a in arrivals] == [2.0, 3.0, 4.0, 5.0, 4.8]
    # None comes before the one before it.
    assert [a.at_s for a in arrivals] == [2.0, 3.0, 4.0, 5.0, 5.0]
    assert [a.piece.speaker for a in arrivals] == ["0", "0", "0", "1", "0"]


@pytest.mark.parametrize("row", ["1.0\tx\tword", "1.0", "1.0\t2.0"])
def test_words_that_are_not_such_name_file_and_line(tmp_path: Path, row: str) -> None:
    file = written(tmp_path / "w.tsv", "start\tend\tword", "0.5\t1.0\tHello", row)
    with pytest.raises(ConfigError, match=r"w\.tsv:3: columns start, end"):
        read_words(file)


def test_segments_that_lack_something_name_file_and_line(tmp_path: Path) -> None:
    good = '{"start": 1, "end": 2.5, "en": "Sea.", "pt": {"human": "Mar."}}'
    bad = '{"start": 3, "end": 2, "en": "a", "pt": {"human": "b"}}'
    file = written(tmp_path / "s.jsonl", good, bad)
    with pytest.raises(ConfigError, match=r"s\.jsonl:2.*'en' and 'pt\.human'"):
        read_references(file, reference_field="pt.human", source_field="en")
    with pytest.raises(ConfigError, match=r"s\.jsonl:1.*'es'"):
        read_references(file, reference_field="es")
    one = written(tmp_path / "one.jsonl", good)
    (read,) = read_references(one, reference_field="pt.human", source_field="en")
    assert read == Reference("Mar.", 1, 2.5, "Sea.")


def test_talks_are_summed_up_together() -> None:
    fast, slow = replayed(talk(), n=2), replayed(talk(), n=4)
    both = summarize([fast, slow])
    alone = [summarize([each]) for each in (fast, slow)]
    assert both.requests == alone[0].requests + alone[1].requests
    lags = [summary.long_yaal_ms or 0.0 for summary in (alone[0], both, alone[1])]
    assert lags == sorted(set(lags))
    assert both.laal_words is None
