"""Re-translation: show every hypothesis, commit at the end."""

from translator.policy.base import Observation, Policy

__all__ = ["Retranslation"]


class Retranslation(Policy):
    """Shows each hypothesis but its last k words and commits when the segment is closed.

    Arivazhagan, Cherry, Macherey, Foster: "Re-translation versus Streaming for Simultaneous
    Translation" (arXiv 2004.03643), whose mask-k this is. Drafts may change in any place, and the
    committed text is the offline translation.

    Args:
        mask_k: Words at the end of a hypothesis that are not shown, at least 0.
    """

    def __init__(self, mask_k: int = 0) -> None:
        if mask_k < 0:
            raise ValueError(f"mask-k is {mask_k}; at least 0 words can be masked")
        self.mask_k = mask_k

    def start_segment(self) -> None:
        """There is nothing to forget."""

    def stable_length(self, observation: Observation) -> int:
        """Nothing is stable before the end."""
        return observation.committed_length

    def shown_length(self, observation: Observation) -> int:
        """All but the last k words."""
        shown = observation.words[: max(0, len(observation.words) - self.mask_k)]
        return shown[-1].end if shown else observation.committed_length
