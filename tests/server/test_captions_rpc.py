"""The gateway over gRPC, with the clients that programs use."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.server.gateways import PUBLISHER, ROOM, Gateway, gateway, models
from translator.captions.links import Role
from translator.captions.live_room import LiveRoom
from translator.captions.outlets import RoomSink
from translator.captions.sinks.sink import make_sink
from translator.captions.v1 import captions_pb2 as pb
from translator.captions.v1.captions_pb2_grpc import (
    CaptionsServiceServicer,
    CaptionsServiceStub,
    add_CaptionsServiceServicer_to_server,
)
from translator.client import (
    AsyncPublication,
    AsyncSubscription,
    AsyncTranslatorClient,
    CaptionDraft,
    CaptionsLink,
    CaptionUpdate,
    PublicationOpened,
    PublicationProgress,
    Reconnecting,
    TranslatorClient,
    tls_credentials,
)
from translator.errors import (
    ClientError,
    InvalidRequestError,
    OverloadedError,
    PermissionDeniedError,
    TranslatorError,
)
from translator.testing import serve_in_process

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
NODE_PACKAGES = ROOT / "clients" / "node" / "node_modules"


@pytest.fixture
async def captions() -> AsyncIterator[Gateway]:
    async with serve_in_process(models=models()) as server:
        async with gateway(server.address) as running:
            yield running


@pytest.fixture
async def client(captions: Gateway) -> AsyncIterator[AsyncTranslatorClient]:
    async with AsyncTranslatorClient(captions.address) as opened:
        yield opened


def publish(client: AsyncTranslatorClient, captions: Gateway, **options: Any) -> AsyncPublication:
    options = {"language": "en", "publisher_id": PUBLISHER} | options
    return client.publish(captions.link(Role.SPEAK), **options)


async def until(subscription: AsyncSubscription, text: str, language: str = "") -> list[Any]:
    """Read until the closed captions of a language are these; returns the events."""
    language = language or subscription.languages[0]
    events = []
    async with asyncio.timeout(20):
        while closed(subscription, language) != text:
            events.append(await anext(subscription))
    return events


@asynccontextmanager
async def reading(subscription: AsyncSubscription) -> AsyncIterator[AsyncSubscription]:
    """A subscription whose first event has come."""
    async with subscription:
        await anext(subscription)
        yield subscription


def closed(subscription: AsyncSubscription, language: str) -> str:
    captions = subscription.captions(language)
    return "\n".join(caption.text for caption in captions if caption.closed)


async def test_what_a_program_says_another_one_reads(
    captions: Gateway, client: AsyncTranslatorClient
) -> None:
    async with (
        reading(client.subscribe(captions.link(), ["pt", "original"])) as reader,
        publish(client, captions, speaker="Rosa") as speaker,
    ):
        await speaker.send("Good morning. ", end_of_segment=True, start_s=1.0, end_s=2.5)
        await speaker.send("Who is ", tentative="here")
        await until(reader, "GOOD MORNING.")
        await until(reader, "Good morning.", "original")
        first = reader.captions("pt")[0]
        assert (first.speaker, first.source_language, first.key) == ("Rosa", "en", f"{PUBLISHER}:0")
        assert (first.start_s, first.end_s) == (1.0, 2.5)
        async with asyncio.timeout(10):
            while not reader.draft("pt").startswith("WHO"):
                await anext(reader)
        await speaker.send("here? ", end_of_segment=True)
        events = await until(reader, "GOOD MORNING.\nWHO IS HERE?")
        assert any(isinstance(event, CaptionUpdate | CaptionDraft) for event in events)
        assert reader.room is not None
        assert reader.room.num_speakers == 1
        assert {each.language for each in reader.room.languages} == {"de", "en", "pt"}
        assert reader.transcript("pt") == "GOOD MORNING.\nWHO IS HERE?"


async def test_the_end_of_a_source_waits_for_its_captions(
    captions: Gateway, client: AsyncTranslatorClient
) -> None:
    events: list[Any] = []
    async with client.subscribe(captions.link(), ["pt"]) as reader:
        await anext(reader)
        async with publish(client, captions, on_event=events.append) as speaker:
            await speaker.send("one two three")
            await speaker.close_source()
            assert speaker.done == speaker.position == 13
            with pytest.raises(RuntimeError):
                await speaker.send("more")
        await until(reader, "ONE TWO THREE~.")
    assert isinstance(events[0], PublicationOpened)
    assert set(events[0].languages) == {"en", "pt"}
    assert isinstance(events[-1], PublicationProgress)


async def test_a_long_text_is_sent_in_parts_and_all_of_it_arrives(
    captions: Gateway, client: AsyncTranslatorClient
) -> None:
    text = "".join(f"Word number {n} of many. " for n in range(400))
    async with publish(client, captions) as speaker:
        await speaker.send(text, tentative="and")
        await speaker.send("", tentative="")
        await speaker.close_source()
    said = await client.captions(captions.link(), "original")
    assert " ".join(caption.text for caption in said) == text.strip()


async def test_a_reader_adds_a_language_and_has_all_of_both(
    captions: Gateway, client: AsyncTranslatorClient
) -> None:
    async with (
        publish(client, captions) as speaker,
        client.subscribe(captions.link(), ["original"]) as reader,
    ):
        await speaker.send("One. ", end_of_segment=True)
        await until(reader, "One.")
        reader.change(["original", "pt"])
        await speaker.send("Two. ", end_of_segment=True)
        events = await until(reader, "ONE.\nTWO.", "pt")
        events += await until(reader, "One.\nTwo.", "original")
        # What was there has not come again.
        texts = [e.committed for e in events if isinstance(e, CaptionUpdate)]
        assert "One." not in texts
        reader.change(["pt"])
        await speaker.send("Three. ", end_of_segment=True)
        await until(reader, "ONE.\nTWO.\nTHREE.", "pt")
        assert closed(reader, "original") == "One.\nTwo."


@pytest.mark.parametrize("moment", ["between", "within"])
async def test_a_gateway_that_starts_anew_costs_no_word(moment: str) -> None:
    async with serve_in_process(models=models()) as server:
        first = gateway(server.address)
        captions = await first.__aenter__()
        ports: dict[str, Any] = {"port": captions.port, "rpc_port": captions.rpc_port}
        async with AsyncTranslatorClient(captions.address) as client:
            async with (
                client.subscribe(captions.link(), ["pt"]) as reader,
                publish(client, captions) as speaker,
            ):
                await speaker.send("One. ", end_of_segment=True)
                await until(reader, "ONE.")
                if moment == "within":
                    await speaker.send("Two and ")
                    await anext(reader)
                await first.__aexit__(None, None, None)
                async with gateway(server.address, **ports):
                    rest = "a half. " if moment == "within" else "Two and a half. "
                    await speaker.send(rest, end_of_segment=True)
                    events = await until(reader, "ONE.\nTWO AND A HALF.")
                    assert any(isinstance(event, Reconnecting) for event in events)
                    await speaker.close_source()
                    assert speaker.done == speaker.position


async def test_a_connection_that_breaks_is_resumed_by_both(captions: Gateway) -> None:
    async with cuttable(captions.rpc_port) as (address, cut):
        async with AsyncTranslatorClient(address) as client:
            async with (
                client.subscribe(captions.link(), ["pt"]) as reader,
                publish(client, captions) as speaker,
            ):
                words = ""
                for n in range(5):
                    await speaker.send(f"Word {n}. ", end_of_segment=True)
                    words += f"WORD {n}.\n"
                    if n < 4:
                        await until(reader, words.strip())
                        cut()
                await until(reader, words.strip())


class _Cut:
    def __init__(self) -> None:
        self.writers: set[asyncio.StreamWriter] = set()

    def __call__(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()


class cuttable:  # noqa: N801
    """A way to a port that can be cut; new connections work."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cut = _Cut()

    async def __aenter__(self) -> tuple[str, _Cut]:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"{host}:{port}", self._cut

    async def __aexit__(self, *_: object) -> None:
        self._cut()
        self._server.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._cut.writers |= {writer, far_writer}

        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            try:
                while data := await source.read(65_536):
                    sink.write(data)
                    await sink.drain()
            except OSError:
                pass
            sink.close()

        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))


