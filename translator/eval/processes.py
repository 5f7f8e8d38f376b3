"""Streams sentences in several processes, each with its own model."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from translator.catalog.catalog import Served
from translator.eval.data import Sentence
from translator.eval.end import End
from translator.eval.log import Instance
from translator.eval.replay import replay
from translator.policy.registry import Latency, PolicyChoice

__all__ = ["Workers"]

# What this process translates with; loaded once.
_served: list[Served] = []


class Workers:
    """Processes that stream sentences. They end with this one.

    Args:
        load: Loads the model in each process; has to be picklable.
        count: Number of processes.
    """

    def __init__(self, load: Callable[[], Served], count: int) -> None:
        # A fork would copy the locks of torch's threads, in whatever state they are.
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(count, context, _load, (load,))

    def replay(
        self,
        sentences: Sequence[Sentence],
        policy: Latency | PolicyChoice,
        end: End,
        *,
        jobs: int = 32,
    ) -> Iterator[Instance]:
        """Like ``replay.replay``, with the same outputs: sessions do not depend on each other.

        Args:
            sentences: The sentences to stream.
            policy: The policy for all of them.
            end: How a session learns that its sentence has ended.
            jobs: How many sentences each process streams in parallel.

        Yields:
            Instances in the order of the sentences.
        """
        batches = [sentences[first : first + jobs] for first in range(0, len(sentences), jobs)]
        for instances in self._pool.map(partial(_replay, policy, end), batches):
            yield from instances


def _load(load: Callable[[], Served]) -> None:
    _served.append(load())


def _replay(
    policy: Latency | PolicyChoice, end: End, sentences: Sequence[Sentence]
) -> list[Instance]:
    return list(replay(_served[0], sentences, policy, end=end, jobs=len(sentences)))
