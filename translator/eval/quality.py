"""How good the text is: sacreBLEU's BLEU and chrF with their default signatures."""

from collections.abc import Sequence

import sacrebleu

__all__ = ["bleu", "chrf"]


def bleu(predictions: Sequence[str], references: Sequence[str]) -> float:
    """Corpus BLEU, 0–100 (Papineni et al. 2002; Post 2018, arXiv 1804.08771)."""
    return float(sacrebleu.corpus_bleu(list(predictions), [list(references)]).score)


def chrf(predictions: Sequence[str], references: Sequence[str]) -> float:
    """Corpus chrF2, 0–100 (Popović 2015)."""
    return float(sacrebleu.corpus_chrf(list(predictions), [list(references)]).score)
