"""The figures of a log."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from translator.eval.latency import laal, yaal
from translator.eval.log import Instance
from translator.eval.quality import bleu, chrf
from translator.eval.stability import normalized_erasure

__all__ = ["Summary", "summarize"]


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of all instances together.

    Attributes:
        instances: How many.
        bleu: 0–100.
        chrf: 0–100.
        laal_source_words: Mean over instances.
        yaal_source_words: Mean over those that committed anything before their end; None if none.
        normalized_erasure: Of what was shown.
        steps_per_update: Decoder passes for each request.
        steps_saved: Share of the passes that verified drafts saved, 0–1.
        cpu_ms_per_update: CPU time for each request.
    """

    instances: int
    bleu: float
    chrf: float
    laal_source_words: float
    yaal_source_words: float | None
    normalized_erasure: float
    steps_per_update: float
    steps_saved: float
    cpu_ms_per_update: float


def summarize(instances: Sequence[Instance]) -> Summary:
    """Compute every figure from the log alone.

    Raises:
        ValueError: There are no instances.
    """
    if not instances:
        raise ValueError("there is nothing to sum up")
    predictions = [instance.prediction for instance in instances]
    references = [instance.reference for instance in instances]
    arguments = [(i.delays, i.source_length, len(i.reference.split())) for i in instances]
    laals = [lag for a in arguments if (lag := laal(*a)) is not None]
    yaals = [lag for a in arguments if (lag := yaal(*a)) is not None]
    requests = max(1, sum(i.requests for i in instances))
    run = sum(i.steps_run for i in instances)
    saved = sum(i.steps_saved for i in instances)
    return Summary(
        instances=len(instances),
        bleu=bleu(predictions, references),
        chrf=chrf(predictions, references),
        laal_source_words=mean(laals) if laals else 0.0,
        yaal_source_words=mean(yaals) if yaals else None,
        normalized_erasure=normalized_erasure(i.shown for i in instances),
        steps_per_update=run / requests,
        steps_saved=saved / max(1, run + saved),
        cpu_ms_per_update=sum(i.cpu_ms for i in instances) / requests,
    )
