"""How calm the text is that a reader sees."""

from collections.abc import Iterable, Sequence

from translator.eval.updates import Received, word_updates
from translator.session.screen import Screen

__all__ = ["erasure", "normalized_erasure"]


def normalized_erasure(sessions: Iterable[Sequence[Received]]) -> float:
    """Words shown and taken back, for each word of the result (arXiv 2004.03643).

        sum over updates of |shown before| - |longest common beginning| over |the result|

    Args:
        sessions: The updates of each session. What counts is what its reader sees of all segments
            together; see ``Screen``.

    Returns:
        0 when nothing was ever taken back; 1 means every word was rewritten once.
    """
    sums = [erasure(updates) for updates in sessions]
    return sum(erased for erased, _ in sums) / max(1, sum(words for _, words in sums))


def erasure(updates: Sequence[Received]) -> tuple[int, int]:
    """The two sums of ``normalized_erasure``: words taken back, and words of the result."""
    screen = Screen()
    for update in updates:
        screen.show(update.segment_id, update.committed, update.draft, closed=update.closed)
    return screen.erased_words, len(word_updates(updates))
