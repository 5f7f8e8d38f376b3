"""Signed links: who may do what in which room."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import jwt

from translator.errors import ClientError

__all__ = ["AccessError", "ExpiredLinkError", "Links", "Role", "new_room_id"]

_ALGORITHM = "HS256"
_AUDIENCE = "captions"


class AccessError(ClientError):
    """A link is forged, has expired, or lets do something else."""

    status = "PERMISSION_DENIED"
    reason = "PERMISSION_DENIED"


class ExpiredLinkError(AccessError):
    """A link was good once."""

    reason = "EXPIRED"


class Role(StrEnum):
    """What a link lets do. Whoever operates may speak, and whoever speaks may read."""

    VIEW = "view"
    SPEAK = "speak"
    OPERATE = "operate"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


_PAGES = {Role.VIEW: "r", Role.SPEAK: "s", Role.OPERATE: "o"}


def new_room_id() -> str:
    """A name that nobody can guess: 80 bits, in letters and digits that are easy to read out."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "".join(secrets.choice(alphabet) for _ in range(16))


@dataclass(frozen=True, slots=True)
class Links:
    """Makes keys and checks them. A key names a room, a role and when it ends.

    Attributes:
        secret: Whoever has it can make keys; at least 32 bytes.
        public_url: Where the gateway is reached, without a slash at the end.
        lifetime_s: How long a new key is good, in seconds.
    """

    secret: bytes
    public_url: str = ""
    lifetime_s: float = 7 * 86_400.0

    def key(self, room_id: str, role: Role, *, lifetime_s: float | None = None) -> str:
        """Make a key."""
        end = time.time() + (self.lifetime_s if lifetime_s is None else lifetime_s)
        claims = {"aud": _AUDIENCE, "sub": room_id, "role": role.value, "exp": int(end)}
        return jwt.encode(claims, self.secret, _ALGORITHM)

    def url(self, room_id: str, role: Role) -> str:
        """A link with a new key. The key is in the fragment: it is in no log and no referrer."""
        return f"{self.public_url}/{_PAGES[role]}/{room_id}#key={self.key(room_id, role)}"

    def all_rooms_url(self) -> str:
        """A link with a new key to make rooms."""
        return f"{self.public_url}/captions/v1/rooms#key={self.key('*', Role.OPERATE)}"

    def of(self, room_id: str) -> Callable[[str], str]:
        """What makes the links of a room, each for a role."""
        return lambda role: self.url(room_id, Role(role))

    def check(self, key: str, room_id: str, role: Role) -> Role:
        """The role of a key that is good for this room and for this role at least.

        Raises:
            AccessError: It is not.
        """
        try:
            claims = jwt.decode(
                key,
                self.secret,
                [_ALGORITHM],
                audience=_AUDIENCE,
                options={"require": ["exp", "sub", "aud"]},
            )
            given = Role(claims.get("role", ""))
        except jwt.ExpiredSignatureError as error:
            raise ExpiredLinkError("the link has expired; ask for a new one") from error
        except (jwt.InvalidTokenError, ValueError) as error:
            raise AccessError("the link is not valid") from error
        if claims["sub"] != room_id and room_id == "*":
            raise AccessError("the link does not let you make rooms")
        if claims["sub"] != room_id:
            raise AccessError("the link is for another room")
        if not given.includes(role):
            raise AccessError(f"the link lets you {given}, not {role}")
        return given
