"""A model's fingerprint: the same for the same model, another with whatever decides results."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.models.tiny import tiny_model, train_vocabulary
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models import fingerprint as module
from translator.models.code_words import CODE_WORDS, save_code_words
from translator.models.embedded import embedded_models
from translator.models.fingerprint import file_digest, fingerprint
from translator.models.marian.loading import describe_marian_folder
from translator.models.marian.open_end import OPEN_END, save_open_end
from translator.models.processor import runs_int8
from translator.text.code_words import FAMILIES

pytestmark = pytest.mark.model

PAIR = LanguagePair("en", "de")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(train_vocabulary(40)).write(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "copy"))


def of(folder: Path, **options: Any) -> str:
    return describe_marian_folder(folder, pair=PAIR, **options).info.fingerprint


def test_the_same_files_have_the_same_fingerprint_wherever_they_are(
    original: Path, folder: Path
) -> None:
    assert of(folder) == of(original)
    assert len(of(folder)) == 32
    assert of(folder, name="other", origin="elsewhere") == of(original)
    (folder / "README.md").write_text("new", encoding="utf-8")
    assert of(folder) == of(original)


@pytest.mark.parametrize("pattern", ["model*.bin", "*.spm"])
def test_another_file_has_another(folder: Path, pattern: str) -> None:
    before = of(folder)
    path = next(iter(sorted(folder.glob(pattern))))
    path.write_bytes(path.read_bytes() + b"\0")
    assert of(folder) != before


def test_another_way_to_compute_has_another(folder: Path) -> None:
    formats = {of(folder, precision=precision) for precision in ("float32", "bfloat16", "float16")}
    assert len(formats) == 3
    before = of(folder)
    save_open_end(folder / OPEN_END, np.ones(8, np.float32))
    with_end = of(folder)
    assert with_end != before
    save_code_words(folder / CODE_WORDS, FAMILIES["A1B2"], {"A1B2": 1.0})
    assert of(folder) not in {before, with_end}


def test_what_is_chosen_by_itself_has_the_fingerprint_of_what_is_chosen() -> None:
    _, embedded = embedded_models()[0]
    chosen = of(embedded, precision="auto")
    assert chosen in {of(embedded, precision="float32"), of(embedded, precision="int8")}
    if runs_int8():
        # The lexical shortlist counts where it is used.
        assert of(embedded, precision="int8", shortlist=True) != of(embedded, precision="int8")
    assert of(embedded, shortlist=True) == of(embedded)


def test_the_version_of_the_algorithms_counts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = of(folder)
    monkeypatch.setattr(module, "ALGORITHMS", module.ALGORITHMS + 1)
    assert of(folder) != before


def test_the_digest_of_a_large_file_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_REMEMBERED_BYTES", 4)
    large, cache = tmp_path / "large.bin", tmp_path / "cache" / "digests.json"
    large.write_bytes(b"weights")
    first = file_digest(large, cache)
    [key] = json.loads(cache.read_text("utf-8"))
    assert str(large) in key
    cache.write_text(json.dumps({key: "remembered"}), encoding="utf-8")
    assert file_digest(large, cache) == "remembered"
    # It has changed since.
    large.write_bytes(b"other weights")
    assert file_digest(large, cache) not in {"remembered", first}
    cache.write_text("not what we wrote", encoding="utf-8")
    large.write_bytes(b"weights")
    assert file_digest(large, cache) == first
    monkeypatch.setattr(module, "_REMEMBERED_BYTES", 2**30)
    assert file_digest(large, cache) == first


def test_a_cache_that_cannot_be_written_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_REMEMBERED_BYTES", 4)
    large = tmp_path / "large.bin"
    large.write_bytes(b"weights")
    assert file_digest(large, large / "digests.json") == file_digest(large, tmp_path / "other.json")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError, match=r"gone\.spm: cannot be read"):
        fingerprint([tmp_path / "gone.spm"])
