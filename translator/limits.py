"""How much a stream, a segment and a decoder step may take, with the defaults.

The settings (``config.py``) take their defaults from here.
"""

from dataclasses import dataclass

__all__ = ["SchedulerLimits", "SegmentLimits", "SessionLimits"]


@dataclass(frozen=True, slots=True)
class SegmentLimits:
    """The longest segment, in words (split at white space) and in code points.

    From three quarters of either on, a segment ends with the next clause. From ``bare_words`` on
    without a mark, it may be cut where its translation allows it and something speaks for the
    place; from twice as many on, wherever its translation allows it.
    """

    max_words: int = 64
    max_length: int = 600
    bare_words: int = 16


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What one session may take.

    Attributes:
        max_chunk_length: Code points of one source update, committed and tentative together.
        max_pending_segments: Segments that may wait for a target before no more source is read.
        max_unsent_length: Code points of target text that may wait for the reader before no more
            source is read.
    """

    max_chunk_length: int = 32_768
    max_pending_segments: int = 64
    max_unsent_length: int = 65_536


@dataclass(frozen=True, slots=True)
class SchedulerLimits:
    """How much one step may take on.

    Attributes:
        max_slots: How many requests run together.
        max_prefill_tokens: How many tokens one step may admit: source tokens, each source counted
            once, and known target tokens. A single request may exceed it.
        decoding_share: After an admission, steps run for at least this share of the time it took
            before the next admission, as long as there is something to decode.
        patience_s: A background request that has waited longer goes before live ones; of batch
            requests one in each such time. Live requests also count as coming until so long after
            the last one.
        max_shared_step_s: While live requests come, a background request is not added if it would
            make a step longer than this. A quarter as many as live ones, and one, may always run.
        large_share: How much time large requests get for each second of steps that they share with
            requests that somebody waits for.
        batch_share: The same where only batch requests share them.
    """

    max_slots: int = 64
    max_prefill_tokens: int = 256
    decoding_share: float = 0.5
    patience_s: float = 2.0
    max_shared_step_s: float = 0.025
    large_share: float = 0.5
    batch_share: float = 0.1

    @property
    def max_background_slots(self) -> int:
        """Slots that background requests may take while live ones come."""
        return max(1, self.max_slots // 2)

    @property
    def max_background_tokens(self) -> int:
        """Tokens of background requests admitted in one step while live ones come."""
        return self.max_prefill_tokens // 4
