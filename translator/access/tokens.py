"""Tokens (JWT) of an identity provider, and the public keys that they are checked with."""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from translator.access.caller import Caller, Role
from translator.access.rules import TokenRules
from translator.access.watched import read_bounded
from translator.errors import ConfigError, UnauthenticatedError

__all__ = ["Jwks", "caller_of"]

_log = logging.getLogger(__name__)

_MAX_BYTES = 1 << 20
_TIMEOUT_S = 10.0
# Providers show a new key for hours before they use it.
_REFRESH_S = 300.0
# After a failure, or when somebody shows a key that is not known: whoever asks, no sooner.
_RETRY_S = 30.0
_MAX_NAME_LENGTH = 128


class Jwks:
    """An issuer's public keys, fetched now and then, in whatever thread calls ``refresh``.

    Args:
        where: An https address, one of http on this machine, or a file.
        clock: Seconds, monotonic.

    Attributes:
        keys: The newest keys that could be had, by their id.

    Raises:
        ConfigError: It cannot be such an address.
    """

    def __init__(self, where: str, clock: Callable[[], float] = monotonic) -> None:
        address = urlsplit(where)
        self._is_file = not address.scheme
        local = address.hostname in {"localhost", "127.0.0.1", "::1"}
        if not (self._is_file or address.scheme == "https" or (local and address.scheme == "http")):
            raise ConfigError(f"access: jwks: is {where!r}; allowed: https://…, or a file")
        self.where = where
        self.keys: Mapping[str, Any] = {}
        self._clock = clock
        self._lock = threading.Lock()
        self._due_s = clock()
        self._tried_s = -_RETRY_S
        self._has_failed = False

    def want(self) -> None:
        """Have the keys fetched soon: a token names one that is not known."""
        self._due_s = min(self._due_s, self._tried_s + _RETRY_S)

    def refresh(self) -> None:
        """Fetch the keys if it is time. This blocks, for some seconds at most."""
        now = self._clock()
        if now < self._due_s or not self._lock.acquire(blocking=False):
            return
        try:
            self._tried_s, self._due_s = now, now + _REFRESH_S
            self.keys = _parsed(self._fetch())
            self._has_failed = False
        except Exception as error:
            self._due_s = now + _RETRY_S
            if not self._has_failed:
                _log.warning(
                    "the keys of %s cannot be had (%s); those from before stay",
                    self.where,
                    error if isinstance(error, ConfigError) else type(error).__name__,
                )
            self._has_failed = True
        finally:
            self._lock.release()

    def _fetch(self) -> bytes:
        if self._is_file:
            return read_bounded(Path(self.where), "jwks", _MAX_BYTES)
        # It takes a while to import, and most servers need none.
        import httpx2

        contents = b""
        began = monotonic()
        with httpx2.stream("GET", self.where, timeout=_TIMEOUT_S, follow_redirects=False) as answer:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                contents += piece
                if len(contents) > _MAX_BYTES:
                    raise ConfigError(f"it has more than {_MAX_BYTES} bytes")
                if monotonic() - began > _TIMEOUT_S:
                    raise ConfigError(f"it took more than {_TIMEOUT_S:g} s")
        return contents


def _parsed(contents: bytes) -> dict[str, Any]:
    from jwt import PyJWKSet
    from jwt.exceptions import PyJWTError

    try:
        keys = PyJWKSet.from_dict(json.loads(contents)).keys
    except (ValueError, TypeError, AttributeError, RecursionError, PyJWTError) as error:
        raise ConfigError("it is no JWKS with a key that can be used") from error
    # A key that both sides know would let whoever reads the page sign.
    return {key.key_id or "": key for key in keys if key.key_type != "oct"}


def caller_of(token: str, rules: TokenRules, jwks: Jwks) -> Caller:
    """Whom a token names.

    Raises:
        UnauthenticatedError: It is not valid; the message says why, without its contents.
    """
    import jwt

    try:
        header = jwt.get_unverified_header(token)
        key_id = header.get("kid", "")
        if header.get("alg") not in rules.algorithms:
            raise UnauthenticatedError(
                f"the token's signature is of a kind that is not taken; allowed: "
                f"{', '.join(rules.algorithms)}"
            )
        keys = jwks.keys
        key = keys.get(key_id) if key_id or len(keys) != 1 else next(iter(keys.values()))
        if key is None:
            jwks.want()
            raise UnauthenticatedError("the token names a key that its issuer does not have (yet)")
        claims = jwt.decode(
            token,
            key.key,
            algorithms=list(rules.algorithms),
            issuer=rules.issuer,
            audience=rules.audience,
            leeway=rules.leeway_s,
            options={"require": ["exp", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise UnauthenticatedError(f"the token is not valid: {_told(error)}") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UnauthenticatedError("the token is not valid: it cannot be read") from error
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_NAME_LENGTH:
        raise UnauthenticatedError("the token is not valid: its sub is no name")
    name = "".join(each if each.isprintable() else "?" for each in subject)
    return Caller(name, _roles(claims, rules), rules.quota)


def _roles(claims: Mapping[str, Any], rules: TokenRules) -> frozenset[Role]:
    if not rules.roles_claim:
        return rules.roles
    named = claims.get(rules.roles_claim, [])
    listed = named.split() if isinstance(named, str) else named
    known = listed if isinstance(listed, list) else []
    return frozenset(role for role in Role if role.value in known)


def _told(error: Exception) -> str:
    """Why, in words that hold nothing of the token."""
    return {
        "ExpiredSignatureError": "it has expired",
        "ImmatureSignatureError": "it is not valid yet",
        "InvalidIssuedAtError": "it was issued in the future",
        "InvalidAudienceError": "it is for another audience",
        "InvalidIssuerError": "it is of another issuer",
        "InvalidSignatureError": "its signature is wrong",
        "MissingRequiredClaimError": "it lacks exp, sub, iss or aud",
    }.get(type(error).__name__, "it cannot be read")
