"""Units whose translations are in a store."""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from translator.jobs.store import Store, key_of
from translator.jobs.units import (
    KNOWN_WEIGHT,
    KnowingTranslator,
    Origin,
    Passed,
    Unit,
    UnitResult,
    UnitTranslator,
    interleaved,
    some_hundred,
)

__all__ = ["StoredUnits", "known_units"]

_TOGETHER = 256
_FLUSH = 1 << 20


class StoredUnits:
    """A ``UnitTranslator`` that asks another for what a store lacks, and keeps it.

    Args:
        translator: Translates what is missing.
        store: Where results are kept.
        key: What they depend on, besides their units.
    """

    def __init__(self, translator: UnitTranslator, store: Store, key: bytes) -> None:
        self._translator = translator
        self._store = store
        self._key = key
        self._unwritten: dict[bytes, bytes] = {}

    def known(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, bytes, UnitResult | None]]:
        """Each unit with its key and, if the store has it, its result."""
        source = iter(units)
        while some := some_hundred(source):
            keys = [key_of(self._key, unit.kind, *unit.templates, unit.text) for unit in some]
            found = self._store.get(keys)
            for unit, key in zip(some, keys, strict=True):
                value = self._unwritten.get(key) or found.get(key)
                yield unit, key, None if value is None else _read(value)

    def translate(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        """See ``UnitTranslator.translate``."""
        keys: deque[bytes] = deque()
        # For each unit that is under way how many others are the same; and then its result.
        same: dict[bytes, int] = {}
        results: dict[bytes, UnitResult] = {}

        def steps() -> Iterator[Unit | Passed[UnitResult | bytes]]:
            for unit, key, result in self.known(units):
                if not unit.text:
                    yield Passed(UnitResult(""), _FLUSH)
                elif result is not None:
                    yield Passed(result, KNOWN_WEIGHT)
                elif key in same:
                    same[key] += 1
                    yield Passed(key, KNOWN_WEIGHT)
                else:
                    same[key] = 0
                    keys.append(key)
                    yield unit

        try:
            for step in interleaved(self._translator, steps()):
                if isinstance(step, UnitResult):
                    key = keys.popleft()
                    self._keep(key, step)
                    if same[key]:
                        results[key] = replace(step, origin=Origin.STORE)
                    else:
                        del same[key]
                    yield step
                elif isinstance(step.value, UnitResult):
                    yield step.value
                else:
                    yield results[step.value]
                    same[step.value] -= 1
                    if not same[step.value]:
                        del same[step.value], results[step.value]
        finally:
            self._flush()

    def _keep(self, key: bytes, result: UnitResult) -> None:
        if result.text is None:
            return
        self._unwritten[key] = _written(result)
        if len(self._unwritten) >= _TOGETHER:
            self._flush()

    def _flush(self) -> None:
        entries, self._unwritten = self._unwritten, {}
        self._store.put(entries)


def known_units(
    translator: UnitTranslator, units: Iterable[Unit]
) -> Iterator[tuple[Unit, bytes, UnitResult | None]]:
    """Each unit with what tells it from others and, if it is known, its result."""
    if isinstance(translator, KnowingTranslator):
        yield from translator.known(units)
        return
    for unit in units:
        yield unit, key_of(unit.kind, *unit.templates, unit.text), None


def _written(result: UnitResult) -> bytes:
    value = (result.text, result.issues, result.terms)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _read(value: bytes) -> UnitResult:
    text, issues, terms = json.loads(value.decode("utf-8", "surrogatepass"))
    return UnitResult(
        text, Origin.STORE, issues=tuple(issues), terms=tuple((a, b) for a, b in terms)
    )
