"""The figures of a session's report, computed anew from what went in and what came out."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import mean

from translator.eval.stability import normalized_erasure
from translator.eval.updates import Received, Sent, segments, word_updates
from translator.text.words import count_words

__all__ = ["Figures", "figures", "word_positions"]


@dataclass(frozen=True, slots=True)
class Figures:
    """Those of a SessionReport with one target that its reader can compute.

    ``mean_lag_ms`` can be compared only where the session's clock is known, as in a replay.
    """

    source_words: int
    source_updates: int
    segments: int
    updates: int
    target_words: int
    normalized_erasure: float
    mean_lag_words: float
    mean_lag_ms: float


def figures(source: Sequence[Sent], updates: Sequence[Received]) -> Figures:
    """The figures of a session that has ended, as ``TargetFigures`` defines them."""
    text = "".join(piece.committed for piece in source)
    # Committed source after each update; sequence 0 is before the first.
    lengths = [0, *accumulate(len(piece.committed) for piece in source)]
    lags_words: list[float] = []
    lags_s: list[float] = []
    source_words = 0
    all_segments = segments(updates)
    for segment in all_segments:
        start = segment[-1].source_start
        end = start + segment[-1].source_length
        arrivals_s = [
            source[bisect_right(lengths, position) - 1].at_s
            for position, _ in word_positions(text[start:end], start)
        ]
        source_words += len(arrivals_s)
        bringing = word_updates(segment)
        if not arrivals_s or not bringing:
            continue
        ratio = len(arrivals_s) / len(bringing)
        delays = [count_words(text[start : min(lengths[u.source_sequence], end)]) for u in bringing]
        num_waited = next(
            (i + 1 for i, d in enumerate(delays) if d == len(arrivals_s)), len(delays)
        )
        lags_words.append(mean(delays[i] - i * ratio for i in range(num_waited)))
        lags_s += [u.at_s - arrivals_s[int(i * ratio)] for i, u in enumerate(bringing)]
    return Figures(
        source_words=source_words,
        source_updates=len(source),
        segments=sum(update.closed for update in updates),
        updates=len(updates),
        target_words=len(word_updates(updates)),
        normalized_erasure=normalized_erasure([updates]),
        mean_lag_words=mean(lags_words) if lags_words else 0.0,
        mean_lag_ms=1e3 * mean(lags_s) if lags_s else 0.0,
    )


def word_positions(text: str, start: int = 0) -> Iterator[tuple[int, int]]:
    """Where each word begins and ends, when the text begins at ``start``."""
    position = 0
    for word in text.split():
        position = text.index(word, position)
        yield start + position, start + position + len(word)
        position += len(word)
