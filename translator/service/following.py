"""Follows the language of a stream from segment to segment, if the client leaves it open."""

from collections.abc import Mapping

from translator.languages.detection import Detection
from translator.languages.tags import language
from translator.session.segment import Segment
from translator.text.words import count_steps

__all__ = ["FollowedLanguage", "decide"]

# Words from which on an open segment shows its language, and those that it takes to change the one
# in force; no more than so many are waited for. Measured: docs/protocol.md.
_MIN_WORDS = 4
_MIN_WORDS_TO_CHANGE = 6
_MAX_WORDS = 12
# A single word in another language is probably a name or a loanword.
_MIN_WORDS_OF_CHANGED_SEGMENT = 2


def decide(in_force: str, found: Detection | None, num_words: int, *, closed: bool) -> str | None:
    """Decide the language of a segment; None if more of it has to come first.

    Args:
        in_force: The language so far, without region and script; "" if unknown.
        found: The language that was detected in its text.
        num_words: Number of words in its text.
        closed: Whether no more of it will come.
    """
    if found is None or found.language == in_force:
        is_enough = closed or num_words >= (_MIN_WORDS if in_force else _MAX_WORDS)
        return in_force if is_enough else None
    if not in_force:
        is_clear = found.is_sure and num_words >= _MIN_WORDS
        return found.language if closed or is_clear or num_words >= _MAX_WORDS else None
    needed = _MIN_WORDS_OF_CHANGED_SEGMENT if closed else _MIN_WORDS_TO_CHANGE
    if found.is_sure and num_words >= needed:
        return found.language
    return in_force if closed or num_words >= _MAX_WORDS else None


class FollowedLanguage:
    """The language in force, and those that it may change to.

    Attributes:
        code: The language in force, as the client names it; "" while none is known.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        self._candidates: Mapping[str, str] = {}
        self._excluded: set[str] = set()
        self._told: set[str] = set()

    @property
    def candidates(self) -> list[str]:
        """The languages to choose from, without region and script."""
        return [each for each in self._candidates if each not in self._excluded]

    def restrict(self, candidates: Mapping[str, str]) -> None:
        """From now on choose only from these languages; each has the client's code for it."""
        self._candidates = candidates
        self._excluded.clear()

    def exclude(self, code: str) -> None:
        """Never choose this language again, because it cannot be served."""
        self._excluded.add(language(code))

    def is_news(self, reason: str) -> bool:
        """Whether a warning has not been sent yet."""
        is_new = reason not in self._told
        self._told.add(reason)
        return is_new

    @staticmethod
    def has_enough(segment: Segment) -> bool:
        """Whether a segment may be long enough to tell its language."""
        return segment.closed or count_steps(segment.committed + segment.tentative) >= _MIN_WORDS

    def of(self, segment: Segment, text: str, found: Detection | None) -> str | None:
        """The code of a segment's language; None if more of it has to come first."""
        in_force = language(self.code) if self.code else ""
        decided = decide(in_force, found, count_steps(text), closed=segment.closed)
        if decided is None or decided == in_force:
            return None if decided is None else self.code
        return self._candidates[decided]
