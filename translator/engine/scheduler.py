"""Who is decoded next. Pure Python; it never sees a tensor.

Every step of a model serves all requests that run. Before each step the scheduler admits waiting
requests into free slots: live before unary before batch, and within a priority in order of
arrival. Since a key (a target of a session) has at most one request in the engine, order of arrival
is fair between sessions, however much source one of them sends.

Under load nothing queues up. A newer request of a key takes the place of the one that still waits,
without losing its turn; one that already runs is left to finish, since its few steps are cheaper
than starting over, and the asker then files again what is newest. So updates get coarser, never
later.

Admission is bounded in tokens too, so that one long document cannot make a step long for everyone.
"""

from collections import OrderedDict
from dataclasses import dataclass

from translator.engine.request import Priority, Request, RequestKey

__all__ = ["Scheduler", "SchedulerLimits", "Waiting"]


@dataclass(frozen=True, slots=True)
class SchedulerLimits:
    """Bounds of one step.

    Attributes:
        max_slots: Requests that run together.
        max_prefill_tokens: Source and known target tokens admitted in one step; a single request
            may exceed it.
    """

    max_slots: int = 64
    max_prefill_tokens: int = 2048


@dataclass(slots=True)
class Waiting:
    """A request in the queue and when its key began to wait, in seconds of the engine's clock."""

    request: Request
    since: float


class Scheduler:
    """The queue in front of one model's batch."""

    def __init__(self, limits: SchedulerLimits) -> None:
        self.limits = limits
        self._queues: dict[Priority, OrderedDict[RequestKey, Waiting]] = {
            priority: OrderedDict() for priority in Priority
        }

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._queues.values())

    def submit(self, request: Request, now: float) -> None:
        """Queue a request whose key has none in the engine."""
        if self._find(request.key) is not None:
            raise ValueError(f"{request.key} waits already; replace its request instead")
        self._queues[request.priority][request.key] = Waiting(request, now)

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

    def admit(self, num_free: int) -> list[Waiting]:
        """Take the requests that start with the next step, at most ``num_free``, in order."""
        admitted: list[Waiting] = []
        budget = self.limits.max_prefill_tokens
        for priority in Priority:
            queue = self._queues[priority]
            while queue and len(admitted) < num_free:
                waiting = next(iter(queue.values()))
                cost = _num_tokens(waiting.request)
                if admitted and cost > budget:
                    return admitted
                budget -= cost
                admitted.append(queue.pop(waiting.request.key))
        return admitted

    def _find(self, key: RequestKey) -> Waiting | None:
        return next((queue[key] for queue in self._queues.values() if key in queue), None)


def _num_tokens(request: Request) -> int:
    return len(request.source) + len(request.target_prefix) + len(request.draft)
