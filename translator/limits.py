"""What one stream may take, with its defaults: the session's limits and the longest segment.

The settings (``config.Limits``) take their defaults from here.
"""

from dataclasses import dataclass

__all__ = ["SegmentLimits", "SessionLimits"]


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
