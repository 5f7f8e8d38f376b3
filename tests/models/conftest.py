from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.models.tiny import train_vocabulary
from tests.models.tiny_transformers import TINY
from translator.languages.pair import LanguagePair
from translator.models.embedded import EMBEDDED_LICENSE, embedded_models
from translator.models.huggingface.loading import load_transformers_model
from translator.models.huggingface.model import TransformersModel
from translator.models.marian.loading import load_marian_folder
from translator.models.marian.recurrent import RecurrentModel
from translator.models.pretrained.convert import convert

EN_PT, PT_EN = LanguagePair("en", "pt"), LanguagePair("pt", "en")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def embedded(one_thread: None) -> dict[LanguagePair, RecurrentModel]:
    out = {}
    for pair, folder in embedded_models():
        model = load_marian_folder(folder, pair=pair, license=EMBEDDED_LICENSE)
        assert isinstance(model, RecurrentModel)
        out[pair] = model
    return out


@pytest.fixture(scope="session")
def en_pt(embedded: dict[LanguagePair, RecurrentModel]) -> RecurrentModel:
    return embedded[EN_PT]


@pytest.fixture(scope="session")
def pt_en(embedded: dict[LanguagePair, RecurrentModel]) -> RecurrentModel:
    return embedded[PT_EN]


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> dict[LanguagePair, Path]:
    """A folder for Transformers of each embedded model."""
    out = {pair: tmp_path_factory.mktemp("converted") / str(pair) for pair in (EN_PT, PT_EN)}
    for pair, folder in embedded_models():
        convert(folder, out[pair])
    return out


@pytest.fixture(scope="session")
def vocabulary() -> bytes:
    return train_vocabulary(40)


@pytest.fixture(scope="session")
def other_vocabulary() -> bytes:
    return train_vocabulary(36)


@pytest.fixture(scope="session")
def tiny_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder of each family of Transformers models, with random weights."""
    return {name: tiny.make(tmp_path_factory.mktemp(name)) for name, tiny in TINY.items()}


@pytest.fixture(scope="session")
def transformers_models(
    one_thread: None, tiny_folders: dict[str, Path]
) -> dict[str, TransformersModel]:
    return {
        name: load_transformers_model(str(folder), pair=TINY[name].pair, name=name)
        for name, folder in tiny_folders.items()
    }
