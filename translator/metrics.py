"""The Prometheus metrics of a server, in their own registry. Names end in their unit."""

import platform
from collections.abc import Callable, Mapping
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
)

from translator import __version__

__all__ = ["FrontMetrics", "Metrics"]

_STEP_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_WAIT_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0)
_CALL_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_LOAD_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_FRONT_BUCKETS = (0.002, 0.005, *_CALL_BUCKETS)
# A counter that comes with its first count has no increase that an alert could see: what alerts
# look at begins with 0.
_FAULTS = ("INTERNAL", "DECODING_FAILED")
_SPAN_OUTCOMES = ("sent", "lost")
_BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counts what happens in a server.

    Args:
        limits: What clients may take, by name; exported unchanged.
    """

    def __init__(self, limits: Mapping[str, int] | None = None) -> None:
        self.registry = CollectorRegistry()
        self._add_process(limits or {})
        self._add_calls()
        self._add_engines()
        self._add_models()
        self._add_text()
        self.fronts = FrontMetrics(self.registry)

    def _add_process(self, limits: Mapping[str, int]) -> None:
        r = self.registry
        # Memory, CPU and open files of the process; the interpreter.
        ProcessCollector(registry=r)
        PlatformCollector(registry=r)
        build = Info("translator_build", "Versions of the server and of Python.", registry=r)
        build.info({"version": __version__, "python": platform.python_version()})
        of_limits = Gauge("translator_limit", "What clients may take.", ["limit"], registry=r)
        for name, value in limits.items():
            of_limits.labels(name).set(value)

        self.certificate_expires = Gauge(
            "translator_certificate_expires_timestamp_seconds",
            "When the server's certificate expires, in seconds since 1970; 0 without TLS.",
            registry=r,
        )

    def _add_calls(self) -> None:
        r = self.registry
        self.sessions = Gauge("translator_sessions", "Streams open now.", registry=r)
        self.sessions_ended = Counter(
            "translator_sessions_ended", "Streams that ended, by status code.", ["code"], registry=r
        )
        self.translating = Gauge(
            "translator_translate_requests_running", "Translate requests open now.", registry=r
        )
        self.translated = Counter(
            "translator_translate_requests",
            "Translate requests that ended, by status code.",
            ["code"],
            registry=r,
        )
        self.translated_texts = Counter(
            "translator_translate_texts",
            "Texts of Translate requests, by status code.",
            ["code"],
            registry=r,
        )
        self.translate_time = Histogram(
            "translator_translate_seconds",
            "Time that a Translate request took.",
            buckets=_CALL_BUCKETS,
            registry=r,
        )
        self.batches = Gauge("translator_batches", "Batches open now.", registry=r)
        self.batches_ended = Counter(
            "translator_batches_ended", "Batches that ended, by status code.", ["code"], registry=r
        )
        self.batch_items_open = Gauge(
            "translator_batch_items_open", "Items of batches without a result.", registry=r
        )
        self.batch_items = Counter(
            "translator_batch_items",
            "Items that got a result, by status code, and where it comes from.",
            ["code", "origin"],
            registry=r,
        )
        self.key_sessions = Gauge(
            "translator_key_sessions", "Streams open now, by the caller's key.", ["key"], registry=r
        )
        self.key_characters = Counter(
            "translator_key_characters",
            "Code points of source, by the caller's key.",
            ["key"],
            registry=r,
        )
        self.key_refusals = Counter(
            "translator_key_refusals",
            "Calls of a known caller that failed, by key and reason.",
            ["key", "reason"],
            registry=r,
        )
        self.errors = Counter(
            "translator_errors", "Calls that failed, by reason.", ["reason"], registry=r
        )
        for reason in _FAULTS:
            self.errors.labels(reason)
        self.spans = Counter(
            "translator_spans",
            "Spans for the collector, by outcome: sent, or lost.",
            ["outcome"],
            registry=r,
        )
        for outcome in _SPAN_OUTCOMES:
            self.spans.labels(outcome)
        self.update_time = Histogram(
            "translator_update_seconds",
            "From source that came to the first update that reflects it.",
            buckets=_WAIT_BUCKETS,
            registry=r,
        )

    def _add_engines(self) -> None:
        r = self.registry
        self.waiting = Gauge(
            "translator_requests_waiting", "Requests in the queue.", ["model"], registry=r
        )
        self.running = Gauge(
            "translator_requests_running", "Requests in slots.", ["model"], registry=r
        )
        self.requests_superseded = Counter(
            "translator_requests_superseded",
            "Requests that a newer one replaced in the queue.",
            ["model"],
            registry=r,
        )
        self.queue_time = Histogram(
            "translator_queue_seconds",
            "Time that a request waited for a slot.",
            ["model"],
            buckets=_WAIT_BUCKETS,
            registry=r,
        )
        self.batch_size = Histogram(
            "translator_batch_size_requests",
            "Requests that shared a step.",
            ["model"],
            buckets=_BATCH_BUCKETS,
            registry=r,
        )
        self.step_time = Histogram(
            "translator_step_seconds",
            "Time of a step, with what it admits.",
            ["model"],
            buckets=_STEP_BUCKETS,
            registry=r,
        )
        self.decoder_steps = Counter(
            "translator_decoder_steps", "Decoder passes, run and saved.", ["kind"], registry=r
        )

    def _add_models(self) -> None:
        r = self.registry
        self.models_loaded = Gauge("translator_models_loaded", "Models in memory.", registry=r)
        self.model_memory = Gauge(
            "translator_model_memory_bytes",
            "Estimate of what a model takes; 0 when it is not in memory.",
            ["model"],
            registry=r,
        )
        self.model_loads = Counter(
            "translator_model_loads",
            "Times a model was loaded, or could not be.",
            ["model", "outcome"],
            registry=r,
        )
        self.model_load_time = Histogram(
            "translator_model_load_seconds",
            "Time that a model took to load.",
            buckets=_LOAD_BUCKETS,
            registry=r,
        )

    def _add_text(self) -> None:
        r = self.registry
        self.source_words = Counter("translator_source_words", "Source words.", registry=r)
        self.target_words = Counter("translator_target_words", "Committed words.", registry=r)
        self.erased_words = Counter(
            "translator_erased_words", "Shown words that were taken back.", registry=r
        )
        self.updates = Counter("translator_updates", "Updates sent.", registry=r)
        self.superseded = Counter(
            "translator_updates_superseded", "Updates merged into a later one.", registry=r
        )


class FrontCounters(NamedTuple):
    """What counts a request of a front: its status, its seconds, its code points."""

    requests: Callable[[int | str], None]
    seconds: Callable[[float], None]
    characters: Callable[[float], None]


class FrontMetrics:
    """Counts what fronts serve.

    Args:
        registry: A server's; None: one for a gateway, with those of its process.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = r = registry or CollectorRegistry()
        if registry is None:
            ProcessCollector(registry=r)
            PlatformCollector(registry=r)
        self._requests = Counter(
            "translator_front_requests",
            "Requests that were answered, by front and status.",
            ["front", "code"],
            registry=r,
        )
        self._seconds = Histogram(
            "translator_front_seconds",
            "Time that a request took.",
            ["front"],
            buckets=_FRONT_BUCKETS,
            registry=r,
        )
        self._characters = Counter(
            "translator_front_characters", "Code points of source.", ["front"], registry=r
        )

    def of(self, front: str) -> FrontCounters:
        """What counts the requests of a front."""
        requests = self._requests
        return FrontCounters(
            lambda code: requests.labels(front, str(code)).inc(),
            self._seconds.labels(front).observe,
            self._characters.labels(front).inc,
        )
