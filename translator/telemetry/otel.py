"""Spans of OpenTelemetry; imported only where they are sent."""

import threading
import time
import uuid

from opentelemetry.context import Context
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace import Tracer as Begins
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from translator import __version__
from translator.telemetry.exporting import LastWords, ToldExporter, exporter
from translator.telemetry.spans import NO_SPAN, Attributes, CallSpan, Part, TraceHeaders, Tracer
from translator.telemetry.tracing import OnExport, TraceSettings

__all__ = ["OtelTracer"]

# What a server is to blame for, as OpenTelemetry's conventions for rpcs have it.
_FAULTS = {"UNKNOWN", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "DEADLINE_EXCEEDED"}
_NAME = "translator"


class OtelTracer(Tracer):
    """Begins spans that are sent to a collector, from a thread of OpenTelemetry's.

    Spans that the collector does not take in time are dropped; no call ever waits for it.

    Raises:
        ValueError: A variable of OpenTelemetry's has no possible value.
    """

    def __init__(self, settings: TraceSettings, on_export: OnExport) -> None:
        self._words = LastWords()
        try:
            sender = ToldExporter(exporter(settings), settings.place, self._words, on_export)
            sampler = None
            if settings.sample is not None:
                sampler = ParentBased(TraceIdRatioBased(settings.sample))
            # The variables are stronger than the server's own name.
            named = Resource(
                {
                    "service.name": settings.service,
                    "service.version": __version__,
                    "service.instance.id": uuid.uuid4().hex,
                }
            )
            self._provider = TracerProvider(
                sampler=sampler,
                resource=Resource.create().merge(named).merge(OTELResourceDetector().detect()),
                shutdown_on_exit=False,
            )
            self._provider.add_span_processor(BatchSpanProcessor(sender))
        except BaseException:
            self._words.close()
            raise
        self._words.warn()
        self._begins = self._provider.get_tracer(_NAME, __version__)
        self._propagator = TraceContextTextMapPropagator()
        self._updates = settings.updates

    def begin(self, name: str, headers: TraceHeaders) -> CallSpan:
        context = self._propagator.extract(dict(headers), Context())
        span = self._begins.start_span(name, context, SpanKind.SERVER)
        if span.is_recording():
            return _Recorded(self._begins, span, self._updates)
        # It is not recorded here, but where the caller's trace is.
        return _Named(span, dict(headers)["traceparent"]) if len(context) else NO_SPAN

    def close(self, within_s: float) -> None:
        # A collector that hangs must not hold up the end of the server.
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(within_s)
        self._words.close()


class _Named(CallSpan):
    """A span that is not recorded, in a trace of the caller's."""

    def __init__(self, span: OtelSpan, traceparent: str) -> None:
        super().__init__(traceparent)
        self.trace_id = f"{span.get_span_context().trace_id:032x}"


class _Recorded(CallSpan):
    """A span that is recorded."""

    def __init__(self, begins: Begins, span: OtelSpan, update_share: float) -> None:
        own = span.get_span_context()
        super().__init__(f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}")
        self.trace_id = f"{own.trace_id:032x}"
        self.update_share = update_share
        self._begins = begins
        self._span = span
        # What turns seconds of the monotonic clock into nanoseconds since 1970.
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def set(self, attributes: Attributes) -> None:
        self._span.set_attributes(attributes)

    def add(self, part: Part) -> None:
        self._add(part, self._span)

    def _add(self, part: Part, parent: OtelSpan) -> None:
        span = self._begins.start_span(
            part.name,
            set_span_in_context(parent, Context()),
            attributes=part.attributes,
            start_time=self._time_ns(part.began_s),
        )
        for each in part.parts:
            self._add(each, span)
        span.end(self._time_ns(part.ended_s))

    def _time_ns(self, seconds: float) -> int:
        return self._offset_ns + int(seconds * 1e9)

    def end(self, code: str, reason: str) -> None:
        self._span.set_attribute("rpc.response.status_code", code)
        if reason:
            self._span.set_attribute("error.type", reason)
        if code in _FAULTS:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()
