"""The figures of a session, for SessionReport and for the server's log line."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from translator.engine.request import RequestTiming
from translator.session.events import TargetEvent
from translator.session.screen import Screen
from translator.text.words import count_words

__all__ = ["SessionReport", "TargetFigures", "TargetReport"]


@dataclass(frozen=True, slots=True)
class TargetReport:
    """The figures of one target; see the wire message of this name."""

    target: str
    updates: int
    updates_superseded: int
    target_words: int
    normalized_erasure: float
    mean_lag_words: float
    mean_lag_ms: float
    requests: int
    decoder_steps_run: int
    decoder_steps_saved: int


@dataclass(frozen=True, slots=True)
class SessionReport:
    """The figures of a session; see the wire message of this name."""

    source_words: int
    source_updates: int
    segments: int
    duration_s: float
    targets: tuple[TargetReport, ...]


@dataclass(slots=True)
class TargetFigures:
    """Sums up the updates of one target; what it keeps for the open segment is bounded.

    Everything is counted when an update leaves, and only from what a reader of the stream can see
    too. So anyone with the updates and the source can compute the same figures.

    *Erasure* is the words that a reader saw and that are gone with the next update, for each
    committed word (arXiv 2004.03643); see ``Screen``.

    *Lag in words* is LAAL (Papi et al., arXiv 2206.05807) with the hypothesis' own length in place
    of the reference's, which a live session does not have. Of the S words of a segment's source,
    d_i had come by the ``source_sequence`` of the update that brought target word i (from 0) of T:

        lag_i = d_i - i * S / T

    and the mean is over the words up to the first that had all of the source, since those after it
    waited for nothing. The session's figure is the mean of its segments'.

    *Lag in time* is from the arrival of source word floor(i * S / T) to the moment at which the
    update with target word i leaves, a mean over all target words.
    """

    updates: int = 0
    words: int = 0
    requests: int = 0
    steps_run: int = 0
    steps_saved: int = 0
    _lag_words: float = 0.0
    _num_segments: int = 0
    _lag_s: float = 0.0
    _num_words: int = 0
    # The segment of the last update, and what the reader sees.
    _segment_id: int = -1
    _screen: Screen = field(default_factory=Screen)
    # For each of its target words: source words that had come, and the time; None: not measured.
    _delays: list[tuple[int, float] | None] = field(default_factory=list)

    def resume(self, segment_id: int, committed: str) -> None:
        """An earlier stream has committed this much of a segment; it is not measured here."""
        self._begin(segment_id, committed)
        self._delays.extend([None] * count_words(committed))

    def decoded(self, timing: RequestTiming) -> None:
        """Count a request that came back."""
        self.requests += 1
        self.steps_run += timing.steps_run
        self.steps_saved += timing.steps_saved

    def sent(self, event: TargetEvent, now_s: float) -> None:
        """Count an update that leaves."""
        self.updates += 1
        if event.segment_id != self._segment_id:
            self._begin(event.segment_id, "")
        self._screen.show(event.segment_id, event.committed, event.draft, closed=event.closed)
        num_new = count_words(self._screen.committed) - len(self._delays)
        self._delays.extend([(event.num_source_words, now_s)] * num_new)
        self.words += max(0, num_new)
        if event.closed:
            self._end_segment(event.arrivals_s)

    def _begin(self, segment_id: int, committed: str) -> None:
        self._segment_id = segment_id
        self._screen.begin(segment_id, committed)
        self._delays.clear()

    def _end_segment(self, arrivals_s: Sequence[float]) -> None:
        """Add the segment's lags to the sums."""
        if not arrivals_s or not self._delays:
            return
        num_source_words = len(arrivals_s)
        ratio = num_source_words / len(self._delays)
        lags_words: list[float] = []
        waited = True
        for index, delay in enumerate(self._delays):
            if delay is None:
                continue
            translated, committed_s = delay
            # Source that came by then may now belong to the next segment.
            translated = min(translated, num_source_words)
            if waited:
                lags_words.append(translated - index * ratio)
                waited = translated < num_source_words
            self._lag_s += committed_s - arrivals_s[int(index * ratio)]
            self._num_words += 1
        if lags_words:
            self._lag_words += sum(lags_words) / len(lags_words)
            self._num_segments += 1

    @property
    def erased_words(self) -> int:
        """Words shown and taken back."""
        return self._screen.erased_words

    @property
    def normalized_erasure(self) -> float:
        """Erased words for each committed word."""
        return self.erased_words / max(1, self.words)

    @property
    def mean_lag_words(self) -> float:
        """Mean LAAL of the segments, in source words."""
        return self._lag_words / max(1, self._num_segments)

    @property
    def mean_lag_ms(self) -> float:
        """Mean lag in milliseconds."""
        return 1e3 * self._lag_s / max(1, self._num_words)

    def report(self, target: str, updates_superseded: int) -> TargetReport:
        """The figures so far; ``updates_superseded`` were replaced before they were sent."""
        return TargetReport(
            target=target,
            updates=self.updates,
            updates_superseded=updates_superseded,
            target_words=self.words,
            normalized_erasure=self.normalized_erasure,
            mean_lag_words=self.mean_lag_words,
            mean_lag_ms=self.mean_lag_ms,
            requests=self.requests,
            decoder_steps_run=self.steps_run,
            decoder_steps_saved=self.steps_saved,
        )
