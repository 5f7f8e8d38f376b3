from collections.abc import AsyncIterator

import pytest

from translator.server.app import RunningServer
from translator.testing import serve_in_process


@pytest.fixture
async def server() -> AsyncIterator[RunningServer]:
    async with serve_in_process() as running:
        yield running
