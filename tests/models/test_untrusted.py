"""Model folders that were made to hang a start, to fill the memory, or to run code."""

import json
import os
import pickle
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.models import tiny_transformers
from tests.models.tiny import TinyModel, tiny_model, train_vocabulary
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.huggingface.loading import load_transformers_model
from translator.models.inspection import inspect_folder
from translator.models.loading import describe_model
from translator.models.model_card import license_of
from translator.models.untrusted import read_yaml

pytestmark = [pytest.mark.model, pytest.mark.timeout(60)]

MIB = 1 << 20
# Nine lists of nine of the one before: 700 bytes that stand for 387 million.
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
)


@contextmanager
def little_memory(most: int = 64 * MIB) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@pytest.fixture
def tiny() -> TinyModel:
    return tiny_model(train_vocabulary(40))


def refused(folder: Path) -> str:
    messages = set()
    readers: list[Callable[[], object]] = [
        lambda: inspect_folder(folder),
        lambda: describe_model(f"en-de={folder}"),
    ]
    for read in readers:
        with little_memory(), pytest.raises(ModelFilesError) as error:
            read()
        messages.add(error.value.message)
    [message] = messages
    return message


def test_references_in_yaml_are_not_followed(tiny: TinyModel, tmp_path: Path) -> None:
    tiny.write(tmp_path)
    (tmp_path / "config.yml").write_text(f"models: [model.tiny.bin]\n{BOMB}")
    assert "not YAML without references" in refused(tmp_path)
    with little_memory():
        for wrong in (BOMB, "[" * 100_000, "x" * (2 * MIB), "a: " + "9" * 100_000):
            with pytest.raises(ValueError, match=r"YAML|bytes|digits"):
                read_yaml(wrong)
    (tmp_path / "README.md").write_text(f"---\nlicense: x\n{BOMB}---\n")
    with little_memory():
        assert license_of(tmp_path) == ""


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("dec-depth", 10**9),
        ("enc-depth", 10**6),
        ("dim-emb", 2**40),
        ("dim-vocabs", [2**40, 2**40]),
        ("transformer-dim-ffn", 2**50),
    ],
)
def test_sizes_beyond_any_network_are_refused(
    tiny: TinyModel, tmp_path: Path, setting: str, value: object
) -> None:
    tiny.settings[setting] = value
    assert setting in refused(tiny.write(tmp_path))


@pytest.mark.parametrize("header", [(1 << 40, 1, 1, 1), (8, 1, 1 << 40, 1)])
def test_a_header_that_promises_too_much_is_refused(
    tmp_path: Path, header: tuple[int, ...]
) -> None:
    file = tmp_path / "model.bin"
    file.write_bytes(struct.pack("<2Q4Q", 1, 1, *header))
    (tmp_path / "vocab.spm").write_bytes(b"")
    assert "expected 4096 and 32 at most" in refused(tmp_path)


def test_forty_million_headers_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.bin"
    with file.open("wb") as out:
        out.write(struct.pack("<2Q", 1, 40_000_000))
        # The disk does not have it either.
        out.truncate(16 + 32 * 40_000_000)
    (tmp_path / "vocab.spm").write_bytes(b"")
    assert "has 40000000 items" in refused(tmp_path)


@pytest.mark.parametrize("name", ["model.bin", "vocab.spm", "config.json", "config.yml", "lex.bin"])
def test_a_pipe_is_not_waited_for(tiny: TinyModel, tmp_path: Path, name: str) -> None:
    tiny.write(tmp_path)
    os.mkfifo(tmp_path / name)
    assert (
        refused(tmp_path) == f"{tmp_path / name}: is not a file; take it out of the model's folder"
    )


@pytest.mark.parametrize("name", ["../secret.bin", "/etc/passwd", "a/../../secret.bin"])
def test_names_do_not_lead_out_of_the_folder(tiny: TinyModel, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(b"x")
    tiny.write(folder)
    (folder / "config.yml").write_text(f"models: [{name}]\nvocabs: [v, v]\n")
    assert "outside of its folder" in refused(folder)


def test_layers_beyond_any_transformers_model_are_refused(tmp_path: Path) -> None:
    tiny_transformers.m2m100(tmp_path)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text()) | {"encoder_layers": 10**6}
    path.write_text(json.dumps(config))
    with pytest.raises(ModelFilesError, match="encoder_layers is 1000000, expected 512 at most"):
        describe_model(f"all={tmp_path}")


def test_code_of_a_folder_does_not_run_whatever_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library asks on standard input whether it may, unless it is told that it may not."""
    folder, ran = tmp_path / "model", tmp_path / "ran"
    folder.mkdir()
    tiny_transformers.m2m100(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text()) | {
        "model_type": "evil",
        "auto_map": {"AutoConfig": "evil.EvilConfig", "AutoModelForSeq2SeqLM": "evil.Evil"},
    }
    path.write_text(json.dumps(config))
    (folder / "evil.py").write_text(
        f"from pathlib import Path\nPath({str(ran)!r}).touch()\n"
        "from transformers import PretrainedConfig\n"
        "class EvilConfig(PretrainedConfig):\n    model_type = 'evil'\n"
    )
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("sys.stdin", StringIO("y\n" * 100))
    with pytest.raises(ModelFilesError, match="not a configuration that Transformers knows"):
        describe_model(f"all={folder}")
    assert not ran.exists()


class Evil:
    """Pickled, it is a call: whoever unpickles it makes a file."""

    def __init__(self, made: Path) -> None:
        self.made = made

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.made),)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_pickle_that_calls_something_is_refused(tmp_path: Path, wrapped: bool) -> None:
    folder, ran = tmp_path / "model", tmp_path / "ran"
    folder.mkdir()
    tiny_transformers.m2m100(folder)
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    if wrapped:
        # As torch writes it, beside tensors that are as they should be.
        torch.save(tensors | {"extra": Evil(ran)}, folder / "pytorch_model.bin")
    else:
        (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Evil(ran)))
    with pytest.raises(ModelFilesError, match="its weights are damaged"):
        load_transformers_model(str(folder), pair=LanguagePair("en", "pt"))
    assert not ran.exists()


def test_a_pickle_beside_safetensors_is_not_opened(tmp_path: Path) -> None:
    tiny_transformers.m2m100(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps(Evil(tmp_path / "ran")))
    load_transformers_model(str(tmp_path), pair=LanguagePair("en", "pt"))
    assert not (tmp_path / "ran").exists()
