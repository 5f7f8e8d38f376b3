"""Final only: translate each segment once, when it is complete."""

from translator.policy.base import Observation, Policy

__all__ = ["FinalOnly"]


class FinalOnly(Policy):
    """Neither commits nor shows anything before the segment is closed: the offline translation."""

    translates_open_segments = False

    def start_segment(self) -> None:
        """There is nothing to forget."""

    def stable_length(self, observation: Observation) -> int:
        """Nothing is stable before the end."""
        return observation.committed_length

    def shown_length(self, observation: Observation) -> int:
        """Nothing is shown before the end."""
        return observation.committed_length