async def test_a_publisher_changes_language_and_name(
    captions: Gateway, client: AsyncTranslatorClient
) -> None:
    async with (
        client.subscribe(captions.link(), ["en"]) as reader,
        publish(client, captions, speaker="Rosa") as speaker,
    ):
        await speaker.send("Good morning. ")
        await speaker.change(language="pt", speaker="Davi")
        await speaker.send("Bom dia. ", end_of_segment=True)
        await until(reader, "Good morning.\nBom dia.")
        assert [caption.speaker for caption in reader.captions("en")] == ["Rosa", "Davi"]


async def test_the_same_publisher_a_second_time_ends_the_first(
    captions: Gateway, client: AsyncTranslatorClient
) -> None:
    async with publish(client, captions) as first:
        async with publish(client, captions) as second:
            with pytest.raises(ClientError, match="another connection"):
                await first.close_source()
            await second.send("Mine. ")


class Reset(CaptionsServiceServicer):
    """Ends the first call as Envoy does for a gateway that is killed, and refuses the next."""

    def __init__(self) -> None:
        self.calls = 0

    async def _end(self, context: Any) -> None:
        self.calls += 1
        if self.calls == 1:
            await context.abort(grpc.StatusCode.INTERNAL, "Received RST_STREAM with error code 2")
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, "not you")

    async def Subscribe(self, request: Any, context: Any) -> None:  # noqa: N802
        await self._end(context)

    async def Publish(self, request_iterator: Any, context: Any) -> None:  # noqa: N802
        await self._end(context)


