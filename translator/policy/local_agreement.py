"""Local agreement: commit what the last n hypotheses have in common."""

from collections import deque

from translator.policy.base import Observation, Policy
from translator.policy.prefix import common_words_length

__all__ = ["LocalAgreement"]


class LocalAgreement(Policy):
    """Commits the longest beginning shared by the hypotheses of the last n source lengths.

    Liu, Spanakis, Niehues: "Low-Latency Sequence-to-Sequence Speech Recognition and Translation by
    Partial Hypothesis Selection" (arXiv 2005.11185). Here a hypothesis is of a new source length
    only when the source has a word more: several hypotheses of one unfinished word agree too
    easily, and the last of them stands for all.

    Args:
        n: Hypotheses that have to agree, at least 2. More is later and nearer to translating whole
            sentences.
    """

    def __init__(self, n: int = 5) -> None:
        if n < 2:
            raise ValueError(f"n is {n}; at least 2 hypotheses can agree")
        self.n = n
        self._texts: deque[tuple[int, str]] = deque(maxlen=n)

    def start_segment(self) -> None:
        """Forget the hypotheses of the segment before."""
        self._texts.clear()

    def stable_length(self, observation: Observation) -> int:
        """The beginning that n hypotheses share."""
        if self._texts and self._texts[-1][0] >= observation.num_source_words:
            self._texts.pop()
        self._texts.append((observation.num_source_words, observation.text))
        if len(self._texts) < self.n:
            return 0
        return common_words_length([text for _, text in self._texts])
