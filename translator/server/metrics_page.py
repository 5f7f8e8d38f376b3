"""The page that Prometheus reads, with TLS where the server has it."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from translator.access.caller import Role, Visitor, secrets_of
from translator.access.certificates import Certificates
from translator.access.gate import Gate
from translator.access.watched import Watched
from translator.config import ServerConfig
from translator.errors import ConfigError, TranslatorError
from translator.metrics import Metrics
from translator.server.ports import address_of

__all__ = ["MetricsPage"]

# Of what never sends its request, or never reads the answer.
_TIMEOUT_S = 10.0
_App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
# Each reader has a thread.
_MAX_READERS = 16


class MetricsPage:
    """Serves the metrics over HTTP, from threads of its own.

    Args:
        config: The settings.
        metrics: What is shown.
        gate: Knows who may see it.
        certificates: For HTTPS; None: HTTP.

    Raises:
        ConfigError: The port cannot be opened.
    """

    def __init__(
        self,
        config: ServerConfig,
        metrics: Metrics,
        gate: Gate,
        certificates: Watched[Certificates] | None,
    ) -> None:
        host, port = config.admin_host, config.metrics_port or 0
        tls = None if certificates is None else _Tls(config, certificates)

        class Server(_Server):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        app: _App = make_wsgi_app(metrics.registry)
        if config.admin_access == "key":
            app = _guarded(app, gate)
        try:
            self._server: Any = make_server(host, port, app, Server, _Handler)
        except OSError as error:
            raise ConfigError(
                f"metrics_port: cannot listen on {address_of(host, port)}; is it in use?"
            ) from error
        self._server.tls = tls
        self.port: int = self._server.server_port
        threading.Thread(
            target=self._server.serve_forever, name="translator-metrics", daemon=True
        ).start()

    async def close(self) -> None:
        """Stop serving."""
        closing = asyncio.create_task(asyncio.to_thread(self._server.shutdown))
        # Its thread looks twice a second whether to end, and at once when somebody connects.
        with suppress(OSError):
            _, writer = await asyncio.open_connection(*self._server.server_address[:2])
            writer.close()
        await closing
        self._server.server_close()


def _guarded(app: _App, gate: Gate) -> _App:
    """The same, for callers with the role ``admin``."""

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = [
            (name, value)
            for name in ("authorization", "x-api-key")
            if (value := environ.get(f"HTTP_{name.upper().replace('-', '_')}"))
        ]
        try:
            gate.caller(Visitor(secrets_of(headers))).check(Role.ADMIN)
        except TranslatorError as error:
            status = "403 Forbidden" if error.status == "PERMISSION_DENIED" else "401 Unauthorized"
            start_response(status, [("WWW-Authenticate", "Bearer")])
            return [f"{error.message}\n".encode()]
        return app(environ, start_response)

    return guarded


class _Tls:
    """The TLS context of the certificates now in force."""

    def __init__(self, config: ServerConfig, certificates: Watched[Certificates]) -> None:
        self._config = config
        self._certificates = certificates
        self._lock = threading.Lock()
        self._served = certificates.value
        self._context = self._load()

    @property
    def context(self) -> ssl.SSLContext:
        """The context for a connection that begins now."""
        with self._lock:
            self._certificates.refresh()
            if self._certificates.value is not self._served:
                # What is in the files may be newer still, and broken: then the former goes on.
                with suppress(OSError):
                    self._context = self._load()
                    self._served = self._certificates.value
            return self._context

    def _load(self) -> ssl.SSLContext:
        config = self._config
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        assert config.tls_cert is not None  # noqa: S101
        context.load_cert_chain(config.tls_cert, config.tls_key)
        if config.tls_client_ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(config.tls_client_ca)
        return context


class _Server(ThreadingMixIn, WSGIServer):
    """One thread a reader, and so many readers at once."""

    daemon_threads = True
    tls: _Tls | None = None

    def __init__(self, *arguments: Any) -> None:
        self._places = threading.BoundedSemaphore(_MAX_READERS)
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(_TIMEOUT_S)
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        # The handshake is the reader's own wait, not that of all.
        with self.tls.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that goes away, or that has no certificate, is no error of ours."""


class _Handler(WSGIRequestHandler):
    """Logs no requests."""

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        pass
