"""Adapters that the library PEFT wrote, for models of the Transformers library."""

import json
import shutil
import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM

from tests.models.tiny_transformers import TEXTS, TINY, said_by_library
from translator.engine.engine import Engine
from translator.engine.request import Request
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.models.loading import describe_model, load_model
from translator.models.peft_adapter import PEFT_CONFIG
from translator.models.processor import runs_int8

pytestmark = [
    pytest.mark.model,
    # Between the two libraries.
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning"),
]

peft = pytest.importorskip("peft", reason="needs the extra [adapters]")

PAIR = LanguagePair("en", "pt")


def adapt(base: Path, folder: Path, *modules: str, base_name: str = "") -> Path:
    """Write an adapter with random weights of a model."""
    torch.manual_seed(2)
    network = AutoModelForSeq2SeqLM.from_pretrained(base)
    config = peft.LoraConfig(r=3, lora_alpha=9, target_modules=list(modules), bias="none")
    adapted = peft.get_peft_model(network, config)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.4)
    adapted.save_pretrained(str(folder))
    path = folder / PEFT_CONFIG
    told = json.loads(path.read_text()) | {"base_model_name_or_path": base_name or str(base)}
    path.write_text(json.dumps(told))
    return folder


@pytest.fixture
def folder(tiny_folders: dict[str, Path], tmp_path: Path) -> Path:
    return adapt(tiny_folders["m2m100"], tmp_path / "shop", "q_proj", "v_proj", "fc1")


def said_by(model: Seq2SeqModel, text: str, pair: LanguagePair = PAIR) -> tuple[int, ...]:
    tokenizer = model.tokenizer(pair)
    source = tokenizer.encode_source(text).tokens
    engine = Engine({model.info.name: model})
    engine.submit(Request(("a", "pt"), 0, model.info.name, source, tokenizer.target_start))
    (outcome,) = engine.run()
    assert outcome.hypothesis is not None
    return outcome.hypothesis.tokens


@pytest.mark.parametrize("name", ["m2m100", "marian", "t5"])
def test_an_adapted_model_says_what_the_library_says(
    name: str, tiny_folders: dict[str, Path], tmp_path: Path
) -> None:
    base, pair = tiny_folders[name], TINY[name].pair
    modules = ("q", "v", "wi_0") if name == "t5" else ("q_proj", "v_proj", "fc1")
    folder = adapt(base, tmp_path / "shop", *modules)
    model = load_model(f"{pair}={folder}")
    assert model.info.name == "shop"
    plain = load_model(f"{pair}={base}")
    library = peft.PeftModel.from_pretrained(
        AutoModelForSeq2SeqLM.from_pretrained(base), str(folder)
    ).eval()
    others = 0
    for text in TEXTS:
        source = model.tokenizer(pair).encode_source(text).tokens
        tokens = said_by(model, text, pair)
        assert tokens == said_by_library(library, model, pair, source)
        others += tokens != said_by(plain, text, pair)
    assert others


def test_it_is_a_model_of_its_own(folder: Path, tiny_folders: dict[str, Path]) -> None:
    own = describe_model(f"en-pt={folder}").info
    base = describe_model(f"en-pt={tiny_folders['m2m100']}").info
    assert own.fingerprint != base.fingerprint
    assert own.memory_bytes == base.memory_bytes


@pytest.mark.skipif(not runs_int8(), reason="needs numba")
def test_it_runs_in_eight_bits(folder: Path) -> None:
    assert said_by(load_model(f"en-pt={folder}", precision="int8"), TEXTS[0])


def test_its_model_may_be_beside_it(tiny_folders: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(tiny_folders["m2m100"], tmp_path / "base")
    folder = adapt(tmp_path / "base", tmp_path / "shop", "q_proj", base_name="../base")
    assert load_model(f"en-pt={folder}").info.name == "shop"


def refusal(folder: Path) -> str:
    with pytest.raises(ModelFilesError) as caught:
        load_model(f"en-pt={folder}")
    return caught.value.message


def test_an_adapter_of_another_model_is_refused(
    folder: Path, tiny_folders: dict[str, Path]
) -> None:
    path = folder / PEFT_CONFIG
    told = json.loads(path.read_text()) | {"base_model_name_or_path": str(tiny_folders["mbart50"])}
    path.write_text(json.dumps(told | {"target_modules": ["nothing"]}))
    assert "of another model" in refusal(folder)


def test_an_adapter_without_weights_is_refused(folder: Path) -> None:
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    assert refusal(folder).endswith("no such file, expected the adapter's weights")


def test_damaged_weights_are_refused(folder: Path) -> None:
    (folder / "adapter_model.safetensors").write_bytes(b"\x10" * 99)
    assert "its adapter is damaged" in refusal(folder)


@pytest.mark.parametrize("config", ["{", "[]", "{}", '{"base_model_name_or_path": 3}'])
def test_a_config_without_a_model_is_refused(config: str, folder: Path) -> None:
    (folder / PEFT_CONFIG).write_text(config)
    assert str(folder / PEFT_CONFIG) in refusal(folder)


def test_a_model_that_is_not_there_is_named(tiny_folders: dict[str, Path], tmp_path: Path) -> None:
    folder = adapt(tiny_folders["m2m100"], tmp_path / "shop", "q_proj", base_name="/not/there")
    assert refusal(folder).startswith("/not/there: no such folder")


def test_without_the_library_its_extra_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    assert refusal(folder).endswith("pip install 'live-text-translator[adapters]'")
