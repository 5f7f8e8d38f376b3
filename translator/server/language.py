"""The language of source whose client does not name it."""

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from translator.errors import LanguageNotDetectedError, LanguagePairNotSupportedError
from translator.models.catalog import Catalog
from translator.models.tags import language
from translator.text.detection import Detection, LanguageDetector

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
        detector: Used in other threads: the first time it has a model to load.
    """

    def __init__(self, catalog: Catalog, detector: LanguageDetector) -> None:
        self._catalog = catalog
        self._detector = detector

    @cached_property
    def candidates(self) -> tuple[str, ...]:
        """What can be detected, in order."""
        return tuple(sorted({language(pair.source) for pair in self._catalog.pairs}))

    def first_served(self, resolve: Callable[[str], _T]) -> _T:
        """What ``resolve`` makes of the first candidate that it serves.

        Raises:
            LanguagePairNotSupportedError: It serves none.
            ClientError: Another one of ``resolve``.
        """
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

    async def detect(self, text: str) -> Detection | None:
        """The most probable candidate; None when it is clearly none of them."""
        return await asyncio.to_thread(self._detector.detect, text, self.candidates)

    async def of_text(self, field: str, text: str) -> str:
        """The language of a whole text.

        Raises:
            LanguageNotDetectedError: It is not clear, or it is none of the candidates.
        """
        found = await self.detect(text)
        if found is None or not found.is_likely:
            raise self.not_detected(field)
        return found.language

    def not_detected(self, field: str) -> LanguageNotDetectedError:
        """The error that names the candidates."""
        listed, more = self.candidates[:_MAX_LISTED], len(self.candidates) - _MAX_LISTED
        return LanguageNotDetectedError(
            f"{field}: the language is not clear, or none of these: {', '.join(listed)}"
            + (f" and {more} more" if more > 0 else "")
            + "; name it in source_language_code",
            metadata={"candidates": ",".join(listed)},
        )
