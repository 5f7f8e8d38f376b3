"""Keeps track of who speaks, so that a flickering speaker label does not cut sentences."""

from dataclasses import dataclass, field, replace

from translator.session.events import SourceUpdate
from translator.text.words import count_words

__all__ = ["Aside", "Turns"]

# This many words of another speaker inside a sentence make a turn.
_MIN_WORDS = 3
# Nor is more kept: a word may come letter by letter.
_MAX_UPDATES = 64
# A speaker can continue an unfinished sentence from at most this many segments ago.
_MAX_AGE = 8


@dataclass(slots=True)
class Aside:
    """Source of another speaker inside a sentence, until it is clear what it is.

    Attributes:
        speaker: The speaker's label.
        updates: The updates, each with when it came, in seconds of the session's clock.
    """

    speaker: str
    updates: list[tuple[SourceUpdate, float]] = field(default_factory=list)

    def add(self, update: SourceUpdate, arrived_s: float) -> None:
        """Add an update; a revised tail replaces the one before."""
        if self.updates and not (update.committed or update.end_of_segment):
            last, came_s = self.updates[-1]
            self.updates[-1] = replace(last, tentative=update.tentative), came_s
        else:
            self.updates.append((update, arrived_s))

    @property
    def text(self) -> str:
        """The committed source of all its updates."""
        return "".join(update.committed for update, _ in self.updates)

    @property
    def is_turn(self) -> bool:
        """Whether it is too long for a wrong label, in words or in updates."""
        return len(self.updates) >= _MAX_UPDATES or count_words(self.text) >= _MIN_WORDS


@dataclass(slots=True)
class Turns:
    """Remembers which speakers were interrupted in a sentence.

    Attributes:
        joined: Speakers whose words were joined to the open segment.
    """

    joined: set[str] = field(default_factory=set)
    # Of each speaker the segment that was closed inside a sentence.
    _unfinished: dict[str, int] = field(default_factory=dict)

    def closed(self, speaker: str, segment_id: int, *, in_sentence: bool) -> None:
        """Note that a segment of a speaker was closed."""
        self.joined.clear()
        self._unfinished.pop(speaker, None)
        if in_sentence:
            self._unfinished[speaker] = segment_id
        # In the order of their ids.
        while self._unfinished and segment_id - next(iter(self._unfinished.values())) >= _MAX_AGE:
            del self._unfinished[next(iter(self._unfinished))]

    def goes_on(self, speaker: str) -> bool:
        """Whether what a speaker says now continues a sentence of theirs."""
        return speaker in self._unfinished
