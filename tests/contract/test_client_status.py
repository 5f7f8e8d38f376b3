"""Every status becomes the right error of the tree."""

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from tests.contract.scripted_server import status
from translator import errors
from translator.client.status import error_from_rpc, error_from_status, is_lost

pytestmark = pytest.mark.contract


def subclasses(kind: type[errors.TranslatorError]) -> Iterator[type[errors.TranslatorError]]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


@pytest.mark.parametrize("kind", [*subclasses(errors.TranslatorError)])
def test_every_class_comes_back_by_its_reason(kind: type[errors.TranslatorError]) -> None:
    received = error_from_status(status(grpc.StatusCode[kind.status], kind.reason))
    # A reason that two classes share gives the one further up.
    assert issubclass(kind, type(received))
    assert type(received).reason == kind.reason
    assert (received.reason, received.status) == (kind.reason, kind.status)
    assert received.message == "what happened"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("CANCELLED", errors.TranslatorError),
        ("DEADLINE_EXCEEDED", errors.DeadlineExceededError),
        ("INTERNAL", errors.ServiceError),
        ("INVALID_ARGUMENT", errors.ClientError),
        ("NOT_FOUND", errors.ClientError),
        ("PERMISSION_DENIED", errors.PermissionDeniedError),
        ("RESOURCE_EXHAUSTED", errors.LimitError),
        ("UNAUTHENTICATED", errors.UnauthenticatedError),
        ("UNAVAILABLE", errors.ConnectionLostError),
        ("UNIMPLEMENTED", errors.UnsupportedFeatureError),
        ("UNKNOWN", errors.ServiceError),
    ],
)
def test_without_a_reason_the_code_decides(code: str, kind: type[errors.TranslatorError]) -> None:
    received = error_from_status(status(grpc.StatusCode[code]))
    assert type(received) is kind
    assert received.status == code


def test_a_reason_of_a_later_server_is_kept() -> None:
    received = error_from_status(
        status(grpc.StatusCode.RESOURCE_EXHAUSTED, "LATER_LIMIT", retry_after_s=7)
    )
    assert type(received) is errors.OverloadedError
    assert received.reason == "LATER_LIMIT"
    assert received.retry_after_s == 7
    assert errors.OverloadedError.reason == "OVERLOADED"


def test_details_are_kept() -> None:
    invalid = error_from_status(
        status(
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_REQUEST",
            metadata={"allowed": "1 to 5"},
            violations={"policy.n": "too large", "model": "unknown"},
        )
    )
    assert isinstance(invalid, errors.InvalidRequestError)
    assert list(invalid.violations) == [
        errors.FieldViolation("policy.n", "too large"),
        errors.FieldViolation("model", "unknown"),
    ]
    assert invalid.metadata == {"allowed": "1 to 5"}
    overloaded = error_from_status(
        status(
            grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", retry_after_s=2.5, subject="sessions"
        )
    )
    assert isinstance(overloaded, errors.OverloadedError)
    assert (overloaded.retry_after_s, overloaded.subject) == (2.5, "sessions")


def test_another_domain_s_reason_does_not_decide() -> None:
    info = error_details_pb2.ErrorInfo(reason="DRAINING", domain="proxy.example")
    packed = any_pb2.Any()
    packed.Pack(info)
    received = error_from_status(status_pb2.Status(code=7, message="no", details=[packed]))
    assert type(received) is errors.PermissionDeniedError


@pytest.mark.parametrize("trailer", [b"", b"\xff\xff not a status"])
def test_a_damaged_trailer_leaves_code_and_message(trailer: bytes) -> None:
    error = grpc.aio.AioRpcError(  # type: ignore[call-arg]
        grpc.StatusCode.NOT_FOUND,
        grpc.aio.Metadata(),
        grpc.aio.Metadata(("grpc-status-details-bin", trailer)),
        details="gone",
    )
    received = error_from_rpc(error)
    assert type(received) is errors.ClientError
    assert received.message == "gone"


def test_a_damaged_detail_leaves_code_and_message() -> None:
    damaged = any_pb2.Any(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\xff\xff")
    received = error_from_status(status_pb2.Status(code=5, message="gone", details=[damaged]))
    assert type(received) is errors.ClientError


RESET = "Stream removed (RST_STREAM (Received RST_STREAM with error code 2))"


@pytest.mark.parametrize(
    ("details", "told", "is_broken"),
    [
        (RESET, False, True),
        # A message was sent while the connection broke.
        ("Internal error from Core", False, True),
        ("a bug", False, False),
        (f"a bug: {RESET}", True, False),
    ],
)
def test_a_stream_that_breaks_below_the_service_is_lost_and_a_bug_is_not(
    details: str, told: bool, is_broken: bool
) -> None:
    """So Envoy passes on that the server behind it was killed."""
    packed = status(grpc.StatusCode.INTERNAL, "INTERNAL").SerializeToString()
    trailers = grpc.aio.Metadata(*[("grpc-status-details-bin", packed)] * told)
    error = grpc.aio.AioRpcError(
        grpc.StatusCode.INTERNAL, grpc.aio.Metadata(), trailers, details, debug_error_string=None
    )
    received = error_from_rpc(error)
    assert is_lost(received) is is_broken
    assert isinstance(received, errors.ConnectionLostError) is is_broken
