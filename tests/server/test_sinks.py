"""Each destination of captions, against a local double that checks what the real one would."""

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.asyncio.server import ServerConnection, serve

from translator.captions.presets import Preset
from translator.captions.sinks.feed import Feed, Message
from translator.captions.sinks.http import Teams, VMix, Webhook, YouTube, Zoom
from translator.captions.sinks.obs import Obs, answer_to
from translator.captions.sinks.sink import SeqStore, Sink, make_sink
from translator.captions.sinks.text_file import TextFile
from translator.captions.sinks.transport import SinkError

pytestmark = pytest.mark.server

Answer = tuple[int, str]


class Request:
    """What came over HTTP."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        self.method = handler.command
        self.path = parts.path
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.type = handler.headers.get("Content-Type", "")
        length = int(handler.headers.get("Content-Length") or 0)
        self.body = handler.rfile.read(length).decode("utf-8")


@contextmanager
def web_server(answer: Callable[[Request], Answer]) -> Iterator[str]:
    """A web server that answers as it is told; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, text = answer(Request(self))
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", text)
                text = ""
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class ZoomDouble:
    """Takes captions as Zoom does: plain text, with numbers that grow."""

    def __init__(self, seq: int = 0) -> None:
        self.seq = seq
        self.texts: list[str] = []
        self.language = ""

    def __call__(self, request: Request) -> Answer:
        if request.query.get("id") != "7" or request.query.get("signature") != "a+b=":
            return 403, "invalid signature"
        if request.path == "/closedcaption/seq" and request.method == "GET":
            return 200, str(self.seq)
        if request.path != "/closedcaption" or request.method != "POST":
            return 405, ""
        if not request.type.startswith("text/plain"):
            return 415, ""
        if int(request.query["seq"]) <= self.seq:
            return 400, "seq"
        self.seq = int(request.query["seq"])
        self.language = request.query["lang"]
        self.texts.append(request.body)
        return 200, ""


async def test_zoom() -> None:
    double = ZoomDouble(seq=8)
    with web_server(double) as address:
        zoom = Zoom(f"{address}/closedcaption?id=7&signature=a%2Bb%3D", "pt-BR")
        assert await zoom.last_seq() == 8
        await zoom.send(Message(9, ("Olá, 橋.", "Até já.")))
        with pytest.raises(SinkError, match="answers 400"):
            await zoom.send(Message(9, ("Olá",)))
        await zoom.close()
    assert double.texts == ["Olá, 橋.\nAté já."]
    assert double.language == "pt-BR"


async def test_youtube() -> None:
    bodies: list[str] = []

    def answer(request: Request) -> Answer:
        is_right = request.method == "POST" and request.query == {"cid": "k", "seq": "3"}
        pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\n[^\n]+\n"
        if not is_right or not re.fullmatch(pattern, request.body):
            return 400, ""
        bodies.append(request.body)
        return 200, "2026-01-02T03:04:05.678"

    with web_server(answer) as address:
        now = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
        youtube = YouTube(f"{address}/closedcaption?cid=k", clock=lambda: now)
        await youtube.send(Message(3, ("Olá.", "Até já.")))
        await youtube.close()
    assert bodies == ["2026-01-02T03:04:05.678\nOlá.<br>Até já.\n"]


async def test_teams_vmix_and_a_webhook() -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Answer:
        seen.append(request)
        return 200, ""

    with web_server(answer) as address:
        message = Message(5, ("Olá & adeus", "<b>"))
        for transport in (
            Teams(f"{address}/cart?meetingid=1&token=x"),
            VMix(f"{address}/?Input=2&SelectedName=Text.Text"),
            Webhook(f"{address}/hook", "pt"),
        ):
            await transport.send(message)
            assert await transport.last_seq() == 0
            await transport.close()
    teams, vmix, webhook = seen
    assert (teams.method, teams.query, teams.body) == (
        "POST", {"meetingid": "1", "token": "x"}, "Olá & adeus\n<b>",
    )  # fmt: skip
    assert (vmix.method, vmix.path) == ("GET", "/api/")
    assert vmix.query == {
        "Function": "SetText", "Input": "2", "SelectedName": "Text.Text",
        "Value": "Olá & adeus\n<b>",
    }  # fmt: skip
    assert json.loads(webhook.body) == {
        "seq": 5, "language": "pt", "lines": ["Olá & adeus", "<b>"],
    }  # fmt: skip


async def test_a_redirect_is_not_followed_and_says_so() -> None:
    elsewhere: list[Request] = []

    def take(request: Request) -> Answer:
        elsewhere.append(request)
        return 200, ""

    with web_server(take) as other, web_server(lambda _: (307, f"{other}/steal")) as address:
        teams = Teams(f"{address}/cart")
        with pytest.raises(SinkError, match="redirects to another address"):
            await teams.send(Message(1, ("secret",)))
        await teams.close()
    assert elsewhere == []


