"""Requests whose source has two forms: decoded side by side, answered once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from translator.engine.fair_queue import Waiting
from translator.engine.request import Hypothesis, Outcome, Request, RequestKey, RequestTiming

__all__ = ["Forms"]

# No key that an asker makes ends with it.
_SECOND = "\0second"


@dataclass(slots=True)
class _Pair:
    """A request with two forms, and the outcome of the one that ended first."""

    request: Request
    outcome: Outcome | None = None


class Forms:
    """Takes requests with a second source apart, and puts their outcomes together."""

    def __init__(self) -> None:
        self._pairs: dict[RequestKey, _Pair] = {}

    def __len__(self) -> int:
        return len(self._pairs)

    def apart(self, admitted: Iterable[Waiting]) -> Iterator[Waiting]:
        """Each request, one with a second source as two, of which the second has another key."""
        for waiting in admitted:
            request = waiting.request
            if not request.second_source:
                yield waiting
                continue
            self._pairs[request.key] = _Pair(request)
            # Ranked by their probabilities, so both have them.
            first = replace(request, second_source=(), scored=True)
            yield Waiting(first, waiting.since)
            second = replace(first, key=_second(request.key), source=request.second_source)
            yield Waiting(second, waiting.since)

    def keys(self, key: RequestKey) -> tuple[RequestKey, ...]:
        """What a request runs under: its own key, and that of its second form, if it has one."""
        return (key, _second(key)) if key in self._pairs else (key,)

    def forget(self, key: RequestKey) -> None:
        """Forget a request, and whatever is known of its outcome."""
        self._pairs.pop(key, None)

    def together(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Outcomes of requests as they were asked; none before both forms have ended."""
        for outcome in outcomes:
            key = outcome.request.key
            is_second = key[1].endswith(_SECOND)
            own = (key[0], key[1].removesuffix(_SECOND))
            pair = self._pairs.get(own)
            if pair is None:
                yield outcome
            elif pair.outcome is None:
                pair.outcome = outcome
            else:
                del self._pairs[own]
                both = (pair.outcome, outcome) if is_second else (outcome, pair.outcome)
                yield _better(pair.request, *both)


def _second(key: RequestKey) -> RequestKey:
    return key[0], key[1] + _SECOND


def _better(request: Request, first: Outcome, second: Outcome) -> Outcome:
    """The outcome whose hypothesis is more probable; one that failed only if both did."""
    timing = RequestTiming(
        queue_ms=first.timing.queue_ms,
        encode_ms=first.timing.encode_ms,
        decode_ms=max(first.timing.decode_ms, second.timing.decode_ms),
        steps_run=first.timing.steps_run + second.timing.steps_run,
        steps_saved=first.timing.steps_saved + second.timing.steps_saved,
    )
    chosen, is_second = first, False
    lead = request.second_lead
    if second.hypothesis is not None and _is_better(second.hypothesis, first.hypothesis, lead):
        chosen, is_second = second, True
    hypothesis = chosen.hypothesis
    if hypothesis is not None:
        hypothesis = replace(hypothesis, is_of_second=is_second)
    return Outcome(request, hypothesis, chosen.error, timing)


def _is_better(second: Hypothesis, first: Hypothesis | None, lead: float) -> bool:
    # One that the length limit ended goes round in circles, each of them more probable.
    if first is None or first.truncated != second.truncated:
        return first is None or first.truncated
    return second.total_log_probability + lead > first.total_log_probability
