"""How late target words are, in source words."""

from collections.abc import Sequence

__all__ = ["laal", "yaal"]


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


def yaal(delays: Sequence[float], source_length: float, target_length: int) -> float | None:
    """Yet another average lagging (Polák et al., arXiv 2509.17349), short form.

    As ``laal``, but only over the words that came before the source ended: a word that waited for
    the end says how long the sentence is, not how late the system.

    Returns:
        The lag, or None when no word came before the end.
    """
    if not delays or source_length <= 0:
        return None
    ratio = source_length / max(len(delays), target_length)
    tau = next((i for i, d in enumerate(delays) if d >= source_length), len(delays))
    if tau == 0:
        return None
    return sum(delay - index * ratio for index, delay in enumerate(delays[:tau])) / tau
