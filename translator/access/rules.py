"""The file that says who may call: keys, names in certificates, tokens."""

import logging
import re
import stat
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from translator.access.caller import Caller, Quota, Role
from translator.access.watched import Watched, read_bounded
from translator.errors import ConfigError

__all__ = ["NAME", "Grant", "Rules", "TokenRules", "parse_rules", "watched_rules"]

_log = logging.getLogger(__name__)

# Some 5,000 keys.
_MAX_BYTES = 1 << 20

# Names are labels of metrics and stand in logs.
NAME = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}\Z"
_Count = Annotated[int, Field(ge=0, le=2**53)]
# The kinds of signature that need no secret on this side. "none" is not among them.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")


def _checked_name(name: str) -> str:
    if not re.fullmatch(NAME, name):
        raise ValueError(
            f"{name!r} is no name; allowed: letters, digits and . _ @ -, 64 at most, a letter or "
            "digit first"
        )
    return name


class _Limits(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sessions: _Count = 0
    characters_per_minute: _Count = 0
    characters_per_day: _Count = 0
    batch_items_per_day: _Count = 0

    @property
    def quota(self) -> Quota:
        return Quota(
            self.sessions,
            self.characters_per_minute,
            self.characters_per_day,
            self.batch_items_per_day,
        )


class _Entry(_Limits):
    name: Annotated[str, AfterValidator(_checked_name)]
    roles: frozenset[Role] = frozenset({Role.STREAM, Role.TRANSLATE, Role.BATCH})
    expires: datetime | date | None = None

    @property
    def grant(self) -> "Grant":
        caller = Caller(self.name, self.roles, self.quota, is_configured=True)
        return Grant(caller, _moment(self.expires))


class _Key(_Entry):
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Certificate(_Entry):
    subject: Annotated[str, StringConstraints(min_length=1, max_length=256)]


class TokenRules(_Limits):
    """Which tokens (JWT) are taken.

    Attributes:
        issuer: Who has to have issued them.
        audience: Whom they have to be for: this server.
        jwks: Where the issuer's public keys are: an https address or a file.
        roles: What who has one may do.
        roles_claim: The claim that names their roles instead, as a list or with spaces between.
        algorithms: The kinds of signature that are taken.
        leeway_s: How far the two clocks may be apart.
    """

    issuer: Annotated[str, StringConstraints(min_length=1)]
    audience: Annotated[str, StringConstraints(min_length=1)]
    jwks: Annotated[str, StringConstraints(min_length=1)]
    roles: frozenset[Role] = frozenset({Role.STREAM, Role.TRANSLATE, Role.BATCH})
    roles_claim: str = ""
    algorithms: tuple[Annotated[str, Field(pattern=f"^({'|'.join(_ALGORITHMS)})$")], ...] = (
        "RS256",
        "ES256",
        "EdDSA",
    )
    leeway_s: Annotated[float, Field(ge=0, le=600)] = 60.0


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[_Key, ...] = ()
    certificates: tuple[_Certificate, ...] = ()
    tokens: TokenRules | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody is let in as, and until when; None: for good."""

    caller: Caller
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may call.

    Attributes:
        keys: By the digest of the key.
        certificates: By a name in the client's certificate.
        tokens: Which tokens are taken; None: none.
    """

    keys: Mapping[str, Grant]
    certificates: Mapping[str, Grant]
    tokens: TokenRules | None = None

    @property
    def names(self) -> list[str]:
        """The names of all entries."""
        return [grant.caller.name for grant in (*self.keys.values(), *self.certificates.values())]


def parse_rules(text: str, where: object) -> Rules:
    """Read the file's text.

    Raises:
        ConfigError: It is not valid; the message names the entry, and never a key.
    """
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"access: {where} is no TOML ({error})") from None
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:5]
        ]
        raise ConfigError(f"access: {where}: {'; '.join(problems)}") from None
    rules = Rules(
        {key.sha256: key.grant for key in file.keys},
        {each.subject: each.grant for each in file.certificates},
        file.tokens,
    )
    if len(rules.keys) < len(file.keys) or len(rules.certificates) < len(file.certificates):
        raise ConfigError(f"access: {where}: a key or a subject stands there twice")
    if twice := _twice(rules.names):
        raise ConfigError(f"access: {where}: {twice} is the name of two entries; allowed: of one")
    return rules


def watched_rules(path: Path) -> Watched[Rules]:
    """The rules in a file, read again when it changes.

    Raises:
        ConfigError: It is not valid now.
    """

    def read() -> Rules:
        try:
            text = read_bounded(path, "access", _MAX_BYTES, may_be_blank=True).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError(f"access: {path} is not UTF-8") from error
        if path.stat().st_mode & stat.S_IROTH:
            _log.warning("access: everyone on this machine may read %s", path)
        return parse_rules(text, path)

    return Watched([path], read, "the access rules")


def _moment(expires: datetime | date | None) -> datetime | None:
    """The end of a day, or a moment; without a zone it is UTC."""
    if expires is None:
        return None
    if not isinstance(expires, datetime):
        expires = datetime.combine(expires, time.max)
    return expires if expires.tzinfo is not None else expires.replace(tzinfo=UTC)


def _twice(names: Iterable[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""
