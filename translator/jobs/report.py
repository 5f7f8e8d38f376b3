"""What a job did: counted as it goes, and told at the end."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from translator.jobs.cells import Cell, Place, Suggestion
from translator.jobs.units import Origin, UnitResult
from translator.text.words import count_words

__all__ = ["Failure", "Figures", "Report"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell that stays as it was, or that somebody should look at.

    Attributes:
        place: Where it is.
        reason: Why, in UPPER_SNAKE_CASE; several with commas between them.
        message: The same in a sentence, or several.
        text: Its source.
        translation: What was written; None: it stays as it was.
        suggestions: What people said for similar texts.
    """

    place: Place
    reason: str
    message: str
    text: str
    translation: str | None = None
    suggestions: tuple[Suggestion, ...] = ()

    def to_json(self) -> str:
        """A line of the errors file. A byte that was no text is written as half a character."""
        place = {"file": self.place.file, "row": self.place.row, "column": self.place.column}
        rest: dict[str, Any] = {
            "reason": self.reason,
            "message": self.message,
            "source": self.text,
            "translation": self.translation,
        }
        if self.suggestions:
            rest["suggestions"] = [asdict(each) for each in self.suggestions]
        line = json.dumps(place | rest, ensure_ascii=False)
        return line.encode("utf-8", "backslashreplace").decode()


@dataclass(slots=True)
class Figures:
    """What was counted in a part of a job; plain values, for JSON."""

    num_cells: int
    num_words: int
    num_files: int
    origins: dict[str, int]
    reasons: dict[str, int]
    terms: dict[str, int]


class Report:
    """Counts cells and words.

    Args:
        on_failure: Told once of each cell that failed, or that somebody should look at.
        on_cell: Told of each cell, with its result if it could be read, and all that is to be told.
        clock: Seconds.
    """

    def __init__(
        self,
        on_failure: Callable[[Failure], None] = lambda _: None,
        *,
        on_cell: Callable[[Cell, UnitResult | None, list[Failure]], None] = lambda *_: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_failure = on_failure
        self._on_cell = on_cell
        self._clock = clock
        self._began = clock()
        self.num_cells = 0
        self.num_words = 0
        self.num_files = 0
        self.origins: Counter[Origin] = Counter()
        self.reasons: Counter[str] = Counter()
        self.terms: Counter[str] = Counter()

    @property
    def seconds(self) -> float:
        """Since the report was made."""
        return self._clock() - self._began

    @property
    def num_failed(self) -> int:
        """Cells that stay as they were although they should not."""
        return self.num_cells - sum(self.origins.values())

    def problem(self, cell: Cell) -> None:
        """Count a cell that cannot be read."""
        self.num_cells += 1
        self._tell(cell, None, [Failure(cell.place, "INPUT_FILE", cell.problem, cell.text)])

    def translated(self, cell: Cell, result: UnitResult) -> str | None:
        """Count a cell with its result. Returns what is to be written; None: it stays."""
        self.num_cells += 1
        self.num_words += count_words(cell.text)
        failure = _failure(cell, result)
        if failure is not None:
            self._tell(cell, result, [failure])
            return None
        self.origins[result.origin] += 1
        self.terms.update(how for _, how in result.terms)
        self._tell(cell, result, list(_issues(cell, result)))
        return result.text

    def _tell(self, cell: Cell, result: UnitResult | None, failures: list[Failure]) -> None:
        self.reasons.update(failure.reason for failure in failures)
        if failures:
            self._on_failure(_joined(failures))
        self._on_cell(cell, result, failures)

    def counted(self) -> Figures:
        """What was counted so far."""
        return Figures(
            self.num_cells,
            self.num_words,
            self.num_files,
            {origin.value: number for origin, number in self.origins.items()},
            dict(self.reasons),
            dict(self.terms),
        )

    def add(self, figures: Figures) -> None:
        """Count what was counted elsewhere."""
        self.num_cells += figures.num_cells
        self.num_words += figures.num_words
        self.num_files += figures.num_files
        self.origins.update({Origin(name): number for name, number in figures.origins.items()})
        self.reasons.update(figures.reasons)
        self.terms.update(figures.terms)

    def figures(self) -> dict[str, Any]:
        """All figures, for JSON."""
        seconds = self.seconds
        return {
            "files": self.num_files,
            "cells": self.num_cells,
            "words": self.num_words,
            "seconds": round(seconds, 3),
            "words_per_second": round(self.num_words / seconds, 1) if seconds else 0.0,
            "failed": self.num_failed,
            "from": {origin.value: self.origins[origin] for origin in Origin},
            "reasons": dict(sorted(self.reasons.items())),
            "terms": dict(sorted(self.terms.items())),
        }


def _joined(failures: list[Failure]) -> Failure:
    """All that is to be told of a cell, in one."""
    return replace(
        failures[0],
        reason=",".join(dict.fromkeys(each.reason for each in failures)),
        message="; ".join(each.message for each in failures),
        suggestions=tuple(found for each in failures for found in each.suggestions),
    )


def _failure(cell: Cell, result: UnitResult) -> Failure | None:
    """Why a cell stays as it is, if it does."""
    if result.text is None:
        return Failure(cell.place, result.reason, result.message, cell.text)
    try:
        cell.encode(result.text)
    except UnicodeEncodeError as error:
        message = f"{error.object[error.start]!r} cannot be written in {error.encoding}"
        return Failure(cell.place, "NOT_ENCODABLE", message, cell.text)
    except ValueError as error:
        message = f"the translation is no {cell.kind}: {error}"
        return Failure(cell.place, "MARKUP_NOT_KEPT", message, cell.text)
    return None


def _issues(cell: Cell, result: UnitResult) -> Iterator[Failure]:
    """What somebody should look at in a translation."""
    found = [
        ("MARKUP_NOT_KEPT", "a part of it stays as it was, because its markup could not be kept")
        if kind == "markup"
        else (f"LACKS_{kind.upper()}", f"the translation lacks a {kind}")
        for kind in dict.fromkeys(result.issues)
    ]
    found += [
        ("TERM_NOT_KEPT", f"the translation lacks the term {term!r}")
        for term, how in result.terms
        if how == "failed"
    ]
    length = len(result.text or "")
    if cell.max_length and length > cell.max_length:
        told = f"has {length} characters; at most {cell.max_length} are allowed"
        found.append(("TOO_LONG", told))
    for reason, message in found:
        yield Failure(cell.place, reason, message, cell.text, result.text)
    if result.suggestions:
        percent = result.suggestions[0].percent
        yield Failure(
            cell.place,
            "SIMILAR_IN_MEMORY",
            f"the memory has a text that is {percent} % the same",
            cell.text,
            result.text,
            result.suggestions,
        )
