"""The engines of a direction as bars."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.peers.figures import Figures
from benchmarks.peers.rows import Role, Row

__all__ = ["draw_engines"]

_PANELS = {
    "words_per_s_2": "source words/s in bulk,\ntwo threads (more is better)",
    "p50_ms": "ms for one sentence, p50\n(less is better)",
    "live_ms": "CPU ms for each word\nof a live stream (less is better)",
}
_COLOURS = {Role.OURS: "tab:blue", Role.PEER: "tab:gray", Role.BASELINE: "lightgray"}


def draw_engines(
    title: str, rows: Mapping[str, Row], figures: Mapping[str, Figures], file: Path
) -> None:
    """Save a bar for each engine and figure, with the engine's BLEU beside its name."""
    # Text as text, so that it can be searched; and the same picture for the same figures.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "translator"}):
        drawing = Figure(figsize=(12, 0.6 + 0.5 * len(figures)), layout="constrained")
        drawing.suptitle(title)
        all_axes = drawing.subplots(1, len(_PANELS), sharey=True)
        # The first row is the highest.
        names = list(figures)[::-1]
        for axes, (figure, label) in zip(all_axes, _PANELS.items(), strict=True):
            values = [getattr(figures[name], figure) or 0.0 for name in names]
            bars = axes.barh(
                [_label(name, figures[name]) for name in names],
                values,
                color=[_COLOURS[rows[name].role] for name in names],
            )
            axes.bar_label(bars, [_number(value) for value in values], padding=3)
            axes.set_xlabel(label)
            axes.margins(x=0.2)
            axes.spines[["top", "right"]].set_visible(False)
        drawing.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)


def _number(value: float) -> str:
    """Three digits; nothing for what was not measured."""
    if not value:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _label(name: str, figures: Figures) -> str:
    return name if figures.bleu is None else f"{name}\nBLEU {figures.bleu:.1f}"
