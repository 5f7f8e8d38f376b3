"""A gateway in this process, and clients of it without a browser."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect

from translator.captions.audience import RoomLimits
from translator.captions.events import ORIGINAL
from translator.captions.gateway import SUBPROTOCOL, GatewayConfig, make_app
from translator.captions.hall import Hall
from translator.captions.hearing import Ears
from translator.captions.links import Links, Role
from translator.captions.live_room import LiveRoom
from translator.captions.relay import RelayRoom, connected_upstream
from translator.captions.rpc import serving_rpc
from translator.captions.servers import connected_servers
from translator.captions.serving import listen, serving
from translator.captions.store import Store
from translator.client.login import Login
from translator.languages.pair import LanguagePair
from translator.models.fake import FakeModel

SECRET = b"a secret of thirty-two bytes, or so"
ROOM = "harbour"
PUBLISHER = "publisher1"


def models() -> list[FakeModel]:
    """From English to capitals, which are Portuguese or German; and from Portuguese to English."""
    return [
        FakeModel(LanguagePair("en", "pt"), LanguagePair("en", "de"), name="capitals"),
        FakeModel(LanguagePair("pt", "en"), name="small", word=str.lower),
    ]


class Gateway:
    def __init__(self, hall: Hall, links: Links, port: int, rpc_port: int = 0) -> None:
        self.hall = hall
        self.links = links
        self.port = port
        self.rpc_port = rpc_port

    @property
    def room(self) -> LiveRoom:
        return self.hall.speaking_room(ROOM)

    @property
    def relayed(self) -> RelayRoom:
        room = self.hall.room(ROOM)
        assert isinstance(room, RelayRoom)
        return room

    @property
    def address(self) -> str:
        """Where it speaks gRPC."""
        return f"127.0.0.1:{self.rpc_port}"

    def link(self, role: Role = Role.VIEW, room: str = ROOM) -> str:
        return self.links.url(room, role)

    def key(self, role: Role = Role.VIEW, room: str = ROOM) -> str:
        return self.links.key(room, role)

    def path(self, path: str, role: Role = Role.VIEW, **query: Any) -> str:
        query = {"key": self.key(role), **query}
        return f"/captions/v1/rooms/{ROOM}{path}?{urlencode(query, doseq=True)}"

    async def get(
        self, path: str, method: str = "GET", headers: str = "", body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask, without a library that follows, retries or decodes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = f"{method} {path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n{headers}\r\n".encode() + body)
        answer = await reader.read()
        writer.close()
        top, _, rest = answer.partition(b"\r\n\r\n")
        first, *lines = top.decode().split("\r\n")
        fields = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        return int(first.split()[1]), fields, rest

    async def json(self, path: str) -> Any:
        status, _, body = await self.get(path)
        assert status == 200, body
        return json.loads(body)

    @asynccontextmanager
    async def viewer(
        self, *languages: str, after: str = "", buffer: int = 2**22
    ) -> AsyncIterator["Viewer"]:
        viewer = Viewer(self, languages or (ORIGINAL,), after, buffer)
        try:
            yield await viewer.open()
        finally:
            viewer.close()

    @asynccontextmanager
    async def speaker(
        self, language: str = "en", name: str = "", publisher: str = PUBLISHER, position: int = 0
    ) -> AsyncIterator["Speaker"]:
        async with self.socket() as socket:
            speaker = Speaker(socket)
            await speaker.open(self.key(Role.SPEAK), language, name, publisher, position)
            yield speaker

    def socket(self, path: str = "", **options: Any) -> connect:
        path = path or f"/captions/v1/rooms/{ROOM}/publish"
        options = {"subprotocols": [SUBPROTOCOL], "compression": None} | options
        return connect(f"ws://127.0.0.1:{self.port}{path}", **options)


class Viewer:
    """Reads an event stream, and checks what every viewer has to check."""

    def __init__(self, gateway: Gateway, languages: Sequence[str], after: str, buffer: int) -> None:
        self._gateway = gateway
        self._buffer = buffer
        self._languages = languages
        self.after = after
        self.events: list[dict[str, Any]] = []
        self.texts: dict[tuple[str, int], str] = {}
        self.closed: set[tuple[str, int]] = set()
        self.drafts: dict[str, str] = {}
        self.room: dict[str, Any] = {}
        self.num_snapshots = 0
        self._epoch = ""

    async def open(self) -> Self:
        receiving = socket.socket()
        receiving.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer)
        receiving.setblocking(False)
        address = "127.0.0.1", self._gateway.port
        await asyncio.get_running_loop().sock_connect(receiving, address)
        self._reader, self._writer = await asyncio.open_connection(
            sock=receiving, limit=self._buffer
        )
        path = self._gateway.path("/events", language=list(self._languages), after=self.after)
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: gateway\r\n\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        return self

    def close(self) -> None:
        self._writer.close()

    async def read(self) -> dict[str, Any]:
        """The next event, applied."""
        while True:
            line = await self._reader.readline()
            if not line:
                raise EOFError
            if line.startswith(b"data: {"):
                event: dict[str, Any] = json.loads(line[6:])
                self._apply(event)
                return event

    async def until(self, done: Callable[[Self], bool]) -> Self:
        async with asyncio.timeout(20):
            while not done(self):
                await self.read()
        return self

    async def until_text(self, text: str, language: str = "") -> Self:
        return await self.until(lambda viewer: viewer.text(language) == text)

    def text(self, language: str = "") -> str:
        """Closed lines in order, one a row."""
        language = language or self._languages[0]
        keys = sorted(key for key in self.texts if key[0] == language and key in self.closed)
        return "\n".join(self.texts[key] for key in keys)

    def _apply(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        if "snapshot" in event:
            self.num_snapshots += 1
            if (epoch := event["snapshot"].get("epoch", "")) != self._epoch:
                # Another life of the room: its numbers begin anew.
                self._epoch = epoch
                self.texts.clear()
                self.closed.clear()
                self.drafts.clear()
            for segment in event["snapshot"].get("segments", []):
                self._whole(segment)
            for draft in event["snapshot"].get("drafts", []):
                self._draft(draft)
        elif "committed" in event:
            piece = event["committed"]
            key = piece["languageCode"], piece["segmentId"]
            assert key not in self.closed
            text = self.texts.get(key, "") + piece.get("text", "")
            assert len(text) == piece.get("committedLength", 0), "lost or doubled"
            self.texts[key] = text
            if piece.get("closed"):
                self.closed.add(key)
        elif "segment" in event:
            self._whole(event["segment"])
        elif "draft" in event:
            self._draft(event["draft"])
        elif "room" in event:
            self.room = event["room"]
        self.after = event.get("id", self.after)

    def _whole(self, segment: dict[str, Any]) -> None:
        key = segment["languageCode"], segment["segmentId"]
        text = segment.get("text", "")
        assert text.startswith(self.texts.get(key, ""))
        self.texts[key] = text
        if segment.get("closed"):
            self.closed.add(key)

    def _draft(self, draft: dict[str, Any]) -> None:
        texts = [each.get("text", "") for each in draft.get("texts", [])]
        self.drafts[draft["languageCode"]] = " | ".join(texts)


class Speaker:
    """Says things, and keeps what is answered."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.position = 0
        self.opened: dict[str, Any] = {}

    async def open(
        self, key: str, language: str, name: str, publisher: str, position: int = 0
    ) -> None:
        await self.send(
            opening={
                "key": key,
                "roomId": ROOM,
                "publisherId": publisher,
                "settings": {"languageCode": language, "speaker": name},
                "position": str(position),
            }
        )
        self.opened = (await self.until("opened"))["opened"]
        self.position = int(self.opened.get("position", 0))

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def say(self, text: str, *, tentative: str = "", ends: bool = True) -> None:
        source = {"position": str(self.position), "committed": text, "tentative": tentative}
        await self.send(source={**source, "endOfSegment": ends})
        self.position += len(text)

    async def until(self, kind: str) -> dict[str, Any]:
        """The next answer of a kind."""
        async with asyncio.timeout(20):
            while True:
                answer: dict[str, Any] = json.loads(await self.socket.recv())
                if kind in answer:
                    return answer

    async def until_done(self, position: int) -> None:
        while int((await self.until("progress"))["progress"].get("position", 0)) < position:
            pass


