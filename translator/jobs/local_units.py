"""Translates the units of a job in this process."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from translator.jobs.settings import MIME_TYPES, UnitSettings
from translator.jobs.store import Store
from translator.jobs.units import Origin, Unit, UnitResult

if TYPE_CHECKING:
    from translator.local import BatchResult, Translator

__all__ = ["LocalUnits"]


class LocalUnits:
    """A ``UnitTranslator`` with models in this process, which are loaded when they are needed.

    Args:
        make: Makes what has the models; it is closed by who gave it.
        settings: How units are translated.
        store: Where hypotheses are kept; None: nowhere.
    """

    def __init__(
        self,
        make: "Callable[[], Translator]",
        settings: UnitSettings,
        store: Store | None = None,
    ) -> None:
        self._make = make
        self._settings = settings
        self._store = store
        self._terms = list(settings.glossary or {})

    def translate(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        """See ``UnitTranslator.translate``."""
        units = iter(units)
        for unit in units:
            if unit.text:
                yield from self._decoded(chain([unit], units))
            else:
                yield UnitResult("")

    def _decoded(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        # What models need takes seconds to import.
        from translator.jobs.hypotheses import StoredHypotheses
        from translator.local import BatchText

        settings, translator = self._settings, self._make()
        memo = StoredHypotheses(self._store, translator.token_fingerprint) if self._store else None
        results = translator.translate_all(
            (BatchText(unit.text, MIME_TYPES[unit.kind], unit.templates) for unit in units),
            source=settings.source, target=settings.target, model=settings.model,
            glossary=settings.glossary, preserve_lines=settings.preserve_lines, memo=memo,
        )  # fmt: skip
        try:
            yield from map(self._result, results)
        finally:
            if memo is not None:
                memo.flush()

    def _result(self, result: "BatchResult") -> UnitResult:
        translation, error = result.translation, result.error
        if translation is None:
            assert error is not None  # noqa: S101
            return UnitResult(None, Origin.NONE, error.reason, error.message)
        return UnitResult(
            translation.text,
            Origin.ENGINE if translation.model else Origin.NONE,
            issues=tuple(issue.kind.value for issue in translation.issues),
            terms=tuple((self._terms[use.entry], use.how.value) for use in translation.terms),
        )
