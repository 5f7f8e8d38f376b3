"""Bootstrap intervals: resamples the texts that are scored (Koehn 2004).

Every figure of an evaluation is computed again for 1,000 draws, with replacement, of as many texts
as there are; 95 % of the draws are in the interval. Draws depend only on the number of texts, so
two logs of the same data draw the same texts, and the interval of a difference is paired.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["NUM_DRAWS", "Interval", "drawn_sums", "interval", "ratio_interval"]

NUM_DRAWS = 1_000
_SEED = 20260101
_OUTSIDE_PERCENT = 5.0

_Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """The range of 95 % of the draws, in the unit of the figure."""

    low: float
    high: float


def interval(values: Sequence[float] | _Array) -> Interval:
    """The interval of a figure, from its value for each draw."""
    half = _OUTSIDE_PERCENT / 2
    low, high = np.percentile(np.asarray(values, dtype=np.float64), [half, 100 - half])
    return Interval(float(low), float(high))


def drawn_sums(statistics: Any) -> _Array:
    """Sum statistics over each draw.

    Args:
        statistics: (texts, figures), the statistics of each text.

    Returns:
        (draws, figures).
    """
    rows = np.asarray(statistics, dtype=np.float64)
    sums: _Array = _counts(len(rows)) @ rows
    return sums


def ratio_interval(tops: Sequence[float], bottoms: Sequence[float]) -> Interval | None:
    """The interval of sum of ``tops`` over sum of ``bottoms``; None if all bottoms are 0.

    A mean is such a ratio, with a bottom of 1, or 0 for a text that does not count.
    """
    if not any(bottoms):
        return None
    sums = drawn_sums(np.column_stack([tops, bottoms]))
    return interval(sums[:, 0] / np.maximum(sums[:, 1], 1e-9))


@lru_cache(maxsize=4)
def _counts(num_texts: int) -> _Array:
    """How often each draw has each text: (draws, texts)."""
    rng = np.random.default_rng(_SEED)
    counts: _Array = rng.multinomial(
        num_texts, np.full(num_texts, 1 / num_texts), size=NUM_DRAWS
    ).astype(np.float64)
    return counts
