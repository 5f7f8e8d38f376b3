"""Every error of the service, split by who is to blame.

::

    TranslatorError
    ├── ClientError                      the caller's fault
    │   ├── DeadlineExceededError            the client's deadline came first
    │   ├── InvalidRequestError              a field has a value that is not allowed
    │   ├── LanguageNotDetectedError         the language of a source is not clear
    │   ├── LanguagePairNotSupportedError    no model for the pair
    │   ├── ModelNotFoundError               no model of that name
    │   ├── PermissionDeniedError            the caller has no role for it
    │   ├── UnauthenticatedError             nobody knows who is calling
    │   │   └── KeyExpiredError                  the time of the key is over
    │   └── UnsupportedFeatureError          part of the contract that is not served yet
    ├── LimitError                       our limit; trying again later can help
    │   ├── OverloadedError                  no room for another session, request or model
    │   │   └── OutOfMemoryError                 the machine has no memory left for it
    │   ├── QuotaExceededError               the caller's own share is used up
    │   ├── IdleError                        a silent stream gave way to another
    │   └── DrainingError                    this server is going away
    ├── OperatorError                    the fault of the server's set-up
    │   ├── ConfigError                      a setting has a value that is not allowed
    │   ├── ModelFilesError                  a model's files are missing, damaged or wrong
    │   └── ModelLoadError                   a model that is offered cannot be loaded
    ├── NotKeptError                     there is a translation, but not as it was asked for
    │   ├── MarkupNotKeptError               the markup of a page could not be kept
    │   ├── TermNotKeptError                 a term of the glossary is not in it
    │   └── TooLongError                     it is longer than allowed
    ├── ServiceError                     our bug
    │   └── DecodingError                    a model's output cannot be used
    └── ConnectionLostError              client side: the stream broke and could not be resumed
"""

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "ClientError",
    "ConfigError",
    "ConnectionLostError",
    "DeadlineExceededError",
    "DecodingError",
    "DrainingError",
    "FieldViolation",
    "IdleError",
    "InvalidRequestError",
    "KeyExpiredError",
    "LanguageNotDetectedError",
    "LanguagePairNotSupportedError",
    "LimitError",
    "MarkupNotKeptError",
    "ModelFilesError",
    "ModelLoadError",
    "ModelNotFoundError",
    "NotKeptError",
    "OperatorError",
    "OutOfMemoryError",
    "OverloadedError",
    "PermissionDeniedError",
    "QuotaExceededError",
    "ServiceError",
    "TermNotKeptError",
    "TooLongError",
    "TranslatorError",
    "UnauthenticatedError",
    "UnsupportedFeatureError",
    "is_out_of_memory",
]


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """A field of a request, and what is wrong with its value."""

    field: str
    description: str


class TranslatorError(Exception):
    """Base class of all errors here.

    Attributes:
        reason: What went wrong, in UPPER_SNAKE_CASE, for programs to switch on (ErrorInfo.reason).
        status: Name of the gRPC status code.
        metadata: Further facts for programs (ErrorInfo.metadata).
    """

    reason: ClassVar[str] = "INTERNAL"
    status: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, *, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.metadata: dict[str, str] = dict(metadata or {})


class ClientError(TranslatorError):
    """The caller's fault; retrying without a change does not help."""

    reason = "INVALID_REQUEST"
    status = "INVALID_ARGUMENT"


class InvalidRequestError(ClientError):
    """A field has a value that is not allowed.

    Attributes:
        violations: The fields, with what is allowed.
    """

    def __init__(self, field: str, description: str, *more: FieldViolation) -> None:
        self.violations: Sequence[FieldViolation] = (FieldViolation(field, description), *more)
        super().__init__("; ".join(f"{v.field}: {v.description}" for v in self.violations))


class DeadlineExceededError(ClientError):
    """The client's deadline passed before the work was done; the rest of it is dropped."""

    reason = "DEADLINE_EXCEEDED"
    status = "DEADLINE_EXCEEDED"


class LanguageNotDetectedError(ClientError):
    """The source's language is not clear; the metadata names the candidates."""

    reason = "LANGUAGE_NOT_DETECTED"


