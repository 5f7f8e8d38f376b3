"""What a job did: counted as it goes, and told at the end."""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from translator.jobs.cells import Cell, Place
from translator.jobs.units import Origin, UnitResult
from translator.text.words import count_words

__all__ = ["Failure", "Report"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell that stays as it was, or that somebody should look at.

    Attributes:
        place: Where it is.
        reason: Why, in UPPER_SNAKE_CASE.
        message: The same in a sentence.
        text: Its source.
        translation: What was written; None: it stays as it was.
    """

    place: Place
    reason: str
    message: str
    text: str
    translation: str | None = None

    def to_json(self) -> str:
        """A line of the errors file."""
        place = {"file": self.place.file, "row": self.place.row, "column": self.place.column}
        rest = {
            "reason": self.reason,
            "message": self.message,
            "source": self.text,
            "translation": self.translation,
        }
        return json.dumps(place | rest, ensure_ascii=False)


class Report:
    """Counts cells and words.

    Args:
        on_failure: Told of each cell that failed, or that somebody should look at.
        clock: Seconds.
    """

    def __init__(
        self,
        on_failure: Callable[[Failure], None] = lambda _: None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_failure = on_failure
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
        self._fail(cell, "INPUT_FILE", cell.problem)

    def translated(self, cell: Cell, result: UnitResult) -> str | None:
        """Count a cell with its result. Returns what is to be written; None: it stays."""
        self.num_cells += 1
        self.num_words += count_words(cell.text)
        if result.text is None:
            self._fail(cell, result.reason, result.message)
            return None
        try:
            cell.encode(result.text)
        except UnicodeEncodeError as error:
            self._fail(
                cell,
                "NOT_ENCODABLE",
                f"{error.object[error.start]!r} cannot be written in {error.encoding}",
            )
            return None
        except ValueError as error:
            self._fail(cell, "MARKUP_NOT_KEPT", f"the translation is no {cell.kind}: {error}")
            return None
        self.origins[result.origin] += 1
        for kind in dict.fromkeys(result.issues):
            self._fail(
                cell, f"LACKS_{kind.upper()}", f"the translation lacks a {kind}", result.text
            )
        for term, how in result.terms:
            self.terms[how] += 1
            if how == "failed":
                self._fail(
                    cell, "TERM_NOT_KEPT", f"the translation lacks the term {term!r}", result.text
                )
        length = len(result.text)
        if cell.max_length and length > cell.max_length:
            self._fail(
                cell,
                "TOO_LONG",
                f"has {length} characters; at most {cell.max_length} are allowed",
                result.text,
            )
        return result.text

    def _fail(self, cell: Cell, reason: str, message: str, translation: str | None = None) -> None:
        self.reasons[reason] += 1
        self._on_failure(Failure(cell.place, reason, message, cell.text, translation))

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
