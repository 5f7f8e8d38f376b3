"""Which code words a model copies is asked once, kept beside it, and used from then on."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.models.tiny import tiny_model, train_vocabulary
from translator.cli import main
from translator.errors import ConfigError, ModelFilesError
from translator.languages.pair import LanguagePair
from translator.local import Translator
from translator.models.code_words import CODE_WORDS, find_code_words, save_code_words
from translator.models.loading import load_model
from translator.models.marian.loading import load_marian_folder
from translator.models.pretrained.convert import convert
from translator.testing import FakeModel
from translator.text.code_words import DEFAULT_CODE_WORDS, FAMILIES
from translator.training.code_words import best_code_words, carriers_for, probe_code_words

pytestmark = pytest.mark.model

EN_PT = LanguagePair("en", "pt")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(train_vocabulary(40)).write(tmp_path_factory.mktemp("tiny"))


def without_percent(piece: str) -> str:
    return piece.replace("%", "").upper() or " "


def test_a_model_that_copies_all_gets_the_default() -> None:
    told: list[int] = []
    shares = probe_code_words(FakeModel(EN_PT), EN_PT, on_progress=told.append)
    assert shares == dict.fromkeys(FAMILIES, 1.0)
    assert best_code_words(shares) is DEFAULT_CODE_WORDS
    assert told == list(range(1, len(FAMILIES) + 1))


def test_a_model_that_loses_the_default_gets_another() -> None:
    shares = probe_code_words(FakeModel(EN_PT, word=without_percent), EN_PT)
    assert shares["%1"] == 0.0
    assert best_code_words(shares).name == "A1B2"


def test_another_has_to_be_clearly_better() -> None:
    assert best_code_words({"%1": 0.98, "A1B2": 0.999}).name == "%1"
    assert best_code_words({"%1": 0.90, "A1B2": 0.93, "Zorblax": 0.95}).name == "Zorblax"


@pytest.mark.parametrize("language", ["en", "pt-BR", "es", "fr", "de", "it"])
def test_carriers_have_as_many_places_as_they_say_and_no_two_are_the_same(language: str) -> None:
    carriers = carriers_for(language)
    assert sum(map(len, carriers.values())) > 150
    for count, texts in carriers.items():
        assert {text.count("{}") for text in texts} == {count}
        assert not any("<" in text for text in texts)
        assert len(set(texts)) == len(texts)


def test_there_are_not_sentences_in_every_language() -> None:
    with pytest.raises(ConfigError, match=r"no sentences in ja to ask a model with; .* en, pt"):
        carriers_for("ja")


def test_the_family_beside_a_model_is_the_one_it_gets(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert load_marian_folder(folder, pair=EN_PT).tokenizer(EN_PT).code_words is DEFAULT_CODE_WORDS
    assert f"{folder}: nobody has asked it which code words it copies" in caplog.text
    caplog.clear()
    save_code_words(folder / CODE_WORDS, FAMILIES["Zorblax"], {"Zorblax": 0.98765})
    try:
        assert json.loads((folder / CODE_WORDS).read_text()) == {
            "family": "Zorblax",
            "exact": {"Zorblax": 0.9877},
        }
        found = load_model(f"en-pt={folder}").tokenizer(EN_PT).code_words
        assert found.name == "Zorblax"
        assert "code words" not in caplog.text
        # It goes with the model when that is converted.
        convert(folder, tmp_path / "converted", pair=EN_PT)
        assert find_code_words(tmp_path / "converted").name == "Zorblax"
        converted = load_model(f"en-pt={tmp_path / 'converted'}")
        assert converted.tokenizer(EN_PT).code_words.name == "Zorblax"
    finally:
        (folder / CODE_WORDS).unlink()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"family": "nn"}', "there is no family 'nn'; allowed: %1"),
    ],
)
def test_a_damaged_file_is_told(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / CODE_WORDS).write_text(text)
    with pytest.raises(ModelFilesError, match=says):
        find_code_words(tmp_path)


def test_a_model_gets_its_own_code_words_whole_and_live() -> None:
    family = FAMILIES["A1B2"]
    seen: set[str] = set()

    def word(piece: str) -> str:
        seen.add(piece.strip())
        return piece.upper()

    model = FakeModel(EN_PT, word=word, code_words=family)
    text = "See https://shop.example/a or {name} at A1B2."
    with Translator(models=[model]) as translator:
        whole = translator.translate(text, source="en", target="pt").text
        assert whole == "SEE https://shop.example/a OR {name} AT A1B2."
        assert {"A1B2", "C3D4", "E5F6"} <= seen
        assert "%" not in seen
        with translator.stream(source="en", targets=["pt"]) as stream:
            for each in text.split(" "):
                stream.send(each + " ")
            stream.end()
            assert stream.transcript("pt") == whole


@pytest.mark.thorough
def test_the_command_asks_and_writes(folder: Path) -> None:
    arguments = ["models", "code-words", str(folder), "--pair", "en-pt"]
    shown = CliRunner().invoke(main, [*arguments, "--dry-run"])
    assert shown.exit_code == 0, shown.output
    assert not (folder / CODE_WORDS).exists()
    assert len(shown.stdout.splitlines()) == len(FAMILIES)
    done = CliRunner().invoke(main, arguments)
    assert done.stdout.splitlines()[-1] == f"{folder / CODE_WORDS} is written"
    # It knows no word at all.
    assert find_code_words(folder) is DEFAULT_CODE_WORDS
    (folder / CODE_WORDS).unlink()
    asked = CliRunner().invoke(main, ["models", "code-words", str(folder), "--pair", "ja-en"])
    assert (asked.exit_code, "no sentences in ja" in asked.stderr) == (5, True)
