"""Translates the units of a job in this process."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from translator.jobs.cells import Kind
from translator.jobs.store import Store, key_of
from translator.jobs.units import Origin, Unit, UnitResult

if TYPE_CHECKING:
    from translator.local import BatchResult, Translator

__all__ = ["LocalUnits", "UnitSettings"]

_MIME_TYPES = {Kind.TEXT: "", Kind.HTML: "text/html", Kind.MARKDOWN: "text/markdown"}


@dataclass(frozen=True, slots=True)
class UnitSettings:
    """How all units of a job are translated.

    Attributes:
        source: BCP-47; "und": each text is detected.
        target: BCP-47.
        model: Its name; empty: the closest.
        glossary: Source terms to target terms; an empty one keeps the source term.
        preserve_lines: Whether line breaks are borders, and stay.
    """

    source: str
    target: str
    model: str = ""
    glossary: Mapping[str, str] | None = None
    preserve_lines: bool = True

    def key(self, fingerprint: str) -> bytes:
        """What results depend on, besides their texts."""
        terms = sorted((self.glossary or {}).items())
        return key_of(
            "unit", fingerprint, self.source, self.target, self.model, json.dumps(terms),
            str(self.preserve_lines),
        )  # fmt: skip


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
            (BatchText(unit.text, _MIME_TYPES[unit.kind], unit.templates) for unit in units),
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
