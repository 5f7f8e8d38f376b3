"""Who is decoded next. Pure Python; it never sees a tensor.

Every step of a model serves all requests that run. Before a step the scheduler admits waiting
requests into free slots: live before unary before batch, and within a priority in order of
arrival. Since a key (a target of a session) has at most one request in the engine, order of arrival
is fair between sessions, however much source one of them sends.

Under load nothing queues up. A newer request of a key takes the place of the one that still waits,
without losing its turn; one that already runs is left to finish, since its few steps are cheaper
than starting over, and the asker then files again what is newest. So updates get coarser, never
later.

An admission costs as much as many steps, and every request that runs waits for it. So it is bounded
in tokens, and steps get their share of the time between one admission and the next: else a request
that needs many steps would wait for a whole admission at each of them.

Unary and batch requests, which are segments of documents, are the *background*. While live requests
come it starts a few at a time, leaves them half of the slots, and takes no more than makes a step
of bounded time: each step that it makes longer is one that somebody listens to. It goes before live
ones only when it has waited for long, one request at each admission.

Batch requests wait for all others. But however much these ask for, one batch request starts every
``patience_s``: nobody notices it, and no batch stands still for ever.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import inf

from translator.engine.request import Priority, Request, RequestKey

__all__ = ["Scheduler", "SchedulerLimits", "Waiting"]


@dataclass(frozen=True, slots=True)
class SchedulerLimits:
    """How much one step may take on.

    Attributes:
        max_slots: How many requests run together.
        max_prefill_tokens: How many tokens one step may admit: source tokens, each source counted
            once, and known target tokens. A single request may exceed it.
        decoding_share: After an admission, steps run for at least this share of the time it took
            before the next admission, as long as there is something to decode.
        patience_s: A background request that has waited longer goes before live ones, of batches
            one in so long a time. Live requests also count as coming until so long after the last
            one.
        max_shared_step_s: While live requests come, a background request is not added if it would
            make a step longer than this. A quarter as many as live ones, and one, may always run.
    """

    max_slots: int = 64
    max_prefill_tokens: int = 256
    decoding_share: float = 0.5
    patience_s: float = 2.0
    max_shared_step_s: float = 0.025

    @property
    def max_background_slots(self) -> int:
        """Slots that background requests may take while live ones come."""
        return max(1, self.max_slots // 2)

    @property
    def max_background_tokens(self) -> int:
        """Tokens of background requests admitted in one step while live ones come."""
        return self.max_prefill_tokens // 4


@dataclass(slots=True)
class Waiting:
    """A request in the queue and when its key began to wait, in seconds of the engine's clock."""

    request: Request
    since: float

    @property
    def is_live(self) -> bool:
        """Whether somebody listens while it is decoded."""
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
            raise ValueError(f"{request.key} waits already; replace its request instead")
        self._queues[request.priority][request.key] = Waiting(request, now)
        if request.priority is Priority.LIVE:
            self._last_live_s = now

    def replace(self, request: Request) -> bool:
        """Put a newer request in the place of the waiting one of its key.

        Returns:
            Whether one was waiting. If not it runs, or has just finished, and its outcome tells the
            asker to file again.
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
            fitting = min(limits.max_slots, self._max_shared) - num_live
            max_background = min(limits.max_background_slots, max(1, num_live // 4, int(fitting)))
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
        """An admission is through; now steps have their turn."""
        self._owed_s = self.limits.decoding_share * seconds

    def step_took(self, seconds: float, num_running: int) -> None:
        """A step of so many requests is through."""
        self._owed_s -= seconds
        # A step takes less than twice as long with twice as many, so this comes closer to the bound
        # from below.
        if seconds > 0:
            self._max_shared = num_running * self.limits.max_shared_step_s / seconds

    def _in_turn(self, now: float, num_background: int) -> Iterator[Waiting]:
        """Who waits, in the order of admission; at most ``num_background`` of the background."""
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
