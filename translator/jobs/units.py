"""Texts of a job on their way to a translation and back."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from translator.jobs.cells import Kind

__all__ = ["Origin", "Passed", "Unit", "UnitResult", "UnitTranslator", "interleaved"]

_T = TypeVar("_T")
# What may pass before what is known goes on: bytes of a file.
_MOST_PASSED = 1 << 20


class Origin(StrEnum):
    """Where a translation comes from."""

    ENGINE = "engine"
    STORE = "store"
    MEMORY = "memory"
    # There was nothing to translate.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Unit:
    """A text to translate by itself."""

    text: str
    kind: Kind = Kind.TEXT
    templates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitResult:
    """What became of a unit.

    Attributes:
        text: Its translation; None if there is none.
        origin: Where it comes from.
        reason: Why there is none, in UPPER_SNAKE_CASE.
        message: The same in a sentence.
        issues: What of the source it lacks: "number", "currency", "length".
        terms: How often each glossary entry was applied, and how: (source term, how).
    """

    text: str | None
    origin: Origin = Origin.NONE
    reason: str = ""
    message: str = ""
    issues: tuple[str, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()


class UnitTranslator(Protocol):
    """Translates units: in this process, or with servers."""

    def translate(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        """The results of units, in their order; ``units`` is read some hundred ahead.

        An empty unit is answered without waiting for those after it.

        Raises:
            TranslatorError: No unit can be translated.
        """
        ...


@dataclass(frozen=True, slots=True)
class Passed(Generic[_T]):
    """Something that needs no translation, in its place among units.

    Attributes:
        value: What it is.
        weight: About how many bytes of a file it stands for.
    """

    value: _T
    weight: int


_NOTHING = Unit("")


def interleaved(
    translator: UnitTranslator, steps: Iterable[Unit | Passed[_T]]
) -> Iterator[UnitResult | Passed[_T]]:
    """Have units translated; what is none passes in its place.

    However much passes between two units, it does not wait for the second one.
    """
    waiting: deque[Unit | Passed[_T]] = deque()

    def units() -> Iterator[Unit]:
        passed = 0
        for step in steps:
            waiting.append(step)
            if isinstance(step, Unit):
                passed = 0
                yield step
            elif (passed := passed + step.weight) >= _MOST_PASSED:
                passed = 0
                waiting.append(_NOTHING)
                yield _NOTHING

    for result in translator.translate(units()):
        while isinstance(step := waiting.popleft(), Passed):
            yield step
        if step is not _NOTHING:
            yield result
    for step in waiting:
        assert isinstance(step, Passed)  # noqa: S101
        yield step
