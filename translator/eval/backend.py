"""What translates in an evaluation: sessions of this process, or a server."""

import asyncio
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Protocol

from translator.client import AsyncTranslatorClient
from translator.eval.data import Sentence
from translator.eval.live import LiveReplay
from translator.eval.log import Instance
from translator.eval.processes import replay_in_processes
from translator.eval.remote import replay_remotely, replay_talk_remotely
from translator.eval.replay import replay
from translator.eval.talk import Talk
from translator.models.base import LanguagePair
from translator.models.catalog import Served
from translator.policy.registry import PolicyChoice

__all__ = ["Backend", "Keep", "LocalBackend", "Progress", "RemoteBackend"]

Keep = Callable[[Instance], None]
Progress = Callable[[int], None]


class Backend(Protocol):
    """Streams sentences and talks through sessions."""

    def sentences(self, sentences: Sequence[Sentence], policy: PolicyChoice, keep: Keep) -> None:
        """Stream sentences word by word; each instance is handed over when it is done."""

    def talk(self, talk: Talk, policy: PolicyChoice, on_progress: Progress) -> Instance:
        """Stream a talk through one session; ``on_progress`` is told the steps that were sent."""


class LocalBackend:
    """Sessions and an engine in this process, without sockets.

    Args:
        load: Loads the model. With several processes it has to be picklable.
        jobs: Sentences side by side.
        processes: For sentences; a talk is one session and takes one.
    """

    def __init__(self, load: Callable[[], Served], *, jobs: int = 32, processes: int = 1) -> None:
        self._load = load
        self._jobs = jobs
        self._processes = processes

    @cached_property
    def served(self) -> Served:
        """The model of this process and the pair."""
        return self._load()

    def sentences(self, sentences: Sequence[Sentence], policy: PolicyChoice, keep: Keep) -> None:
        """Stream sentences word by word; each instance is handed over when it is done."""
        if self._processes > 1:
            instances = replay_in_processes(
                self._load, sentences, policy, processes=self._processes, jobs=self._jobs
            )
        else:
            instances = replay(self.served, sentences, policy, jobs=self._jobs)
        for instance in instances:
            keep(instance)

    def talk(self, talk: Talk, policy: PolicyChoice, on_progress: Progress) -> Instance:
        """Stream a talk through one session on a clock of its own; see ``LiveReplay``."""
        return LiveReplay(self.served, talk, policy, on_progress=on_progress).run()


class RemoteBackend:
    """A server that is running.

    Args:
        address: ``HOST:PORT``.
        pair: Languages to ask for.
        jobs: Sentences side by side.
    """

    def __init__(self, address: str, pair: LanguagePair, *, jobs: int = 32) -> None:
        self._address = address
        self._pair = pair
        self._jobs = jobs

    def sentences(self, sentences: Sequence[Sentence], policy: PolicyChoice, keep: Keep) -> None:
        """Stream sentences word by word; each instance is handed over when it is done."""

        async def run() -> None:
            async with AsyncTranslatorClient(self._address) as client:
                instances = replay_remotely(client, self._pair, sentences, policy, jobs=self._jobs)
                async for instance in instances:
                    keep(instance)

        asyncio.run(run())

    def talk(self, talk: Talk, policy: PolicyChoice, on_progress: Progress) -> Instance:
        """Stream a talk through one session, as fast as it is translated."""

        async def run() -> Instance:
            async with AsyncTranslatorClient(self._address) as client:
                return await replay_talk_remotely(
                    client, self._pair, talk, policy, on_progress=on_progress
                )

        return asyncio.run(run())
