"""What a call tells of itself: plain data, and spans that nobody records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["NO_SPAN", "Attributes", "CallSpan", "Part", "TraceHeaders", "Tracer", "trace_headers"]

# Counts, ids and names of the server's own: never a user's text, never a key.
Attributes = Mapping[str, str | int | float]
# What names the caller's trace, as W3C Trace Context has it.
TraceHeaders = tuple[tuple[str, str], ...]

_NAMES = ("traceparent", "tracestate")
_MAX_LENGTH = 512


def trace_headers(headers: Iterable[tuple[str, str | bytes]]) -> TraceHeaders:
    """What names the caller's trace in headers; of each name the first that is not too long."""
    found: dict[str, str] = {}
    for name, value in headers:
        if name in _NAMES and isinstance(value, str) and len(value) <= _MAX_LENGTH:
            found.setdefault(name, value)
    return tuple(found.items())


@dataclass(frozen=True, slots=True)
class Part:
    """Something that a call did.

    Attributes:
        name: What, in a word.
        began_s: When it began, in seconds of ``time.monotonic``.
        ended_s: When it ended.
        parts: What it did in between.
    """

    name: str
    began_s: float
    ended_s: float
    attributes: Attributes = field(default_factory=dict)
    parts: tuple["Part", ...] = ()


class CallSpan:
    """The span of one call. This one is recorded by nobody.

    Attributes:
        trace_id: Names the trace, in 32 hexadecimal digits; "" where nobody could look for it.
        update_share: Of how many of the call's updates a part is wanted, from 0 to 1.
        traceparent: Continues the trace in a call to somebody else (W3C Trace Context); "": there
            is none.
    """

    trace_id: str = ""
    update_share: float = 0.0

    def __init__(self, traceparent: str = "") -> None:
        self.traceparent = traceparent

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""

    def add(self, part: Part) -> None:
        """Add something that the call did, as spans of their own."""

    def end(self, code: str, reason: str) -> None:
        """End the span, once.

        Args:
            code: Name of the status that the call ended with.
            reason: That of its error; "" if it has none.
        """


NO_SPAN = CallSpan()


class Tracer:
    """Begins spans. This one begins none."""

    def begin(self, name: str, headers: TraceHeaders) -> CallSpan:
        """Begin the span of a call that begins now, in the caller's trace if headers name one."""
        return CallSpan(dict(headers).get("traceparent", ""))

    def close(self, within_s: float) -> None:
        """Send what is left, for so long at most. It blocks."""
