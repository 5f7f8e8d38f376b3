"""A collector of traces in this process: it takes spans over OTLP and keeps them."""

import threading
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest

trace_service = pytest.importorskip(
    "opentelemetry.proto.collector.trace.v1.trace_service_pb2",
    reason="OpenTelemetry is not installed: pip install -e '.[otel]'",
)
pytest.importorskip("opentelemetry.sdk.trace", reason="OpenTelemetry's SDK is not installed")

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@dataclass
class Span:
    """A span as it came."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    began_ns: int
    ended_ns: int
    attributes: dict[str, Any]
    is_error: bool
    resource: dict[str, Any]


@dataclass
class Collector:
    """Where it listens, and what came."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)
    headers: list[dict[str, str | bytes]] = field(default_factory=list)
    # Every byte of it, to look for what must not be there.
    raw: bytes = b""

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]

    def children(self, parent: Span) -> list[Span]:
        found = [span for span in self.spans if span.parent_id == parent.span_id]
        return sorted(found, key=lambda span: span.began_ns)

    def take(self, raw: bytes) -> bytes:
        self.raw += raw
        request = trace_service.ExportTraceServiceRequest.FromString(raw)
        for of_resource in request.resource_spans:
            resource = plain(of_resource.resource.attributes)
            for of_scope in of_resource.scope_spans:
                for span in of_scope.spans:
                    self.spans.append(
                        Span(
                            span.name,
                            span.trace_id.hex(),
                            span.span_id.hex(),
                            span.parent_span_id.hex(),
                            span.kind,
                            span.start_time_unix_nano,
                            span.end_time_unix_nano,
                            plain(span.attributes),
                            span.status.code == 2,
                            resource,
                        )
                    )
        answer: bytes = trace_service.ExportTraceServiceResponse().SerializeToString()
        return answer


def plain(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@contextmanager
def collecting(
    port: int = 0, credentials: grpc.ServerCredentials | None = None, hangs: bool = False
) -> Iterator[Collector]:
    """A collector that listens; with ``hangs`` it takes what comes and never answers."""
    collector, over = Collector(), threading.Event()

    def export(raw: bytes, context: Any) -> bytes:
        collector.headers.append(dict(context.invocation_metadata()))
        if hangs:
            over.wait()
            return b""
        return collector.take(raw)

    handler = grpc.method_handlers_generic_handler(
        _EXPORT.split("/")[1], {"Export": grpc.unary_unary_rpc_method_handler(export)}
    )
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((handler,))
    address = f"127.0.0.1:{port}"
    if credentials is None:
        bound = server.add_insecure_port(address)
    else:
        bound = server.add_secure_port(address, credentials)
    scheme = "http" if credentials is None else "https"
    collector.url = f"{scheme}://127.0.0.1:{bound}"
    server.start()
    try:
        yield collector
    finally:
        over.set()
        server.stop(0).wait()
