"""Quality of text: sacreBLEU's BLEU and chrF with their default signatures."""

from collections.abc import Sequence

import sacrebleu
from sacrebleu.metrics.bleu import BLEU

from translator.eval.interval import Interval, drawn_sums, interval

__all__ = ["bleu", "chrf", "loss_interval"]


def bleu(predictions: Sequence[str], references: Sequence[str]) -> float:
    """Corpus BLEU, 0–100 (Papineni et al. 2002; Post 2018, arXiv 1804.08771)."""
    return float(sacrebleu.corpus_bleu(list(predictions), [list(references)]).score)


def chrf(predictions: Sequence[str], references: Sequence[str]) -> float:
    """Corpus chrF2, 0–100 (Popović 2015)."""
    return float(sacrebleu.corpus_chrf(list(predictions), [list(references)]).score)


def loss_interval(
    offline: Sequence[str], predictions: Sequence[str], references: Sequence[str]
) -> Interval:
    """The interval of the BLEU that predictions lose against an offline translation.

    It is paired: each draw has the same texts of both.
    """
    pairs = zip(_drawn_bleu(offline, references), _drawn_bleu(predictions, references), strict=True)
    return interval([whole - live for whole, live in pairs])


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
