"""Who calls over gRPC, as far as a call's metadata and its certificate tell."""

from typing import Any

from translator.access.caller import Visitor, secrets_of
from translator.telemetry.spans import trace_headers

__all__ = ["visitor"]

_NAMES = ("x509_subject_alternative_name", "x509_common_name")


def visitor(context: Any) -> Visitor:
    """Who makes a call."""
    certificate = context.auth_context() or {}
    metadata = context.invocation_metadata() or ()
    return Visitor(
        secrets_of(metadata),
        tuple(
            each.decode("utf-8", "replace") for name in _NAMES for each in certificate.get(name, ())
        ),
        context.peer() or "",
        trace_headers(metadata),
    )