class LanguagePairNotSupportedError(ClientError):
    """No model translates this pair; the metadata names the pairs that are served."""

    reason = "LANGUAGE_PAIR_NOT_SUPPORTED"
    status = "NOT_FOUND"


class ModelNotFoundError(ClientError):
    """No model has this name; the metadata names those that are served."""

    reason = "MODEL_NOT_FOUND"
    status = "NOT_FOUND"


class PermissionDeniedError(ClientError):
    """The caller is known, and may not do this; the metadata names the role that it takes."""

    reason = "PERMISSION_DENIED"
    status = "PERMISSION_DENIED"


class UnauthenticatedError(ClientError):
    """Nobody knows who is calling: no key, or one that is not known, or two that disagree."""

    reason = "UNAUTHENTICATED"
    status = "UNAUTHENTICATED"


class KeyExpiredError(UnauthenticatedError):
    """The caller was let in until some time, which is over."""

    reason = "KEY_EXPIRED"


class UnsupportedFeatureError(ClientError):
    """A part of the contract that this server does not support yet."""

    reason = "UNSUPPORTED_FEATURE"
    status = "UNIMPLEMENTED"


class LimitError(TranslatorError):
    """A limit of ours.

    Attributes:
        retry_after_s: After how many seconds a retry can help.
    """

    reason = "LIMIT"
    status = "RESOURCE_EXHAUSTED"

    def __init__(self, message: str, *, retry_after_s: float = 1.0, subject: str = "") -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.subject = subject


class OverloadedError(LimitError):
    """No room for another session, request or model."""

    reason = "OVERLOADED"


class OutOfMemoryError(OverloadedError):
    """The machine has no memory left for a request, or for a model."""

    reason = "OUT_OF_MEMORY"


class QuotaExceededError(LimitError):
    """The caller has used up its own share; others may still have theirs."""

    reason = "QUOTA_EXCEEDED"


class IdleError(LimitError):
    """A stream that was silent gave way to another; it can be resumed where there is room."""

    reason = "IDLE"
    status = "UNAVAILABLE"


class DrainingError(LimitError):
    """This server is shutting down; another replica can take over."""

    reason = "DRAINING"
    status = "UNAVAILABLE"


class OperatorError(TranslatorError):
    """Something that the operator of the server has to mend."""

    reason = "MISCONFIGURED"
    status = "FAILED_PRECONDITION"


class ConfigError(OperatorError):
    """A setting has a value that is not allowed; the message names the key and the value."""


class ModelFilesError(OperatorError):
    """A model's files are missing, damaged or of the wrong kind; the message names the file."""

    reason = "MODEL_FILES"


class ModelLoadError(OperatorError):
    """A model in the catalog cannot be loaded; the message says why."""

    reason = "MODEL_FAILED_TO_LOAD"


class NotKeptError(TranslatorError):
    """There is a translation, but something that was asked for is not kept in it."""

    reason = "NOT_KEPT"
    status = "DATA_LOSS"


class MarkupNotKeptError(NotKeptError):
    """The markup of a page could not be kept, so the page is left as it was."""

    reason = "MARKUP_NOT_KEPT"


class TermNotKeptError(NotKeptError):
    """A term of the glossary is not in the translation; the metadata has the entries."""

    reason = "TERM_NOT_KEPT"


class TooLongError(NotKeptError):
    """The translation is longer than the item allows; the metadata has both lengths."""

    reason = "TOO_LONG"
    status = "OUT_OF_RANGE"


class ServiceError(TranslatorError):
    """A bug of ours."""


class DecodingError(ServiceError):
    """A model's output cannot be used."""

    reason = "DECODING_FAILED"


class ConnectionLostError(TranslatorError):
    """Client side: the stream broke and could not be resumed."""

    reason = "CONNECTION_LOST"
    status = "UNAVAILABLE"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out; each library reports that in its own way."""
    if error.__cause__ is not None and is_out_of_memory(error.__cause__):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    text = str(error).lower()
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and any(words in text for words in ("out of memory", "allocate memory", "enough memory"))
    )
