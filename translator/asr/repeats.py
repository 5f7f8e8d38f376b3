"""Finds final results that repeat final text, by their words, where results have no names."""

from translator.asr.text import same_word

__all__ = ["Repeats"]

# Fewer different words may be said twice: "no, no, no", "thank you, thank you".
_MIN_WORDS = 3


class Repeats:
    """Finds what is new in a final result that begins with all of the one before.

    A result that grows ("we are in", then "we are in the park") repeats words. One that is exactly
    the same is a repeat if the recogniser gives interim results but gave none in between, because
    then nobody spoke. Results of fewer than three different words are taken as they are, because
    people do say those twice.
    """

    def __init__(self) -> None:
        self._last: list[str] = []
        self._has_interim = False
        self._spoke = False

    def interim(self, text: str) -> None:
        """Note that an interim result has come."""
        if text:
            self._has_interim = self._spoke = True

    def new_words(self, text: str) -> str:
        """The words of a final result that the one before did not have. Call it once for each."""
        words, last = text.split(), self._last
        if not words:
            return ""
        spoke, self._spoke = self._spoke, False
        self._last = words
        if len({word.casefold() for word in last}) < _MIN_WORDS or len(words) < len(last):
            return text
        if not all(map(same_word, last, words)):
            return text
        if len(words) == len(last) and (spoke or not self._has_interim):
            return text
        return " ".join(words[len(last) :])
