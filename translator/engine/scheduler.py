"""Decides which requests are decoded next. Pure Python; it never sees a tensor.

Every step of a model serves all requests that run. Before a step the scheduler admits waiting
requests into free slots: live before unary before batch, and within a priority in order of
arrival. Since a key (a target of a session) has at most one request in the engine, order of arrival
is fair between sessions, however much source one of them sends.

Under load nothing queues up. A newer request of a key replaces the one that is still waiting,
without losing its turn. One that is already running is left to finish, because its few steps are
cheaper than starting over; the asker then files its newest request. So updates get coarser, never
later.

An admission costs as much as many steps, and every running request waits for it. So it is bounded
in tokens, and steps get a share of the time between two admissions: otherwise a request that needs
many steps would wait for a whole admission at each of them.

Unary and batch requests, which are segments of documents, are the *background*. While live requests
come, only a few of them start at a time, they leave half of the slots to live ones, and they must
not make a step longer than a limit, because someone is listening to each step. They go before live
requests only after a long wait, and then one at each admission.

Batch requests wait for all others. But however busy the others are, one batch request starts every
``patience_s``: nobody notices it, and no batch stands still for ever. While no unary request waits,
the background has half of its room beside live ones.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import inf

from translator.engine.request import Priority, Request, RequestKey
from translator.limits import SchedulerLimits

__all__ = ["Scheduler", "SchedulerLimits", "Waiting"]


@dataclass(slots=True)
class Waiting:
    """A queued request, and when its key began to wait, in seconds of the engine's clock."""

    request: Request
    since: float

    @property
    def is_live(self) -> bool:
        """Whether someone is listening while it is decoded."""
        return self.request.priority is Priority.LIVE


class Scheduler:
    """The queue in front of one model's batch."""

    def __init__(self, limits: SchedulerLimits) -> None:
        self.limits = limits
        self._queues: dict[Priority, OrderedDict[RequestKey, Waiting]] = {
            priority: OrderedDict() for priority in Priority
        }
        self._last_live_s = -inf
        self._last_batch_s = -inf
        # How long steps are to take before the next admission.
        self._owed_s = 0.0
        # Requests in a step of ``max_shared_step_s``, as the last one went.
        self._max_shared = inf

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._queues.values())

    def submit(self, request: Request, now: float) -> None:
        """Queue a request whose key has none in the engine."""
        if self._find(request.key) is not None:
            raise ValueError(f"{request.key} is waiting already; replace its request instead")
        self._queues[request.priority][request.key] = Waiting(request, now)
        if request.priority is Priority.LIVE:
            self._last_live_s = now

    def replace(self, request: Request) -> bool:
        """Replace the waiting request of the same key with a newer one.

        Returns:
            Whether one was waiting. If not, it is running or has just finished, and its outcome
            tells the asker to file again.
        """
        waiting = self._find(request.key)
        if waiting is None:
            return False
        waiting.request = request
        return True

    def cancel(self, key: RequestKey) -> bool:
        """Forget the waiting request of a key. Returns whether there was one."""
        return any(queue.pop(key, None) is not None for queue in self._queues.values())

    def admit(self, now: float, num_free: int, num_background: int = 0) -> list[Waiting]:
        """Take the requests that start with the next step, in order.

        Args:
            now: Seconds of the engine's clock.
            num_free: Slots that are free; no more are taken.
            num_background: Background requests that run.
        """
        limits = self.limits
        if self._owed_s > 0 and num_free < limits.max_slots:
            return []
        budget = background_budget = limits.max_prefill_tokens
        max_background = limits.max_slots
        if now - self._last_live_s < limits.patience_s:
            background_budget = limits.max_background_tokens
            num_live = limits.max_slots - num_free - num_background
            # Nobody waits for a batch: it takes half as much.
            part = 1 if self._queues[Priority.UNARY] else 2
            fitting = min(limits.max_slots, self._max_shared / part) - num_live
            max_background = min(
                limits.max_background_slots, max(1, num_live // (4 * part), int(fitting))
            )
            background_budget //= part
        admitted: list[Waiting] = []
        sources: set[tuple[int, ...]] = set()
        for waiting in self._in_turn(now, max_background - num_background):
            request = waiting.request
            cost = len(request.target_prefix) + len(request.draft)
            # Requests of one source, such as its targets, share its encoding.
            if request.source not in sources:
                cost += len(request.source)
            allowed = budget if waiting.is_live else min(budget, background_budget)
            if len(admitted) == num_free or (admitted and cost > allowed):
                break
            admitted.append(waiting)
            sources.add(request.source)
            budget -= cost
            if not waiting.is_live:
                background_budget -= cost
        for waiting in admitted:
            self.cancel(waiting.request.key)
            if waiting.request.priority is Priority.BATCH:
                self._last_batch_s = now
        return admitted

    def admission_took(self, seconds: float) -> None:
        """Note that an admission has ended; now it is the turn of steps."""
        self._owed_s = self.limits.decoding_share * seconds

    def step_took(self, seconds: float, num_running: int) -> None:
        """Note that a step of this many requests has ended."""
        self._owed_s -= seconds
        # A step takes less than twice as long with twice as many, so this comes closer to the bound
        # from below.
        if seconds > 0:
            self._max_shared = num_running * self.limits.max_shared_step_s / seconds

    def _in_turn(self, now: float, num_background: int) -> Iterator[Waiting]:
        """The waiting requests in order of admission; ``num_background`` limits the background."""
        live, *background = (self._queues[priority].values() for priority in Priority)
        overdue = self._overdue(now)
        if overdue is not None and num_background > 0:
            num_background -= 1
            yield overdue
        yield from live
        rest = (w for queue in background for w in queue if w is not overdue)
        yield from islice(rest, max(0, num_background))

    def _overdue(self, now: float) -> Waiting | None:
        """The background request that goes before live ones, if any has waited for so long."""
        unary, batch = (
            next(iter(self._queues[priority].values()), None)
            for priority in (Priority.UNARY, Priority.BATCH)
        )
        patience_s = self.limits.patience_s
        if batch is not None and now - max(batch.since, self._last_batch_s) > patience_s:
            return batch
        return unary if unary is not None and now - unary.since > patience_s else None

    def _find(self, key: RequestKey) -> Waiting | None:
        return next((queue[key] for queue in self._queues.values() if key in queue), None)
