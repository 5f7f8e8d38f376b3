"""What benchmarks count and compare."""

import ast
import dataclasses
import json
import math
import re
from pathlib import Path

import pytest

from benchmarks import frontier, silence
from benchmarks.everyday import RIGHT, SETS, WRONG, read_phrases, read_verdicts
from benchmarks.hostile import LENGTH, MOST_TEXTS, TEXT_LENGTH, messages, requests
from benchmarks.marks import TURNS, num_segments
from benchmarks.measured import Measured, resolved, save
from benchmarks.short import short_sentences
from benchmarks.speakers import Speaker, config
from tests.unit.driver import one_thread  # noqa: F401
from translator.catalog.catalog import Served
from translator.config import Limits
from translator.eval.data import Sentence
from translator.eval.end import End
from translator.eval.interval import Interval
from translator.eval.replay import replay
from translator.eval.summary import Summary, summarize
from translator.languages.pair import LanguagePair
from translator.policy.registry import PolicyChoice
from translator.session.events import Rests
from translator.testing import FakeModel, fake_translation

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2] / "benchmarks"
SERVED = Served(FakeModel(), LanguagePair("xx", "yy"))
AGREEMENT = PolicyChoice("local-agreement", {"n": 2})
MEASURED = Measured("int8", "a processor, 2 cores", "abc1234", "2026-01-31")


def summary(loss: float, lag: float, empty: int = 0) -> Summary:
    texts = ["the tide is late.", "two gulls wait on the pier."]
    sentences = [Sentence(i, t, fake_translation(t)) for i, t in enumerate(texts)]
    done = list(replay(SERVED, sentences, AGREEMENT))
    return dataclasses.replace(
        summarize(done),
        loss=loss,
        loss_interval=Interval(loss - 0.5, loss + 0.5),
        laal_words=lag,
        empty=empty,
    )


def test_a_result_says_with_what_it_was_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "r.json", [1, 2], MEASURED)
    saved = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert saved == {"measured": dataclasses.asdict(MEASURED), "result": [1, 2]}
    assert "int8, a processor, 2 cores, abc1234, 2026-01-31" in capsys.readouterr().out
    assert resolved("float32") == "float32"
    assert resolved("auto") in ("int8", "float32")
    assert Measured.now().precision == resolved("auto")
    assert Measured.now(None).precision == ""


@pytest.mark.parametrize("file", sorted((ROOT / "results").glob("*.json")), ids=lambda f: f.stem)
def test_a_committed_result_says_so_too_and_has_its_benchmark(file: Path) -> None:
    saved = json.loads(file.read_text(encoding="utf-8"))
    measured = Measured(**saved["measured"])
    assert re.fullmatch(r"[0-9a-f]{7,}\+?", measured.commit)
    assert re.fullmatch(r".+, \d+ cores", measured.processor)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", measured.date)
    assert saved["result"]
    # What follows a hyphen is a way to run it.
    name = file.stem.partition("-")[0]
    assert (ROOT / f"{name}.py").is_file() or (ROOT / name / "__main__.py").is_file()


def test_a_benchmark_that_takes_data_says_how_to_get_it() -> None:
    explained = ast.get_docstring(ast.parse((ROOT / "__init__.py").read_text("utf-8")))
    assert explained is not None
    for file in sorted(ROOT.rglob("*.py")):
        code = file.read_text(encoding="utf-8")
        doc = ast.get_docstring(ast.parse(code)) or ""
        if "--data" in code and "python -m" in doc:
            assert "``benchmarks/__init__.py``" in doc, file
        for folder in re.findall(r'data / "(\w+)"', code):
            assert f"``{folder}/" in explained, file


def test_the_table_of_the_frontier_has_ends_and_intervals() -> None:
    rows = {(end, "low"): summary(1.5, 3.25) for end in End}
    text = frontier.markdown(dict.fromkeys(frontier.PAIRS, rows), MEASURED)
    lines = text.splitlines()
    assert "2 sentences, int8, a processor" in lines[0]
    assert lines[0].endswith("nothing was committed: none.")
    assert lines[2].startswith("| policy | end | en-pt loss | 95 % | lag | NE | pt-en loss")
    assert lines[4].startswith("| **`LATENCY_LOW`** | with-last | 1.50 | 1.00 to 2.00 | 3.25 |")
    assert len({line.count("|") for line in lines[2:]}) == 1
    one = frontier.markdown(
        {frontier.PAIRS[0]: {(End.REST, "low"): summary(-0.001, 3.0, 2)}}, MEASURED
    )
    assert "their end told rest" in one
    assert "nothing was committed: 2" in one
    assert "| **`LATENCY_LOW`** | 0.00 |" in one


