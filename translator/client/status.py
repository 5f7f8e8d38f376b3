"""Converts a gRPC status to an error of ``translator.errors``.

``ErrorInfo.reason`` decides. If there is none (from a proxy or the transport), the code does.
"""

import re
from typing import Any, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from translator.errors import (
    ClientError,
    ConnectionLostError,
    DeadlineExceededError,
    DecodingError,
    DrainingError,
    FieldViolation,
    IdleError,
    InvalidRequestError,
    KeyExpiredError,
    LanguageNotDetectedError,
    LanguagePairNotSupportedError,
    LimitError,
    MarkupNotKeptError,
    ModelFilesError,
    ModelLoadError,
    ModelNotFoundError,
    NotKeptError,
    OperatorError,
    OutOfMemoryError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    ServiceError,
    TermNotKeptError,
    TooLongError,
    TranslatorError,
    UnauthenticatedError,
    UnsupportedFeatureError,
)

__all__ = ["error_from_rpc", "error_from_status", "is_lost"]

_DOMAIN = "translator"
# gRPC's prefix to the reason why a server cannot be reached.
_NOISE = re.compile(
    r"^failed to connect to all addresses; last error: ([A-Z]+: )?"
    r"(ipv[46]:\S+: )?(Failed to connect to remote host: )?"
)
# A connection that is closed before anything is said.
_CLOSED = "Socket closed"
# What TLS says, for people: the first that is found.
_TLS_FAILURES = (
    (
        re.compile(r"CERTIFICATE_VERIFY_FAILED(?:: ([a-z ,()-]+))?"),
        "the server's certificate is not trusted ({})",
    ),
    (
        re.compile(r"(?i)(hostname verification)|peer name \S+ is not in"),
        "the server's certificate is for another name",
    ),
    (re.compile(r"WRONG_VERSION_NUMBER"), "the server has no TLS"),
    (
        re.compile(r"Failed to create security handshaker"),
        "the certificates cannot be used; perhaps the key belongs to another one",
    ),
    (
        re.compile(r"(?i)(certificate_required|bad_certificate|unknown_ca)"),
        "the server does not take this client's certificate ({})",
    ),
)
# A stream that was reset below the service, as gRPC tells it; and one that was sent to meanwhile.
_RESET = ("RST_STREAM", "Internal error from Core")
_DETAILS_KEY = "grpc-status-details-bin"
_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}
_BY_REASON: dict[str, type[TranslatorError]] = {
    kind.reason: kind
    for kind in (
        ClientError,
        ConnectionLostError,
        DeadlineExceededError,
        DecodingError,
        DrainingError,
        IdleError,
        KeyExpiredError,
        LanguageNotDetectedError,
        LanguagePairNotSupportedError,
        LimitError,
        MarkupNotKeptError,
        ModelFilesError,
        ModelLoadError,
        ModelNotFoundError,
        NotKeptError,
        OperatorError,
        OutOfMemoryError,
        OverloadedError,
        PermissionDeniedError,
        QuotaExceededError,
        TermNotKeptError,
        TooLongError,
        UnauthenticatedError,
        UnsupportedFeatureError,
    )
}
_BY_CODE: dict[grpc.StatusCode, type[TranslatorError]] = {
    grpc.StatusCode.ALREADY_EXISTS: ClientError,
    grpc.StatusCode.CANCELLED: TranslatorError,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceededError,
    grpc.StatusCode.FAILED_PRECONDITION: OperatorError,
    grpc.StatusCode.INVALID_ARGUMENT: ClientError,
    grpc.StatusCode.NOT_FOUND: ClientError,
    grpc.StatusCode.OUT_OF_RANGE: ClientError,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDeniedError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: LimitError,
    grpc.StatusCode.UNAUTHENTICATED: UnauthenticatedError,
    grpc.StatusCode.UNAVAILABLE: ConnectionLostError,
    grpc.StatusCode.UNIMPLEMENTED: UnsupportedFeatureError,
}
_M = TypeVar("_M", bound=Message)


def error_from_rpc(error: grpc.aio.AioRpcError) -> TranslatorError:
    """The error for a failed call, from its status and its trailers."""
    details = _told(error.details() or "")
    code = error.code()
    # grpc-stubs does not know that it can be iterated.
    trailers: Any = error.trailing_metadata() or ()
    is_reset = code is grpc.StatusCode.INTERNAL and any(each in details for each in _RESET)
    if is_reset and all(key != _DETAILS_KEY for key, _ in trailers):
        # So a proxy passes on that the server behind it broke off, and gRPC that it could not send.
        code = grpc.StatusCode.UNAVAILABLE
    status = status_pb2.Status(code=code.value[0], message=details)
    for key, value in trailers:
        if key == _DETAILS_KEY:
            try:
                status.details.extend(status_pb2.Status.FromString(value).details)
            except DecodeError:
                # Not ours to judge: the code and the message still say what happened.
                continue
    return error_from_status(status)


def is_lost(error: TranslatorError) -> bool:
    """Whether a call broke off, so that another one can go on with its work."""
    # A server that is stopped hard ends its calls with CANCELLED.
    return error.status in ("UNAVAILABLE", "CANCELLED")


def _told(details: str) -> str:
    """What gRPC says of a connection, without its noise."""
    details, num_connecting = _NOISE.subn("", details)
    if num_connecting and details == _CLOSED:
        return "it closes the connection; it may want TLS, or a client's certificate"
    for pattern, told in _TLS_FAILURES:
        if found := pattern.search(details):
            return told.format((found[1] if found.lastindex else "") or "").strip()
    return details


def error_from_status(status: status_pb2.Status) -> TranslatorError:
    """The error for a ``google.rpc.Status``.

    Its ``reason`` and ``status`` are those from the server, even if there is no class for them.
    """
    code = _CODES.get(status.code, grpc.StatusCode.UNKNOWN)
    info = _detail(status, error_details_pb2.ErrorInfo)
    reason = info.reason if info is not None and info.domain == _DOMAIN else ""
    retry = _detail(status, error_details_pb2.RetryInfo)
    kind = _BY_REASON.get(reason) or _BY_CODE.get(code, ServiceError)
    if kind is LimitError and retry is not None:
        kind = OverloadedError

    error = _build(kind, status)
    if isinstance(error, LimitError) and retry is not None:
        error.retry_after_s = retry.retry_delay.ToNanoseconds() / 1e9
    if info is not None:
        error.metadata.update(info.metadata)
    vars(error).update(status=code.name)
    if reason:
        vars(error).update(reason=reason)
    return error


def _build(kind: type[TranslatorError], status: status_pb2.Status) -> TranslatorError:
    bad_request = _detail(status, error_details_pb2.BadRequest)
    if issubclass(kind, ClientError) and bad_request is not None and bad_request.field_violations:
        violations = [FieldViolation(v.field, v.description) for v in bad_request.field_violations]
        if kind is ClientError:
            first, *more = violations
            return InvalidRequestError(first.field, first.description, *more)
    if issubclass(kind, LimitError):
        quota = _detail(status, error_details_pb2.QuotaFailure)
        subject = quota.violations[0].subject if quota is not None and quota.violations else ""
        return kind(status.message, subject=subject)
    return kind(status.message)


def _detail(status: status_pb2.Status, kind: type[_M]) -> _M | None:
    """The first detail of this kind, or None."""
    for packed in status.details:
        message = kind()
        try:
            if packed.Unpack(message):
                return message
        except DecodeError:
            return None
    return None
