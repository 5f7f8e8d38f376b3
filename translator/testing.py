"""Public test kit: a model without weights, a clock without waiting, a server in this process."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from translator.config import ServerConfig
from translator.languages.detection import LanguageDetector
from translator.languages.fake import FakeDetector
from translator.models.base import DescribedModel, Seq2SeqModel
from translator.models.fake import FakeBatch, FakeModel, FakeTokenizer, fake_translation
from translator.server.app import RunningServer, running

__all__ = [
    "FakeBatch",
    "FakeClock",
    "FakeDetector",
    "FakeModel",
    "FakeTokenizer",
    "fake_translation",
    "serve_in_process",
]


class FakeClock:
    """A clock that stands still until it is advanced. Seconds."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self.now += seconds


@asynccontextmanager
async def serve_in_process(
    config: ServerConfig | None = None,
    models: Iterable[Seq2SeqModel | DescribedModel] | None = None,
    detector: LanguageDetector | None = None,
) -> AsyncIterator[RunningServer]:
    """Run a real server on a free local port, with a fake model and detector by default."""
    async with running(
        config or ServerConfig(port=0),
        [FakeModel()] if models is None else models,
        detector or FakeDetector(),
    ) as server:
        yield server
