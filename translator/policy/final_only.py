"""Final only: translate each segment once, when it is complete."""

from translator.policy.base import Observation, Policy

__all__ = ["FinalOnly"]


class FinalOnly(Policy):
    """Commits and shows nothing until the segment is closed: the offline translation."""

    translates_open_segments = False

    def start_segment(self) -> None: ...

    def stable_length(self, observation: Observation) -> int:
        return observation.committed_length

    def shown_length(self, observation: Observation) -> int:
        return observation.committed_length
