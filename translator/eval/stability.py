"""How calm the text is that a reader sees."""

from collections.abc import Iterable, Sequence

from translator.text.words import count_words, num_erased

__all__ = ["erasure", "normalized_erasure"]


def normalized_erasure(texts: Iterable[Sequence[str]]) -> float:
    """Words shown and taken back, for each word of the last text (arXiv 2004.03643).

        sum over updates of |shown before| - |longest common beginning| over sum of |last shown|

    Args:
        texts: For each segment what was shown after each update, the last being what stayed.

    Returns:
        0 when nothing was ever taken back; 1 means every word was rewritten once.
    """
    erased, words = erasure(texts)
    return erased / max(1, words)


def erasure(texts: Iterable[Sequence[str]]) -> tuple[int, int]:
    """The two sums of ``normalized_erasure``: words taken back, and words of the last texts."""
    erased = words = 0
    for shown in texts:
        erased += sum(num_erased(a, b) for a, b in zip(("", *shown), shown, strict=False))
        words += count_words(shown[-1]) if shown else 0
    return erased, words
