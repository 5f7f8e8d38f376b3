"""Texts of a job on their way to a translation and back."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, Self, TypeVar, runtime_checkable

from translator.jobs.cells import Cell, Kind, Suggestion

__all__ = [
    "KNOWN_WEIGHT",
    "KnowingTranslator",
    "Origin",
    "Passed",
    "Unit",
    "UnitResult",
    "UnitTranslator",
    "interleaved",
    "some_hundred",
]

_TOGETHER = 256
# So that some hundred that are known do not wait for one that is not.
KNOWN_WEIGHT = 4096

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
    """A text to translate by itself.

    Attributes:
        text: The text.
        kind: What it is.
        templates: Template syntaxes in it.
        numbers: Whether its translation may be that of a text with other numbers, filled in.
    """

    text: str
    kind: Kind = Kind.TEXT
    templates: tuple[str, ...] = ()
    numbers: bool = False

    @classmethod
    def of(cls, cell: Cell) -> Self:
        """The text of a cell."""
        return cls(cell.text, cell.kind, cell.templates, cell.numbers)


@dataclass(frozen=True, slots=True)
class UnitResult:
    """What became of a unit.

    Attributes:
        text: Its translation; None if there is none.
        origin: Where it comes from.
        reason: Why there is none, in UPPER_SNAKE_CASE.
        message: The same in a sentence.
        issues: What of the source it lacks: "number", "currency", "length", "markup".
        terms: How often each glossary entry was applied, and how: (source term, how).
        suggestions: Similar texts of a memory, the closest first.
    """

    text: str | None
    origin: Origin = Origin.NONE
    reason: str = ""
    message: str = ""
    issues: tuple[str, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


class UnitTranslator(Protocol):
    """Translates units: in this process, or with servers."""

    def translate(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        """The results of units, in their order; ``units`` is read some hundred ahead.

        An empty unit is answered without waiting for those after it.

        Raises:
            TranslatorError: No unit can be translated.
        """
        ...


@runtime_checkable
class KnowingTranslator(Protocol):
    """A ``UnitTranslator`` that can tell what it need not translate."""

    def known(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, bytes, UnitResult | None]]:
        """Each unit with its key and, if it is known, its result; in any order."""
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


def some_hundred(units: Iterator[Unit]) -> list[Unit]:
    """Some hundred units, or those up to an empty one, which waits for none."""
    some: list[Unit] = []
    for unit in units:
        some.append(unit)
        if len(some) == _TOGETHER or not unit.text:
            break
    return some
