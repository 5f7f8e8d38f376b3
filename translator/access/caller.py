"""Who calls, as a front sees it and as the rules know it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from translator.errors import PermissionDeniedError

__all__ = ["ANYONE", "EVERY_ROLE", "Caller", "Quota", "Role", "Visitor", "secrets_of"]


class Role(StrEnum):
    """What a caller may do."""

    STREAM = "stream"
    """Live streams."""
    TRANSLATE = "translate"
    """Whole texts."""
    BATCH = "batch"
    """Batches."""
    ADMIN = "admin"
    """The metrics page, channelz and reflection, where they ask for a key."""


EVERY_ROLE = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Quota:
    """How much a caller may use of a server; 0: as much as there is.

    Attributes:
        sessions: Streams at once.
        characters_per_minute: Code points of source, tentative ones too, in 60 seconds.
        characters_per_day: The same in 24 hours.
        batch_items_per_day: Items of batches in 24 hours.
    """

    sessions: int = 0
    characters_per_minute: int = 0
    characters_per_day: int = 0
    batch_items_per_day: int = 0


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was let in.

    Attributes:
        name: Names the caller in logs; "" where nobody is asked for a name.
        roles: What they may do.
        quota: How much they may use.
        is_configured: Whether the name stands in the server's own file, so that there are few of
            them: only such names are labels of metrics.
    """

    name: str = ""
    roles: frozenset[Role] = EVERY_ROLE
    quota: Quota = field(default_factory=Quota)
    is_configured: bool = False

    def check(self, role: Role) -> None:
        """Check that the caller has a role.

        Raises:
            PermissionDeniedError: They do not.
        """
        if role not in self.roles:
            raise PermissionDeniedError(
                f"{self.name} has no role {role}; roles: {', '.join(sorted(self.roles)) or 'none'}",
                metadata={"role": role},
            )


ANYONE = Caller()


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a front knows of somebody who calls.

    Attributes:
        secrets: What each header has that names a caller: keys and tokens, without "Bearer".
        certificate_names: Names in the client's certificate, which TLS has verified.
        peer: Where the call comes from, such as ``ipv4:192.0.2.7:4711``.
        trace: What names the trace that the call belongs to; see ``translator.telemetry.spans``.
        front: The name of the protocol, if it is not our own.
    """

    secrets: tuple[str, ...] = ()
    certificate_names: tuple[str, ...] = ()
    peer: str = ""
    trace: tuple[tuple[str, str], ...] = ()
    front: str = ""


def secrets_of(headers: Iterable[tuple[str, str | bytes]]) -> tuple[str, ...]:
    """What names the caller in headers, in each one that can: it may come twice."""
    secrets: list[str] = []
    for name, value in headers:
        if name not in ("authorization", "x-api-key"):
            continue
        text = value if isinstance(value, str) else value.decode("ascii", "replace")
        scheme, _, rest = text.strip().partition(" ")
        is_bearer = name == "authorization" and scheme.lower() == "bearer"
        secrets.append(rest.strip() if is_bearer else text.strip())
    return tuple(secrets)
