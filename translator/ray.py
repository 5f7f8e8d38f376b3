"""Translates columns of a Ray data set: ``ds.map_batches(translator.ray.Translate, …)``.

Nothing here imports Ray: Spark's ``mapInPandas``, or any loop over batches, may call it too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from translator.jobs.cells import Cell, Kind, Place, Rule
from translator.jobs.config import ColumnConfig, load_job
from translator.jobs.opening import opened_job
from translator.jobs.report import Failure, Report
from translator.jobs.rules import parse_rule
from translator.jobs.units import Unit, UnitResult, UnitTranslator

__all__ = ["Translate"]


class Translate:
    """Adds to each batch, for each column ``title``, its translation and what became of it.

    ``title_pt`` has the translations, None where there is none. ``title_pt_status`` says for each
    cell "OK", or the reasons why there is none or why somebody should look at it, such as
    "LACKS_NUMBER,TOO_LONG"; it is "" where there was no text. Reasons are those of docs/jobs.md.

    Models are loaded with the first batch, in the process that translates it.

    Args:
        columns: Rules, as of ``translator batch --column``: "title,max=150", "body:html".
        source: Language of the texts, BCP-47; "und": detected.
        target: Language to translate into, BCP-47.
        keeps: Whether the machine keeps translations in a store.
        options: Others of a job, by the names of ``JobConfig``: glossary, memory, models, store, …

    Raises:
        ClientError: A rule or an option is not allowed.
    """

    def __init__(
        self, columns: Sequence[str], *, source: str = "en", target: str = "pt",
        keeps: bool = True, **options: Any,
    ) -> None:  # fmt: skip
        rules = dict(map(parse_rule, columns))
        self._rules = rules
        kinds = {
            name: ColumnConfig(markup=rule.templates, numbers=rule.numbers)
            for name, rule in rules.items()
        }
        given = {"input": "-", "output": "-", "source": source, "target": target}
        self._job = load_job(None, given | {"columns": kinds} | options)
        self._keeps = keeps
        self._stack = ExitStack()
        self._units: UnitTranslator | None = None

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Translate a batch: columns by name, each a list or an array of the same length."""
        if self._units is None:
            opened = self._stack.enter_context(opened_job(self._job, keeps=self._keeps))
            self._units = opened.units
        done = dict(batch)
        texts: dict[str, list[str | None]] = {}
        statuses: dict[str, list[str]] = {}
        for name, rule in self._rules.items():
            into = rule.into or f"{name}_{self._job.target}"
            done[into] = texts[name] = [None] * len(batch[name])
            done[f"{into}_status"] = statuses[name] = [""] * len(batch[name])
        cells = list(self._cells(batch))

        def note(cell: Cell, _: UnitResult | None, failures: list[Failure]) -> None:
            reasons = dict.fromkeys(failure.reason for failure in failures)
            statuses[cell.place.column][cell.place.row] = ",".join(reasons) or "OK"

        report = Report(on_cell=note)
        results = self._units.translate(map(Unit.of, cells))
        for cell, result in zip(cells, results, strict=True):
            texts[cell.place.column][cell.place.row] = report.translated(cell, result)
        return done

    def _cells(self, batch: Mapping[str, Iterable[Any]]) -> Iterator[Cell]:
        for name, rule in self._rules.items():
            for row, value in enumerate(batch[name]):
                # What is no text (None, NaN, a number) has none.
                if isinstance(value, str) and value.strip():
                    yield _cell(str(value), Place("", row, name), rule)

    def close(self) -> None:
        """Let go of the models."""
        self._units = None
        self._stack.close()


def _cell(text: str, place: Place, rule: Rule) -> Cell:
    kind = rule.kind or Kind.TEXT
    return Cell(
        text, place, str.encode, b"", kind, rule.max_length, rule.templates, numbers=rule.numbers
    )
