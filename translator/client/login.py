"""How a client shows who it is, and knows whom it talks to: certificates and a key, from files."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import grpc

from translator.errors import ConfigError

__all__ = ["ClientAccess", "Login", "bearer", "tls_credentials"]

_MAX_BYTES = 1 << 20


def tls_credentials(
    *,
    ca: str | Path | None = None,
    cert: str | Path | None = None,
    key: str | Path | None = None,
) -> grpc.ChannelCredentials:
    """Credentials for a server with TLS, for the argument ``credentials`` of a client.

    Args:
        ca: The authorities that the server's certificate may come from (PEM); None: the public
            ones.
        cert: This client's own certificate and its chain (PEM), if the server asks for one.
        key: Its private key (PEM).

    Raises:
        ConfigError: A file cannot be used, or of ``cert`` and ``key`` one is missing.
    """
    if (cert is None) != (key is None):
        missing = "key" if key is None else "cert"
        raise ConfigError(f"{missing}: is missing; a client's certificate and its key go together")
    return grpc.ssl_channel_credentials(
        None if ca is None else _pem("ca", ca, "CERTIFICATE"),
        None if key is None else _pem("key", key, "PRIVATE KEY"),
        None if cert is None else _pem("cert", cert, "CERTIFICATE"),
    )


class ClientAccess(TypedDict):
    """The arguments of a client that a ``Login`` stands for."""

    credentials: grpc.ChannelCredentials | None
    metadata: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Login:
    """Files by which a client and a server know each other.

    Attributes:
        tls: Whether the server has TLS; any of the next three says so too.
        ca: See ``tls_credentials``.
        cert: See ``tls_credentials``.
        key: See ``tls_credentials``.
        access_key: A file with the key that names this client to the server: ``tk_…``.
        secret: The key itself, which goes before that of the file.
    """

    tls: bool = False
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    access_key: Path | None = None
    secret: str = field(default="", repr=False)

    def arguments(self) -> ClientAccess:
        """What a client is made with.

        Raises:
            ConfigError: A file cannot be used.
        """
        has_tls = self.tls or any((self.ca, self.cert, self.key))
        return {
            "credentials": tls_credentials(ca=self.ca, cert=self.cert, key=self.key)
            if has_tls
            else None,
            "metadata": self._metadata(),
        }

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        if self.secret:
            return bearer(self.secret)
        return () if self.access_key is None else _bearer_of(self.access_key)


def bearer(secret: str) -> tuple[tuple[str, str], ...]:
    """The metadata that names a caller.

    Raises:
        ValueError: No key looks like this.
    """
    if not secret.isascii() or not secret.isprintable() or not secret or " " in secret:
        raise ValueError("a key is printable ASCII without spaces")
    return (("authorization", f"Bearer {secret}"),)


def _bearer_of(path: Path) -> tuple[tuple[str, str], ...]:
    try:
        return bearer(_read("access_key", path).decode("ascii", "replace").strip())
    except ValueError as error:
        raise ConfigError(
            f"access_key: {path} has no key, such as tk_…, alone on a line"
        ) from error


def _pem(name: str, path: str | Path, kind: str) -> bytes:
    pem = _read(name, Path(path))
    if b"-----BEGIN " not in pem or f"{kind}-----".encode() not in pem:
        raise ConfigError(f"{name}: {path} has no {kind.lower()} in PEM")
    return pem


def _read(name: str, path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"{name}: {path} is not a file")
        with path.open("rb") as file:
            contents = file.read(_MAX_BYTES)
    except OSError as error:
        raise ConfigError(f"{name}: {path} cannot be read ({error.strerror or error})") from error
    if not contents.strip():
        raise ConfigError(f"{name}: {path} is empty")
    return contents
