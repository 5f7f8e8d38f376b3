"""The synchronous engine: requests in, outcomes out, one step at a time."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf

from translator.engine.lane import Lane
from translator.engine.request import Outcome, Request, RequestKey
from translator.engine.scheduler import SchedulerLimits
from translator.errors import ModelNotFoundError
from translator.models.base import ParallelModel, Seq2SeqModel

__all__ = ["Engine", "StepRecord", "num_engines"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What one step was, for metrics.

    Attributes:
        seconds: How long it took.
        num_running: Requests that still run after it.
        num_waiting: Requests that still wait after it.
        num_superseded: Requests replaced in the queue since the step before.
        queued_s: For each outcome how long its request had waited.
    """

    seconds: float
    num_running: int
    num_waiting: int
    num_superseded: int
    queued_s: tuple[float, ...]

    @property
    def num_finished(self) -> int:
        """How many requests it finished."""
        return len(self.queued_s)


def num_engines(model: Seq2SeqModel, threads: int) -> int:
    """How many engines a model should have where so many threads may decode."""
    return threads if isinstance(model, ParallelModel) and model.is_parallel else 1


class Engine:
    """Decodes requests for one or more models; each model has its own lane.

    Not thread-safe: one thread owns it (in the server one of ``AsyncEngine``).
    """

    def __init__(
        self,
        models: Mapping[str, Seq2SeqModel],
        limits: SchedulerLimits | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_step: Callable[[StepRecord], None] | None = None,
    ) -> None:
        self._models = models
        self._limits = limits or SchedulerLimits()
        self._clock = clock
        self._on_step = on_step
        self._lanes: dict[str, Lane] = {}
        self._num_superseded = 0
        self._bell = bytearray(1)

    def serves(self, model: str) -> bool:
        """Whether it has the model; may be asked from any thread."""
        return model in self._models

    @property
    def has_work(self) -> bool:
        """Whether a step would do anything."""
        return any(lane.has_work for lane in self._lanes.values())

    @property
    def wait_s(self) -> float:
        """How long a step would do nothing; infinite if there is no work."""
        return min((lane.wait_s for lane in self._lanes.values()), default=inf)

    @property
    def num_waiting(self) -> int:
        """How many requests wait for a slot."""
        return sum(len(lane.scheduler) for lane in self._lanes.values())

    @property
    def num_running(self) -> int:
        """How many requests are being decoded."""
        return sum(len(lane.slots) for lane in self._lanes.values())

    def submit(self, request: Request) -> None:
        """Queue a request whose key has none in the engine.

        Raises:
            ModelNotFoundError: There is no such model.
        """
        self._lane(request.model).scheduler.submit(request, self._clock())

    def replace(self, request: Request) -> bool:
        """Replace the waiting request of the same key with a newer one. See ``Scheduler``."""
        replaced = self._lane(request.model).scheduler.replace(request)
        self._num_superseded += replaced
        return replaced

    def cancel(self, key: RequestKey) -> None:
        """Forget the request of a key, if any; its slot is free for the next step."""
        for lane in self._lanes.values():
            lane.cancel(key)

    def ring(self) -> None:
        """Have a step end early, because something has come; may be called in any thread."""
        self._bell[0] = 1

    def silence(self) -> None:
        """Let steps go on again; call it before looking at what has come."""
        self._bell[0] = 0

    def step(self) -> list[Outcome]:
        """Advance every lane that has work by a step, or by some where nothing waits for them.

        Returns:
            The requests that are done.
        """
        outcomes: list[Outcome] = []
        began = self._clock()
        for lane in self._lanes.values():
            if lane.has_work:
                outcomes += lane.step()
        if self._on_step is not None:
            record = StepRecord(
                self._clock() - began,
                self.num_running,
                self.num_waiting,
                self._num_superseded,
                tuple(outcome.timing.queue_ms / 1e3 for outcome in outcomes),
            )
            self._num_superseded = 0
            try:
                self._on_step(record)
            except Exception:
                # A failing metrics hook must not lose outcomes.
                _log.exception("on_step failed")
        return outcomes

    def run(self) -> list[Outcome]:
        """Step until nothing is left."""
        outcomes: list[Outcome] = []
        while self.has_work:
            outcomes += self.step()
        return outcomes

    def check_integrity(self) -> None:
        """Raise AssertionError unless every lane is consistent."""
        for lane in self._lanes.values():
            lane.check_integrity()

    def _lane(self, model: str) -> Lane:
        if model not in self._lanes:
            if model not in self._models:
                raise ModelNotFoundError(f"there is no model {model!r}")
            self._lanes[model] = Lane(self._models[model], self._limits, self._clock, self._bell)
        return self._lanes[model]
