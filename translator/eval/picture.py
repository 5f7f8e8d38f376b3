"""Draws the frontier: quality against latency."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

from translator.eval.summary import Summary

__all__ = ["draw_frontier"]

# Lag, BLEU, name, and the colour of its line.
_Point = tuple[float, float, str, str]
# Where a name may stand beside its point, best first: offset in points, and how it is aligned.
_PLACES: Sequence[tuple[float, float, str, str]] = (
    (0, -7, "center", "top"),
    (0, 7, "center", "bottom"),
    (8, 0, "left", "center"),
    (-8, 0, "right", "center"),
    (7, -8, "left", "top"),
    (7, 8, "left", "bottom"),
    (-7, -8, "right", "top"),
    (-7, 8, "right", "bottom"),
    (0, -19, "center", "top"),
    (0, 19, "center", "bottom"),
)


def draw_frontier(
    panels: Mapping[str, Mapping[str, Summary]], file: Path, *, ours: Sequence[str] = ()
) -> None:
    """Save BLEU against lag: one line for each policy, one point for each setting.

    The bar at a point is the interval of its loss, below the dashed line.

    Lag is LAAL in source words; for talks it is the median lag of a committed word, in seconds. A
    policy that commits nothing before the end has no such lag: it is the dashed line, at the
    quality of translating whole sentences.

    Args:
        panels: Summaries by title of their direction, then by name: ``POLICY``,
            ``POLICY:PARAMETER=N`` or one of ``ours``.
        file: The file to write; its ending is the format, for example ``.svg`` or ``.png``.
        ours: Names that form one line, drawn above the others.
    """
    # Text as text, so that it can be searched; and the same picture for the same figures.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "translator"}):
        figure = Figure(figsize=(7 * len(panels), 4.8), layout="constrained")
        all_axes = figure.subplots(1, len(panels), squeeze=False)[0]
        points = [
            _draw(axes, title, summaries, ours)
            for axes, (title, summaries) in zip(all_axes, panels.items(), strict=True)
        ]
        # The places of names depend on those of the axes.
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for axes, named in zip(all_axes, points, strict=True):
            _place_names(axes, named)
        metadata = {"Date": None} if file.suffix == ".svg" else None
        figure.savefig(file, metadata=metadata)


def _draw(
    axes: Any, title: str, summaries: Mapping[str, Summary], ours: Sequence[str]
) -> list[_Point]:
    """Draw lines and points; returns the points."""
    lines: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    named: list[_Point] = []
    offline: list[tuple[str, float]] = []
    # Lag, and where the interval begins and ends.
    bars: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    unit = "source words"
    for name, summary in summaries.items():
        if summary.bleu is None:
            continue
        lag = summary.laal_words
        if lag is None:
            lag, unit = summary.median_lag_s, "seconds, median"
        waits = summary.laal_words is not None and summary.yaal_words is None
        if waits or lag is None:
            offline.append((name, summary.bleu))
            continue
        policy, _, setting = name.partition(":")
        line = "ours" if name in ours else policy
        setting = name if name in ours else setting.replace("=", " ").replace(",", " ")
        lines[line].append((lag, summary.bleu, setting or policy))
        if summary.loss is not None and summary.loss_interval is not None:
            best = summary.bleu + summary.loss
            losses = summary.loss_interval
            bars[line].append((lag, best - losses.high, best - losses.low))
    if offline:
        label = ", ".join(name for name, _ in offline)
        axes.axhline(offline[0][1], linestyle="--", color="gray", label=f"{label} (offline)")
    for line, points in sorted(lines.items(), key=lambda item: item[0] != "ours"):
        lags, scores, _ = zip(*sorted(points), strict=True)
        bold = {"linewidth": 2.5, "zorder": 3} if line == "ours" else {"alpha": 0.8}
        (drawn,) = axes.plot(lags, scores, marker="o", label=line, **bold)
        named += [(*point, drawn.get_color()) for point in points]
        for lag, low, high in bars[line]:
            axes.vlines(lag, low, high, color=drawn.get_color(), alpha=0.4, linewidth=1.5)
    axes.set_title(title)
    axes.set_xlabel(f"lag of committed text ({unit})")
    axes.set_ylabel("BLEU")
    axes.margins(x=0.12, y=0.12)
    axes.legend(loc="lower right", fontsize=8)
    return named


def _place_names(axes: Any, points: Sequence[_Point]) -> None:
    """Place names so that, if possible, none covers another, a point, a line or the legend."""
    centres = [axes.transData.transform((lag, bleu)) for lag, bleu, *_ in points]
    taken = [Bbox.from_bounds(x - 5, y - 5, 10, 10) for x, y in centres]
    taken.append(axes.get_legend().get_window_extent())
    crossed = [box for line in axes.get_lines() for box in _along(line)]
    frame = axes.get_window_extent()
    for lag, bleu, name, colour in points:
        best: tuple[int, Any] | None = None
        for right, up, horizontal, vertical in _PLACES:
            text = axes.annotate(
                name, (lag, bleu), textcoords="offset points", xytext=(right, up),
                fontsize=8, color=colour, ha=horizontal, va=vertical, zorder=4,
                path_effects=[withStroke(linewidth=2, foreground="white")],
            )  # fmt: skip
            box = text.get_window_extent().padded(1)
            cost = 100 * (box.count_overlaps(taken) + (not _contains(frame, box)))
            cost += box.count_overlaps(crossed)
            if best is None or cost < best[0]:
                if best is not None:
                    best[1].remove()
                best = (cost, text)
            else:
                text.remove()
            if best[0] == 0:
                break
        if best is not None:
            taken.append(best[1].get_window_extent().padded(1))


def _along(line: Any) -> list[Bbox]:
    """A line as a row of small boxes."""
    ends = line.get_transform().transform(line.get_xydata())
    return [
        Bbox.from_bounds(x0 + (x1 - x0) * step / 40, y0 + (y1 - y0) * step / 40, 1, 1)
        for (x0, y0), (x1, y1) in pairwise(ends)
        for step in range(41)
    ]


def _contains(outer: Bbox, inner: Bbox) -> bool:
    return bool(
        outer.x0 <= inner.x0
        and inner.x1 <= outer.x1
        and outer.y0 <= inner.y0
        and inner.y1 <= outer.y1
    )
