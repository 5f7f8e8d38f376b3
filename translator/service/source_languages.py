"""The language of source whose client does not name it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from translator.catalog.catalog import Catalog
from translator.errors import LanguageNotDetectedError, LanguagePairNotSupportedError
from translator.languages.detection import Detection, LanguageDetector
from translator.languages.tags import language

__all__ = ["UNDETERMINED", "SourceLanguages", "is_undetermined"]

# What a client names a language that is to be detected; so does BCP-47.
UNDETERMINED = "und"

_MAX_LISTED = 40
_T = TypeVar("_T")


def is_undetermined(code: str) -> bool:
    """Whether a client leaves it to the server to find the language."""
    return code.lower() == UNDETERMINED


class SourceLanguages:
    """Detects which of the catalog's source languages a text is in.

    Args:
        catalog: Whose source languages are the candidates.
        detector: May be used in any thread.
    """

    def __init__(self, catalog: Catalog, detector: LanguageDetector) -> None:
        self._catalog = catalog
        self._detector = detector

    @cached_property
    def candidates(self) -> tuple[str, ...]:
        """What can be detected, in order."""
        return tuple(sorted({language(pair.source) for pair in self._catalog.pairs}))

    def among(self, possible: Sequence[str], targets: Sequence[str]) -> Mapping[str, str]:
        """What a source may be in: languages, each with the code by which it goes.

        Args:
            possible: Codes that the client allows; empty: any source language, and any of the
                ``targets``, into which that language passes through.
            targets: Codes that are translated into.
        """
        if possible:
            return {language(code): code for code in possible}
        found = {*self.candidates, *(language(target) for target in targets)}
        return {each: each for each in sorted(found)}

    def first_served(self, resolve: Callable[[str], _T], possible: Sequence[str] = ()) -> _T:
        """What ``resolve`` makes of the first candidate that it serves; all of the ``possible``.

        Raises:
            LanguagePairNotSupportedError: It serves none, or not one of the ``possible``.
            ClientError: Another one of ``resolve``.
        """
        if possible:
            first, *_ = [resolve(code) for code in possible]
            return first
        refusal: LanguagePairNotSupportedError | None = None
        for candidate in self.candidates:
            try:
                return resolve(candidate)
            except LanguagePairNotSupportedError as error:
                refusal = error
        metadata = {**(refusal.metadata if refusal else {}), "source": UNDETERMINED}
        raise LanguagePairNotSupportedError(
            f"in no source language is this served: {refusal}", metadata=metadata
        )

    def detect(self, texts: Sequence[str], candidates: Collection[str]) -> list[Detection | None]:
        """For each text the most probable candidate; None when it is clearly none of them.

        The first time it has a model to load.
        """
        return [self._detector.detect(text, candidates) for text in texts]

    def of_text(self, field: str, text: str, among: Mapping[str, str]) -> str:
        """The code of a whole text's language.

        Raises:
            LanguageNotDetectedError: It is not clear, or it is none of the candidates.
        """
        (found,) = self.detect([text], among)
        if found is None or not found.is_likely:
            raise self.not_detected(field, among)
        return among[found.language]

    @staticmethod
    def not_detected(field: str, among: Collection[str]) -> LanguageNotDetectedError:
        """The error that names the candidates."""
        listed, more = list(among)[:_MAX_LISTED], len(among) - _MAX_LISTED
        return LanguageNotDetectedError(
            f"{field}: the language is not clear, or none of these: {', '.join(listed)}"
            + (f" and {more} more" if more > 0 else "")
            + "; name it in source_language_code",
            metadata={"candidates": ",".join(listed)},
        )
