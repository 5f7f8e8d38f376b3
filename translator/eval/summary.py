"""Computes the figures of a log."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from translator.eval.interval import Interval, ratio_interval
from translator.eval.kept import names_kept, numbers_kept
from translator.eval.latency import laal, source_lags_s, yaal
from translator.eval.log import Instance
from translator.eval.longform import ScoredSegment, resegmented
from translator.eval.quality import (
    Difference,
    bleu,
    bleu_difference,
    bleu_interval,
    chrf,
    chrf_difference,
    chrf_interval,
)
from translator.eval.stability import erasure, normalized_erasure
from translator.eval.talk import joined, windows

__all__ = ["Summary", "summarize"]


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of all instances together; None if there is nothing to compute one from.

    Intervals are from 1,000 draws; see ``interval.py``.

    Attributes:
        instances: Number of instances.
        bleu: BLEU, 0–100; for talks, over their reference segments or windows of them.
        bleu_interval: Interval of the same.
        chrf: chrF2, 0–100.
        chrf_interval: Interval of the same.
        loss: How much BLEU is below the offline translation.
        loss_interval: Interval of the loss; draws have the same texts of both.
        differs: Share of sentences whose committed text is not their whole translation, 0–1.
        empty: Number of sentences of which nothing was committed.
        numbers: Share of the sources' numbers that stand in the result, of sentences, 0–1.
        names: Share of the names that source and reference share and that stand in the result, of
            sentences, 0–1.
        bleu_gain: How much higher BLEU is than that of the other system; None without one.
        chrf_gain: The same of chrF2.
        laal_words: LAAL of sentences in source words, mean over those with any output.
        laal_interval: Interval of that mean.
        yaal_words: YAAL of sentences in source words, mean over those that committed anything
            before their end.
        long_yaal_ms: LongYAAL of talks, without computation, mean over segments.
        long_yaal_ca_ms: LongYAAL of talks with computation.
        median_lag_s: Median time, in talks, from a source word to its committed target word; see
            ``source_lags_s``.
        normalized_erasure: Words taken back for each committed word.
        erasure_interval: Interval of the same, for sentences.
        requests: Number of requests decoded.
        steps_per_update: Decoder passes for each request.
        steps_saved: Share of the passes that verified drafts saved, 0–1.
        cpu_ms_per_update: CPU time for each request.
    """

    instances: int
    bleu: float | None
    bleu_interval: Interval | None
    chrf: float | None
    chrf_interval: Interval | None
    loss: float | None
    loss_interval: Interval | None
    differs: float | None
    empty: int | None
    numbers: float | None
    names: float | None
    bleu_gain: Difference | None
    chrf_gain: Difference | None
    laal_words: float | None
    laal_interval: Interval | None
    yaal_words: float | None
    long_yaal_ms: float | None
    long_yaal_ca_ms: float | None
    median_lag_s: float | None
    normalized_erasure: float
    erasure_interval: Interval | None
    requests: int
    steps_per_update: float
    steps_saved: float
    cpu_ms_per_update: float | None


