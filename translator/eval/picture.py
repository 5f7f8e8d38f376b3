"""The frontier as a picture: quality against latency."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from translator.eval.summary import Summary

__all__ = ["draw_frontier"]


def draw_frontier(
    summaries: Mapping[str, Summary], file: Path, *, title: str, offline: str = "final-only"
) -> None:
    """Save BLEU against LAAL, a point for each policy, its erasure beside its name.

    Args:
        summaries: By the policy's name.
        file: Where to; the ending says the format, for example ``.svg`` or ``.png``.
        title: Above the picture.
        offline: The policy that translates whole sentences, drawn as a line.
    """
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, summary in summaries.items():
        if name == offline:
            axes.axhline(summary.bleu, linestyle="--", color="gray", label="whole sentences")
            continue
        axes.scatter(summary.laal_source_words, summary.bleu, color="tab:blue")
        axes.annotate(
            f"{name} (erasure {summary.normalized_erasure:.2f})",
            (summary.laal_source_words, summary.bleu),
            textcoords="offset points",
            xytext=(0, 7),
            ha="center",
            fontsize=8,
        )
    axes.set_title(title)
    axes.set_xlabel("LAAL of committed text, source words")
    axes.set_ylabel("BLEU")
    axes.margins(x=0.25, y=0.1)
    if offline in summaries:
        axes.legend(loc="lower right")
    figure.savefig(file)
