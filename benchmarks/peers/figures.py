"""The figures of an engine, and ours over those of its peers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from benchmarks.peers.rows import FLOAT32, Role, Row
from translator.languages.pair import LanguagePair

__all__ = [
    "BARS",
    "Bar",
    "Figures",
    "Ratio",
    "best",
    "ceiling_share",
    "figure_rows",
    "ratio_rows",
    "ratios",
]

# Two engines whose BLEU differs by so much do the same work.
LIKE_QUALITY = 1.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of an engine, in one direction. None: not measured.

    Attributes:
        bleu: Of the sentences, translated in bulk.
        words_per_s: Source words a second in bulk, one thread.
        words_per_s_2: The same with two threads or two processes, whichever is faster.
        p50_ms: Of a sentence that nothing else waits with.
        p95_ms: Of the slowest in twenty.
        live_ms: CPU time for each source word when a sentence is translated after each word.
        memory_mb: Resident, one process, after all sentences in bulk.
        load_s: Until the first sentence is translated, import included.
        macs_per_word: Multiply-accumulates of the products, for each source word.
    """

    bleu: float | None = None
    words_per_s: float | None = None
    words_per_s_2: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    live_ms: float | None = None
    memory_mb: float | None = None
    load_s: float | None = None
    macs_per_word: float | None = None


_MORE_IS_BETTER = {"bleu", "words_per_s", "words_per_s_2"}


def best(rounds: Sequence[Figures]) -> Figures:
    """The best of each figure: what else the machine did only makes them worse."""
    chosen = {}
    for field in fields(Figures):
        values = [value for r in rounds if (value := getattr(r, field.name)) is not None]
        if values:
            chosen[field.name] = max(values) if field.name in _MORE_IS_BETTER else min(values)
    return Figures(**chosen)


@dataclass(frozen=True, slots=True)
class Bar:
    """What ours has to reach: a figure as a multiple of the best peer's.

    Attributes:
        name: For readers.
        figure: Name of the field of ``Figures``.
        limit: The multiple.
    """

    name: str
    figure: str
    limit: float

    @property
    def more_is_better(self) -> bool:
        """Whether the limit is the least."""
        return self.figure in _MORE_IS_BETTER

    @property
    def needed(self) -> str:
        """The limit, for readers."""
        return f"{'≥' if self.more_is_better else '≤'} {self.limit:g}"

    def is_met(self, ratio: float) -> bool:
        """Whether a multiple is good enough."""
        return ratio >= self.limit if self.more_is_better else ratio <= self.limit


BARS = (
    Bar("CPU for each word of a live stream", "live_ms", 0.5),
    Bar("words/s in bulk, 2 threads", "words_per_s_2", 2.0),
    Bar("one sentence, p50", "p50_ms", 1.0),
)
MIN_CEILING_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours over the best peer."""

    bar: Bar
    ours: str
    peer: str
    value: float

    @property
    def is_met(self) -> bool:
        """Whether the bar is."""
        return self.bar.is_met(self.value)


def ratios(
    rows: Mapping[str, Row], figures: Mapping[str, Figures], *, like_quality: bool = False
) -> list[Ratio]:
    """Each of ours over the best peer, for each bar; none where no peer has the figure.

    Args:
        rows: The engines.
        figures: Of each, in one direction.
        like_quality: Only peers whose BLEU is within 1 of ours in float32, or above it.
    """
    floor = (figures[FLOAT32].bleu or 0.0) - LIKE_QUALITY if like_quality else 0.0
    found = []
    for bar in BARS:
        peers = {
            name: value
            for name, row in rows.items()
            if row.role is Role.PEER
            and (figures[name].bleu or 0.0) >= floor
            and (value := getattr(figures[name], bar.figure)) is not None
        }
        if not peers:
            continue
        peer = (max if bar.more_is_better else min)(peers, key=lambda name: peers[name])
        for name, row in rows.items():
            value = getattr(figures[name], bar.figure)
            if row.role is Role.OURS and value is not None:
                found.append(Ratio(bar, name, peer, value / peers[peer]))
    return found


def ceiling_share(figures: Figures, ceiling_gmacs: float) -> float | None:
    """The share of the int8 ceiling that an engine reaches in bulk with one thread."""
    if figures.words_per_s is None or figures.macs_per_word is None:
        return None
    return figures.words_per_s * figures.macs_per_word / (1e9 * ceiling_gmacs)


def figure_rows(pair: LanguagePair, figures: Mapping[str, Figures]) -> list[dict[str, Any]]:
    """The table's rows of a direction."""

    def number(value: float | None, digits: int = 0) -> str:
        return "" if value is None else f"{value:.{digits}f}"

    return [
        {
            "pair": str(pair),
            "engine": name,
            "BLEU": number(f.bleu, 1),
            "words/s": number(f.words_per_s),
            "words/s, 2 threads": number(f.words_per_s_2),
            "p50 ms": number(f.p50_ms, 1),
            "p95 ms": number(f.p95_ms, 1),
            "live CPU ms/word": number(f.live_ms, 1),
            "memory MB": number(f.memory_mb),
            "load s": number(f.load_s, 2),
        }
        for name, f in figures.items()
    ]


def ratio_rows(
    pair: LanguagePair,
    rows: Mapping[str, Row],
    figures: Mapping[str, Figures],
    ceiling_gmacs: float,
) -> list[dict[str, Any]]:
    """The bars of a direction, and whether each is met."""

    def told(ratio: Ratio | None) -> str:
        if ratio is None:
            return ""
        return f"{ratio.value:.2f} × {ratio.peer}: {_verdict(ratio.is_met)}"

    of_all = {(r.bar, r.ours): r for r in ratios(rows, figures)}
    of_like = {(r.bar, r.ours): r for r in ratios(rows, figures, like_quality=True)}
    table = [
        {
            "pair": str(pair),
            "bar": bar.name,
            "needed": bar.needed,
            "engine": ours,
            "of the best peer": told(ratio),
            "of the best of like quality": told(of_like.get((bar, ours))),
        }
        for (bar, ours), ratio in of_all.items()
    ]
    for name, row in rows.items():
        share = ceiling_share(figures[name], ceiling_gmacs)
        if row.role is Role.OURS and share is not None:
            table.append(
                {
                    "pair": str(pair),
                    "bar": "int8 ceiling, bulk, 1 thread",
                    "needed": f"≥ {MIN_CEILING_SHARE:g}",
                    "engine": name,
                    "of the best peer": f"{share:.2f} × {ceiling_gmacs:.0f} GMAC/s: "
                    f"{_verdict(share >= MIN_CEILING_SHARE)}",
                    "of the best of like quality": "",
                }
            )
    return table


def _verdict(is_met: bool) -> str:
    return "met" if is_met else "not met"
