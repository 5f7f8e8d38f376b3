"""Shards of a job translated by the machines of a Ray cluster."""

import logging
import math
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from translator.errors import OperatorError
from translator.jobs.config import JobConfig
from translator.jobs.pool import Outcome, outcome_of
from translator.jobs.shards import Shard, ShardTranslator

__all__ = ["RayPool", "fitting", "from_anywhere"]

# Ray itself, and whoever drives the job, need what actors do not take.
_LEFT_CPUS = 1
# After so long without a result it is looked whether all machines are still there.
_PATIENCE_S = 60.0


def from_anywhere(job: JobConfig) -> JobConfig:
    """The same job for a process that is in another folder."""
    paths = {name: getattr(job, name) for name in ("glossary", "memory", "store")}
    files = {name: str(Path(getattr(job, name)).absolute()) for name in ("input", "output")}
    models = tuple(
        f"{pair}={Path(folder).absolute()}" if folder else pair
        for pair, _, folder in (each.partition("=") for each in job.models)
    )
    return job.model_copy(
        update=files
        | {name: path.absolute() for name, path in paths.items() if path is not None}
        | {"models": models}
    )


class _Worker:
    """An actor: has the models, and translates a shard at a time."""

    def __init__(self, keeps: bool) -> None:
        self._keeps = keeps
        self._translator: ShardTranslator | None = None

    def translate(self, shard: Shard) -> Outcome:
        def translator() -> ShardTranslator:
            if self._translator is None:
                self._translator = ShardTranslator(shard.job, keeps=self._keeps)
            return self._translator

        return outcome_of(translator, shard)


class RayPool:
    """Actors in a Ray cluster, each with models of its own. One that dies is replaced.

    The machines need the input, the folder of the output and the models at the same paths.

    Args:
        address: Of the cluster, such as "auto" or "ray://host:10001"; "local": one on this machine.
        num_workers: How many actors; 0: as many as the cluster has CPUs for, one less.
        cpus: CPUs for each.
        gpus: GPUs for each; a fraction shares one.
        keeps: Whether each machine keeps translations in a store of its own.

    Raises:
        OperatorError: Ray is not installed or cannot be reached, or there are too few CPUs or GPUs.
    """

    def __init__(
        self, address: str = "auto", num_workers: int = 0, *, cpus: float = 1.0, gpus: float = 0.0,
        keeps: bool = True,
    ) -> None:  # fmt: skip
        try:
            import ray
        except ImportError as error:
            raise OperatorError(
                "Ray is not installed: install live-text-translator[ray]"
            ) from error
        self._ray: Any = ray
        self._each = cpus, gpus
        self._keeps = keeps
        self._idle: list[Any] = []
        self._running: dict[Any, tuple[Any, Shard]] = {}
        self._began = not ray.is_initialized()
        if self._began:
            try:
                ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
            except Exception as error:
                # Ray has no class for what can be wrong here.
                raise OperatorError(
                    f"{address}: no Ray cluster can be reached ({error})"
                ) from error
        try:
            self.num_workers = fitting(ray.cluster_resources(), num_workers, cpus, gpus)
        except BaseException:
            self.close()
            raise
        self._actor = ray.remote(num_cpus=cpus, num_gpus=gpus)(_Worker)

    def start(self, shard: Shard) -> None:
        """See ``ShardPool.start``."""
        actor = self._idle.pop() if self._idle else self._actor.remote(self._keeps)
        self._running[actor.translate.remote(shard)] = actor, shard

    def wait(self) -> Outcome:
        """See ``ShardPool.wait``."""
        while not (found := self._ray.wait(list(self._running), timeout=_PATIENCE_S)[0]):
            if len(self._running) > self._room():
                # A machine is gone. What was asked for last waits for it, perhaps for ever.
                last = list(self._running)[-1]
                actor, shard = self._running.pop(last)
                self._ray.kill(actor)
                return self._lost(shard, "there is no room for its worker any more")
        [done] = found
        actor, shard = self._running.pop(done)
        try:
            outcome: Outcome = self._ray.get(done)
        except self._ray.exceptions.RayError as error:
            return self._lost(shard, f"its worker was lost ({type(error).__name__})")
        self._idle.append(actor)
        return outcome

    def _lost(self, shard: Shard, told: str) -> Outcome:
        """A worker is gone, perhaps with its machine; the next shard gets another one."""
        self.num_workers = max(1, min(self.num_workers, self._room()))
        return Outcome(shard, None, told)

    def _room(self) -> int:
        """How many workers the cluster has room for now."""
        try:
            return fitting(self._ray.cluster_resources(), 0, *self._each)
        except OperatorError:
            return 0

    def close(self) -> None:
        """End the actors, and what was begun here."""
        for actor in (*self._idle, *(actor for actor, _ in self._running.values())):
            self._ray.kill(actor)
        self._idle.clear()
        self._running.clear()
        if self._began:
            self._ray.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def fitting(resources: dict[str, float], wanted: int, cpus: float, gpus: float) -> int:
    """How many workers there will be: those that are wanted, or as many as fit.

    Raises:
        OperatorError: The cluster has no room for them.
    """
    has_cpus, has_gpus = resources.get("CPU", 0.0), resources.get("GPU", 0.0)
    most = math.floor((has_cpus - _LEFT_CPUS) / cpus + 1e-9) if cpus else wanted or 1
    if (wanted or 1) > most:
        raise OperatorError(
            f"{wanted or 1} workers with {cpus:g} CPUs each leave none of the {has_cpus:g} CPUs of "
            f"the cluster, and Ray then waits for ever; at most {max(most, 0)} workers fit"
        )
    if gpus:
        # A worker never has a piece of two GPUs.
        most_gpus = (
            math.floor(has_gpus) * math.floor(1 / gpus + 1e-9)
            if gpus < 1
            else math.floor(has_gpus / gpus)
        )
        if (wanted or 1) > most_gpus:
            raise OperatorError(
                f"{wanted or 1} workers need {gpus:g} GPUs each, and the cluster has {has_gpus:g}; "
                f"at most {most_gpus} workers fit"
            )
        most = min(most, most_gpus)
    return wanted or most
