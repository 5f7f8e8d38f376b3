"""Wait-k: stay k words behind the source, whatever the hypothesis."""

from translator.policy.base import Observation, Policy
from translator.text.words import count_words

__all__ = ["WaitK"]


class WaitK(Policy):
    """Commits target word i when the source has k + i - 1 words.

    Ma et al.: "STACL: Simultaneous Translation with Implicit Anticipation and Controllable Latency
    using Prefix-to-Prefix Framework" (arXiv 1810.08398):

        g(i) = min(k + i - 1, |source|),  i from 1

    and so t source words commit t - k + 1 target words, both split at white space. The models here
    were not trained for it ("test-time wait-k" in the paper), so it is of use mostly for
    comparison: its lag is known beforehand, its quality is not.

    Args:
        k: Source words to wait for before the first target word, at least 1.
    """

    def __init__(self, k: int = 5) -> None:
        if k < 1:
            raise ValueError(f"k is {k}; at least 1 source word comes before the first target word")
        self.k = k

    def start_segment(self) -> None: ...

    def stable_length(self, observation: Observation) -> int:
        due = observation.num_source_words - self.k + 1
        ends = [w.end for w in observation.words if count_words(observation.text[: w.end]) <= due]
        return max(ends, default=observation.committed_length)
