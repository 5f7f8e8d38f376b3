"""Translates for an evaluation, with sessions in this process; for servers see ``remote.py``."""

from collections.abc import Callable, Sequence
from functools import cached_property

from translator.catalog.catalog import Served
from translator.eval.backend import Keep, Progress
from translator.eval.data import Sentence
from translator.eval.end import End
from translator.eval.live import LiveReplay
from translator.eval.log import Instance
from translator.eval.processes import Workers
from translator.eval.replay import replay
from translator.eval.talk import Talk
from translator.policy.registry import Latency, PolicyChoice

__all__ = ["LocalBackend"]


class LocalBackend:
    """Sessions and an engine in this process, without sockets.

    Args:
        load: Loads the model. It has to be picklable if there are several processes.
        jobs: How many sentences are streamed in parallel.
        processes: How many processes stream sentences; a talk is one session, in one process.
        fingerprint: Of the model, as its ``ModelInfo`` has it.
    """

    def __init__(
        self,
        load: Callable[[], Served],
        *,
        jobs: int = 32,
        processes: int = 1,
        fingerprint: str = "",
    ) -> None:
        self._load = load
        self._fingerprint = fingerprint
        self._jobs = jobs
        self._processes = processes

    @property
    def fingerprint(self) -> str:
        """See ``Backend.fingerprint``."""
        return self._fingerprint

    @cached_property
    def served(self) -> Served:
        """The model of this process, and its pair."""
        return self._load()

    @cached_property
    def _workers(self) -> Workers:
        return Workers(self._load, self._processes)

    def sentences(
        self, sentences: Sequence[Sentence], policy: Latency | PolicyChoice, end: End, keep: Keep
    ) -> None:
        if self._processes > 1:
            instances = self._workers.replay(sentences, policy, end, jobs=self._jobs)
        else:
            instances = replay(self.served, sentences, policy, end=end, jobs=self._jobs)
        for instance in instances:
            keep(instance)

    def talk(self, talk: Talk, policy: Latency | PolicyChoice, on_progress: Progress) -> Instance:
        """Stream a talk through one session, on its own clock; see ``LiveReplay``."""
        return LiveReplay(self.served, talk, policy, on_progress=on_progress).run()
