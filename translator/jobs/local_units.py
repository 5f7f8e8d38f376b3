"""Translates the units of a job in this process, what the store lacks of them."""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from translator.jobs.cells import Kind
from translator.jobs.hypotheses import StoredHypotheses
from translator.jobs.store import Store, key_of
from translator.jobs.units import Origin, Unit, UnitResult
from translator.local import BatchResult, BatchText, Translation, Translator

__all__ = ["LocalUnits", "UnitSettings"]

_TOGETHER = 256
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
    """A ``UnitTranslator`` with models in this process.

    Args:
        translator: Has the models.
        settings: How units are translated.
        store: What has been translated before; None: nothing is kept.
    """

    def __init__(
        self, translator: Translator, settings: UnitSettings, store: Store | None = None
    ) -> None:
        self._translator = translator
        self._settings = settings
        self._store = store
        fingerprint = translator.fingerprint(settings.source, settings.target, settings.model)
        self._key = settings.key(fingerprint)
        self._memo = StoredHypotheses(store, translator.model_fingerprint) if store else None
        self._unwritten: dict[bytes, bytes] = {}
        self._terms = list(settings.glossary or {})

    def translate(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        """See ``UnitTranslator.translate``."""
        settings = self._settings
        # Each unit's key and, if it is known already, its result.
        ahead: deque[tuple[bytes, UnitResult | None]] = deque()

        def texts() -> Iterator[BatchText | Translation]:
            source = iter(units)
            while some := _some(source):
                keys = [key_of(self._key, unit.kind, *unit.templates, unit.text) for unit in some]
                known = self._store.get(keys) if self._store is not None else {}
                for unit, key in zip(some, keys, strict=True):
                    value = self._unwritten.get(key) or known.get(key)
                    found = None if value is None else _read(value)
                    ahead.append((key, found))
                    if found is not None and found.text is not None:
                        yield Translation(found.text, "")
                    else:
                        yield BatchText(unit.text, _MIME_TYPES[unit.kind], unit.templates)

        results = self._translator.translate_all(
            texts(), source=settings.source, target=settings.target, model=settings.model,
            glossary=settings.glossary, preserve_lines=settings.preserve_lines,
            memo=self._memo,
        )  # fmt: skip
        try:
            for result in results:
                key, found = ahead.popleft()
                yield found or self._fresh(key, result)
        finally:
            self._flush()

    def _fresh(self, key: bytes, result: BatchResult) -> UnitResult:
        """The result of a unit that the store had not; it is kept, if there is a translation."""
        translation, error = result.translation, result.error
        if translation is None:
            assert error is not None  # noqa: S101
            return UnitResult(None, Origin.NONE, error.reason, error.message)
        fresh = UnitResult(
            translation.text,
            Origin.ENGINE if translation.model else Origin.NONE,
            issues=tuple(issue.kind.value for issue in translation.issues),
            terms=tuple((self._terms[use.entry], use.how.value) for use in translation.terms),
        )
        if self._store is not None:
            self._unwritten[key] = _written(fresh)
            if len(self._unwritten) >= _TOGETHER:
                self._flush()
        return fresh

    def _flush(self) -> None:
        if self._store is not None and self._memo is not None:
            self._memo.flush()
            entries, self._unwritten = self._unwritten, {}
            self._store.put(entries)


def _some(units: Iterator[Unit]) -> list[Unit]:
    """Some hundred units, or those up to one that has nothing to translate: it waits for none."""
    some: list[Unit] = []
    for unit in units:
        some.append(unit)
        if len(some) == _TOGETHER or not unit.text:
            break
    return some


def _written(result: UnitResult) -> bytes:
    value = (result.text, result.issues, result.terms)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def _read(value: bytes) -> UnitResult:
    text, issues, terms = json.loads(value.decode("utf-8", "surrogatepass"))
    return UnitResult(
        text, Origin.STORE, issues=tuple(issues), terms=tuple((a, b) for a, b in terms)
    )
