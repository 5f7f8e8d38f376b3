"""The certificates that a server shows, and those that it asks of its clients."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from translator.access.watched import Watched, read_bounded
from translator.errors import ConfigError

__all__ = ["Certificates", "read_certificates", "read_names", "watched_certificates"]

# A chain has some 10 kB, the bundle of all public authorities some 250 kB.
_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files that fit together.

    Attributes:
        chain: The server's certificate, then those of its authorities.
        key: Its private key.
        client_ca: The authorities that a client's certificate has to come from; None asks for none.
        expires: When the server's certificate does.
    """

    chain: bytes
    key: bytes
    client_ca: bytes | None
    expires: datetime


def read_certificates(
    cert: Path, key: Path, client_ca: Path | None, now: datetime | None = None
) -> Certificates:
    """Read and check the files that the settings name.

    Raises:
        ConfigError: One is missing or damaged, they do not belong together, or the certificate has
            expired.
    """
    chain, private = (
        read_bounded(path, name, _MAX_BYTES)
        for path, name in ((cert, "tls_cert"), (key, "tls_key"))
    )
    leaf = _certificates(chain, "tls_cert", cert)[0]
    try:
        loaded = serialization.load_pem_private_key(private, None)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"tls_key: {key} is no private key in PEM without a passphrase"
        ) from error
    if loaded.public_key() != leaf.public_key():
        raise ConfigError(f"tls_key: {key} does not belong to the certificate in {cert}")
    expires = leaf.not_valid_after_utc
    if expires <= (now or datetime.now(UTC)):
        raise ConfigError(f"tls_cert: {cert} expired at {expires:%Y-%m-%d %H:%M} UTC")
    authorities = None
    if client_ca is not None:
        authorities = read_bounded(client_ca, "tls_client_ca", _MAX_BYTES)
        _certificates(authorities, "tls_client_ca", client_ca)
    return Certificates(chain, private, authorities, expires)


def read_names(cert: Path) -> list[str]:
    """The names that a server's certificate is for.

    Raises:
        ConfigError: There is no such certificate.
    """
    leaf = _certificates(read_bounded(cert, "tls_cert", _MAX_BYTES), "tls_cert", cert)[0]
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = names.get_values_for_type(x509.IPAddress)
    return [*names.get_values_for_type(x509.DNSName), *map(str, addresses)]


def watched_certificates(cert: Path, key: Path, client_ca: Path | None) -> Watched[Certificates]:
    """The certificates, read again when a file changes.

    Raises:
        ConfigError: As ``read_certificates``.
    """
    paths = [cert, key, *([client_ca] if client_ca else [])]
    return Watched(paths, lambda: read_certificates(cert, key, client_ca), "the certificates")


def _certificates(pem: bytes, setting: str, path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise ConfigError(
            f"{setting}: {path} has no certificate in PEM, or a damaged one"
        ) from error
