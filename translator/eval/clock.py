"""A clock for replays."""

__all__ = ["VirtualClock"]


class VirtualClock:
    """Media time in seconds. Stands still until it is set forward."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now
