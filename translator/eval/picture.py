"""The frontier as a picture: quality against latency."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from translator.eval.summary import Summary

__all__ = ["draw_frontier"]


def draw_frontier(
    summaries: Mapping[str, Summary], file: Path, *, title: str, offline: str = "final-only"
) -> None:
    """Save BLEU against LAAL: a line for each policy, a point for each of its settings.

    A policy that commits nothing before the end has no lag to compare and is left out.

    Args:
        summaries: By name: a preset, or ``POLICY:PARAMETER=N``.
        file: Where to; the ending says the format, for example ``.svg`` or ``.png``.
        title: Above the picture.
        offline: The one that translates whole sentences, drawn as a line.
    """
    lines: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for name, summary in summaries.items():
        if summary.yaal_source_words is not None:
            policy, _, setting = name.partition(":")
            point = (summary.laal_source_words, summary.bleu, setting or policy)
            lines[policy if setting else "presets"].append(point)
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    if offline in summaries:
        axes.axhline(summaries[offline].bleu, linestyle="--", color="gray", label="whole sentences")
    for policy, points in lines.items():
        lags, scores, settings = zip(*sorted(points), strict=True)
        axes.plot(lags, scores, marker="o", label=policy)
        for lag, score, setting in zip(lags, scores, settings, strict=True):
            axes.annotate(
                setting, (lag, score), textcoords="offset points", xytext=(5, -11), fontsize=8
            )
    axes.set_title(title)
    axes.set_xlabel("LAAL of committed text, source words")
    axes.set_ylabel("BLEU")
    axes.margins(x=0.12, y=0.1)
    axes.legend(loc="lower right")
    figure.savefig(file)
