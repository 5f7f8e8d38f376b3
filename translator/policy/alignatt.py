"""AlignAtt: commit up to the first word that is aligned with the newest source."""

from translator.policy.base import Observation, Policy
from translator.policy.distance import length_without_last

__all__ = ["AlignAtt"]


class AlignAtt(Policy):
    """Commits the words before the first one that attends to one of the last f source words.

    Papi, Turchi, Negri: "AlignAtt: Using Attention-based Audio-Translation Alignments as a Guide
    for Simultaneous Speech Translation" (arXiv 2305.11408), with words in place of audio frames. A
    target word attends to the furthest of the source words that its tokens have their highest
    attention on; one that attends to none, but to the end of the sentence, ends the commit too. A
    model that does not align commits nothing before the end.

    Args:
        f: How many words at the end of the source are not relied on. At least 1, because the last
            may be unfinished. More of them means later commits and better quality.
    """

    def __init__(self, f: int = 4) -> None:
        if f < 1:
            raise ValueError(f"f is {f}; at least the last source word is withheld")
        self.f = f

    def start_segment(self) -> None: ...

    def stable_length(self, observation: Observation) -> int:
        settled = length_without_last(observation.source_text, self.f)
        stable = observation.committed_length
        for word in observation.words:
            if word.source_end is None or word.source_end > settled:
                break
            stable = word.end
        return stable
