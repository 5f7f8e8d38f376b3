"""Shards of a job translated side by side, by processes that may die."""

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Protocol, Self

from translator.errors import ClientError, TranslatorError
from translator.jobs.report import Figures
from translator.jobs.shards import Shard, ShardTranslator

__all__ = ["LocalPool", "Outcome", "ShardPool", "outcome_of", "run_shards"]

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a shard.

    Attributes:
        shard: The shard.
        figures: What was done; None: it failed.
        error: Why, in a sentence.
        may_retry: Whether it may succeed another time.
    """

    shard: Shard
    figures: Figures | None
    error: str = ""
    may_retry: bool = True


class ShardPool(Protocol):
    """Workers that translate a shard at a time each."""

    num_workers: int

    def start(self, shard: Shard) -> None:
        """Give a shard to a worker that has none. There is one."""
        ...

    def wait(self) -> Outcome:
        """Wait until any shard is done, or has failed."""
        ...


def run_shards(
    shards: Sequence[Shard], pool: ShardPool, on_outcome: Callable[[Outcome], None]
) -> list[Outcome]:
    """Translate shards. One that fails is tried three times; others go on.

    Args:
        shards: The shards.
        pool: Translates them.
        on_outcome: Told of each that is done, or has failed for good.

    Returns:
        Those that failed.
    """
    waiting = deque(shards)
    tries: Counter[str] = Counter()
    failed: list[Outcome] = []
    num_running = 0
    while waiting or num_running:
        while waiting and num_running < pool.num_workers:
            pool.start(waiting.popleft())
            num_running += 1
        outcome = pool.wait()
        num_running -= 1
        if outcome.figures is None:
            tries[str(outcome.shard)] += 1
            if outcome.may_retry and tries[str(outcome.shard)] < _TRIES:
                waiting.append(outcome.shard)
                continue
            failed.append(outcome)
        on_outcome(outcome)
    return failed


def outcome_of(translator: Callable[[], ShardTranslator], shard: Shard) -> Outcome:
    """Translate a shard, and say what became of it."""
    try:
        return Outcome(shard, translator().translate(shard))
    except TranslatorError as error:
        # What is wrong with the input stays wrong.
        return Outcome(shard, None, error.message, not isinstance(error, ClientError))
    except Exception as error:
        return Outcome(shard, None, f"{type(error).__name__}: {error}")


@dataclass(eq=False, slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection
    shard: Shard | None = None


class LocalPool:
    """Processes on this machine, each with models of its own. One that dies is replaced.

    Args:
        num_workers: How many.
        keeps: Whether translations are kept in the store, which they share.
    """

    def __init__(self, num_workers: int, *, keeps: bool = True) -> None:
        self.num_workers = num_workers
        self._keeps = keeps
        # Threads do not survive a fork.
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []

    def start(self, shard: Shard) -> None:
        """See ``ShardPool.start``."""
        worker = next((each for each in self._workers if each.shard is None), None)
        if worker is None:
            ours, theirs = self._context.Pipe()
            process = self._context.Process(target=_work, args=(theirs, self._keeps), daemon=True)
            process.start()
            theirs.close()
            worker = _Worker(process, ours)
            self._workers.append(worker)
        worker.shard = shard
        try:
            worker.connection.send(shard)
        except OSError:
            # It has died since; ``wait`` finds out.
            return

    def wait(self) -> Outcome:
        """See ``ShardPool.wait``."""
        busy = {each.connection: each for each in self._workers if each.shard is not None}
        ready = wait(busy)
        worker = next(worker for connection, worker in busy.items() if connection in ready)
        shard, worker.shard = worker.shard, None
        assert shard is not None  # noqa: S101
        try:
            outcome: Outcome = worker.connection.recv()
        except (EOFError, OSError):
            self._workers.remove(worker)
            worker.process.join()
            return Outcome(shard, None, f"its process ended with {worker.process.exitcode}")
        return outcome

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.process.kill()
            worker.process.join()
            worker.connection.close()
        self._workers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _work(connection: Connection, keeps: bool) -> None:
    # Ctrl-C goes to all; the one who started this decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    translators: list[ShardTranslator] = []

    def translator() -> ShardTranslator:
        if not translators:
            translators.append(ShardTranslator(shard.job, keeps=keeps))
        return translators[0]

    while True:
        shard = connection.recv()
        connection.send(outcome_of(translator, shard))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101
    parent.join()
    os._exit(1)
