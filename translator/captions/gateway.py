"""The gateway: pages, viewers and publishers over HTTP and WebSocket."""

import asyncio
import contextlib
import io
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import segno
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from translator.captions import requests, responses
from translator.captions.audience import Audience, Viewer
from translator.captions.hall import Hall
from translator.captions.links import Links, Role, new_room_id
from translator.captions.live_room import LiveRoom
from translator.captions.page_files import Pages
from translator.captions.publisher import GoneError, Publisher
from translator.captions.serving import OUTLET
from translator.errors import InvalidRequestError, TranslatorError

__all__ = ["SUBPROTOCOL", "GatewayConfig", "is_address", "make_app"]

_log = logging.getLogger(__name__)

SUBPROTOCOL = "translator.captions.v1.json"
API = "/captions/v1/rooms"

_EVENTS = re.compile(re.escape(API) + "/([^/]+)/events$")
_ADDRESSES = ("/healthz", "/r/", "/s/", "/o/", "/pages/", "/captions/")
_FIRST_MESSAGE_S = 5.0
_BEAT = b"event: beat\ndata: 1\n\n"
_SSE_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # nginx would keep events back.
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
_STATUS = {
    "INVALID_ARGUMENT": 400,
    "NOT_FOUND": 404,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 503,
    "UNAVAILABLE": 503,
    "UNIMPLEMENTED": 501,
}


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """What a gateway allows.

    Attributes:
        origins: Web pages elsewhere that may connect, as ``https://host``; the gateway's own may.
        max_unknown: Sockets that have yet to say who they are.
        frame_ancestors: Who may show the viewers' pages in a frame, as CSP has it.
    """

    origins: tuple[str, ...] = ()
    max_unknown: int = 256
    frame_ancestors: str = "'self'"


