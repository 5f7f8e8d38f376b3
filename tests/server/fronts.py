"""Fronts in this process, and a client of them that changes nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from translator.captions.servers import connected_servers
from translator.captions.serving import listen, serving
from translator.client import AsyncTranslatorClient
from translator.client.login import Login
from translator.fronts.azure.front import Azure
from translator.fronts.deepl.front import DeepL
from translator.fronts.deepl.glossaries import Glossaries
from translator.fronts.google_rest.front import Google
from translator.fronts.libretranslate.front import LibreTranslate
from translator.fronts.openai.front import OpenAI
from translator.fronts.page.front import Page
from translator.fronts.web.app import Front, make_app
from translator.fronts.web.documents import Documents
from translator.fronts.web.hub import Hub
from translator.languages.detection import FastTextDetector, LanguageDetector
from translator.languages.pair import LanguagePair
from translator.metrics import FrontMetrics
from translator.models.fake import FakeModel
from translator.telemetry.spans import Tracer

__all__ = ["Fronts", "Reply", "events", "fronts", "in_thread", "models", "upload"]

MakeFront = Callable[[Hub], Front]
EVERY_FRONT: Sequence[MakeFront] = (
    LibreTranslate,
    lambda hub: DeepL(hub, Glossaries()),
    Azure,
    Google,
    OpenAI,
    Page,
)


def models() -> list[FakeModel]:
    """From English to capitals, which are Portuguese or German; and from Portuguese to English."""
    return [
        FakeModel(LanguagePair("en", "pt"), LanguagePair("en", "de"), name="capitals"),
        FakeModel(LanguagePair("pt", "en"), name="small", word=str.lower),
    ]


class Reply:
    """What was answered."""

    def __init__(self, code: int, headers: Mapping[str, str], body: bytes) -> None:
        self.code = code
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Fronts:
    """Fronts that run.

    Attributes:
        port: Where they listen.
        client: The server itself.
    """

    def __init__(self, port: int, client: AsyncTranslatorClient, metrics: FrontMetrics) -> None:
        self.port = port
        self.client = client
        self.metrics = metrics

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ask(
        self,
        path: str,
        body: bytes | str | dict[str, Any] | list[Any] | None = None,
        kind: str = "application/json",
        *,
        method: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Ask, without a library that follows, retries or decodes. Objects are sent as JSON."""
        raw = json.dumps(body) if isinstance(body, dict | list) else body or b""
        raw = raw.encode() if isinstance(raw, str) else raw
        method = method or ("GET" if body is None else "POST")
        given = {"Host": "gateway", "Connection": "close", "Content-Length": str(len(raw))}
        given |= {"Content-Type": kind} if raw else {}
        given |= headers or {}
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
            writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + raw)
            async with asyncio.timeout(60):
                answer = await reader.read()
        finally:
            writer.close()
        top, _, rest = answer.partition(b"\r\n\r\n")
        first, *lines = top.decode().split("\r\n")
        fields = (line.partition(": ") for line in lines)
        told = {name.lower(): value for name, _, value in fields}
        if told.get("transfer-encoding") == "chunked":
            rest = _joined(rest)
        return Reply(int(first.split()[1]), told, rest)


@asynccontextmanager
async def fronts(
    *addresses: str,
    served: Sequence[MakeFront] = EVERY_FRONT,
    login: Login = Login(),  # noqa: B008
    detector: LanguageDetector | None = None,
    origins: Sequence[str] = (),
    certificate: tuple[Path, Path] | None = None,
    wait: bool = True,
    tracer: Tracer | None = None,
) -> AsyncIterator[Fronts]:
    """Fronts of these servers, on a free port. They know what the servers can translate."""
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    metrics = FrontMetrics()
    async with (
        connected_servers(addresses, login) as servers,
        Documents(addresses, login) as documents,
    ):
        hub = Hub(servers, documents, detector or FastTextDetector())
        app = make_app([make(hub) for make in served], metrics, origins=origins, tracer=tracer)

        async def goodbye() -> None:
            pass

        async with serving(app, listening, goodbye, certificate):
            async with asyncio.timeout(10):
                while wait and not servers.pairs:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            yield Fronts(port, servers.client, metrics)


async def in_thread(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What a client that blocks answers."""
    return await asyncio.to_thread(call, *arguments, **named)


def _joined(chunked: bytes) -> bytes:
    """A body that came in chunks."""
    body = b""
    while chunked:
        size, _, chunked = chunked.partition(b"\r\n")
        body += chunked[: int(size, 16)]
        chunked = chunked[int(size, 16) + 2 :]
    return body


def events(reply: Reply) -> list[Any]:
    """What server-sent events of a chat have told, in order; [DONE] is the last of them."""
    *told, done, end = reply.body.decode().split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    return [json.loads(each.removeprefix("data: ")) for each in told]


def upload(name: str, contents: str, **fields: str) -> tuple[str, str]:
    """A form with a file, and its content type."""
    parts = [f'name="{key}"\r\n\r\n{value}' for key, value in fields.items()]
    parts.append(f'name="file"; filename="{name}"\r\n\r\n{contents}')
    begin = "--border\r\nContent-Disposition: form-data; "
    return (
        "".join(f"{begin}{part}\r\n" for part in parts) + "--border--\r\n",
        "multipart/form-data; boundary=border",
    )
