"""Counts what a stream does while it does it."""

from translator.metrics import Metrics
from translator.session.report import SessionReport

__all__ = ["StreamMeter"]


class StreamMeter:
    """Adds to the metrics what a stream has done since the last time.

    Args:
        metrics: The server's metrics.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._counters = {
            "source": metrics.source_words,
            "target": metrics.target_words,
            "erased": metrics.erased_words,
            "updates": metrics.updates,
            "superseded": metrics.superseded,
            "run": metrics.decoder_steps.labels("run"),
            "saved": metrics.decoder_steps.labels("saved"),
        }
        self._counted = dict.fromkeys(self._counters, 0)

    def count(self, report: SessionReport) -> None:
        """Count everything up to now. Each thing counts once, however often this is called."""
        targets = report.targets
        figures = {
            "source": report.source_words,
            "target": sum(t.target_words for t in targets),
            "erased": sum(round(t.normalized_erasure * max(1, t.target_words)) for t in targets),
            "updates": sum(t.updates for t in targets),
            "superseded": sum(t.updates_superseded for t in targets),
            "run": sum(t.decoder_steps_run for t in targets),
            "saved": sum(t.decoder_steps_saved for t in targets),
        }
        for name, figure in figures.items():
            # A word that came in two pieces was two words for a moment.
            if (new := figure - self._counted[name]) > 0:
                self._counters[name].inc(new)
                self._counted[name] = figure
