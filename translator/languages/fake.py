"""A language detector for tests and trials."""

from collections.abc import Collection

from translator.languages.detection import Detection

__all__ = ["FakeDetector"]


class FakeDetector:
    """Implements ``LanguageDetector``: takes any text with a letter for the first candidate.

    It is sure from four words on.
    """

    def detect(self, text: str, candidates: Collection[str], target: str = "") -> Detection | None:
        if not candidates or not any(map(str.isalpha, text)):
            return None
        return Detection(min(candidates), 0.95 if len(text.split()) >= 4 else 0.6)
