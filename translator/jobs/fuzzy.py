"""Texts of a memory that are like another text: for people to look at, never used by itself."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import lru_cache

from translator.errors import OperatorError
from translator.jobs.cells import Suggestion
from translator.jobs.memory import comparable

__all__ = ["Fuzzy"]

_MOST = 3
# The longest text that is compared; a longer one takes too long for what it tells.
_MAX_LENGTH = 5_000
_REMEMBERED = 4_096


class Fuzzy:
    """Finds similar texts.

    Args:
        known: Texts and their translations.
        percent: How similar at least: twice the code points that two texts have in common, in
            their order, of the sum of their lengths.

    Raises:
        OperatorError: The package that compares is not installed.
    """

    def __init__(self, known: Mapping[str, str], percent: int) -> None:
        try:
            from rapidfuzz import fuzz, process
        except ImportError as error:
            raise OperatorError(
                "similar texts need the package rapidfuzz: install live-text-translator[batch]"
            ) from error
        self._known = known
        self._percent = percent
        self._texts = sorted((t for t in known if len(t) <= _MAX_LENGTH), key=lambda t: (len(t), t))
        self._lengths = [len(text) for text in self._texts]
        self._extract, self._ratio = process.extract, fuzz.ratio
        self._found = lru_cache(_REMEMBERED)(self._look_up)

    def find(self, text: str) -> tuple[Suggestion, ...]:
        """The most similar texts, the closest first; at most three."""
        return self._found(comparable(text))

    def _look_up(self, text: str) -> tuple[Suggestion, ...]:
        length = len(text)
        if length > _MAX_LENGTH:
            return ()
        # A text of another length has too little in common.
        share = self._percent / (200 - self._percent)
        first = bisect_left(self._lengths, length * share)
        last = bisect_right(self._lengths, length / share)
        found = self._extract(
            text, self._texts[first:last], scorer=self._ratio, score_cutoff=self._percent,
            limit=_MOST,
        )  # fmt: skip
        # Rounded down: only the same is a hundred.
        return tuple(
            Suggestion(source, self._known[source], int(percent)) for source, percent, _ in found
        )