async def test_a_destination_that_is_not_there_is_told_without_its_key() -> None:
    teams = Teams("http://127.0.0.1:9/cart?token=geheim")
    with pytest.raises(
        SinkError, match=r"127\.0\.0\.1 cannot be reached: nobody answers there$"
    ) as caught:
        await teams.send(Message(1, ("x",)))
    assert "geheim" not in str(caught.value)
    await teams.close()


class ObsDouble:
    """Speaks obs-websocket 5 as OBS does."""

    password = "segredo"

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.captions: list[str] = []
        self.is_streaming = True

    async def __call__(self, socket: ServerConnection) -> None:
        challenge, salt = "dGVh", "c2FsdA=="
        hello = {"rpcVersion": 1, "authentication": {"challenge": challenge, "salt": salt}}
        await socket.send(json.dumps({"op": 0, "d": hello}))
        identify = json.loads(await socket.recv())
        if identify["d"].get("authentication") != answer_to(challenge, salt, self.password):
            await socket.close(4009, "Authentication failed.")
            return
        assert identify["op"] == 1
        assert identify["d"]["rpcVersion"] == 1
        await socket.send(json.dumps({"op": 2, "d": {"negotiatedRpcVersion": 1}}))
        async for text in socket:
            request = json.loads(text)
            assert request["op"] == 6
            data = request["d"]
            status = self.do(data["requestType"], data["requestData"])
            # An event that nobody asked for comes in between.
            await socket.send(json.dumps({"op": 5, "d": {"eventType": "ExitStarted"}}))
            answer = {"requestId": data["requestId"], "requestStatus": status}
            await socket.send(json.dumps({"op": 7, "d": answer}))

    def do(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        if kind == "SetInputSettings":
            if data["inputName"] != "Captions":
                return {"result": False, "code": 600, "comment": "No source was found"}
            self.texts.append(data["inputSettings"]["text"])
        elif kind == "SendStreamCaption":
            if not self.is_streaming:
                return {"result": False, "code": 501}
            self.captions.append(data["captionText"])
        else:
            return {"result": False, "code": 204}
        return {"result": True, "code": 100}


@asynccontextmanager
async def obs_server(double: ObsDouble) -> AsyncIterator[str]:
    subprotocol: Any = "obswebsocket.json"
    async with serve(double, "127.0.0.1", 0, subprotocols=[subprotocol]) as server:
        yield f"127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


async def test_obs_shows_text_and_puts_captions_into_the_stream() -> None:
    double = ObsDouble()
    async with obs_server(double) as address:
        source = Obs(f"ws://:segredo@{address}/?input=Captions")
        await source.send(Message(1, ("Olá.",)))
        await source.send(Message(2, ()))
        stream = Obs(f"ws://:segredo@{address}")
        await stream.send(Message(1, ("Olá.", "Até já.")))
        double.is_streaming = False
        with pytest.raises(SinkError, match="it does not stream"):
            await stream.send(Message(2, ("x",)))
        with pytest.raises(SinkError, match="no source named 'Titel'"):
            await Obs(f"ws://:segredo@{address}/?input=Titel").send(Message(1, ("x",)))
        wrong = Obs(f"ws://:falsch@{address}")
        with pytest.raises(SinkError, match="did not accept the password"):
            await wrong.send(Message(1, ("x",)))
        await source.close()
        await stream.close()
    assert double.texts == ["Olá.", ""]
    assert double.captions == ["Olá.\nAté já."]


async def test_obs_is_connected_to_again_after_it_was_gone() -> None:
    double = ObsDouble()
    async with obs_server(double) as address:
        obs = Obs(f"ws://:segredo@{address}")
        await obs.send(Message(1, ("One.",)))
        port = int(address.rpartition(":")[2])
    with pytest.raises(SinkError, match="cannot be reached, or gives up"):
        await obs.send(Message(2, ("Two.",)))
    subprotocol: Any = "obswebsocket.json"
    async with serve(double, "127.0.0.1", port, subprotocols=[subprotocol]):
        await obs.send(Message(2, ("Two.",)))
        await obs.close()
    assert double.captions == ["One.", "Two."]


async def test_a_file(tmp_path: Path) -> None:
    file = TextFile(tmp_path / "lines.txt")
    await file.send(Message(1, ("Olá.", "Até já.")))
    await file.send(Message(2, ("Fim.",)))
    assert (tmp_path / "lines.txt").read_text("utf-8") == "Olá.\nAté já.\nFim.\n"
    with pytest.raises(SinkError, match="cannot be written: No such file"):
        await TextFile(tmp_path / "no" / "lines.txt").send(Message(1, ("x",)))


async def arrival(sink: Sink) -> None:
    """Wait until a message has arrived."""
    async with asyncio.timeout(20):
        while sink.num_sent < 1:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


class Hanging:
    """A destination that never answers."""

    async def last_seq(self) -> int:
        return 0

    async def send(self, message: Message) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        pass


async def test_a_destination_that_hangs_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lines.txt"
    hanging = Sink("hanging", Feed(Preset(16, 2)), Hanging())
    other = make_sink(f"file={path}", "pt")
    for sink in (hanging, other):
        sink.start()
        sink.commit("The harbour office opens at nine and closes at ten.")
    await arrival(other)
    await other.end()
    assert path.read_text("utf-8").startswith("The harbour office")
    assert hanging.num_sent == 0
    monkeypatch.setattr("translator.captions.sinks.sink._END_S", 0.05)
    await hanging.end()
    assert hanging.error == "the last lines did not arrive in time"


async def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    store = SeqStore(tmp_path / "state" / "captions.json")
    double = ZoomDouble()
    with web_server(double) as address:
        url = f"{address}/closedcaption?id=7&signature=a%2Bb%3D"
        for number in (1, 2):
            # As if Zoom did not say, the second time.
            sink = make_sink(f"zoom={url}", "pt", store)
            sink.start()
            sink.commit("The harbour office opens at nine, they say so.", closed=True)
            await arrival(sink)
            await sink.end()
            assert sink.feed.seq >= number
        assert double.seq == sink.feed.seq
    kept = (tmp_path / "state" / "captions.json").read_text("utf-8")
    assert "signature" not in kept
    assert list(json.loads(kept).values()) == [double.seq]


async def test_a_stream_that_ends_at_once_sends_its_text_with_the_next_number() -> None:
    double = ZoomDouble(seq=4)
    with web_server(double) as address:
        sink = make_sink(f"zoom={address}/closedcaption?id=7&signature=a%2Bb%3D", "pt")
        sink.commit("Good night.", closed=True)
        await sink.end()
    assert (double.seq, double.texts) == (5, ["Good night."])


async def test_what_is_on_its_way_at_the_end_is_sent_once() -> None:
    numbers: list[str] = []
    comes, goes = threading.Event(), threading.Event()

    def answer(request: Request) -> Answer:
        numbers.append(request.body)
        comes.set()
        goes.wait(10)
        return 200, ""

    with web_server(answer) as address:
        sink = make_sink(f"teams={address}/cart", "pt")
        sink.start()
        sink.commit("The harbour office opens at nine, and it closes at ten at night.", closed=True)
        await asyncio.to_thread(comes.wait, 10)
        ending = asyncio.create_task(sink.end())
        await asyncio.sleep(0)
        goes.set()
        await ending
    assert numbers == [
        "The harbour office opens at nine, and it closes",
        "at ten at night.",
    ]


async def test_a_failing_destination_is_switched_off_with_a_reason() -> None:
    clock = iter(range(0, 10_000_000, 2))
    with web_server(lambda _: (500, "")) as address:
        feed = Feed(Preset(16, 2))
        sink = Sink("teams", feed, Teams(f"{address}/cart"), clock=lambda: float(next(clock)) / 2)
        sink.commit("one two three four five")
        async with asyncio.timeout(20):
            while not feed.off_reason:
                await sink._step()
        await sink.end()
    assert feed.off_reason.endswith("127.0.0.1 answers 500 Internal Server Error")


class Broken:
    """A destination that fails before anything is sent, until it is mended."""

    def __init__(self) -> None:
        self.is_mended = False
        self.lines: list[str] = []

    async def last_seq(self) -> int:
        if not self.is_mended:
            raise RuntimeError("a bug")
        return 0

    async def send(self, message: Message) -> None:
        self.lines += message.lines

    async def close(self) -> None:
        pass


async def test_a_destination_that_ended_with_an_error_is_switched_on_again() -> None:
    broken = Broken()
    sink = Sink("broken", Feed(Preset(16, 2)), broken)
    sink.start()
    async with asyncio.timeout(20):
        while not sink.feed.off_reason:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert sink.feed.off_reason == "switched off by an error: RuntimeError"
    sink.commit("said while it was off")
    broken.is_mended = True
    sink.switch(True)
    sink.commit("Good morning, all", closed=True)
    await arrival(sink)
    await sink.end()
    assert broken.lines == ["Good morning,", "all"]


def test_a_store_of_numbers_that_holds_something_else_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "captions.json"
    path.write_text("[1]", "utf-8")
    assert SeqStore(path).get("zoom-1") == 0


@pytest.mark.parametrize(
    "spec", ["zoom", "zoom=", "nowhere=http://a", "zoom=ftp://a/b", "obs=http://a", "teams=x"]
)
def test_what_names_no_destination_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match=r"KIND=WHERE|is needed"):
        make_sink(spec, "pt")
