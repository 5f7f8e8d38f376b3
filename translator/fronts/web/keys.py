"""Which key a request has: each protocol has a place of its own for it."""

from starlette.requests import HTTPConnection

from translator.errors import UnauthenticatedError
from translator.fronts.web.fields import Fields

__all__ = ["key_of"]

_SCHEMES = ("bearer", "deepl-auth-key")
_HEADERS = ("x-api-key", "x-goog-api-key", "ocp-apim-subscription-key")


def key_of(connection: HTTPConnection, fields: Fields | None = None, *names: str) -> str:
    """The caller's key; "" if there is none.

    Args:
        connection: Its headers are looked into.
        fields: So are its fields.
        names: Of these names; ``api_key`` if there are none.

    Raises:
        UnauthenticatedError: There are two.
    """
    found = set()
    if fields is not None:
        found |= {fields.text(name).strip() for name in names or ("api_key",)}
    found |= {connection.headers.get(name, "").strip() for name in _HEADERS}
    scheme, _, rest = connection.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() in _SCHEMES:
        found.add(rest.strip())
    found.discard("")
    if len(found) > 1:
        raise UnauthenticatedError("two keys are given that differ; allowed: one")
    return found.pop() if found else ""
