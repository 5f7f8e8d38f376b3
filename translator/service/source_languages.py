"""Finds the language of a source if the client does not name it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from translator.catalog.catalog import MAX_LISTED, Catalog
from translator.errors import LanguageNotDetectedError, LanguagePairNotSupportedError
from translator.languages.detection import Detection, LanguageDetector
from translator.languages.tags import language

__all__ = ["UNDETERMINED", "SourceLanguages", "is_undetermined"]

# What a client names a language that is to be detected; so does BCP-47.
UNDETERMINED = "und"

_T = TypeVar("_T")


def is_undetermined(code: str) -> bool:
    """Whether a client wants the language to be detected."""
    return code.lower() == UNDETERMINED


class SourceLanguages:
    """Detects which of the catalog's source languages a text is in.

    Args:
        catalog: Its source languages are the candidates.
        detector: May be used in any thread. It loads a model at first use.
    """

    def __init__(self, catalog: Catalog, detector: LanguageDetector) -> None:
        self._catalog = catalog
        self._detector = detector

    @cached_property
    def candidates(self) -> tuple[str, ...]:
        """The languages that can be detected, in order."""
        return tuple(sorted({language(pair.source) for pair in self._catalog.pairs}))

    @cached_property
    def served(self) -> tuple[str, ...]:
        """The languages that are translated from or into, in order."""
        pairs = self._catalog.pairs
        return tuple(sorted({language(code) for p in pairs for code in (p.source, p.target)}))

    def among(self, possible: Sequence[str], targets: Sequence[str]) -> Mapping[str, str]:
        """The languages a source may be in, each with the client's code for it.

        Args:
            possible: Codes that the client allows. If empty, any source language, and any of the
                ``targets``, whose own text passes through.
            targets: Codes of the target languages.
        """
        if possible:
            return {language(code): code for code in possible}
        found = {*self.candidates, *(language(target) for target in targets)}
        return {each: each for each in sorted(found)}

    def first_served(self, resolve: Callable[[str], _T], possible: Sequence[str] = ()) -> _T:
        """The first result of ``resolve`` for a candidate; all of the ``possible`` have to work.

        Raises:
            LanguagePairNotSupportedError: None is served, or one of the ``possible`` is not.
            ClientError: ``resolve`` raised it for another reason.
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
            f"no model translates from any of these languages: {refusal}", metadata=metadata
        )

    def detect(
        self, texts: Sequence[str], candidates: Collection[str], targets: Sequence[str] = ()
    ) -> list[Detection | None]:
        """The most probable candidate for each text; None if it is clearly none of them.

        The first time it has a model to load.

        Args:
            texts: The texts.
            candidates: The languages to choose from.
            targets: Codes of the target languages; if it is one, it is a hint for short texts.
        """
        among = {language(code) for code in targets}
        target = among.pop() if len(among) == 1 else ""
        return [self._detector.detect(text, candidates, target) for text in texts]

    def of_text(self, field: str, text: str, among: Mapping[str, str], target: str) -> str:
        """The code of a whole text's language; ``target`` is what it is to be translated into.

        Raises:
            LanguageNotDetectedError: It is not clear, or is none of the candidates.
        """
        found = self._detector.detect(text, among, language(target))
        if found is None or not found.is_likely:
            raise self.not_detected(field, among)
        return among[found.language]

    @staticmethod
    def not_detected(field: str, among: Collection[str]) -> LanguageNotDetectedError:
        """Make the error that names the candidates."""
        listed, more = list(among)[:MAX_LISTED], len(among) - MAX_LISTED
        return LanguageNotDetectedError(
            f"{field}: the language is not clear, or none of these: {', '.join(listed)}"
            + (f" and {more} more" if more > 0 else "")
            + "; name it in source_language_code",
            metadata={"candidates": ",".join(listed)},
        )
