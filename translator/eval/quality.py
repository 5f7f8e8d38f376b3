"""Quality of text: sacreBLEU's BLEU and chrF with their default signatures, and what is sure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import sacrebleu
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from translator.eval.interval import Interval, drawn_sums, interval

__all__ = [
    "Difference",
    "bleu",
    "bleu_difference",
    "bleu_interval",
    "chrf",
    "chrf_difference",
    "chrf_interval",
]


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better one system is than another on the same texts.

    Attributes:
        value: Its figure minus the other's.
        interval: Of the same, from 1,000 draws; each has the same texts of both.
        p: How probable so large a difference is, either way, if neither is better (Koehn 2004, as
            sacreBLEU's ``--paired-bs`` counts it).
    """

    value: float
    interval: Interval
    p: float


def bleu(predictions: Sequence[str], references: Sequence[str]) -> float:
    """Corpus BLEU, 0–100 (Papineni et al. 2002; Post 2018, arXiv 1804.08771)."""
    return float(sacrebleu.corpus_bleu(list(predictions), [list(references)]).score)


def chrf(predictions: Sequence[str], references: Sequence[str]) -> float:
    """Corpus chrF2, 0–100 (Popović 2015)."""
    return float(sacrebleu.corpus_chrf(list(predictions), [list(references)]).score)


def bleu_interval(predictions: Sequence[str], references: Sequence[str]) -> Interval:
    """The interval of corpus BLEU."""
    return interval(_drawn_bleu(predictions, references))


def chrf_interval(predictions: Sequence[str], references: Sequence[str]) -> Interval:
    """The interval of corpus chrF2."""
    return interval(_drawn_chrf(predictions, references))


def bleu_difference(
    predictions: Sequence[str], others: Sequence[str], references: Sequence[str]
) -> Difference:
    """How much higher the BLEU of ``predictions`` is than that of ``others``."""
    return _difference(
        bleu(predictions, references) - bleu(others, references),
        _drawn_bleu(predictions, references),
        _drawn_bleu(others, references),
    )


def chrf_difference(
    predictions: Sequence[str], others: Sequence[str], references: Sequence[str]
) -> Difference:
    """How much higher the chrF2 of ``predictions`` is than that of ``others``."""
    return _difference(
        chrf(predictions, references) - chrf(others, references),
        _drawn_chrf(predictions, references),
        _drawn_chrf(others, references),
    )


def _difference(value: float, drawn: Sequence[float], others: Sequence[float]) -> Difference:
    gains = [ours - theirs for ours, theirs in zip(drawn, others, strict=True)]
    # Draws lie around the difference that was found; if neither were better, around 0.
    mean = fmean(gains)
    num_as_large = sum(abs(gain - mean) >= abs(value) for gain in gains)
    return Difference(value, interval(gains), (num_as_large + 1) / (len(gains) + 1))


def _drawn_bleu(predictions: Sequence[str], references: Sequence[str]) -> list[float]:
    """BLEU of each draw, from the counts of each text."""
    scores = [
        sacrebleu.sentence_bleu(prediction, [reference])
        for prediction, reference in zip(predictions, references, strict=True)
    ]
    sums = drawn_sums([[s.sys_len, s.ref_len, *s.counts, *s.totals] for s in scores])
    order = len(scores[0].counts)
    return [
        BLEU.compute_bleu(
            list(row[2 : 2 + order]),
            list(row[2 + order :]),
            int(row[0]),
            int(row[1]),
            smooth_method="exp",
        ).score
        for row in sums
    ]


def _drawn_chrf(predictions: Sequence[str], references: Sequence[str]) -> list[float]:
    """chrF2 of each draw, from the counts of each text."""
    metric = CHRF()
    # The library has no public name for them.
    counts = metric._extract_corpus_statistics(list(predictions), [list(references)])
    return [metric._compute_f_score(list(row)) for row in drawn_sums(counts)]
