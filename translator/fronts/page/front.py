"""The page to try it: two boxes, live as somebody writes."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

import translator.captions
from translator.captions.page_files import Pages
from translator.errors import TranslatorError
from translator.fronts.page.live import MAX_LENGTH, PAUSE_S, Ask, LiveText
from translator.fronts.web.app import Endpoint
from translator.fronts.web.fields import BodyError
from translator.fronts.web.hub import Hub

__all__ = ["Page"]

_FOLDERS = (
    Path(__file__).parent / "pages",
    # Its colours and controls are those of captions.
    Path(translator.captions.__file__).parent / "pages",
)
_MAX_SOCKETS = 256


class Page:
    """A ``Front``. What is not live, the page asks of the API of LibreTranslate.

    Args:
        hub: The servers.
        origins: Web sites whose pages may connect besides its own; "*": any.
        pause_s: See ``LiveText``.
    """

    name = "page"

    def __init__(self, hub: Hub, origins: Sequence[str] = (), *, pause_s: float = PAUSE_S) -> None:
        self._pause_s = pause_s
        self._hub = hub
        self._origins = origins
        self._pages = Pages(*_FOLDERS)
        self._num_sockets = 0

    def endpoints(self) -> Sequence[Endpoint]:
        return Endpoint("/", self._page), Endpoint("/try/{file:str}", self._file)

    def sockets(self) -> Sequence[BaseRoute]:
        return (WebSocketRoute("/live", self._live),)

    def refusal(self, error: TranslatorError, _: Request) -> Response:
        code = error.code if isinstance(error, BodyError) else 503
        return JSONResponse({"error": error.message}, code)

    async def _page(self, _: Request) -> Response:
        return self._pages.page("try.html")

    async def _file(self, request: Request) -> Response:
        return self._pages.file(request.path_params["file"])

    def _is_own_page(self, socket: WebSocket) -> bool:
        """Whether a browser may connect from its page. What is no browser has no Origin."""
        origin = socket.headers.get("origin")
        if origin is None or "*" in self._origins or origin in self._origins:
            return True
        return urlsplit(origin).netloc == socket.headers.get("host", "")

    async def _live(self, socket: WebSocket) -> None:
        if not self._is_own_page(socket):
            await socket.close(4403)
            return
        if self._num_sockets >= _MAX_SOCKETS:
            await socket.close(4503)
            return
        self._num_sockets += 1
        try:
            await socket.accept()
            await self._serve(socket)
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            self._num_sockets -= 1

    async def _serve(self, socket: WebSocket) -> None:
        async def send(message: dict[str, Any]) -> None:
            await socket.send_text(json.dumps(message, ensure_ascii=False))

        text: LiveText | None = None
        running: asyncio.Task[None] | None = None
        try:
            while True:
                said = _parsed(await socket.receive_text())
                if isinstance(said, str):
                    await send({"problem": said, "reason": "INVALID_REQUEST"})
                    continue
                key, ask = said
                if running is not None and running.done():
                    return
                if text is None:
                    # The first message has the key.
                    text = LiveText(self._hub, key, send, self._pause_s)
                    running = asyncio.create_task(text.run())
                text.change(ask)
        finally:
            if running is not None:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


def _parsed(message: str) -> tuple[str, Ask] | str:
    """The key and what is in the box, or what is wrong."""
    try:
        said = json.loads(message)
        key, *rest = (said.get(name, "") for name in ("key", "text", "source", "target"))
        text, source, target = rest
        if not all(isinstance(each, str) for each in (key, *rest)):
            raise TypeError
        text.encode()
    except (ValueError, TypeError, AttributeError, RecursionError):
        return "the message cannot be read"
    if len(text) > MAX_LENGTH:
        return f"the text has {len(text)} characters; at most {MAX_LENGTH} are translated here"
    if not target:
        return "target: a language is needed"
    return key, Ask(text.replace("\r\n", "\n"), "" if source == "auto" else source, target)
