"""Re-translation: show every hypothesis, commit at the end."""

from translator.policy.base import Observation, Policy
from translator.policy.drafts import Drafts

__all__ = ["Retranslation"]


class Retranslation(Policy):
    """Shows each hypothesis but its last k words and commits when the segment is closed.

    Arivazhagan, Cherry, Macherey, Foster: "Re-translation versus Streaming for Simultaneous
    Translation" (arXiv 2004.03643), whose mask-k this is. Drafts may change in any place, and the
    committed text is the offline translation.

    Args:
        mask_k: Words at the end of a hypothesis that are not shown, at least 0.
        survive: Hypotheses that have to agree on a word before it is shown, at least 1.
        bias: How much a hypothesis favours the one before, in percent, 0 to 49; 0 not at all.
    """

    commits_open_segments = False

    def __init__(self, mask_k: int = 0, survive: int = 1, bias: int = 20) -> None:
        self.drafts = Drafts(survive, mask_k, bias)
        self.draft_bias = self.drafts.bias
        # With ``survive`` 1, every word is shown at once, whatever becomes of it.
        self.steadies_drafts = survive > 1

    def start_segment(self) -> None:
        self.drafts.start_segment()

    def stable_length(self, observation: Observation) -> int:
        return observation.committed_length

    def shown_length(self, observation: Observation) -> int:
        return self.drafts.shown_length(observation)

    def show(self, observation: Observation, length: int) -> None:
        self.drafts.show(observation, length)
