"""Whether calls are traced, and where their spans go."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from translator import DISTRIBUTION
from translator.errors import ConfigError
from translator.telemetry.spans import Tracer

__all__ = ["OnExport", "TraceSettings", "open_tracer"]

_log = logging.getLogger(__name__)

# Called with the number of spans, and whether the collector took them; in another thread.
OnExport = Callable[[int, bool], None]


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """Where spans go, and of what there are any.

    Attributes:
        url: Of the collector.
        is_own: Whether the server's own settings name it, and not OpenTelemetry's variables.
        protocol: What it speaks: ``grpc`` or ``http/protobuf``.
        sample: Share of the calls that get a span, from 0 to 1, where the caller's trace does not
            say; None: as OpenTelemetry's variables have it.
        updates: Share of the updates of such a stream that get one.
        service: What OpenTelemetry calls whoever sends them, unless its variables do.
    """

    url: str
    is_own: bool
    protocol: str
    sample: float | None
    updates: float
    service: str = "translator"

    @property
    def place(self) -> str:
        """The collector, for messages: without what a URL may hold besides, such as a password."""
        try:
            parts = urlsplit(self.url)
            port = "" if parts.port is None else f":{parts.port}"
        except ValueError:
            return "a collector"
        return f"{parts.hostname}{port}" if parts.hostname else "a collector"


def open_tracer(settings: TraceSettings | None, on_export: OnExport) -> Tracer:
    """What begins the spans of a server.

    Args:
        settings: None: there are no spans.
        on_export: Told of each batch of spans.

    Raises:
        ConfigError: The server's own settings ask for traces, and there can be none. Where only
            the environment asks, that is a line in the log.
    """
    if settings is None:
        return Tracer()
    try:
        from translator.telemetry.otel import OtelTracer

        return OtelTracer(settings, on_export)
    except ModuleNotFoundError:
        why = f"OpenTelemetry is not installed: pip install '{DISTRIBUTION}[otel]'"
    except Exception as error:
        # It has exceptions of its own for some variables.
        why = f"OpenTelemetry does not take its settings: {error}"
    if settings.is_own:
        raise ConfigError(f"trace_endpoint: {why}")
    _log.warning("no traces are sent to %s, which the environment names: %s", settings.place, why)
    return Tracer()
