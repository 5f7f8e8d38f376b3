"""What several protocols tell alike of an error."""

import math
from collections.abc import Mapping

from translator.errors import (
    InvalidRequestError,
    LanguagePairNotSupportedError,
    LimitError,
    TranslatorError,
)
from translator.fronts.web.hub import UNDETERMINED, Hub
from translator.languages.tags import language

__all__ = ["STATUS", "field_and_sentence", "is_daily", "retry_headers", "unknown_language"]

# HTTP's, by that of gRPC.
STATUS = {
    "DEADLINE_EXCEEDED": 504,
    "INVALID_ARGUMENT": 400,
    "NOT_FOUND": 400,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "UNAUTHENTICATED": 401,
    "UNAVAILABLE": 503,
    "UNIMPLEMENTED": 400,
}
# Of limits that do not pass by soon.
_BY_DAY = "-per-day"


def field_and_sentence(error: InvalidRequestError, names: Mapping[str, str]) -> tuple[str, str]:
    """The first field that has a wrong value, and what is wrong with it.

    Args:
        error: The error.
        names: What this protocol calls the fields of ours.
    """
    first = error.violations[0]
    name, bracket, rest = first.field.partition("[")
    field = names.get(name, name) + bracket + rest
    return field, f"{field}: {first.description}"


def is_daily(error: TranslatorError) -> bool:
    """Whether a quota of a day is used up."""
    return isinstance(error, LimitError) and error.subject.endswith(_BY_DAY)


def retry_headers(error: TranslatorError) -> dict[str, str]:
    """After how many seconds a retry can help, if it can."""
    if not isinstance(error, LimitError) or is_daily(error):
        return {}
    return {"retry-after": str(math.ceil(error.retry_after_s))}


def unknown_language(hub: Hub, error: LanguagePairNotSupportedError) -> tuple[str, str]:
    """Which language no model knows, and whether it is the "source" or the "target".

    Both are "" where only the pair is not served.
    """
    pairs = [f"-{pair}-" for pair in error.metadata.get("pairs", "").split(",")]
    for role in ("source", "target"):
        code = error.metadata.get(role, "")
        if not code or code == UNDETERMINED or hub.knows(code):
            continue
        # A gateway without a key of its own may know nothing; the server names what it has.
        if not any(f"-{language(code)}-" in pair for pair in pairs):
            return code, role
    return "", ""