class _Gateway:
    def __init__(self, hall: Hall, links: Links, config: GatewayConfig) -> None:
        self._hall = hall
        self._links = links
        self._config = config
        self._num_unknown = 0
        self._pages = Pages(Path(__file__).parent / "pages")

    def app(self) -> Starlette:
        @contextlib.asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            async with self._hall.open():
                yield

        room = API + "/{room:str}"
        routes = [
            Route("/healthz", self._health),
            Route("/r/{room:str}", self._page("viewer.html", self._config.frame_ancestors)),
            Route(
                "/r/{room:str}/overlay", self._page("overlay.html", self._config.frame_ancestors)
            ),
            Route("/s/{room:str}", self._page("speaker.html")),
            Route("/o/{room:str}", self._page("operator.html")),
            Route("/pages/{file:str}", self._file),
            Route(API, _answer(self._create), methods=["POST"]),
            Route(room, _answer(self._status)),
            Route(room + "/sinks/{sink:int}", _answer(self._switch_sink), methods=["POST"]),
            WebSocketRoute(room + "/events", self._socket),
            Route(room + "/poll", _answer(self._poll)),
            Route(room + "/transcript", _answer(self._transcript)),
            Route(
                room + "/segments/{epoch:str}/{language:str}/{page:int}", _answer(self._segments)
            ),
            Route(room + "/links", _answer(self._room_links)),
            Route(room + "/qr.svg", _answer(self._qr)),
            WebSocketRoute(room + "/publish", self._publish),
        ]
        return Starlette(routes=routes, lifespan=lifespan)

    async def events(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A viewer's event stream."""
        response = await _answer(self._events)(Request(scope, receive))
        await response(scope, receive, send)

    # Who may

    def _check(self, connection: HTTPConnection, role: Role, room_id: str | None = None) -> str:
        """The one place where a credential is checked. Returns the room's name.

        Raises:
            AccessError: The key does not let do this here.
        """
        room_id = room_id or connection.path_params["room"]
        key = connection.query_params.get("key", "")
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            key = token.strip()
        self._links.check(key, room_id, role)
        return room_id

    def _room(self, connection: HTTPConnection, role: Role) -> Audience:
        return self._hall.room(self._check(connection, role))

    def _is_own_page(self, connection: HTTPConnection) -> bool:
        """Whether a browser may connect from its page. What is no browser has no Origin."""
        origin = connection.headers.get("origin")
        if origin is None or origin in self._config.origins:
            return True
        host = connection.headers.get("host", "")
        return origin == self._links.public_url or urlsplit(origin).netloc == host

    # Pages

    async def _health(self, _: Request) -> Response:
        return Response("ok\n", media_type="text/plain")

    def _page(
        self, name: str, ancestors: str = "'none'"
    ) -> Callable[[Request], Awaitable[Response]]:
        async def page(_: Request) -> Response:
            return self._pages.page(name, ancestors)

        return page

    async def _file(self, request: Request) -> Response:
        return self._pages.file(request.path_params["file"])

    # Viewers

    def _join(self, connection: HTTPConnection) -> tuple[Audience, Viewer]:
        room = self._room(connection, Role.VIEW)
        query = connection.query_params
        after = connection.headers.get("last-event-id") or query.get("after", "")
        return room, room.join(requests.parse_languages(query.getlist("language")), after)

    async def _events(self, request: Request) -> Response:
        room, viewer = self._join(request)
        return _EventStream(room, viewer)

    async def _poll(self, request: Request) -> Response:
        room, viewer = self._join(request)
        try:
            events = [event.json for event in room.take(viewer).events]
        finally:
            room.leave(viewer)
        return _json("[" + ",".join(events) + "]", "no-store")

    async def _socket(self, socket: WebSocket) -> None:
        if not self._is_own_page(socket):
            await socket.close(4403)
            return
        try:
            room, viewer = self._join(socket)
        except TranslatorError as error:
            await socket.accept()
            await socket.close(4000 + _STATUS.get(error.status, 500), error.reason)
            return
        await socket.accept(
            SUBPROTOCOL if SUBPROTOCOL in socket.scope.get("subprotocols", []) else None
        )
        gone = asyncio.create_task(_until_gone(socket))
        gone.add_done_callback(lambda _: viewer.wake())
        try:
            while not gone.done():
                for event in room.take(viewer).events:
                    await socket.send_text(event.json)
                if viewer.farewell is not None:
                    await socket.close(1012)
                    return
                if viewer.beat:
                    viewer.beat = False
                    await socket.send_text("{}")
                await viewer.wait()
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            room.leave(viewer)
            gone.cancel()

    async def _transcript(self, request: Request) -> Response:
        room = self._room(request, Role.VIEW)
        (language,) = requests.parse_languages(request.query_params.getlist("language")[:1])
        epoch, language, lines = await room.transcript(language)
        return _json(responses.transcript(epoch, language, lines).json, "no-store")

    async def _segments(self, request: Request) -> Response:
        """A page of closed segments. It never changes, so a CDN may keep it."""
        room = self._room(request, Role.VIEW)
        epoch, page = request.path_params["epoch"], request.path_params["page"]
        (language,) = requests.parse_languages([request.path_params["language"]])
        is_closed = room.is_settled and room.room.is_page_closed(page, language)
        if epoch != room.room.epoch or not is_closed:
            return _json("{}", "no-store", 404)
        body = responses.transcript(epoch, language, room.room.page(page, language))
        return _json(body.json, "public, max-age=86400, immutable")

    # Operators

    async def _create(self, request: Request) -> Response:
        self._check(request, Role.OPERATE, "*")
        title, pinned = requests.parse_create_room((await _body(request)).decode(errors="replace"))
        room = self._hall.speaking_room(new_room_id(), title=title, pinned=pinned)
        links = responses.created(room.room_id, self._links.of(room.room_id))
        return _json(links.json, "no-store", 201)

    async def _status(self, request: Request) -> Response:
        room = self._room(request, Role.OPERATE)
        return _json(responses.status(room.facts(with_missing=True)).json, "no-store")

    async def _switch_sink(self, request: Request) -> Response:
        room_id = self._check(request, Role.OPERATE)
        _, _, on = requests.parse_switch_sink((await _body(request)).decode(errors="replace"))
        number = request.path_params["sink"]
        facts = self._hall.speaking_room(room_id).switch_sink(number, on)
        return _json(responses.switched(number, facts).json, "no-store")

    async def _room_links(self, request: Request) -> Response:
        room_id = self._check(request, Role.OPERATE)
        return _json(responses.created(room_id, self._links.of(room_id)).json, "no-store")

    async def _qr(self, request: Request) -> Response:
        """The viewers' link as a QR code. Whoever speaks may show it."""
        room_id = self._check(request, Role.SPEAK)
        image = io.BytesIO()
        url = self._links.url(room_id, Role.VIEW)
        code = segno.make(url, error="l", micro=False)
        code.save(image, kind="svg", scale=8, border=2, dark="#000", light="#fff")
        headers = {"cache-control": "no-store", "x-view-url": url}
        return Response(image.getvalue(), media_type="image/svg+xml", headers=headers)

    # Publishers

    async def _publish(self, socket: WebSocket) -> None:
        if not self._is_own_page(socket) or SUBPROTOCOL not in socket.scope.get("subprotocols", []):
            await socket.close(4403)
            return
        if self._num_unknown >= self._config.max_unknown:
            await socket.close(4503)
            return
        self._num_unknown += 1
        try:
            await socket.accept(SUBPROTOCOL)
            opening = await self._opening(socket)
        finally:
            self._num_unknown -= 1
        if opening is not None:
            room, first = opening
            await Publisher(_SocketPeer(socket), room, first).run()

    async def _opening(self, socket: WebSocket) -> tuple[LiveRoom, requests.Opening] | None:
        """The first message, which has the key."""
        try:
            async with asyncio.timeout(_FIRST_MESSAGE_S):
                first = requests.parse_publish(await socket.receive_text())
            if not isinstance(first, requests.Opening):
                raise InvalidRequestError("request", "opening comes first")
            room_id = socket.path_params["room"]
            if first.room_id not in {"", room_id}:
                raise InvalidRequestError(
                    "opening.room_id", "another room than that of the address"
                )
            self._links.check(first.key, room_id, Role.SPEAK)
            return self._hall.speaking_room(room_id), first
        except TimeoutError:
            await socket.close(4408, "nothing was said within 5 s")
        except (WebSocketDisconnect, KeyError):
            return None
        except TranslatorError as error:
            await socket.send_text(responses.problem(error.reason, error.message).json)
            await socket.close(4000 + _STATUS.get(error.status, 500), error.reason)
        return None


class _SocketPeer:
    """A publisher at a WebSocket."""

    waits_for_end = False

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def receive(self) -> str:
        try:
            message = await self._socket.receive()
        except (WebSocketDisconnect, RuntimeError):
            raise GoneError from None
        if message["type"] == "websocket.disconnect":
            raise GoneError(is_end=message.get("code") == 1000)
        return message.get("text") or ""

    async def send(self, reply: responses.Reply) -> None:
        # What is nothing at all is a sign of life, which WebSockets have of their own.
        if not reply.message:
            return
        try:
            await self._socket.send_text(reply.json)
        except (WebSocketDisconnect, RuntimeError):
            raise GoneError from None

    async def close(self, code: int, reason: str) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.close(code, reason)

    async def refuse(self, error: TranslatorError) -> None:
        await self.send(responses.problem(error.reason, error.message))
        await self.close(4503, error.reason)


class _EventStream(Response):
    """A viewer's events, until it goes."""

    def __init__(self, room: Audience, viewer: Viewer) -> None:
        super().__init__()
        self._room = room
        self._viewer = viewer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        viewer, room = self._viewer, self._room
        gone = asyncio.ensure_future(_until_disconnect(receive))
        gone.add_done_callback(lambda _: viewer.wake())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _SSE_HEADERS})
            extensions = scope.get("extensions") or {}
            viewer.outlet = extensions.get(OUTLET)
            while not gone.done():
                body = room.take(viewer).sse
                if viewer.beat:
                    viewer.beat = False
                    body = body or _BEAT
                if body:
                    # Waits where the viewer does not read; then it is behind, and skips drafts.
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                if viewer.farewell is not None:
                    break
                await viewer.wait()
            viewer.outlet = None
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            viewer.outlet = None
            room.leave(viewer)
            gone.cancel()


