"""Listens, and serves the gateway's app with uvicorn."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from translator.errors import ConfigError

__all__ = ["OUTLET", "listen", "serving"]

# The extension of the ASGI scope that has the connection; servers of others do not have it.
OUTLET = "translator.outlet"

_log = logging.getLogger(__name__)

# A viewer that does not read has so many bytes wait in the kernel at most. Without it, megabytes of
# stale captions pile up there.
_TCP_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", 25)
_MAX_UNSENT = 16 * 1024
_BACKLOG = 2048
# A connection that asks nothing within this time, or does not go on with it, is closed.
_SILENT_S = 10.0
_MAX_MESSAGE = 64 * 1024
# Bytes of an address and its headers, of what follows a body, or between two pieces of it. The
# parser itself takes addresses of 64 KiB.
_MAX_HEAD = 128 * 1024
_MAX_HEADERS = 256
# Requests that wait for the answer of the one before: browsers and libraries send none.
_MAX_WAITING = 16
# Pieces of a body, each of which takes some microseconds of the event loop, and the bytes that they
# have on average where there are more.
_MANY_PIECES = 10_000
_SMALL_PIECE = 16


class _TooMuchError(Exception):
    """A client sends what costs more than any request: the parser stops, and it is answered 400."""


class _Impatient(HttpToolsProtocol):
    """Closes connections that do not ask anything, or too much, and lets a room write to those of
    viewers.
    """

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # Since the last piece of a body, or the beginning of a request.
        self._head_bytes = 0
        self._body_bytes = self._num_pieces = 0
        self._silence = self.loop.call_later(_SILENT_S, transport.close)

    @property
    def is_ready(self) -> bool:
        """Whether what is written now goes out at once."""
        return not (self.flow.write_paused or self.transport.is_closing())

    def write(self, chunk: bytes) -> None:
        """Write to the connection, past ASGI."""
        self.transport.write(chunk)

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > _MAX_HEAD and not self.transport.is_closing():
            # Of a header that goes on and on the parser tells nothing.
            self.send_400_response("Too many headers.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = self._body_bytes = self._num_pieces = 0
        extensions: Any = self.scope.setdefault("extensions", {})
        extensions[OUTLET] = self

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) >= _MAX_HEADERS:
            raise _TooMuchError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= _MAX_WAITING:
            raise _TooMuchError
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head_bytes = 0
        self._num_pieces += 1
        self._body_bytes += len(body)
        if self._num_pieces > _MANY_PIECES and self._body_bytes < _SMALL_PIECE * self._num_pieces:
            raise _TooMuchError
        # A large one may take longer; how long in all is for whoever reads it to say.
        self._silence.cancel()
        self._silence = self.loop.call_later(_SILENT_S, self.transport.close)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._silence.cancel()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._silence.cancel()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._silence.cancel()
        super().handle_websocket_upgrade()


class _WebSocket(WebSocketsSansIOProtocol):
    """Ends a connection that its client is closing; uvicorn's own fails there, and with it the end
    of the server.
    """

    def shutdown(self) -> None:
        try:
            super().shutdown()
        except InvalidState:
            self.transport.close()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        ConfigError: The port cannot be opened.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # What it accepts inherits it; not every system has it.
        with contextlib.suppress(OSError):
            bound.setsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT, _MAX_UNSENT)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise ConfigError(f"port: cannot listen on {host}:{port}; is it in use?") from error
    bound.setblocking(False)
    return bound


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it, and is told when to end: uvicorn's own looks ten times a
    second whether it should.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    def end(self) -> None:
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        # Each second for the header that says the time.
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._ending.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@asynccontextmanager
async def serving(
    app: ASGIApp,
    on: socket.socket,
    goodbye: Callable[[], Awaitable[None]],
    certificate: tuple[Path, Path] | None = None,
) -> AsyncIterator[None]:
    """Serve while the context is open.

    Args:
        app: The gateway.
        on: A socket that listens; it is closed at the end.
        goodbye: Called before connections are closed.
        certificate: Certificate and private key (PEM), for https; None: http.

    Raises:
        ConfigError: The certificate cannot be used.
    """
    cert, key = certificate or (None, None)
    config = uvicorn.Config(
        app,
        http=_Impatient,
        ws=_WebSocket,
        ws_max_size=_MAX_MESSAGE,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        ws_per_message_deflate=False,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=2,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        ssl_certfile=cert,
        ssl_keyfile=key,
    )
    try:
        config.load()
    except OSError as error:
        on.close()
        # Python's SSL errors are of this kind too.
        raise ConfigError(f"tls_cert: {cert} and {key} cannot be used ({error})") from error
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[on]))
    try:
        while not server.started:
            if running.done():
                running.result()
                raise ConfigError("the gateway could not start")
            await asyncio.sleep(0.01)
        yield
    finally:
        await goodbye()
        server.end()
        await running
        on.close()
