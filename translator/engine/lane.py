"""One model's part of the engine: its queue, its slots and its runner."""

from collections import Counter
from collections.abc import Callable, Sequence

from translator.engine.batch import Decoding
from translator.engine.fair_queue import Waiting
from translator.engine.forms import Forms
from translator.engine.request import Outcome, Priority, Request, RequestKey, RequestTiming
from translator.engine.runner import Runner
from translator.engine.scheduler import Scheduler, SchedulerLimits
from translator.engine.slots import SlotTable
from translator.errors import (
    DecodingError,
    OutOfMemoryError,
    ServiceError,
    TranslatorError,
    is_out_of_memory,
)
from translator.models.base import EncoderStates, Seq2SeqModel

__all__ = ["Lane", "to_translator_error"]


class Lane:
    """Requests of one model, from queue to outcome; owned by the engine's thread.

    Args:
        model: The model.
        limits: See ``Scheduler``.
        clock: Seconds, monotonic.
        bell: See ``Runner``.
    """

    def __init__(
        self,
        model: Seq2SeqModel,
        limits: SchedulerLimits,
        clock: Callable[[], float],
        bell: bytearray,
    ) -> None:
        pair = model.info.pairs[0]
        self.slots = SlotTable(limits.max_slots)
        self.scheduler = Scheduler(limits)
        self.runner = Runner(model, self.slots, model.tokenizer(pair).eos_id, bell=bell)
        self._clock = clock
        self._forms = Forms()
        # For each request that runs: when it began to wait, was encoded, began to decode.
        self._times: dict[RequestKey, tuple[float, float, float]] = {}

    @property
    def has_work(self) -> bool:
        """Whether a step would do anything."""
        return bool(len(self.scheduler) or len(self.slots))

    @property
    def wait_s(self) -> float:
        """How long a step would do nothing; infinite if there is no work."""
        now = self._clock()
        rests_s = self._resting_s(now)
        return rests_s if rests_s or self.slots else self.scheduler.wait_s(now)

    def _resting_s(self, now: float) -> float:
        """How long batch requests rest, if there is nothing else to do."""
        rests_s = self.scheduler.resting_s(now)
        return rests_s if rests_s and self._has_only_batch else 0.0

    @property
    def _has_only_batch(self) -> bool:
        """Whether no request runs that is not of a batch."""
        return all(owner.request.priority is Priority.BATCH for owner in self.slots.owners)

    def cancel(self, key: RequestKey) -> None:
        """Forget the request of a key, if any; its slot is free for the next step."""
        self.scheduler.cancel(key)
        keys = self._forms.keys(key)
        for decoding in self.slots.owners:
            if decoding.request.key in keys:
                self.runner.release(decoding)
                del self._times[decoding.request.key]
        self._forms.forget(key)

    def step(self) -> list[Outcome]:
        """Admit waiting requests, then advance running ones by one token."""
        outcomes: list[Outcome] = []
        started = began = self._clock()
        if self._resting_s(began):
            return outcomes
        admitted = self.scheduler.admit(began, self.slots.num_free, self._running)
        if admitted:
            outcomes += self._start(list(self._forms.apart(admitted)))
            admitted_at = self._clock()
            self.scheduler.admission_took(admitted_at - began)
            began = admitted_at
        is_batch = bool(self.slots) and self._has_only_batch
        if self.slots:
            front, behind = self.slots.num_front, self.scheduler.num_behind(self._running)
            rows = [owner.request for owner in self.slots.owners[: front + behind]]
            most = self.scheduler.num_steps(behind, self.slots.num_free)
            num_steps, done = self._step(front + behind, most)
            outcomes += done
            ended = self._clock()
            self.scheduler.step_took(ended - began, front, behind, num_steps)
            self.scheduler.rows_took(rows, (ended - began) / len(rows), ended)
        if is_batch:
            ended = self._clock()
            self.scheduler.batch_took(ended - started, ended)
        return list(self._forms.together(outcomes))

    def check_integrity(self) -> None:
        """Raise AssertionError unless slots and times agree."""
        self.slots.check_integrity()
        running = {decoding.request.key for decoding in self.slots.owners}
        assert running == set(self._times), "times are kept for what does not run"  # noqa: S101
        assert running or not self._forms, "forms are kept of what does not run"  # noqa: S101

    @property
    def _running(self) -> Counter[Priority]:
        """How many requests of each priority have a slot."""
        return Counter(owner.request.priority for owner in self.slots.owners)

    def _start(self, admitted: Sequence[Waiting]) -> list[Outcome]:
        """Encode and prefill together. If that fails, try one by one to find the one at fault."""
        requests = [waiting.request for waiting in admitted]
        began = self._clock()
        for waiting in admitted:
            self._times[waiting.request.key] = (waiting.since, began, began)
        try:
            encoder_states = self._encode(requests)
            started = self.runner.start(requests, encoder_states)
        except Exception as error:
            self._release_all(requests)
            if len(admitted) > 1:
                return [outcome for waiting in admitted for outcome in self._start([waiting])]
            return [self._failed(requests[0], to_translator_error(error))]
        outcomes: list[Outcome] = []
        for request, result in zip(requests, started, strict=True):
            if isinstance(result, DecodingError):
                outcomes.append(self._failed(request, result))
            elif result.is_finished:
                outcomes.append(self._finished(result))
        return outcomes

    def _encode(self, requests: Sequence[Request]) -> list[EncoderStates]:
        encoder_states = self.runner.encode(requests)
        encoded = self._clock()
        for request in requests:
            since, began, _ = self._times[request.key]
            self._times[request.key] = (since, began, encoded)
        return encoder_states

    def _step(self, num_rows: int, most: int) -> tuple[int, list[Outcome]]:
        """Advance the first running requests; how many steps, and what is done."""
        running = self.slots.owners
        try:
            num_steps, through = self.runner.step(num_rows, most)
        except Exception as error:
            # The states of all rows may be wrong now.
            self._release_all([decoding.request for decoding in running])
            wrapped = to_translator_error(error)
            return 1, [self._failed(decoding.request, wrapped) for decoding in running]
        return num_steps, [
            self._finished(done)
            if isinstance(done, Decoding)
            else self._failed(done[0].request, done[1])
            for done in through
        ]

    def _release_all(self, requests: Sequence[Request]) -> None:
        keys = {request.key for request in requests}
        for decoding in self.slots.owners:
            if decoding.request.key in keys:
                self.runner.release(decoding)

    def _finished(self, decoding: Decoding) -> Outcome:
        timing = self._timing(decoding.request.key, decoding)
        return Outcome(decoding.request, decoding.hypothesis(), timing=timing)

    def _failed(self, request: Request, error: TranslatorError) -> Outcome:
        return Outcome(request, None, error, self._timing(request.key, None))

    def _timing(self, key: RequestKey, decoding: Decoding | None) -> RequestTiming:
        since, began, encoded = self._times.pop(key)
        return RequestTiming(
            queue_ms=(began - since) * 1e3,
            encode_ms=(encoded - began) * 1e3,
            decode_ms=(self._clock() - encoded) * 1e3,
            steps_run=decoding.steps_run if decoding else 0,
            steps_saved=decoding.steps_saved if decoding else 0,
        )


def to_translator_error(error: Exception) -> TranslatorError:
    """Wrap any exception as a TranslatorError."""
    if isinstance(error, TranslatorError):
        return error
    wrapped: TranslatorError
    if is_out_of_memory(error):
        wrapped = OutOfMemoryError("no memory is left for this request", subject="memory")
    else:
        wrapped = ServiceError(f"the model failed: {type(error).__name__}")
    wrapped.__cause__ = error
    return wrapped
