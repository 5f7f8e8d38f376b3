"""Lets callers in: by a key, a token, or a name in their certificate."""

import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from translator.access.caller import ANYONE, Caller, Visitor
from translator.access.keys import PREFIX, digest
from translator.access.rules import Grant, Rules, watched_rules
from translator.access.tokens import Jwks, caller_of
from translator.errors import KeyExpiredError, UnauthenticatedError

__all__ = ["Gate"]

# Far beyond any key, and more than a token needs.
_MAX_SECRET_LENGTH = 16_384


def _now() -> datetime:
    return datetime.now(UTC)


class Gate:
    """Says who a visitor is. Without a file everyone is let in, and nobody has a name.

    Args:
        path: The file with the rules; None: there are none.
        now: The time.

    Raises:
        ConfigError: The file is not valid.
    """

    def __init__(self, path: Path | None, now: Callable[[], datetime] = _now) -> None:
        self._now = now
        self._watched = None if path is None else watched_rules(path)
        self._jwks: Jwks | None = None
        if self._watched is not None:
            self._follow(self._watched.value)

    @property
    def is_open(self) -> bool:
        """Whether everyone is let in."""
        return self._watched is None

    def caller(self, visitor: Visitor) -> Caller:
        """Who a visitor is.

        Raises:
            UnauthenticatedError: Nobody that the rules know.
        """
        if self._watched is None:
            return ANYONE
        rules = self._watched.value
        secrets = set(visitor.secrets)
        if len(secrets) > 1:
            raise UnauthenticatedError(
                "authorization and x-api-key name different callers; allowed: one of them"
            )
        if secrets:
            return self._of_secret(secrets.pop(), rules)
        for name in visitor.certificate_names:
            if (grant := rules.certificates.get(name)) is not None:
                return self._in_time(grant)
        if visitor.certificate_names:
            raise UnauthenticatedError("no name in the client's certificate is known here")
        raise UnauthenticatedError(
            "a key is needed: send it as metadata, authorization: Bearer tk_…"
        )

    def _of_secret(self, secret: str, rules: Rules) -> Caller:
        if len(secret) > _MAX_SECRET_LENGTH:
            raise UnauthenticatedError("the key is not known")
        if secret.startswith(PREFIX) or rules.tokens is None or self._jwks is None:
            # A caller cannot steer the digest that is looked up, so the time that it takes tells
            # nothing of the keys there are.
            wanted = digest(secret)
            grant = rules.keys.get(wanted)
            kept = wanted if grant is not None else "0" * len(wanted)
            if not hmac.compare_digest(wanted, kept) or grant is None:
                raise UnauthenticatedError("the key is not known")
            return self._in_time(grant)
        return caller_of(secret, rules.tokens, self._jwks)

    def _in_time(self, grant: Grant) -> Caller:
        if grant.expires is not None and grant.expires <= self._now():
            raise KeyExpiredError(
                f"{grant.caller.name} was let in until {grant.expires:%Y-%m-%d %H:%M} UTC"
            )
        return grant.caller

    # Both of these block, and are called in other threads than those that ask.

    def refresh(self) -> None:
        """Read the file again if it has changed."""
        if self._watched is not None and self._watched.refresh():
            self._follow(self._watched.value)

    def refresh_tokens(self) -> None:
        """Fetch the keys for tokens if it is time."""
        if self._jwks is not None:
            self._jwks.refresh()

    def _follow(self, rules: Rules) -> None:
        if rules.tokens is None:
            self._jwks = None
        elif self._jwks is None or self._jwks.where != rules.tokens.jwks:
            self._jwks = Jwks(rules.tokens.jwks)
