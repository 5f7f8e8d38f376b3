"""How late target words are, in source words or in time."""

from bisect import bisect_left
from collections.abc import Sequence

from translator.eval.figures import word_positions
from translator.eval.updates import Received, Sent, segments

__all__ = ["laal", "source_lags_s", "yaal"]


def laal(delays: Sequence[float], source_length: float, target_length: int) -> float | None:
    """Length-adaptive average lagging (Papi et al., arXiv 2206.05807).

        1/tau * sum over i < tau of (d_i - i * |X| / max(|Y|, |Y*|))

    where d_i is the delay of target word i (from 0), |X| the source's length, |Y| and |Y*| the
    words of prediction and reference, and tau counts the words up to and with the first whose delay
    is |X|: those after it waited for nothing.

    Args:
        delays: d_i, in the unit of ``source_length``.
        source_length: |X|.
        target_length: |Y*|.

    Returns:
        The lag in the same unit, or None without words on either side.
    """
    if not delays or source_length <= 0:
        return None
    ratio = source_length / max(len(delays), target_length)
    lags = [delay - index * ratio for index, delay in enumerate(delays)]
    tau = next((i + 1 for i, d in enumerate(delays) if d >= source_length), len(delays))
    return sum(lags[:tau]) / tau


def yaal(
    delays: Sequence[float], source_length: float, target_length: int, end: float | None = None
) -> float | None:
    """Yet another average lagging (Polák et al., arXiv 2509.17349).

    Like ``laal``, but only over the words that came before the end: a word that waited for the end
    shows how long the source is, not how late the system is. In the short form, the end is that of
    the sentence. In the long form (LongYAAL), the sentence is a segment of a recording, delays
    count from its beginning, and the end is that of the recording: words may come while the next
    segment is being said.

    Args:
        delays: d_i, in the unit of ``source_length``.
        source_length: |X|.
        target_length: |Y*|.
        end: End of the recording, counted from the beginning of the segment; None: the source's.

    Returns:
        The lag, or None if no word came before the end.
    """
    if not delays or source_length <= 0:
        return None
    end = source_length if end is None else end
    ratio = source_length / max(len(delays), target_length)
    tau = next((i for i, d in enumerate(delays) if d >= end), len(delays))
    if tau == 0:
        return None
    return sum(delay - index * ratio for index, delay in enumerate(delays[:tau])) / tau


def source_lags_s(source: Sequence[Sent], updates: Sequence[Received]) -> list[float]:
    """How many seconds after its source word each committed target word was committed.

        lag = time of the update that brought it - media time at which its source word ended

    The source word is the last one that the alignment gives. A target word without alignment takes
    the media time at which the source of its update's committed text ends (``end_s``). A source
    word ends when its update says so. Several words of an update share its time equally; in an
    update without times, they ended when it came. The time of an update is that of the
    session's clock, which counts media time and measured computation (``live.py``).

    So it is what a listener with a transcript would measure. It includes the wait for context, for
    the recogniser if there is one, for the policy and for the machine. It needs no reference.
    """
    text = "".join(piece.committed for piece in source)
    ends, ends_s = _word_ends(source)
    lags_s: list[float] = []
    for segment in segments(updates):
        committed = ""
        for update in segment:
            before = len(committed)
            committed += update.committed
            for first, last in word_positions(committed):
                if first < before:
                    continue
                covered = [a[1] for a in update.alignments if a[2] < last and a[3] > first]
                if covered:
                    # The source range may end inside a word or after it.
                    position = update.source_start + len(
                        text[update.source_start : update.source_start + max(covered)].rstrip()
                    )
                    word = min(bisect_left(ends, position), len(ends) - 1)
                    lags_s.append(update.at_s - ends_s[word])
                elif update.end_s is not None:
                    lags_s.append(update.at_s - update.end_s)
    return lags_s


def _word_ends(source: Sequence[Sent]) -> tuple[list[int], list[float]]:
    """Where each source word ends, in code points and in media time."""
    ends: list[int] = []
    ends_s: list[float] = []
    length = 0
    for piece in source:
        words = list(word_positions(piece.committed, length))
        length += len(piece.committed)
        end_s = piece.came_s if piece.end_s is None else piece.end_s
        start_s = end_s if piece.start_s is None else piece.start_s
        for place, (_, end) in enumerate(words, start=1):
            ends.append(end)
            ends_s.append(start_s + (end_s - start_s) * place / len(words))
    return ends, ends_s