def summarize(
    instances: Sequence[Instance],
    *,
    window: int = 1,
    whole: Sequence[Instance] = (),
    offline: Sequence[Instance] = (),
    other: Sequence[Instance] = (),
) -> Summary:
    """Compute every figure from the log alone.

    Args:
        instances: Sentences, talks, or both.
        window: How many sentences, or reference segments of a talk, are scored as one text.
        whole: The same sentences in the same order, each translated as a whole.
        offline: The translation to compute the loss against, if its source is another one; by
            default ``whole``.
        other: What another system made of the same sentences, or of the same talk.

    Raises:
        ValueError: There are no instances, or ``other`` has other ones.
    """
    if not instances:
        raise ValueError("there is nothing to sum up")
    sentences = [instance for instance in instances if not instance.timed]
    talks = [instance for instance in instances if instance.timed]
    scored = _scored(talks, window)
    predictions, references = _texts(sentences, scored, window)
    against = joined([i.prediction for i in offline or whole], window)
    against = against if len(against) == len(references) else []
    texts_whole = {i.index: i.prediction for i in whole}
    compared = [i for i in sentences if i.index in texts_whole]
    lengths = [(i.delays, i.source_length, _num_words(i.reference)) for i in sentences]
    laals = [laal(*each) for each in lengths]
    erasures = [erasure(i.received) for i in sentences]
    lags_s = [lag for talk in talks for lag in source_lags_s(talk.sent, talk.received)]
    requests = max(1, sum(i.computation.requests for i in instances))
    run = sum(i.computation.steps_run for i in instances)
    saved = sum(i.computation.steps_saved for i in instances)
    cpu_ms = [i.computation.cpu_ms for i in instances if i.computation.cpu_ms is not None]
    loss = bleu_difference(against, predictions, references) if against else None
    others = _of_other(other, references, window)
    texts = [(i.source, i.reference, i.prediction) for i in sentences]
    return Summary(
        instances=len(instances),
        bleu=bleu(predictions, references) if references else None,
        bleu_interval=bleu_interval(predictions, references) if references else None,
        chrf=chrf(predictions, references) if references else None,
        chrf_interval=chrf_interval(predictions, references) if references else None,
        loss=loss.value if loss else None,
        loss_interval=loss.interval if loss else None,
        differs=mean(i.prediction != texts_whole[i.index] for i in compared) if compared else None,
        empty=sum(not i.prediction for i in sentences) if sentences else None,
        numbers=numbers_kept(texts),
        names=names_kept(texts),
        bleu_gain=bleu_difference(predictions, others, references) if others else None,
        chrf_gain=chrf_difference(predictions, others, references) if others else None,
        laal_words=_mean(laals),
        laal_interval=ratio_interval(
            [lag or 0.0 for lag in laals], [lag is not None for lag in laals]
        ),
        yaal_words=_mean(yaal(*each) for each in lengths),
        long_yaal_ms=_long_yaal(scored, lambda segment: segment.delays),
        long_yaal_ca_ms=_long_yaal(scored, lambda segment: segment.elapsed),
        median_lag_s=median(lags_s) if lags_s else None,
        normalized_erasure=normalized_erasure(i.received for i in instances),
        erasure_interval=ratio_interval([e for e, _ in erasures], [n for _, n in erasures]),
        requests=requests,
        steps_per_update=run / requests,
        steps_saved=saved / max(1, run + saved),
        cpu_ms_per_update=sum(cpu_ms) / requests if len(cpu_ms) == len(instances) else None,
    )


def _scored(talks: Iterable[Instance], window: int) -> list[ScoredSegment]:
    return [
        segment
        for talk in talks
        if talk.references
        for segment in resegmented(talk, windows(talk.references, window))
    ]


def _texts(
    sentences: Sequence[Instance], scored: Sequence[ScoredSegment], window: int
) -> tuple[list[str], list[str]]:
    """What is scored, and the references."""
    predictions = joined([i.prediction for i in sentences], window)
    predictions += [segment.prediction for segment in scored]
    references = joined([i.reference for i in sentences], window)
    references += [segment.reference.text for segment in scored]
    return predictions, references


def _of_other(other: Sequence[Instance], references: Sequence[str], window: int) -> list[str]:
    """What another system made of the texts with these references."""
    sentences = [instance for instance in other if not instance.timed]
    scored = _scored([instance for instance in other if instance.timed], window)
    predictions, same = _texts(sentences, scored, window)
    if other and same != list(references):
        raise ValueError("the other system was evaluated on other texts")
    return predictions


def _num_words(text: str) -> int:
    """Count the words of a reference like OmniSTEval, where an empty one has one word."""
    return len(text.strip().split(" "))


def _long_yaal(
    scored: Iterable[ScoredSegment], delays: Callable[[ScoredSegment], Sequence[float]]
) -> float | None:
    return _mean(
        yaal(delays(s), s.source_length, _num_words(s.reference.text), s.end) for s in scored
    )


def _mean(lags: Iterable[float | None]) -> float | None:
    known = [lag for lag in lags if lag is not None]
    return mean(known) if known else None
