"""Local agreement: commit what the last n hypotheses have in common."""

from translator.policy.agreement import Agreement
from translator.policy.base import Observation, Policy

__all__ = ["LocalAgreement"]


class LocalAgreement(Policy):
    """Commits the longest beginning shared by the hypotheses of the last n source lengths.

    Liu, Spanakis, Niehues: "Low-Latency Sequence-to-Sequence Speech Recognition and Translation by
    Partial Hypothesis Selection" (arXiv 2005.11185).

    Args:
        n: How many hypotheses have to agree, at least 2. More means later commits and better
            quality.
    """

    def __init__(self, n: int = 5) -> None:
        if n < 2:
            raise ValueError(f"n is {n}; at least 2 hypotheses can agree")
        self.n = n
        self._agreement = Agreement(n)

    def start_segment(self) -> None:
        self._agreement.clear()

    def stable_length(self, observation: Observation) -> int:
        self._agreement.add(observation.num_source_words, observation.text)
        return self._agreement.length
