"""What the spans of calls say: figures, and where the time of an update went. Never text."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from translator.engine.request import Outcome
from translator.service.batch_requests import BatchReport
from translator.service.requests import TextResult, TextsRequest
from translator.session.events import SourceUpdate
from translator.session.report import SessionReport
from translator.telemetry.spans import CallSpan, Part

__all__ = ["TracedUpdates", "trace_batch", "trace_session", "trace_texts"]

# Source that causes no update must not pile up, nor what many targets ask for.
_MAX_PENDING = 32
_MAX_ANSWERS = 16


@dataclass(slots=True)
class _Pending:
    """Source that has come, and what was decoded since."""

    sequence: int
    characters: int
    came_s: float
    parts: list[Part] = field(default_factory=list)


class TracedUpdates:
    """Follows some source updates of a stream until the first update that reflects them has left.

    Such a span has three parts: how long a request waited for its slot, how long it was decoded,
    and how long the transport took the message. All requests of the stream that were answered
    meanwhile are there, whatever their target.

    Args:
        span: The stream's.
        clock: Seconds of ``time.monotonic``.
    """

    def __init__(self, span: CallSpan, clock: Callable[[], float] = time.monotonic) -> None:
        self._span = span
        self._clock = clock
        # The first update of a stream is followed, and then one in so many.
        self._due = 1.0 - span.update_share
        self._pending: deque[_Pending] = deque(maxlen=_MAX_PENDING)

    def came(self, update: SourceUpdate) -> None:
        """Note that source has come."""
        self._due += self._span.update_share
        if self._due >= 1.0:
            self._due -= 1.0
            length = len(update.committed) + len(update.tentative)
            self._pending.append(_Pending(update.sequence, length, self._clock()))

    def answered(self, outcome: Outcome) -> None:
        """Note that a request of the stream was answered."""
        if not self._pending:
            return
        now_s, timing = self._clock(), outcome.timing
        encoded_s = now_s - timing.decode_ms / 1e3
        began_s = encoded_s - timing.encode_ms / 1e3
        parts = (
            Part("wait", began_s - timing.queue_ms / 1e3, began_s),
            Part(
                "decode",
                began_s,
                now_s,
                {
                    "translator.model": outcome.request.model,
                    "translator.encode_ms": round(timing.encode_ms, 3),
                    "translator.decoder_steps": timing.steps_run,
                    "translator.decoder_steps_saved": timing.steps_saved,
                },
            ),
        )
        for pending in self._pending:
            if len(pending.parts) < 2 * _MAX_ANSWERS:
                pending.parts += parts

    def left(self, sequence: int, writing_since_s: float) -> None:
        """Note that an update was written that reflects the source up to ``sequence``."""
        while self._pending and self._pending[0].sequence <= sequence:
            done, now_s = self._pending.popleft(), self._clock()
            self._span.add(
                Part(
                    "update",
                    done.came_s,
                    now_s,
                    {
                        "translator.source_sequence": done.sequence,
                        "translator.source_characters": done.characters,
                    },
                    (*done.parts, Part("write", writing_since_s, now_s)),
                )
            )


def trace_session(span: CallSpan, report: SessionReport, models: Iterable[str]) -> None:
    """Tell what a stream did."""
    targets = report.targets
    span.set(
        {
            "translator.models": _joined(models),
            "translator.targets": len(targets),
            "translator.source_words": report.source_words,
            "translator.segments": report.segments,
            "translator.target_words": sum(t.target_words for t in targets),
            "translator.updates": sum(t.updates for t in targets),
            "translator.updates_superseded": sum(t.updates_superseded for t in targets),
        }
    )


def trace_texts(span: CallSpan, request: TextsRequest, results: Sequence[TextResult]) -> None:
    """Tell what a request of whole texts was, and what came of it."""
    span.set(
        {
            "translator.models": _joined({r.model for r in results if r.model}),
            "translator.texts": len(request.texts),
            "translator.texts_failed": sum(r.error is not None for r in results),
            "translator.source_characters": sum(map(len, request.texts)),
        }
    )


def trace_batch(span: CallSpan, report: BatchReport, models: str) -> None:
    """Tell what a batch did."""
    span.set(
        {
            "translator.models": models,
            "translator.items": report.items,
            "translator.items_failed": report.failed,
            "translator.source_words": report.source_words,
            "translator.target_words": report.target_words,
        }
    )


def _joined(models: Iterable[str]) -> str:
    return ",".join(sorted(models))
