from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.models.tiny import tiny_model, train_vocabulary
from tests.server.browsers import Browser, browsing, launched
from tests.server.mirror import Mirror
from tests.server.processes import serving_here
from translator.catalog.store import Store
from translator.server.app import RunningServer
from translator.testing import serve_in_process


@pytest.fixture
async def server() -> AsyncIterator[RunningServer]:
    async with serve_in_process() as running:
        yield running


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Of a server for commands, which have loops of their own."""
    with serving_here() as address:
        yield address


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Any]:
    """One for all tests: each opens pages with profiles of their own."""
    async with launched() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Any) -> AsyncIterator[Browser]:
    async with browsing(chromium) as running:
        yield running


@pytest.fixture(scope="session")
def vocabulary() -> bytes:
    return train_vocabulary(40)


@pytest.fixture(scope="session")
def marian_folder(tmp_path_factory: pytest.TempPathFactory, vocabulary: bytes) -> Path:
    return tiny_model(vocabulary).write(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror() as mirror:
        yield mirror


@pytest.fixture
def published(mirror: Mirror, marian_folder: Path) -> Mirror:
    mirror.publish(marian_folder, "en-de")
    return mirror


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models")
