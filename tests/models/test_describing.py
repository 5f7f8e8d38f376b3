"""What a model is, said before its parameters are read."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.models.tiny import tiny_model
from tests.models.tiny_transformers import TINY
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.embedded import embedded_models
from translator.models.loading import describe_model
from translator.models.marian.loading import describe_marian_folder
from translator.models.processor import is_int8_faster
from translator.precision import Precision

pytestmark = pytest.mark.model

MB = 2**20


@pytest.mark.parametrize("name", TINY)
def test_a_loaded_model_is_what_was_said(name: str, tiny_folders: dict[str, Path]) -> None:
    described = describe_model(f"{TINY[name].pair}={tiny_folders[name]}")
    assert described.info.pairs == (TINY[name].pair,)
    # The tiny ones are mostly vocabulary and encoder states.
    assert described.info.memory_bytes > 0.5 * MB
    assert described.load().info == described.info


@pytest.mark.parametrize("heads", [[], [[0, 0]]])
def test_whether_it_aligns_is_said_too(
    heads: list[list[int]], tiny_folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_folders["m2m100"], tmp_path / "model")
    path = folder / "generation_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"alignment_heads": heads}))
    described = describe_model(f"en-pt={folder}")
    assert described.info.supports_alignment == bool(heads)
    assert described.load().info == described.info


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "auto"])
def test_the_embedded_models_are_what_was_said(precision: Precision) -> None:
    sizes = {"float32": 127, "bfloat16": 71, "auto": 47 if is_int8_faster() else 127}
    for pair, folder in embedded_models():
        described = describe_marian_folder(folder, pair=pair, precision=precision)
        assert described.info.memory_bytes // MB == sizes[precision]
        lacking = described.info.unwritable
        assert {"€", "“", "★", "漢"} <= set(lacking)
        assert set(lacking).isdisjoint("%+=ãé")
    assert described.load().info == described.info


def test_a_header_is_read_and_no_parameter(vocabulary: bytes, tmp_path: Path) -> None:
    tiny = tiny_model(vocabulary)
    tiny.items["Wemb"].data = b"\xff" * len(tiny.items["Wemb"].data)
    described = describe_model(f"en-de={tiny.write(tmp_path)}")
    with pytest.raises(ModelFilesError, match="Wemb has the multiplier nan"):
        described.load()


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("weights", ": no weights, expected model.safetensors"),
        ("decoder", "/config.json: model_type 'gpt2' is a decoder only, expected an encoder and"),
        ("tokenizer", ": its tokenizer's files are missing, damaged or of another kind"),
    ],
)
def test_what_a_folder_lacks_is_said_before_it_is_loaded(
    damage: str, says: str, tiny_folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_folders["m2m100"], tmp_path / "model")
    if damage == "weights":
        (folder / "model.safetensors").unlink()
    elif damage == "decoder":
        (folder / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    else:
        (folder / "vocab.json").unlink()
    with pytest.raises(ModelFilesError) as refused:
        describe_model(f"en-pt={folder}")
    assert str(refused.value).startswith(f"{folder}{says}")


def test_a_language_that_it_lacks_is_said_before_it_is_loaded(
    tiny_folders: dict[str, Path],
) -> None:
    with pytest.raises(ModelFilesError, match="tlh is not among its languages"):
        describe_model(f"en-tlh={tiny_folders['m2m100']}")


_SWAPS = """
import asyncio, sys
import torch
from translator.config import ServerConfig
from translator.engine.async_engine import AsyncEngine
from translator.engine.engine import Engine
from translator.engine.request import Request
from translator.metrics import Metrics
from translator.server.app import describe_models
from translator.service.model_pool import ModelPool

def resident_mb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("RssAnon"))

async def main():
    described = describe_models(ServerConfig(precision="float32"))
    limit = max(model.info.memory_bytes for model in described)
    engine = AsyncEngine()
    pool = ModelPool(described, limit, engine, lambda m: [Engine({m.info.name: m})], Metrics())
    engine.start()
    for swap in range(8):
        model = described[swap % 2]
        with pool.lease() as lease:
            await lease.take([model.info.name])
            assert [pool.is_loaded(m.info.name) for m in described].count(True) == 1
            source = (*range(100, 100 + swap), 0)
            await engine.translate(Request(("s", "t"), 1, model.info.name, source))
        print(resident_mb())
    await engine.stop()

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.thorough
def test_what_is_evicted_gives_its_memory_back() -> None:
    """Eight swaps of two models that take 100 MB each: without giving back it would be 800."""
    done = subprocess.run(
        [sys.executable, "-c", _SWAPS], capture_output=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    resident = [float(line) for line in done.stdout.split()]
    assert len(resident) == 8
    assert max(resident) < resident[0] + 60
    # The floor: glibc keeps a copy of the embeddings (31 MB) for a swap or two, now and then.
    assert min(resident[4:]) < min(resident[:4]) + 15


def test_a_pair_is_needed_where_the_files_have_one_for_each_model(
    vocabulary: bytes, tmp_path: Path
) -> None:
    folder = tiny_model(vocabulary).write(tmp_path)
    assert describe_model(f"de-en={folder}").info.pairs == (LanguagePair("de", "en"),)
    with pytest.raises(ModelFilesError, match="a Marian model has one pair"):
        describe_model(f"all={folder}")