def test_a_preset_beyond_its_bar_is_named_where_the_end_came_late() -> None:
    rows = {
        (End.WITH_LAST, "balanced"): summary(9.0, 9.0),
        (End.NEXT_WORD, "balanced"): summary(1.104, 4.3),
        (End.REST, "balanced"): summary(1.11, 4.3),
        (End.REST, "low"): summary(2.5, 3.4, empty=1),
    }
    names = [line.split(",")[0] for line in frontier.missed({frontier.PAIRS[0]: rows})]
    assert names == ["en-pt balanced", "en-pt low"]


def test_a_sentence_in_a_silence_is_shown_and_committed() -> None:
    heard = silence.spoken(SERVED, "The tide is late.", AGREEMENT)
    assert heard is not None
    assert heard.committed_s == pytest.approx(Rests().sentence_s, abs=0.5)
    assert 0.0 <= heard.shown_s <= heard.committed_s
    row = silence.row("all", [heard, None])
    assert (row["sentences"], row["never"]) == (2, 1)
    assert silence.row("none", [None])["shown worst s"] == math.inf


def test_a_dialogue_has_a_segment_for_each_turn() -> None:
    # The end of the source ends the last one.
    assert num_segments("") >= len(TURNS) - 1


def test_hostile_messages_are_as_long_as_is_allowed() -> None:
    texts = messages()
    for _ in range(60):
        _, message = next(texts)
        assert len(message.source.committed + message.source.tentative) == LENGTH


def test_hostile_requests_are_the_largest_that_are_allowed() -> None:
    limits = Limits()
    assert (limits.max_text_length, limits.max_texts) == (TEXT_LENGTH, MOST_TEXTS)
    numbers = set()
    for _, (_, request) in zip(range(60), requests(), strict=False):
        assert sum(map(len, request.texts)) == TEXT_LENGTH
        assert request.num_alternatives == limits.max_alternatives
        numbers.add(len(request.texts))
    assert min(numbers) == 1
    assert 0.95 * MOST_TEXTS < max(numbers) <= MOST_TEXTS


def test_a_word_that_was_not_answered_still_waits() -> None:
    speaker = Speaker("nowhere", config("en", "pt"), ["one ", "two "])
    speaker._pending.extend([(1, 10.0), (2, 12.0)])
    assert speaker.waits_ms(0.0, 11.0) == [math.inf]
    assert speaker.waits_ms(0.0, 20.0, now_s=13.0) == [3000.0, 1000.0]


def test_short_sentences_are_those_of_a_few_words_once_each(tmp_path: Path) -> None:
    rows = [
        {"en": "Low tide.", "pt": ["Maré baixa.", "A maré está muito baixa agora mesmo."]},
        {"en": "Low tide.", "pt": ["Vazante."]},
        {"en": "A sentence that is longer than five words.", "pt": ["Frase."]},
    ]
    (tmp_path / "parallel").mkdir()
    file = tmp_path / "parallel" / "tatoeba.en-pt.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    english = short_sentences(tmp_path, LanguagePair("en", "pt"))
    assert english == [Sentence(0, "Low tide.", "Maré baixa.")]
    portuguese = short_sentences(tmp_path, LanguagePair("pt", "en"))
    assert [s.source for s in portuguese] == ["Maré baixa.", "Vazante.", "Frase."]


def test_the_everyday_phrases_are_fifty_each_way_and_readers_judged_only_them() -> None:
    sets = [read_phrases(name) for name in SETS]
    for phrases in sets:
        assert [p.language for p in phrases] == ["en"] * 50 + ["pt"] * 50
        assert len({(p.language, p.text) for p in phrases}) == 100
    verdicts = read_verdicts()
    assert {text for text, _ in verdicts} <= {p.text for phrases in sets for p in phrases}
    assert set(verdicts.values()) == {RIGHT, WRONG}
