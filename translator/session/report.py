"""The figures of a session: what SessionReport and the server's log line say."""

from dataclasses import dataclass, field

from translator.engine.request import RequestTiming
from translator.session.segment import Segment

__all__ = ["SessionReport", "TargetFigures", "TargetReport"]


@dataclass(frozen=True, slots=True)
class TargetReport:
    """The figures of one target; see the wire message of that name."""

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
    """The figures of a session; see the wire message of that name."""

    source_words: int
    source_updates: int
    segments: int
    duration_s: float
    targets: tuple[TargetReport, ...]


@dataclass(slots=True)
class TargetFigures:
    """Sums over the closed segments of one target; what is kept for the open one is bounded.

    Lag in words is LAAL (Papi et al., arXiv 2206.05807) with the hypothesis' own length in place of
    the reference's, which a live session does not have: for target word i (from 0) of T, committed
    when d_i of the segment's S source words had been translated,

        lag_i = d_i - i * S / T

    and the mean is over the words up to the first that had all of the source, since those after it
    waited for nothing. The session's figure is the mean of its segments'.

    Lag in time is from the arrival of source word floor(i * S / T) to the commit of target word i,
    a mean over all target words.
    """

    words: int = 0
    requests: int = 0
    steps_run: int = 0
    steps_saved: int = 0
    _lag_words: float = 0.0
    _num_segments: int = 0
    _lag_s: float = 0.0
    _num_words: int = 0
    # For each target word of the open segment: source words translated, and time, at its commit.
    _delays: list[tuple[int, float] | None] = field(default_factory=list)

    def start_segment(self) -> None:
        """Begin with the first word of a segment."""
        self._delays.clear()

    def resume(self, num_words: int) -> None:
        """An earlier stream has committed this much of the segment: not measured here."""
        self._delays.extend([None] * num_words)

    def commit(self, num_target_words: int, num_source_words: int, now_s: float) -> None:
        """The segment's committed text has this many words now."""
        new = num_target_words - len(self._delays)
        self._delays.extend([(num_source_words, now_s)] * new)
        self.words += max(0, new)

    def decoded(self, timing: RequestTiming) -> None:
        """A request came back."""
        self.requests += 1
        self.steps_run += timing.steps_run
        self.steps_saved += timing.steps_saved

    def end_segment(self, segment: Segment) -> None:
        """Add the segment's lags to the sums."""
        arrivals_s = segment.arrivals_s()
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
            if waited:
                lags_words.append(translated - index * ratio)
                waited = translated < num_source_words
            self._lag_s += committed_s - arrivals_s[int(index * ratio)]
            self._num_words += 1
        if lags_words:
            self._lag_words += sum(lags_words) / len(lags_words)
            self._num_segments += 1

    @property
    def mean_lag_words(self) -> float:
        """Mean LAAL of the segments, in source words."""
        return self._lag_words / max(1, self._num_segments)

    @property
    def mean_lag_ms(self) -> float:
        """Mean lag in milliseconds."""
        return 1e3 * self._lag_s / max(1, self._num_words)