@asynccontextmanager
async def gateway(
    *addresses: str,
    port: int = 0,
    limits: RoomLimits = RoomLimits(linger_s=0.2),  # noqa: B008
    config: GatewayConfig = GatewayConfig(),  # noqa: B008
    pinned: Sequence[str] = (),
    login: Login = Login(),  # noqa: B008
    certificate: tuple[Path, Path] | None = None,
    rpc_port: int = 0,
    ears: Ears | None = None,
    store: Store | None = None,
) -> AsyncIterator[Gateway]:
    """A gateway of these servers, on a free port. It knows what they can translate."""
    listening = listen("127.0.0.1", port)
    port = listening.getsockname()[1]
    async with connected_servers(addresses, login) as servers:
        hall = Hall(servers, limits=limits, pinned=pinned, ears=ears, store=store)
        scheme = "http" if certificate is None else "https"
        links = Links(SECRET, f"{scheme}://127.0.0.1:{port}")
        app = make_app(hall, links, config)
        async with (
            serving(app, listening, hall.close, certificate),
            serving_rpc(hall, links, "127.0.0.1", rpc_port, certificate=certificate) as rpc,
        ):
            async with asyncio.timeout(10):
                while not servers.pairs:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            yield Gateway(hall, links, port, rpc)


@asynccontextmanager
async def relay(
    address: str,
    *,
    port: int = 0,
    rpc_port: int = 0,
    limits: RoomLimits = RoomLimits(linger_s=0.2),  # noqa: B008
) -> AsyncIterator[Gateway]:
    """A gateway that relays the rooms of another one."""
    listening = listen("127.0.0.1", port)
    port = listening.getsockname()[1]
    links = Links(SECRET, f"http://127.0.0.1:{port}")
    async with connected_upstream(address, links) as upstream:
        hall = Hall(upstream, limits=limits)
        async with (
            serving(make_app(hall, links), listening, hall.close),
            serving_rpc(hall, links, "127.0.0.1", rpc_port) as rpc,
        ):
            yield Gateway(hall, links, port, rpc)
