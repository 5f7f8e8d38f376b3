"""The gateway over gRPC: ``CaptionsService``, on a port of its own."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from translator.captions import requests, responses
from translator.captions.audience import Audience, RoomFullError
from translator.captions.hall import Hall
from translator.captions.links import Links, Role, new_room_id
from translator.captions.publisher import GoneError, Publisher
from translator.errors import ConfigError, InvalidRequestError, ServiceError, TranslatorError
from translator.status import logged_status, to_grpc

__all__ = ["SERVICE", "serving_rpc"]

_log = logging.getLogger(__name__)

SERVICE = "translator.captions.v1.CaptionsService"

_FIRST_MESSAGE_S = 5.0
_MAX_MESSAGE = 64 * 1024
_OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", _MAX_MESSAGE),
    # A peer that silently vanished is noticed; clients may ping as often as every 20 s.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
    # A connection that says nothing, or has no calls, is closed.
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.max_connection_idle_ms", 60_000),
    ("grpc.max_allowed_incoming_connections", 20_000),
    ("grpc.max_concurrent_streams", 1_000),
    # No header is kept for later ones to refer to, at no cost to who does.
    ("grpc.http2.hpack_table_size.decoder", 0),
    # What waits for a slow viewer; then it skips drafts.
    ("grpc.http2.write_buffer_size", 16 * 1024),
)
# How a publisher's call ends, by the code that a WebSocket would be closed with.
_ENDS = {
    4400: grpc.StatusCode.INVALID_ARGUMENT,
    4409: grpc.StatusCode.ABORTED,
}
_BEAT = b""

_Handler = Callable[[Any, Any], Awaitable[Any]]


def _key(context: Any) -> str:
    """The key of a link, from the metadata; "" if there is none."""
    told = dict(context.invocation_metadata() or ()).get("authorization", "")
    scheme, _, token = str(told).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _guarded(handler: _Handler) -> _Handler:
    """Turn errors into statuses."""

    async def guarded(request: Any, context: Any) -> Any:
        try:
            return await handler(request, context)
        except TranslatorError as error:
            status = logged_status(error)
        except GoneError:
            return None
        except Exception as error:
            if isinstance(error, grpc.aio.AbortError):
                raise
            wrapped = ServiceError(type(error).__name__)
            wrapped.__cause__ = error
            status = logged_status(wrapped)
        await context.abort_with_status(to_grpc(status))
        return None

    return guarded


class _CallPeer:
    """A publisher at a call."""

    waits_for_end = True

    def __init__(self, context: Any) -> None:
        self._context = context
        # A call takes one write at a time.
        self._writing = asyncio.Lock()
        # Set where it is closed from here.
        self.end: tuple[grpc.StatusCode, str] | None = None
        self._ending = asyncio.Event()

    async def receive(self) -> bytes:
        reading = asyncio.ensure_future(self._context.read())
        ending = asyncio.ensure_future(self._ending.wait())
        try:
            await asyncio.wait({reading, ending}, return_when=asyncio.FIRST_COMPLETED)
            if self.end is not None:
                raise GoneError
            data = reading.result()
        except (grpc.RpcError, grpc.aio.BaseError, asyncio.InvalidStateError):
            raise GoneError from None
        finally:
            reading.cancel()
            ending.cancel()
        if not isinstance(data, bytes):
            # The end of what it says.
            raise GoneError(is_end=True)
        return data

    async def send(self, reply: responses.Reply) -> None:
        try:
            async with self._writing:
                await self._context.write(reply.message)
        except (grpc.RpcError, grpc.aio.BaseError, asyncio.InvalidStateError):
            raise GoneError from None

    async def close(self, code: int, reason: str) -> None:
        self.end = _ENDS[code], reason
        self._ending.set()

    async def refuse(self, error: TranslatorError) -> None:
        raise error


class _Servicer:
    """Messages come and go as bytes: an event is made once for all viewers."""

    def __init__(self, hall: Hall, links: Links, max_unknown: int) -> None:
        self._hall = hall
        self._links = links
        self._max_unknown = max_unknown
        self._num_unknown = 0

    def handler(self) -> Any:
        unary, streamed = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
        both: Any = grpc.stream_stream_rpc_method_handler
        methods: Any = {
            "CreateRoom": unary(_guarded(self._create)),
            "Publish": both(_guarded(self._publish)),
            "Subscribe": streamed(_guarded(self._subscribe)),
            "GetTranscript": unary(_guarded(self._transcript)),
            "GetRoom": unary(_guarded(self._status)),
            "SwitchSink": unary(_guarded(self._switch_sink)),
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    def _room(self, context: Any, room_id: str, role: Role) -> Audience:
        self._links.check(_key(context), room_id, role)
        return self._hall.room(room_id)

    async def _create(self, data: bytes, context: Any) -> bytes:
        self._links.check(_key(context), "*", Role.OPERATE)
        title, pinned = requests.parse_create_room(data)
        room = self._hall.speaking_room(new_room_id(), title=title, pinned=pinned)
        return responses.created(room.room_id, self._links.of(room.room_id)).message

    async def _transcript(self, data: bytes, context: Any) -> bytes:
        room_id, language = requests.parse_transcript(data)
        room = self._room(context, room_id, Role.VIEW)
        return responses.transcript(*await room.transcript(language)).message

    async def _status(self, data: bytes, context: Any) -> bytes:
        room = self._room(context, requests.parse_room(data), Role.OPERATE)
        return responses.status(room.facts(with_missing=True)).message

    async def _switch_sink(self, data: bytes, context: Any) -> bytes:
        room_id, number, on = requests.parse_switch_sink(data)
        self._links.check(_key(context), room_id, Role.OPERATE)
        facts = self._hall.speaking_room(room_id).switch_sink(number, on)
        return responses.switched(number, facts).message

    async def _subscribe(self, data: bytes, context: Any) -> None:
        asked = requests.parse_subscribe(data)
        many = len(asked.languages) > requests.MAX_LANGUAGES
        room = self._room(context, asked.room_id, Role.OPERATE if many else Role.VIEW)
        viewer = room.join(asked.languages, asked.after, asked.added)
        try:
            while True:
                for event in room.take(viewer).events:
                    # Waits where the viewer does not read; then it is behind, and skips drafts.
                    await context.write(event.message)
                if viewer.farewell is not None:
                    return
                if viewer.beat:
                    viewer.beat = False
                    await context.write(_BEAT)
                await viewer.wait()
        finally:
            room.leave(viewer)

    async def _publish(self, _: Any, context: Any) -> None:
        if self._num_unknown >= self._max_unknown:
            raise RoomFullError("too many calls have yet to say who they are")
        peer = _CallPeer(context)
        self._num_unknown += 1
        try:
            async with asyncio.timeout(_FIRST_MESSAGE_S):
                first = requests.parse_publish(await peer.receive())
        except TimeoutError:
            await context.abort(
                grpc.StatusCode.DEADLINE_EXCEEDED, f"nothing was said in {_FIRST_MESSAGE_S:g} s"
            )
            return
        finally:
            self._num_unknown -= 1
        if not isinstance(first, requests.Opening):
            raise InvalidRequestError("request", "opening comes first")
        requests.parse_room_id(first.room_id)
        self._links.check(first.key or _key(context), first.room_id, Role.SPEAK)
        await Publisher(peer, self._hall.speaking_room(first.room_id), first).run()
        if peer.end is not None:
            await context.abort(*peer.end)


@asynccontextmanager
async def serving_rpc(
    hall: Hall,
    links: Links,
    host: str,
    port: int,
    *,
    certificate: tuple[Path, Path] | None = None,
    max_unknown: int = 256,
) -> AsyncIterator[int]:
    """Serve while the context is open.

    Args:
        hall: The rooms, which are kept open by somebody else.
        links: What checks keys.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        certificate: Certificate and private key (PEM), for TLS; None: none.
        max_unknown: Publishers that have yet to say who they are.

    Yields:
        The port.

    Raises:
        ConfigError: The port cannot be opened, or the certificate cannot be used.
    """
    server: Any = grpc.aio.server(options=_OPTIONS)
    server.add_generic_rpc_handlers((_Servicer(hall, links, max_unknown).handler(),))
    servicer = health.aio.HealthServicer()  # type: ignore[attr-defined]
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    for name in ("", SERVICE):
        await servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        if certificate is None:
            bound = server.add_insecure_port(address)
        else:
            cert, key = (path.read_bytes() for path in certificate)
            bound = server.add_secure_port(address, grpc.ssl_server_credentials([(key, cert)]))
    except OSError as error:
        raise ConfigError(f"tls_cert: cannot be used ({error})") from error
    except RuntimeError as error:
        raise ConfigError(f"grpc_port: cannot listen on {address}; is it in use?") from error
    await server.start()
    try:
        yield bound
    finally:
        await servicer.enter_graceful_shutdown()
        # Viewers are told goodbye before the connections go.
        await hall.close()
        with contextlib.suppress(asyncio.CancelledError):
            await server.stop(1.0)
