"""Sends spans to a collector, and says so once when they do not arrive."""

import logging
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from translator.telemetry.tracing import OnExport, TraceSettings

__all__ = ["LastWords", "ToldExporter", "exporter"]

_log = logging.getLogger(__name__)

_TRACES_PATH = "/v1/traces"
_MAX_LENGTH = 300
_SAYS_HEADERS = "opentelemetry.util.re"


def exporter(settings: TraceSettings) -> SpanExporter:
    """What speaks to the collector. Its headers and TLS are in OpenTelemetry's variables.

    Raises:
        ValueError: One of these has no possible value.
    """
    # What the variables name they also complete.
    url = settings.url if settings.is_own else None
    if settings.protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter(endpoint=url)
    from opentelemetry.exporter.otlp.proto.http import trace_exporter

    return trace_exporter.OTLPSpanExporter(endpoint=None if url is None else _of_traces(url))


def _of_traces(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=_TRACES_PATH)) if parts.path in ("", "/") else url


class LastWords(logging.Handler):
    """Keeps OpenTelemetry's own lines out of the log, each export may bring one, but for the last.

    They are kept out until it is closed.
    """

    _logger = logging.getLogger("opentelemetry")
    _num_open = 0

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._last = ""
        LastWords._num_open += 1
        self._logger.addHandler(self)
        self._logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        # It would say the headers, and they hold the key of whoever sends spans.
        is_secret = record.name == _SAYS_HEADERS
        self._last = "headers are not NAME=VALUE" if is_secret else record.getMessage()

    def take(self) -> str:
        """The last line since the time before; "" if there was none."""
        last, self._last = self._last, ""
        return last[:_MAX_LENGTH]

    def warn(self) -> None:
        """Log the last line, if there was any."""
        if last := self.take():
            _log.warning("OpenTelemetry says: %s", last)

    def close(self) -> None:
        if self in self._logger.handlers:
            self._logger.removeHandler(self)
            LastWords._num_open -= 1
            self._logger.propagate = not LastWords._num_open
        super().close()


class ToldExporter(SpanExporter):
    """An exporter whose failures are one sentence in the log, however many there are in a row.

    Args:
        exporter: Sends the spans.
        place: The collector, for messages.
        words: What OpenTelemetry says of a failure.
        on_export: Told of each batch.
    """

    def __init__(
        self, exporter: SpanExporter, place: str, words: LastWords, on_export: OnExport
    ) -> None:
        self._exporter = exporter
        self._place = place
        self._words = words
        self._on_export = on_export
        self._is_failing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self._words.take()
        try:
            result = self._exporter.export(spans)
            why = self._words.take()
        except Exception as error:
            result, why = SpanExportResult.FAILURE, f"{type(error).__name__}: {error}"
        is_sent = result is SpanExportResult.SUCCESS
        self._on_export(len(spans), is_sent)
        if is_sent and self._is_failing:
            _log.info("spans are sent to %s again", self._place)
        elif not is_sent and not self._is_failing:
            _log.warning(
                "spans cannot be sent to %s; until they can, they are dropped: %s",
                self._place,
                why[:_MAX_LENGTH] or "it did not take them",
            )
        self._is_failing = not is_sent
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)