class _App:
    """Serves event streams itself, and leaves the rest to Starlette.

    Starlette puts three layers around each ``send``; there is one for each delivery.
    """

    def __init__(self, gateway: _Gateway) -> None:
        self._events = gateway.events
        self._others = gateway.app()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (match := _EVENTS.search(scope["path"])):
            scope["path_params"] = {"room": match[1]}
            await self._events(scope, receive, send)
        else:
            await self._others(scope, receive, send)


def is_address(path: str) -> bool:
    """Whether a path is one of a gateway's."""
    return path.startswith(_ADDRESSES)


def make_app(
    hall: Hall,
    links: Links,
    config: GatewayConfig = GatewayConfig(),
) -> ASGIApp:
    """The gateway as an ASGI app, which may be mounted in another one.

    Args:
        hall: Its rooms; it is opened and closed with the app.
        links: What makes links and checks them.
        config: What it allows.
    """
    return _App(_Gateway(hall, links, config))


def _answer(
    handler: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Turn errors into answers."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except TranslatorError as error:
            status = _STATUS.get(error.status, 500)
            reply = responses.problem(error.reason, error.message)
            return _json(reply.json, "no-store", status)

    return answer


async def _body(request: Request) -> bytes:
    """A small body.

    Raises:
        InvalidRequestError: It is not small.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > 16_384:
            raise InvalidRequestError("message", "at most 16 KiB")
    return body


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _until_gone(socket: WebSocket) -> None:
    """Read what a viewer sends, which is nothing, until it goes."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()


def _json(body: str, caching: str, status: int = 200) -> Response:
    headers: Mapping[str, str] = {
        "cache-control": caching,
        "x-content-type-options": "nosniff",
    }
    return Response(body, status, media_type="application/json", headers=headers)
