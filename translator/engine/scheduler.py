"""Decides which requests are decoded next. Pure Python; it never sees a tensor.

Every step of a model serves all requests that run. Before a step the scheduler admits waiting
requests into free slots: live before unary before large before batch, and within a priority the
callers take turns (``fair_queue.py``). Of live requests each key (a target of a session) has at
most one in the engine, so that order of arrival is fair between sessions, however much source one
of them sends.

Under load nothing queues up. A newer request of a key replaces the one that is still waiting,
without losing its turn. One that is already running is left to finish, because its few steps are
cheaper than starting over; the asker then files its newest request. So updates get coarser, never
later.

An admission costs as much as many steps, and every running request waits for it. So it is bounded
in tokens, and steps get a share of the time between two admissions: otherwise a request that needs
many steps would wait for a whole admission at each of them.

While somebody listens or waits, what is behind them is *background*: beside live requests all
others, beside unary ones large and batch requests. Only a few of the background start at a time, it
leaves half of the slots to others, and it must not make a step longer than a limit. It goes before
live requests only after a long wait, and then one at each admission. Live requests count as coming
for a while after the last one.

Batch requests wait for all others. But however busy the others are, one batch request starts every
``patience_s``: nobody notices it, and no batch stands still for ever. While nobody waits for a
text, the background has half of its room beside live requests.

Large and batch requests that run stand still, too, beside those that somebody waits for, but for a
share of the time: a step of many rows takes many times as long as one of a few. And batch requests
that have a step for themselves rest after it while somebody listens: the next word would wait for
their steps, and whatever else the words need, for the processor.

Someone who sends as much as a model can take, on however many streams, is *heavy*: while others
listen, their live requests wait behind those of the others, take turns by caller, and start a few
at a time, ten times a second at most. A long one, which is one step
whatever else comes meanwhile, makes the next wait.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from math import inf

from translator.engine.appetite import Appetites
from translator.engine.fair_queue import FairQueue, Waiting
from translator.engine.request import Priority, Request, RequestKey
from translator.limits import SchedulerLimits

__all__ = ["Scheduler", "SchedulerLimits"]

_IN_FRONT = (Priority.LIVE, Priority.UNARY)
_LISTENED = (Priority.LIVE, Priority.HEAVY)
# While others listen, heavy ones start so far apart.
_BESIDE_S = 0.1
# They run as many together as take this part of ``max_shared_step_s``.
_PART_OF_STEP = 1 / 6
# After an admission of theirs of t seconds that is longer than that, the next is t²/_REST_S later:
# what is twice as long keeps others waiting twice as long, and should do it half as often.
_REST_S = 0.001
_LONGEST_REST_S = 10.0
# Between words, batch requests rest so many times as long as their steps take.
_BATCH_RESTS = 4.0
_LONGEST_BATCH_REST_S = 0.25
# With each call of a model an engine waits for the interpreter's lock once.
_STEPS_AT_ONCE = 8


class Scheduler:
    """The queue in front of one model's batch."""

    def __init__(self, limits: SchedulerLimits) -> None:
        self.limits = limits
        self._queues = {p: FairQueue(by_caller=p is not Priority.LIVE) for p in Priority}
        self._last_live_s = -inf
        # The last live request of somebody who is not heavy.
        self._last_light_s = -inf
        self._appetites = Appetites()
        # Of the last admission: when it began, the part of each request, and its heavy ones.
        self._admitted_s = -inf
        self._parts: dict[tuple[str, RequestKey], float] = {}
        self._num_heavy = 0
        # When the last heavy request began, the last long one ended, and how long the next waits.
        self._admitted_heavy_s = self._heavy_ended_s = -inf
        self._heavy_rests_s = 0.0
        self._last_batch_s = -inf
        # When batch requests had a step for themselves, and how long they rest after it.
        self._batch_ended_s = -inf
        self._batch_rests_s = 0.0
        # How long steps are to take before the next admission, and how long the last one took.
        self._owed_s = self._step_s = 0.0
        # Requests in a step of ``max_shared_step_s``, as the last one went.
        self._max_shared = inf
        # Time that large and batch requests may take from others, and how much of the others' time
        # they get; what each row of theirs took of a step, and they of the last admission.
        self._saved_s = 0.0
        self._share = 0.0
        self._row_s = 0.0
        self._part_behind = 0.0

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._queues.values())

    def submit(self, request: Request, now: float) -> None:
        """Queue a request whose key has none in the engine."""
        if self._find(request.key) is not None:
            raise ValueError(f"{request.key} is waiting already; replace its request instead")
        if request.priority is Priority.LIVE:
            if not self._appetites.is_heavy(request.caller, now):
                self._last_light_s = now
            elif now - self._last_light_s < self.limits.patience_s:
                request = _as_heavy(request)
        self._queues[request.priority].add(Waiting(self._fitting(request), now))
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
        if waiting.request.priority is Priority.HEAVY and request.priority is Priority.LIVE:
            request = _as_heavy(request)
        waiting.request = self._fitting(request)
        return True

    def cancel(self, key: RequestKey) -> bool:
        """Forget the waiting request of a key. Returns whether there was one."""
        return any(queue.remove(key) for queue in self._queues.values())

    def admit(self, now: float, num_free: int, running: Mapping[Priority, int]) -> list[Waiting]:
        """Take the requests that start with the next step, in order.

        Args:
            now: Seconds of the engine's clock.
            num_free: Slots that are free; no more are taken.
            running: How many requests of each priority run; those that are missing have none.
        """
        limits = self.limits
        if not len(self) or (self._owed_s > 0 and num_free < limits.max_slots):
            return []
        if not any(running.get(priority) for priority in _IN_FRONT):
            # Nobody minds what was taken in advance.
            self._saved_s = max(0.0, self._saved_s)
        budget = background_budget = limits.max_prefill_tokens
        ahead = self._ahead(now, running)
        room = dict.fromkeys(Priority, limits.max_slots)
        if ahead is not None:
            # Nobody waits for a batch: beside live requests it takes half as much.
            is_asked = self._queues[Priority.UNARY] or self._queues[Priority.LARGE]
            part = 1 if is_asked or ahead is not Priority.LIVE else 2
            background_budget = limits.max_background_tokens // part
            num_ahead = num_before = sum(running.get(p, 0) for p in Priority if p <= ahead)
            fitting = min(limits.max_slots, self._max_shared / part) - num_ahead
            most = min(limits.max_background_slots, max(1, num_ahead // (4 * part), int(fitting)))
            for priority in Priority:
                if priority is Priority.HEAVY:
                    room[priority] = self._room_of_heavy(now, running)
                elif priority > ahead:
                    # What is further behind takes no room from what is before it.
                    num_before += running.get(priority, 0)
                    room[priority] = most - (num_before - num_ahead)
                if priority not in _IN_FRONT and self._saved_s < 0:
                    room[priority] = 0
        admitted: list[Waiting] = []
        num_rows = 0
        sources: set[tuple[int, ...]] = set()
        for waiting in self._in_turn(now, room, ahead):
            request = waiting.request
            cost = request.num_known_tokens + len(request.second_source)
            # Requests of one source, such as its targets, share its encoding.
            if request.source not in sources:
                cost += len(request.source)
            is_background = ahead is not None and request.priority > ahead
            is_heavy = is_background and request.priority is Priority.HEAVY
            if is_heavy and admitted and admitted[0].request.priority in _IN_FRONT:
                # They would wait for its admission.
                break
            allowed = min(budget, background_budget) if is_background else budget
            num_rows += request.num_rows
            if num_rows > num_free or (admitted and cost > allowed):
                break
            admitted.append(waiting)
            sources.add(request.source)
            budget -= cost
            if is_background:
                background_budget -= cost
        tokens_behind = 0
        for waiting in admitted:
            self._queue_of(waiting.request.key).take(waiting)
            if waiting.request.priority not in _IN_FRONT:
                tokens_behind += len(waiting.request.source)
            if waiting.request.priority is Priority.BATCH:
                self._last_batch_s = now
        if admitted:
            tokens = sum(len(waiting.request.source) for waiting in admitted)
            self._part_behind = tokens_behind / tokens
            self._note(admitted, now)
        return admitted

    def wait_s(self, now: float) -> float:
        """How long nothing that waits may start where nothing runs; infinite if nothing waits."""
        if not len(self):
            return inf
        if len(self) > len(self._queues[Priority.HEAVY]):
            return 0.0
        others_for_s = self._last_live_s + self.limits.patience_s - now
        return max(0.0, min(self._heavy_wait_s(now), others_for_s))

    def _heavy_wait_s(self, now: float) -> float:
        """How long heavy requests wait after the last one; not if the clock was put back."""
        waits_s = (
            (self._heavy_rests_s, now - self._heavy_ended_s),
            (_BESIDE_S, now - self._admitted_heavy_s),
        )
        return max(
            (max(0.0, rest_s - passed_s) for rest_s, passed_s in waits_s if passed_s >= 0),
            default=0.0,
        )

    def _room_of_heavy(self, now: float, running: Mapping[Priority, int]) -> int:
        """How many heavy requests may start while others listen."""
        if self._heavy_wait_s(now):
            return 0
        # A word that comes meanwhile waits for a step of theirs.
        fitting = min(self.limits.max_background_slots, self._max_shared * _PART_OF_STEP)
        return max(1, int(fitting)) - running.get(Priority.HEAVY, 0)

    def _note(self, admitted: list[Waiting], now: float) -> None:
        """Remember whose requests were admitted, until it is known how long that took."""
        self._admitted_s = now
        self._parts.clear()
        self._num_heavy = 0
        requests = [waiting.request for waiting in admitted]
        tokens = [len(r.source) + len(r.target_prefix) + len(r.draft) for r in requests]
        whole = sum(tokens)
        for request, num_tokens in zip(requests, tokens, strict=True):
            if request.priority is Priority.HEAVY:
                self._admitted_heavy_s = now
                self._num_heavy += 1
            if request.caller and request.priority in _LISTENED:
                self._parts[request.caller, request.key] = num_tokens / whole

    def num_behind(self, running: Mapping[Priority, int]) -> int:
        """How many of the running large and batch requests take part in the next step: all or none.

        Beside requests that somebody waits for, they stand still until they have saved the time for
        a step: a part of what the others take. Where all slots are taken and more of the others
        wait, they go on, so that slots become free.
        """
        num_front = sum(running.get(priority, 0) for priority in _IN_FRONT)
        num_behind = sum(running.values()) - num_front
        if not num_front:
            self._saved_s = 0.0
            return num_behind
        if not num_behind:
            self._saved_s = min(self._saved_s, 0.0)
            return 0
        is_full = num_front + num_behind >= self.limits.max_slots
        if is_full and any(self._queues[priority] for priority in _IN_FRONT):
            return num_behind
        is_asked = running.get(Priority.HEAVY) or running.get(Priority.LARGE)
        self._share = self.limits.large_share if is_asked else self.limits.batch_share
        return num_behind if self._saved_s >= num_behind * self._row_s else 0

    def batch_took(self, seconds: float, now: float) -> None:
        """Note that batch requests alone have had a step, with its admission, that has ended."""
        is_listened = now - self._last_live_s < self.limits.patience_s
        self._batch_rests_s = min(_BATCH_RESTS * seconds, _LONGEST_BATCH_REST_S) * is_listened
        self._batch_ended_s = now

    def resting_s(self, now: float) -> float:
        """How long batch requests rest yet; 0 where something else waits."""
        passed_s = now - self._batch_ended_s
        others = (queue for p, queue in self._queues.items() if p is not Priority.BATCH)
        if not 0 <= passed_s < self._batch_rests_s or any(others):
            return 0.0
        return self._batch_rests_s - passed_s

    def admission_took(self, seconds: float) -> None:
        """Note that an admission has ended; now it is the turn of steps."""
        self._owed_s = self.limits.decoding_share * seconds
        self._saved_s -= self._part_behind * seconds
        ended_s = self._admitted_s + seconds
        for (caller, key), part in self._parts.items():
            self._appetites.took(caller, key, seconds * part, ended_s)
        if self._num_heavy and seconds > self.limits.max_shared_step_s:
            self._heavy_rests_s = min(seconds**2 / _REST_S, _LONGEST_REST_S)
            self._heavy_ended_s = ended_s

    def rows_took(self, requests: Iterable[Request], seconds: float, now: float) -> None:
        """Note that a step has ended that took so long for each of these requests."""
        for request in requests:
            if request.caller and request.priority in _LISTENED:
                self._appetites.took(request.caller, request.key, seconds, now)

    def num_steps(self, num_behind: int, num_free: int) -> int:
        """How many steps to make at once, if the model can, and nobody comes meanwhile.

        Args:
            num_behind: Large and batch requests that take part: they give way at each step.
            num_free: Slots that are free; if none is, the first request that ends makes room.
        """
        if num_behind:
            return 1
        if not len(self):
            return _STEPS_AT_ONCE
        if not num_free or not self._step_s:
            return 1
        # Nothing starts before they are made.
        return int(max(1, min(self._owed_s / self._step_s, _STEPS_AT_ONCE)))

    def step_took(
        self, seconds: float, num_front: int, num_behind: int, num_steps: int = 1
    ) -> None:
        """Note that so many steps of so many rows in front, and behind them, have ended."""
        self._owed_s -= seconds
        self._step_s = seconds / num_steps
        num_rows = num_front + num_behind
        row_s = self._step_s / num_rows
        if num_behind:
            self._row_s = row_s
        if num_front:
            self._saved_s += (self._share * num_front - num_behind) * row_s * num_steps
        # A step takes less than twice as long with twice as many, so this comes closer to the bound
        # from below.
        if seconds > 0:
            self._max_shared = num_rows * self.limits.max_shared_step_s / self._step_s

    def _ahead(self, now: float, running: Mapping[Priority, int]) -> Priority | None:
        """The last priority that somebody listens to or waits for; what is after it gives way."""
        if now - self._last_live_s < self.limits.patience_s:
            return Priority.LIVE
        if self._queues[Priority.UNARY] or running.get(Priority.UNARY):
            return Priority.UNARY
        return None

    def _in_turn(
        self, now: float, room: dict[Priority, int], ahead: Priority | None
    ) -> Iterator[Waiting]:
        """The waiting requests in order of admission.

        Of each priority in the background, and those before it there, only as many as ``room`` has.
        """
        overdue = self._overdue(now)
        background = [p for p in Priority if ahead is not None and p > ahead]

        def use(request: Request) -> None:
            if request.priority in background:
                for each in background[background.index(request.priority) :]:
                    room[each] -= request.num_rows

        if overdue is not None and room[overdue.request.priority] > 0:
            use(overdue.request)
            yield overdue
        for priority, queue in self._queues.items():
            for waiting in queue.in_turn():
                if room[priority] <= 0:
                    break
                if waiting is not overdue:
                    use(waiting.request)
                    yield waiting

    def _overdue(self, now: float) -> Waiting | None:
        """The request that goes before live ones, if any has waited for so long."""
        patience_s = self.limits.patience_s
        for priority in (Priority.BATCH, Priority.UNARY, Priority.LARGE):
            queue = self._queues[priority]
            if queue.oldest_s is None:
                continue
            since = queue.oldest_s
            if priority is Priority.BATCH:
                since = max(since, self._last_batch_s)
            if now - since > patience_s:
                return next(queue.in_turn())
        return None

    def _fitting(self, request: Request) -> Request:
        """A request without its second source where there is no slot for that."""
        fits = request.num_rows <= self.limits.max_slots
        return request if fits else replace(request, second_source=())

    def _find(self, key: RequestKey) -> Waiting | None:
        found = (queue.find(key) for queue in self._queues.values())
        return next((waiting for waiting in found if waiting is not None), None)

    def _queue_of(self, key: RequestKey) -> FairQueue:
        """The queue that a key waits in."""
        return next(queue for queue in self._queues.values() if queue.find(key) is not None)


def _as_heavy(request: Request) -> Request:
    """The request of a heavy caller; what it asks for stays."""
    return replace(request, priority=Priority.HEAVY, scored=request.probable)
