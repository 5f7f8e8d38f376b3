"""What to do when the source is silent, and when."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from translator.session.segment import Segment
from translator.text.words import count_steps

__all__ = ["Silence"]

# How long a word takes to say, in seconds, where media times do not tell.
_WORD_S = 0.4
# How long a word of another speaker waits for the next one where sentences do not rest, in seconds.
_TURN_S = 1.0
# The longest chunk whose successor is waited for, in seconds.
_MAX_CHUNK_S = 10.0


@dataclass(slots=True)
class Silence:
    """Measures how long the source is silent, and says what is due when; see ``Rests``.

    A recogniser that says the same again, or nothing, does not end a silence.

    Attributes:
        clock: Seconds, monotonic.
    """

    clock: Callable[[], float]
    # When anything was new last, and when committed source was; seconds on the clock.
    _changed_s: float = 0.0
    _committed_s: float = 0.0
    # How long the last committed source took to say: the next of its kind is not there sooner.
    _chunk_s: float = 0.0

    def committed(self, text: str, start_s: float | None, end_s: float | None) -> None:
        """Note that committed source has come, with its media times."""
        if not text.strip():
            return
        self._changed_s = self._committed_s = self.clock()
        if start_s is not None and end_s is not None:
            chunk_s = end_s - start_s
        else:
            chunk_s = _WORD_S * count_steps(text)
        self._chunk_s = min(chunk_s, _MAX_CHUNK_S)

    def revised(self) -> None:
        """Note that the tentative tail has changed."""
        self._changed_s = self.clock()

    def put_off(self) -> None:
        """Note that more source is there but was not read; the silence begins once it is."""
        self._changed_s = self._committed_s = self.clock()

    def shows_at_s(self, segment: Segment) -> float:
        """When to show the open segment whole; infinite means never."""
        rests = segment.config.rests
        if segment.has_rested or not rests.draft_s:
            return math.inf
        if segment.is_blank and not segment.tentative.strip():
            return math.inf
        return self._changed_s + rests.draft_s

    def closes_at_s(self, segment: Segment) -> float:
        """When to close the open segment; infinite means never."""
        rests = segment.config.rests
        if segment.is_blank or segment.config.client_segmentation:
            return math.inf
        if segment.is_ended:
            return self._committed_s + rests.sentence_s if rests.sentence_s else math.inf
        if segment.tentative.strip() or not rests.segment_s:
            # The recogniser may still revise this.
            return math.inf
        return self._changed_s + rests.segment_s + self._chunk_s

    def turns_at_s(self, segment: Segment) -> float:
        """When another speaker's word, which may have a wrong label, counts as their turn."""
        return self._changed_s + (segment.config.rests.sentence_s or _TURN_S)
