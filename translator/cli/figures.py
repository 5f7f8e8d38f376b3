"""The figures of an evaluation, as a table and in files."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

from rich.table import Table

from translator.eval.interval import Interval
from translator.eval.picture import draw_frontier
from translator.eval.quality import Difference
from translator.eval.summary import Summary

__all__ = ["save_figures", "table_of"]


def save_figures(
    rows: Mapping[tuple[str, str], Summary], output: Path, stem: str, *, ours: tuple[str, ...]
) -> None:
    """Save the figures, and a picture of those with a quality.

    Args:
        rows: The figures by source field and policy.
        output: The folder.
        stem: The names of the files, without their endings.
        ours: The policies that the picture connects with a line.
    """
    figures = [
        {"source": field, "policy": name, **dataclasses.asdict(summary)}
        for (field, name), summary in rows.items()
    ]
    (output / f"{stem}.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    panels: dict[str, dict[str, Summary]] = {}
    for (field, name), summary in rows.items():
        if summary.bleu is not None:
            title = f"{stem} {field}" if field not in {"", "src"} else stem
            panels.setdefault(title, {})[name] = summary
    if panels:
        draw_frontier(panels, output / f"{stem}.svg", ours=ours)


def table_of(rows: Mapping[tuple[str, str], Summary]) -> Table:
    """Make a table of the figures that exist, by source field and policy."""
    fields = list(dict.fromkeys(field for field, _ in rows))
    summaries = list(rows.values())

    def number(value: float | None, digits: int = 2) -> str:
        return "" if value is None else f"{value:.{digits}f}"

    def within(value: float | None, interval: Interval | None) -> str:
        if value is None or interval is None:
            return number(value)
        return f"{value:.2f}±{(interval.high - interval.low) / 2:.2f}"

    def gain(found: Difference | None) -> str:
        return "" if found is None else f"{found.value:+.2f} (p {found.p:.3f})"

    def share(value: float | None) -> str:
        return "" if value is None else f"{value:.1%}"

    def of(interval: Interval | None) -> str:
        return "" if interval is None else f"{interval.low:.2f} to {interval.high:.2f}"

    columns = {
        "source": [field if len(fields) > 1 else "" for field, _ in rows],
        "policy": [name for _, name in rows],
        "BLEU": [within(s.bleu, s.bleu_interval) for s in summaries],
        "gain": [gain(s.bleu_gain) for s in summaries],
        "loss": [number(s.loss) for s in summaries],
        "95 %": [of(s.loss_interval) for s in summaries],
        "chrF": [within(s.chrf, s.chrf_interval) for s in summaries],
        "chrF gain": [gain(s.chrf_gain) for s in summaries],
        "numbers": [share(s.numbers) for s in summaries],
        "names": [share(s.names) for s in summaries],
        "differs": [share(s.differs) for s in summaries],
        "empty": ["" if s.empty is None else str(s.empty) for s in summaries],
        "LAAL": [number(s.laal_words) for s in summaries],
        "YAAL": [number(s.yaal_words) for s in summaries],
        "LongYAAL ms": [number(s.long_yaal_ms, 0) for s in summaries],
        "LongYAAL CA ms": [number(s.long_yaal_ca_ms, 0) for s in summaries],
        "median lag s": [number(s.median_lag_s) for s in summaries],
        "erasure": [number(s.normalized_erasure) for s in summaries],
        "steps": [number(s.steps_per_update) for s in summaries],
        "saved": [f"{s.steps_saved:.0%}" for s in summaries],
        "CPU ms": [number(s.cpu_ms_per_update, 1) for s in summaries],
    }
    columns = {name: cells for name, cells in columns.items() if any(cells)}
    table = Table(*columns, box=None)
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*cells)
    return table
