"""What a stream adds to the metrics while it runs."""

from dataclasses import replace

import pytest

from translator.metrics import Metrics
from translator.service.meter import StreamMeter
from translator.session.report import SessionReport, TargetReport

pytestmark = pytest.mark.unit

TARGET = TargetReport(
    target="yy",
    updates=2,
    updates_superseded=1,
    target_words=4,
    normalized_erasure=0.5,
    mean_lag_words=1.0,
    mean_lag_ms=10.0,
    requests=3,
    decoder_steps_run=7,
    decoder_steps_saved=5,
)
REPORT = SessionReport(5, 3, 1, 2.0, (TARGET,))
NAMES = (
    "translator_source_words_total",
    "translator_target_words_total",
    "translator_erased_words_total",
    "translator_updates_total",
    "translator_updates_superseded_total",
)


def values(metrics: Metrics) -> list[float | None]:
    steps = "translator_decoder_steps_total"
    return [
        *(metrics.registry.get_sample_value(name) for name in NAMES),
        *(metrics.registry.get_sample_value(steps, {"kind": kind}) for kind in ("run", "saved")),
    ]


def test_each_figure_is_added_once_and_at_once() -> None:
    metrics = Metrics()
    meter = StreamMeter(metrics)
    meter.count(REPORT)
    assert values(metrics) == [5, 4, 2, 2, 1, 7, 5]
    meter.count(REPORT)
    assert values(metrics) == [5, 4, 2, 2, 1, 7, 5]
    meter.count(replace(REPORT, source_words=6, targets=(TARGET, replace(TARGET, target="zz"))))
    assert values(metrics) == [6, 8, 4, 4, 2, 14, 10]


def test_streams_add_up_and_a_word_that_came_in_two_pieces_is_one() -> None:
    metrics = Metrics()
    first, second = StreamMeter(metrics), StreamMeter(metrics)
    first.count(REPORT)
    second.count(REPORT)
    first.count(replace(REPORT, source_words=4))
    first.count(replace(REPORT, source_words=7))
    assert values(metrics)[0] == 7 + 5


def test_words_that_were_erased_before_any_was_committed_count() -> None:
    metrics = Metrics()
    target = replace(TARGET, target_words=0, normalized_erasure=3.0)
    StreamMeter(metrics).count(replace(REPORT, targets=(target,)))
    assert values(metrics)[2] == 3


def test_the_page_tells_the_version_the_limits_and_of_the_process() -> None:
    import translator

    registry = Metrics({"max_sessions": 7}).registry
    assert registry.get_sample_value("translator_limit", {"limit": "max_sessions"}) == 7
    [build] = [f for f in registry.collect() if f.name == "translator_build"]
    assert build.samples[0].labels["version"] == translator.__version__
    there = {family.name for family in registry.collect()}
    assert {"process_resident_memory_bytes", "process_cpu_seconds", "python_info"} <= there
