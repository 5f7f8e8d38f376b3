"""Training an open end: what it learns, and what is said where it cannot."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.models.tiny import DIM, TinyModel, float32, tiny_model
from translator.cli import main
from translator.languages.pair import LanguagePair
from translator.models.loading import load_model
from translator.models.marian.open_end import OPEN_END
from translator.training.open_end import examples_of, sentences_of, train_open_end

pytestmark = pytest.mark.model

PAIR = LanguagePair("en", "pt")
# Of the words that the tiny vocabulary knows.
WORDS = "the red boat sails past a small green island at noon while seven gulls follow it"
SENTENCES = [f"{' '.join(WORDS.split()[i % 9 : i % 9 + 2 + i % 5])} {i}." for i in range(60)]


def test_a_text_becomes_sentences_of_more_than_one_word() -> None:
    text = "He came.  Nobody knew Dr. Gray. Yes.\n\nThe second paragraph\ngoes on"
    assert sentences_of(text, "en") == [
        "He came.",
        "Nobody knew Dr. Gray.",
        "The second paragraph",
        "goes on",
    ]


def short_model(vocabulary: bytes) -> TinyModel:
    """One whose output ends: that of random parameters seldom does."""
    model = tiny_model(vocabulary)
    bias = np.frombuffer(model.items["decoder_ff_logit_out_b"].data, "<f4").copy()
    bias[0] += 2.5
    model.items["decoder_ff_logit_out_b"] = float32(bias[None])
    return model


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("\n".join(SENTENCES))
    return path


def test_a_model_learns_to_foresee_what_goes_on(vocabulary: bytes, tmp_path: Path) -> None:
    folder = short_model(vocabulary).write(tmp_path)
    sentences: list[int] = []
    examples = examples_of(folder, PAIR, SENTENCES, on_progress=sentences.append)
    assert sentences == [*range(1, len(SENTENCES) + 1)]
    steps: list[int] = []
    trained = train_open_end(folder, examples, steps=4, on_progress=steps.append)
    assert steps == [1, 2, 3, 4]
    assert trained.vector.dtype == np.float32
    assert trained.vector.shape == (DIM,)
    assert trained.loss < 0.95 * trained.loss_before


def run(folder: Path, text: Path, *options: str) -> Result:
    command = ["models", "open-end", str(folder), str(text), "--pair", "en-pt", "--steps", "3"]
    return CliRunner().invoke(main, [*command, *options])


def test_the_command_writes_what_the_model_is_then_told(
    vocabulary: bytes, text: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    short_model(vocabulary).write(folder)
    assert not load_model(f"en-pt={folder}").info.has_open_end
    result = run(folder, text)
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"{folder / OPEN_END} is written: from ")
    assert load_model(f"en-pt={folder}").info.has_open_end
    assert sorted(p.name for p in folder.iterdir() if p.name.endswith("npy")) == [OPEN_END]
    elsewhere = tmp_path / "other.npy"
    assert run(folder, text, "--output", str(elsewhere)).exit_code == 0
    # Drawn with one seed: the same again.
    assert elsewhere.read_bytes() == (folder / OPEN_END).read_bytes()


MISTAKES: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "short": (
        lambda folder, text: text.write_text("the red boat. the island."),
        "the text has 2 sentences of 2 words to 128 tokens, expected at least 20",
    ),
    "bytes": (
        lambda folder, text: text.write_bytes(b"\xff\xfe\x00"),
        "{text}: cannot be read as UTF-8 text",
    ),
    "no model": (
        lambda folder, text: next(folder.glob("model*.bin")).unlink(),
        "{folder}: ",
    ),
    "no place": (
        lambda folder, text: (folder / OPEN_END).mkdir(),
        "{folder}/open-end.npy: ",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_cannot_be_trained_is_refused_and_nothing_is_written(
    mistake: str, vocabulary: bytes, text: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    short_model(vocabulary).write(folder)
    change, expected = MISTAKES[mistake]
    change(folder, text)
    before = sorted(tmp_path.rglob("*"))
    result = run(folder, text)
    assert result.exit_code == 5, result.output
    assert result.output.startswith("Error: " + expected.format(folder=folder, text=text))
    assert result.output.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_an_output_that_cannot_be_is_refused(vocabulary: bytes, text: Path, tmp_path: Path) -> None:
    short_model(vocabulary).write(tmp_path)
    for place in (text / "a.npy", tmp_path / "no" / "a.npy"):
        result = run(tmp_path, text, "--output", str(place))
        assert result.exit_code == 5
        assert result.output.startswith(f"Error: {place}: cannot be written")


def test_a_model_that_does_not_align_is_refused(
    vocabulary: bytes, text: Path, tmp_path: Path
) -> None:
    model = short_model(vocabulary)
    model.settings["transformer-guided-alignment-layer"] = "none"
    model.write(tmp_path)
    result = run(tmp_path, text)
    assert result.exit_code == 5
    assert "does not align" in result.output
