"""Texts of a job on their way to a translation and back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from translator.jobs.cells import Kind

__all__ = ["Origin", "Unit", "UnitResult", "UnitTranslator"]


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
