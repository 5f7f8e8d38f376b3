"""Units that people have translated before."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from translator.jobs.fuzzy import Fuzzy
from translator.jobs.memory import MemoryView
from translator.jobs.store import key_of
from translator.jobs.stored_units import known_units
from translator.jobs.units import (
    KNOWN_WEIGHT,
    Origin,
    Passed,
    Unit,
    UnitResult,
    UnitTranslator,
    interleaved,
    some_hundred,
)

__all__ = ["RememberedUnits"]


class RememberedUnits:
    """A ``UnitTranslator`` that asks another for what a memory lacks.

    Args:
        translator: Translates what is missing.
        memory: What people decided; it wins.
        fuzzy: Finds texts of the memory that are like those that it lacks; they are shown with
            the result, never used.
    """

    def __init__(
        self, translator: UnitTranslator, memory: MemoryView, fuzzy: Fuzzy | None = None
    ) -> None:
        self._translator = translator
        self._memory = memory
        self._fuzzy = fuzzy

    def known(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, bytes, UnitResult | None]]:
        """See ``StoredUnits.known``; the order may be another one."""
        source = iter(units)
        while some := some_hundred(source):
            found = self._memory.get(unit.text for unit in some)
            others = []
            for unit in some:
                if unit.text in found:
                    result = UnitResult(found[unit.text], Origin.MEMORY)
                    yield unit, key_of("memory", unit.kind, unit.text), result
                else:
                    others.append(unit)
            yield from known_units(self._translator, others)

    def translate(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        """See ``UnitTranslator.translate``."""
        asked: deque[str] = deque()

        def steps() -> Iterator[Unit | Passed[UnitResult]]:
            source = iter(units)
            while some := some_hundred(source):
                found = self._memory.get(unit.text for unit in some)
                for unit in some:
                    known = found.get(unit.text)
                    if known is not None:
                        yield Passed(UnitResult(known, Origin.MEMORY), KNOWN_WEIGHT)
                    else:
                        asked.append(unit.text)
                        yield unit

        for step in interleaved(self._translator, steps()):
            if isinstance(step, Passed):
                yield step.value
                continue
            text = asked.popleft()
            if self._fuzzy is None or not text:
                yield step
            else:
                yield replace(step, suggestions=self._fuzzy.find(text))
