"""Rolling captions: a window of text, of which nothing is ever called final."""

from difflib import SequenceMatcher
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, same_word
from translator.asr.writer import Results

__all__ = ["RollingCaptions"]

# Only so many words of a window are looked at, so that each costs the same.
_MOST_COMPARED = 12
_MOST_WORDS = 400
# A word that was revised still looks like itself, at least so much.
_ALIKE = 0.6


class RollingCaptions(Results):
    """Takes lines of text: what the window shows now, or the whole transcript so far.

    The window grows, is revised at its end, and scrolls: words leave it at its beginning. A word is
    committed when it has left the window, or when ``settled`` words have come after it. If the new
    window has nothing in common with the old one, all of that has scrolled away. No segment ends
    here; the server finds the sentences.

    Such captions are read from a page or a stream (live captions of a browser or a meeting,
    CEA-608 roll-up captions): https://www.law.cornell.edu/cfr/text/47/79.101

    Args:
        settled: How many words have to follow a word before it counts as final, at least 1.
    """

    is_text = True

    def __init__(self, settled: int = 12) -> None:
        if settled < 1:
            raise ValueError(f"settled is {settled}; at least 1 word has to follow")
        super().__init__()
        self._settled = settled

    def _begin(self) -> None:
        super()._begin()
        self._window: list[str] = []
        # Words at the beginning of the window that are committed.
        self._committed = 0

    def accept(self, message: Any) -> list[SourcePiece]:
        text = message if isinstance(message, str) else message["text"]
        words = clean(text).split()[-_MOST_WORDS:]
        if not words:
            # A window that is cleared says nothing about what was in it.
            return []
        scrolled = _scrolled(self._window, words)
        gone = self._window[self._committed : scrolled]
        known = min(max(0, self._committed - scrolled), len(words))
        settled = max(known, len(words) - self._settled)
        committed = [*gone, *words[known:settled]]
        self._window, self._committed = words, settled
        return self._writer.write(map(Span, committed), map(Span, words[settled:]))

    @staticmethod
    def reached_s(message: Any) -> float | None:
        """None: captions have no times."""
        return None


def _scrolled(before: list[str], now: list[str]) -> int:
    """How many words have left the window at its beginning; all if nothing matches."""
    best, best_score = len(before), 0
    for start in range(len(before)):
        compared = before[start : start + _MOST_COMPARED]
        same = sum(map(same_word, compared, now))
        # A third of the words have to be the same.
        score = 3 * same - min(len(compared), len(now))
        if score > best_score:
            best, best_score = start, score
    # Perhaps its only word was revised.
    if not best_score and before and SequenceMatcher(None, before[0], now[0]).ratio() >= _ALIKE:
        return 0
    return best
