"""Statuses of gRPC for errors: google.rpc.Status, with details."""

import logging
import uuid

import grpc
from google.protobuf import duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from translator.errors import InvalidRequestError, LimitError, ServiceError, TranslatorError

__all__ = ["DOMAIN", "from_error", "logged_status", "to_grpc", "warning"]

_log = logging.getLogger(__name__)

DOMAIN = "translator"
# A trailer above 16 KiB replaces the real status, and proxies allow less.
_MAX_DETAILS_BYTES = 4000
_MAX_MESSAGE_LENGTH = 800


def from_error(error: TranslatorError) -> status_pb2.Status:
    """The status of an error: its message and machine-readable details, below 4 KiB."""
    message = error.message
    metadata = dict(error.metadata)
    if error.status == "INTERNAL":
        # The log has the details under this id; the client sees no internals.
        metadata["correlation_id"] = uuid.uuid4().hex[:12]
        message = f"internal error; correlation id {metadata['correlation_id']}"
    status = status_pb2.Status(
        code=code_pb2.Code.Value(error.status), message=message[:_MAX_MESSAGE_LENGTH]
    )
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(
            reason=error.reason,
            domain=DOMAIN,
            metadata={key: value[:_MAX_MESSAGE_LENGTH] for key, value in metadata.items()},
        )
    )
    if isinstance(error, InvalidRequestError):
        bad_request = error_details_pb2.BadRequest()
        for violation in error.violations:
            bad_request.field_violations.add(
                field=violation.field, description=violation.description[:_MAX_MESSAGE_LENGTH]
            )
        _add(status, bad_request)
    if isinstance(error, LimitError):
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.CopyFrom(duration_pb2.Duration(nanos=0))
        retry.retry_delay.FromNanoseconds(int(error.retry_after_s * 1e9))
        _add(status, retry)
        if error.subject:
            quota = error_details_pb2.QuotaFailure()
            quota.violations.add(subject=error.subject, description=message)
            _add(status, quota)
    return status


def logged_status(error: TranslatorError) -> status_pb2.Status:
    """The status of an error. A bug is logged, under the id that the client sees."""
    status = from_error(error)
    if isinstance(error, ServiceError):
        _log.error("%s (%s)", status.message, error.reason, exc_info=error)
    return status


def to_grpc(status: status_pb2.Status) -> grpc.Status:
    """Convert a status for ``context.abort_with_status``."""
    return rpc_status.to_status(status)


def warning(reason: str, message: str) -> status_pb2.Status:
    """Make the status for StreamingTranslateResponse.warning."""
    status = status_pb2.Status(
        code=code_pb2.Code.FAILED_PRECONDITION, message=message[:_MAX_MESSAGE_LENGTH]
    )
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN))
    return status


def _add(
    status: status_pb2.Status,
    detail: error_details_pb2.BadRequest
    | error_details_pb2.RetryInfo
    | error_details_pb2.QuotaFailure,
) -> None:
    if status.ByteSize() + detail.ByteSize() < _MAX_DETAILS_BYTES:
        status.details.add().Pack(detail)
