"""Opens the ports of a server, with TLS where the settings say so."""

import ipaddress
import logging
from typing import Any

import grpc

from translator.access.certificates import Certificates, watched_certificates
from translator.access.watched import Watched
from translator.config import ServerConfig
from translator.errors import ConfigError

__all__ = ["address_of", "certificates_of", "check_exposure", "listen"]

_log = logging.getLogger(__name__)


def check_exposure(config: ServerConfig) -> None:
    """Refuse ports that others can reach and that have no TLS, unless the settings allow them.

    Raises:
        ConfigError: There is one.
    """
    if config.tls_cert is not None or config.allow_plaintext:
        return
    hosts = {"host": config.host}
    if config.metrics_port is not None or config.admin_port is not None:
        hosts["admin_host"] = config.admin_host
    for key, host in hosts.items():
        if not _is_loopback(host):
            raise ConfigError(
                f"{key}: {host} can be reached from other machines, and without TLS whoever is on "
                "the way reads and changes what is sent: set tls_cert and tls_key, or "
                "allow_plaintext where the network can be trusted"
            )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def certificates_of(config: ServerConfig) -> Watched[Certificates] | None:
    """The certificates that the settings name; None: no TLS.

    Raises:
        ConfigError: They cannot be used.
    """
    cert, key = config.tls_cert, config.tls_key
    if cert is None or key is None:
        for name in ("tls_cert", "tls_key", "tls_client_ca"):
            if getattr(config, name) is not None:
                raise ConfigError(f"{name}: is set; tls_cert and tls_key are needed together")
        return None
    return watched_certificates(cert, key, config.tls_client_ca)


def address_of(host: str, port: int) -> str:
    """``HOST:PORT``; an IPv6 address has colons of its own."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen(
    server: Any, host: str, port: int, key: str, certificates: Watched[Certificates] | None
) -> int:
    """Open a port of a gRPC server. Returns its number.

    Raises:
        ConfigError: It cannot be opened; ``key`` names its setting.
    """
    address = address_of(host, port)
    try:
        if certificates is None:
            bound: int = server.add_insecure_port(address)
        else:
            bound = server.add_secure_port(address, _credentials(certificates))
    except RuntimeError as error:
        raise ConfigError(f"{key}: cannot listen on {address}; is it in use?") from error
    return bound


def _credentials(certificates: Watched[Certificates]) -> grpc.ServerCredentials:
    """Credentials that follow the certificates: each handshake gets the newest."""
    served = certificates.value

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        # In a thread of gRPC's, for each handshake; a stream that is open notices nothing.
        nonlocal served
        certificates.refresh()
        if certificates.value is served:
            return None
        served = certificates.value
        return _configuration(served)

    return grpc.dynamic_ssl_server_credentials(
        _configuration(served),
        fetch,  # type: ignore[arg-type]  # None: nothing new.
        require_client_authentication=served.client_ca is not None,
    )


def _configuration(certificates: Certificates) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration(
        [(certificates.key, certificates.chain)], certificates.client_ca
    )
