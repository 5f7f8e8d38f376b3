"""Updates that wait to be sent: merged while the reader is slow, numbered when they leave."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from translator.engine.request import RequestTiming
from translator.limits import SessionLimits
from translator.session.events import TargetEvent
from translator.session.report import TargetFigures

__all__ = ["Outbox", "merge"]


def merge(earlier: TargetEvent, later: TargetEvent) -> TargetEvent:
    """Merge two events of one segment into one with the same effect."""
    starts = [s for s in (earlier.start_s, later.start_s) if s is not None]
    ends = [s for s in (earlier.end_s, later.end_s) if s is not None]
    a, b = earlier.timing, later.timing
    return replace(
        later,
        committed=earlier.committed + later.committed,
        alignments=earlier.alignments + later.alignments,
        start_s=min(starts, default=None),
        end_s=max(ends, default=None),
        timing=RequestTiming(
            a.queue_ms + b.queue_ms,
            a.encode_ms + b.encode_ms,
            a.decode_ms + b.decode_ms,
            a.steps_run + b.steps_run,
            a.steps_saved + b.steps_saved,
        ),
    )


class Outbox:
    """One target's updates that have not been sent.

    A newer draft replaces an older one; committed text is joined, never dropped. So at most one
    update waits for each segment.

    Args:
        revision: The revision of the last update that the reader has.
        clock: Seconds.
        figures: Count each update that leaves.
        max_unsent_length: How many code points may wait for acks. Beyond that, updates are sent
            without: the stream then stops reading source, and would never see an ack behind it.
            The transport's flow control still holds us back if the reader does not read at all.
    """

    def __init__(
        self,
        revision: int,
        clock: Callable[[], float],
        figures: TargetFigures,
        max_unsent_length: int = SessionLimits().max_unsent_length,
    ) -> None:
        self.revision = revision
        self.acked = revision
        self.min_interval_s = 0.0
        self.max_unacked = 0
        self.superseded = 0
        self._clock = clock
        self._figures = figures
        self._max_unsent_length = max_unsent_length
        self._sent_s: float | None = None
        self._pending: deque[TargetEvent] = deque()

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def unsent_length(self) -> int:
        """Code points of text that wait."""
        return sum(len(event.committed) + len(event.draft) for event in self._pending)

    @property
    def _waits_for_ack(self) -> bool:
        return (
            0 < self.max_unacked <= self.revision - self.acked
            and self.unsent_length < self._max_unsent_length
        )

    def put(self, event: TargetEvent) -> None:
        """Add an event; it is merged with the last one if that is of the same segment."""
        if self._pending and self._pending[-1].segment_id == event.segment_id:
            event = merge(self._pending.pop(), event)
            self.superseded += 1
        self._pending.append(event)

    def wait_s(self) -> float | None:
        """Seconds until the next update may leave; None if that takes an ack or a new event."""
        if not self._pending:
            return None
        if self._waits_for_ack:
            return None
        if self._sent_s is None:
            return 0.0
        passed_s = max(0.0, self._clock() - self._sent_s)
        return max(0.0, self.min_interval_s - passed_s)

    def take(self) -> list[tuple[int, TargetEvent]]:
        """Take the updates that may leave now, in order, each with its revision."""
        taken: list[tuple[int, TargetEvent]] = []
        if self.wait_s() != 0.0:
            return taken
        self._sent_s = self._clock()
        # Segments that were closed within one interval leave together.
        while self._pending and not self._waits_for_ack:
            event = self._pending.popleft()
            self.revision += 1
            self._figures.sent(event, self._sent_s)
            taken.append((self.revision, event))
        return taken

    def ack(self, revision: int) -> None:
        """The reader has applied everything up to ``revision``."""
        self.acked = max(self.acked, min(revision, self.revision))
