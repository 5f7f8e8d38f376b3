"""What a job would do, without doing it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from translator.jobs.cells import Cell
from translator.jobs.stored_units import known_units
from translator.jobs.units import Unit, UnitTranslator
from translator.text.words import count_words

__all__ = ["Plan"]

# What is translated to see how fast it goes.
_SAMPLE_TEXTS = 200
_SAMPLE_S = 5.0


class Plan:
    """Counts the texts of a job, and how many of them are known.

    Args:
        clock: Seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.num_texts = 0
        self.num_words = 0
        self.num_problems = 0
        # Texts and words: different ones, and those of them that the store lacks.
        self.different = Counter[str]()
        self.missing = Counter[str]()
        self._words_per_s: float | None = None

    def counted(self, cells: Iterable[Cell]) -> Iterator[Unit]:
        """Count cells, and pass on what there is to translate."""
        for cell in cells:
            if cell.problem:
                self.num_problems += 1
            else:
                self.num_texts += 1
                self.num_words += count_words(cell.text)
                yield Unit.of(cell)

    def look_up(self, units: Iterable[Unit], translator: UnitTranslator) -> None:
        """Find out what is not known yet, and how fast that goes: by translating some of it."""
        sample: list[Unit] = []
        seen: set[bytes] = set()
        for unit, key, result in known_units(translator, units):
            if key in seen:
                continue
            seen.add(key)
            count = {"texts": 1, "words": count_words(unit.text)}
            self.different.update(count)
            if result is None:
                self.missing.update(count)
                if len(sample) < _SAMPLE_TEXTS:
                    sample.append(unit)
        # The first one loads the models.
        for _ in translator.translate(sample[:1]):
            pass
        began, done = self._clock(), 0
        for unit, _ in zip(sample[1:], translator.translate(sample[1:]), strict=False):
            done += count_words(unit.text)
            if self._clock() - began > _SAMPLE_S:
                break
        elapsed = self._clock() - began
        self._words_per_s = done / elapsed if done and elapsed else None

    def told(self) -> str:
        """The plan, for people."""
        known = self.different["texts"] - self.missing["texts"]
        lines = [
            f"{self.num_texts} texts with {self.num_words} words",
            f"  different: {self.different['texts']} with {self.different['words']} words",
            f"  in the store: {known}, to translate: {self.missing['texts']} "
            f"with {self.missing['words']} words",
        ]
        if self.num_problems:
            lines.append(f"  cannot be read: {self.num_problems}")
        if self._words_per_s:
            seconds = self.missing["words"] / self._words_per_s
            shown = f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"
            lines.append(f"  about {shown} at {self._words_per_s:.0f} words/s, measured just now")
        return "\n".join(lines)
