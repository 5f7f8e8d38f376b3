"""The caller's trace, which a server may continue: what goes into a call's metadata for that."""

import re

__all__ = ["CURRENT_TRACE", "Metadata", "trace_metadata"]

Metadata = tuple[tuple[str, str | bytes], ...]

# Stands for the trace that the caller is in, as OpenTelemetry knows it.
CURRENT_TRACE = "current"
# https://www.w3.org/TR/trace-context/
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)


def trace_metadata(traceparent: str) -> Metadata:
    """What tells a server the caller's trace.

    Args:
        traceparent: A ``traceparent`` of W3C Trace Context, such as
            ``00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01``. "current" takes it from
            OpenTelemetry; where that is not installed, or the caller is in no trace, there is none,
            and with "" neither.

    Raises:
        ValueError: It is no ``traceparent``.
    """
    if traceparent == CURRENT_TRACE:
        traceparent = _current()
    if not traceparent:
        return ()
    if not _TRACEPARENT.fullmatch(traceparent):
        raise ValueError(
            f"traceparent: is {traceparent[:80]!r}; allowed: 00-TRACE-SPAN-FLAGS in small "
            "hexadecimal digits, 'current' or ''"
        )
    return (("traceparent", traceparent),)


def _current() -> str:
    try:
        from opentelemetry import trace
    except ModuleNotFoundError:
        return ""
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return ""
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"