@pytest.mark.parametrize("role", [Role.VIEW, Role.SPEAK])
async def test_what_a_proxy_resets_is_tried_again(role: Role) -> None:
    server, reset = grpc.aio.server(), Reset()
    add_CaptionsServiceServicer_to_server(reset, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    link = CaptionsLink(ROOM, "key")

    async def use(client: AsyncTranslatorClient) -> None:
        if role is Role.VIEW:
            async with client.subscribe(link, ["pt"]) as reader:
                while True:
                    await anext(reader)
        async with client.publish(link, language="en"):
            pass

    try:
        async with AsyncTranslatorClient(f"127.0.0.1:{port}") as client, asyncio.timeout(20):
            with pytest.raises(PermissionDeniedError):
                await use(client)
    finally:
        await server.stop(0)
    assert reset.calls == 2


async def test_links_are_checked(captions: Gateway, client: AsyncTranslatorClient) -> None:
    forged = CaptionsLink(ROOM, "forged")
    other = CaptionsLink(ROOM, captions.key(Role.VIEW, "another"))
    for link in (forged, other):
        async with client.subscribe(link, ["pt"]) as reader:
            with pytest.raises(PermissionDeniedError):
                await anext(reader)
        with pytest.raises(PermissionDeniedError):
            await client.captions(link, "pt")
    with pytest.raises(PermissionDeniedError, match="lets you view"):
        async with client.publish(captions.link(), language="en"):
            pass
    expired = captions.links.key(ROOM, Role.VIEW, lifetime_s=-5)
    async with client.subscribe(CaptionsLink(ROOM, expired), ["pt"]) as reader:
        with pytest.raises(TranslatorError) as told:
            await anext(reader)
        assert told.value.reason == "EXPIRED"


async def test_what_is_asked_is_checked(captions: Gateway, client: AsyncTranslatorClient) -> None:
    for languages in (["pt", "de", "en", "fr", "es"], ["p?"], ["<b>"]):
        async with client.subscribe(captions.link(), languages) as reader:
            with pytest.raises(ClientError):
                await anext(reader)
    with pytest.raises(InvalidRequestError, match="publisher_id"):
        async with publish(client, captions, publisher_id="short"):
            pass
    with pytest.raises(ValueError, match="not a link"):
        client.subscribe("https://example.org/elsewhere", ["pt"])
    with pytest.raises(TypeError):
        client.subscribe(captions.link(), "pt")  # type: ignore[arg-type]


async def test_a_full_room_says_so(captions: Gateway, client: AsyncTranslatorClient) -> None:
    room = captions.room
    assert isinstance(room, LiveRoom)
    speakers = [publish(client, captions, publisher_id=f"publisher{n}") for n in range(16)]
    for speaker in speakers:
        await speaker.__aenter__()
    with pytest.raises(OverloadedError, match="16 speakers"):
        async with publish(client, captions, publisher_id="onetoomany"):
            pass
    for speaker in speakers:
        await speaker.aclose()


async def test_a_message_that_is_none_is_an_error(captions: Gateway) -> None:
    metadata = (("authorization", f"Bearer {captions.key()}"),)
    async with grpc.aio.insecure_channel(captions.address) as channel:
        for name in ("CreateRoom", "GetTranscript", "GetRoom", "SwitchSink"):
            method = f"/translator.captions.v1.CaptionsService/{name}"
            call: Any = channel.unary_unary(method, bytes, bytes)
            with pytest.raises(grpc.aio.AioRpcError) as told:
                await call(b"\xff\xff", metadata=metadata)
            assert told.value.code() in {
                grpc.StatusCode.INVALID_ARGUMENT,
                grpc.StatusCode.PERMISSION_DENIED,
            }
        stub: Any = CaptionsServiceStub(channel)
        publishing = stub.Publish(metadata=metadata)
        await publishing.write(pb.PublishRequest(source=pb.SourceText(committed="too soon")))
        with pytest.raises(grpc.aio.AioRpcError, match="opening comes first"):
            await publishing.read()


async def test_operators_make_rooms_and_look_at_them(
    captions: Gateway, client: AsyncTranslatorClient, tmp_path: Path
) -> None:
    made = await client.create_room(captions.links.all_rooms_url(), title="Choir", pinned=["pt"])
    assert CaptionsLink.parse(made.operate_url).room_id == made.room_id
    told = await client.room_status(made.operate_url)
    assert told.room.title == "Choir"
    assert {each.language for each in told.languages if each.pinned} == {"pt"}
    room = captions.hall.speaking_room(made.room_id)
    room.add_outlet(RoomSink("pt", make_sink(f"file={tmp_path / 'lines.txt'}", "pt")))
    (sink,) = (await client.room_status(made.operate_url)).sinks
    assert (sink.sink_id, sink.kind, sink.language, sink.on) == (1, "file", "pt", True)
    sink = await client.switch_sink(made.operate_url, 1, False)
    assert (sink.on, sink.problem) == (False, "switched off by an operator")
    assert (await client.switch_sink(made.operate_url, 1, True)).on
    with pytest.raises(InvalidRequestError, match="sink_id"):
        await client.switch_sink(made.operate_url, 2, True)
    for attempt in (
        client.switch_sink(made.speak_url, 1, False),
        client.room_status(made.view_url),
        client.create_room(made.operate_url),
        client.room_status(captions.links.all_rooms_url().replace("#", "#x")),
    ):
        with pytest.raises((PermissionDeniedError, ValueError)):
            await attempt


async def test_a_sign_of_life_is_a_response_with_nothing_in_it(captions: Gateway) -> None:
    async with grpc.aio.insecure_channel(captions.address) as channel:
        stub: Any = CaptionsServiceStub(channel)
        metadata = (("authorization", f"Bearer {captions.key()}"),)
        request = pb.SubscribeRequest(room_id=ROOM, language_codes=["pt"])
        call = stub.Subscribe(request, metadata=metadata)
        first = await call.read()
        assert first.event.HasField("room")
        async with asyncio.timeout(10):
            while (await call.read()).HasField("event"):
                captions.room.beat()


async def test_health(captions: Gateway, client: AsyncTranslatorClient) -> None:
    assert await client.is_serving()


def talk(captions: Gateway) -> None:
    with (
        TranslatorClient(captions.address) as client,
        client.publish(captions.link(Role.SPEAK), language="en") as speaker,
        client.subscribe(captions.link(), ["pt"]) as reader,
    ):
        speaker.send("Good morning. ", end_of_segment=True)
        for event in reader:
            if isinstance(event, CaptionUpdate) and event.caption.closed:
                break
        assert reader.transcript("pt") == "GOOD MORNING."
        speaker.close_source()
        assert [each.text for each in client.captions(captions.link(), "pt")] == ["GOOD MORNING."]
        assert speaker.done == speaker.position


async def test_threads_speak_and_read(captions: Gateway) -> None:
    await asyncio.to_thread(talk, captions)


async def test_the_port_has_tls(tmp_path: Path) -> None:
    import trustme

    authority = trustme.CA()
    own = authority.issue_cert("127.0.0.1")
    cert, key, ca = (tmp_path / name for name in ("cert.pem", "key.pem", "ca.pem"))
    own.cert_chain_pems[0].write_to_path(cert)
    own.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(ca)
    async with serve_in_process(models=models()) as server:
        async with gateway(server.address, certificate=(cert, key)) as captions:
            credentials = tls_credentials(ca=ca)
            async with AsyncTranslatorClient(captions.address, credentials=credentials) as client:
                async with client.subscribe(captions.link(), ["pt"]) as reader:
                    assert await anext(reader)


EXAMPLES = {
    "python": [sys.executable, "examples/room.py"],
    "node": ["node", "clients/node/examples/room.js"],
}


@pytest.mark.parametrize("language", EXAMPLES)
async def test_the_example_speaks_and_reads(captions: Gateway, language: str) -> None:
    if language == "node" and not (shutil.which("node") and NODE_PACKAGES.is_dir()):
        pytest.skip("there is no node, or run first: npm ci --prefix clients/node")
    command = EXAMPLES[language]

    async def start(action: str, link: str, code: str) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *command, action, captions.address, link, code, stdin=pipe, stdout=pipe, cwd=ROOT
        )

    speaking = await start("speak", captions.link(Role.SPEAK), "en")
    async with asyncio.timeout(60):
        await speaking.communicate(b"Good morning.\nWho is here?\n")
    assert speaking.returncode == 0
    reading = await start("read", captions.link(), "pt")
    try:
        assert reading.stdout is not None
        async with asyncio.timeout(60):
            lines = sorted([await reading.stdout.readline() for _ in range(2)])
        assert [line.decode().strip() for line in lines] == [
            "–: GOOD MORNING.",
            "–: WHO IS HERE?",
        ]
    finally:
        reading.kill()
        await reading.wait()
