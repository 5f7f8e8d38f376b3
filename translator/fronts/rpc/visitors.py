"""Who calls over gRPC, as far as a call's metadata and its certificate tell."""

from collections.abc import Collection
from typing import Any

from translator.access.caller import Visitor, secrets_of
from translator.telemetry.spans import trace_headers

__all__ = ["visitor"]

_NAMES = ("x509_subject_alternative_name", "x509_common_name")


def visitor(context: Any, key_headers: Collection[str] = ()) -> Visitor:
    """Who makes a call.

    Args:
        context: The call's.
        key_headers: Headers that have a key, besides those that always may.
    """
    certificate = context.auth_context() or {}
    metadata = context.invocation_metadata() or ()
    return Visitor(
        secrets_of(("x-api-key" if n in key_headers else n, value) for n, value in metadata),
        tuple(
            each.decode("utf-8", "replace") for name in _NAMES for each in certificate.get(name, ())
        ),
        context.peer() or "",
        trace_headers(metadata),
    )
