"""The metrics, against examples worked out by hand and against a tool that is not ours."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.catalog.catalog import Served
from translator.errors import ConfigError
from translator.eval import log
from translator.eval.data import Sentence, read_sentences
from translator.eval.latency import laal, yaal
from translator.eval.picture import draw_frontier
from translator.eval.replay import replay
from translator.eval.stability import normalized_erasure
from translator.eval.summary import summarize
from translator.eval.updates import Received, shown
from translator.languages.pair import LanguagePair
from translator.policy.registry import Latency, PolicyChoice, resolve
from translator.testing import FakeModel, fake_translation

pytestmark = pytest.mark.unit

SOURCES = [
    "the boat leaves the harbour before dawn and nobody waves",
    "why do we count the lamps along the quay?",
    "rain",
    "four crates of oranges, two of lemons and a very old piano.",
]


def served() -> Served:
    return Served(FakeModel(), LanguagePair("xx", "yy"))


def sentences() -> list[Sentence]:
    references = [fake_translation(s.replace("the", "a")) for s in SOURCES]
    pairs = zip(SOURCES, references, strict=True)
    return [Sentence(index, source, reference) for index, (source, reference) in enumerate(pairs)]


def instances(name: str = "local-agreement", **parameters: float) -> list[log.Instance]:
    policy = resolve(PolicyChoice(name, parameters))
    return list(replay(served(), sentences(), policy))


def test_laal_counts_up_to_the_first_word_that_had_all_of_the_source() -> None:
    # ratio = 4 / max(3, 4) = 1; lags 2 - 0, 3 - 1, 4 - 2.
    assert laal([2, 3, 4], 4, 4) == 2.0
    # The words after the third had all of the source too: they do not count.
    assert laal([2, 3, 4, 4, 4], 4, 4) == pytest.approx((2 + (3 - 0.8) + (4 - 1.6)) / 3)
    assert laal([], 4, 4) is None


def test_yaal_leaves_out_the_words_that_waited_for_the_end() -> None:
    assert yaal([2, 3, 4], 4, 4) == 2.0
    assert yaal([1, 4, 4], 4, 3) == 1.0
    assert yaal([4, 4], 4, 2) is None


def test_erasure_counts_the_words_taken_back() -> None:
    def drafts(*texts: str) -> list[Received]:
        return [
            *(Received(0.0, 0, 1, 0, 0, "", text) for text in texts),
            Received(0.0, 0, 1, 0, 0, texts[-1], closed=True),
        ]

    # "a b c" -> "a x" takes two back; "a x" -> "a x y" none: 2 of 3 words.
    assert normalized_erasure([drafts("a", "a b c", "a x", "a x y")]) == pytest.approx(2 / 3)
    assert normalized_erasure([drafts("a", "a b", "a b c")]) == 0.0
    assert normalized_erasure([]) == 0.0


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(1, 12), min_size=1, max_size=15).map(sorted), st.integers(1, 15)
        ),
        min_size=1,
        max_size=5,
    )
)
def test_lags_equal_those_of_omnisteval(cases: list[tuple[list[int], int]]) -> None:
    from omnisteval.data import Instance
    from omnisteval.scoring import LAALScorer, YAALScorer

    theirs = [
        Instance(
            prediction=" ".join("w" * len(delays)),
            reference=" ".join("r" * words),
            source_length=12,
            emission_cu=delays,
        )
        for delays, words in cases
    ]
    for one, (delays, words) in zip(theirs, cases, strict=True):
        assert laal(delays, 12, words) == pytest.approx(LAALScorer().compute(one))
        assert yaal(delays, 12, words) == pytest.approx(YAALScorer().compute(one))


def test_omnisteval_gives_the_same_figures_for_the_same_log(tmp_path: Path) -> None:
    done = instances(n=2)
    for instance in done:
        log.append(tmp_path / "log.jsonl", instance)
    references = tmp_path / "references.txt"
    references.write_text("".join(i.reference + "\n" for i in done), encoding="utf-8")
    subprocess.run(
        [
            sys.executable, "-W", "ignore", "-m", "omnisteval.cli", "shortform", "--word_level",
            "--hypothesis_file", str(tmp_path / "log.jsonl"),
            "--ref_sentences_file", str(references),
            "--output_folder", str(tmp_path),
        ],
        check=True, capture_output=True, timeout=100,
    )  # fmt: skip
    rows = (tmp_path / "scores.tsv").read_text(encoding="utf-8").splitlines()
    theirs = dict(row.split("\t")[:2] for row in rows if "\t" in row)
    ours = summarize(done)
    figures = {"BLEU": ours.bleu, "chrF": ours.chrf, "LAAL (CU)": ours.laal_words}
    figures["YAAL (CU)"] = ours.yaal_words or 0.0
    for name, figure in figures.items():
        assert float(theirs[name]) == pytest.approx(figure, abs=0.005), name


def test_a_replay_commits_what_the_model_gives_and_says_when() -> None:
    done = instances(n=2)
    assert [i.prediction for i in done] == [fake_translation(source) for source in SOURCES]
    for instance in done:
        assert len(instance.delays) == len(instance.prediction.split())
        assert list(instance.delays) == sorted(instance.delays)
        assert instance.delays[-1] == instance.source_length
        assert shown(instance.received)[-1] == instance.prediction
    # Word i is agreed on when the second word after it has come: its "~" is gone in both.
    assert done[0].delays[:3] == (3, 4, 5)


def test_the_target_is_written_as_the_region_that_was_asked_for_writes() -> None:
    for wanted, said in (("pt-PT", "O AUTOCARRO."), ("pt-BR", "O ÔNIBUS."), ("", "O ÔNIBUS.")):
        served = Served(FakeModel(), LanguagePair("xx", "pt"), wanted)
        (done,) = replay(served, [Sentence(0, "o ônibus.", "")], Latency.BALANCED)
        assert done.prediction == said


def test_streaming_side_by_side_changes_nothing() -> None:
    policy = resolve(PolicyChoice("local-agreement", {"n": 3}))
    alone = replay(served(), sentences(), policy, jobs=1)
    together = replay(served(), sentences(), policy, jobs=32)
    for one, other in zip(alone, together, strict=True):
        assert (one.prediction, one.delays, one.received) == (
            other.prediction,
            other.delays,
            other.received,
        )


def test_final_only_waits_for_the_whole_sentence() -> None:
    summary = summarize(instances("final-only"))
    assert summary.yaal_words is None
    assert summary.normalized_erasure == 0.0
    assert summary.steps_saved == 0.0


def test_a_log_is_read_as_it_was_written_and_damage_is_named(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    assert list(log.read(file)) == []
    written = instances()
    for instance in written:
        log.append(file, instance)
    assert list(log.read(file)) == written
    with file.open("a", encoding="utf-8") as damaged:
        damaged.write('{"index": 1}\n')
    with pytest.raises(ConfigError, match=r"log\.jsonl:5"):
        list(log.read(file))


def test_data_without_a_field_names_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    file.write_text('{"src": "a b", "ref": "c"}\n{"src": "a"}\n', encoding="utf-8")
    assert read_sentences(file, limit=1) == [Sentence(0, "a b", "c")]
    with pytest.raises(ConfigError, match=r"data\.jsonl:2.*'ref'"):
        read_sentences(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_sentences(tmp_path / "none.jsonl")


def test_the_frontier_is_a_picture(tmp_path: Path) -> None:
    summaries = {"final-only": summarize(instances("final-only")), "two": summarize(instances(n=2))}
    file = tmp_path / "frontier.svg"
    draw_frontier({"there": summaries, "back": summaries}, file, ours=("two",))
    drawn = file.read_text(encoding="utf-8")
    assert "final-only (offline)" in drawn
    assert drawn.count(">ours<") == 2
