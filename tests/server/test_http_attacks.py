"""What one client can do to a gateway: the memory and the time that it may cost, and no more."""

import asyncio
import time
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from tests.server.fronts import Fronts, fronts, models
from translator.captions import serving
from translator.config import ServerConfig
from translator.testing import serve_in_process

pytestmark = pytest.mark.server

# What one connection may make a gateway keep, whatever it sends.
MOST_BYTES = 2 << 20
POST = b"POST /translate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
async def gateway() -> AsyncIterator[Fronts]:
    async with (
        serve_in_process(ServerConfig(port=0), models()) as server,
        fronts(server.address) as served,
    ):
        yield served


async def sent(gateway: Fronts, first: bytes, again: bytes, most: int) -> tuple[int, bytes]:
    """Send ``again`` until the gateway hangs up. How many bytes it took, and what it answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    taken = 0
    try:
        writer.write(first)
        while taken < most and not reader.at_eof():
            writer.write(again)
            await writer.drain()
            taken += len(again)
            await asyncio.sleep(0)
        async with asyncio.timeout(10):
            return taken, await reader.read(100)
    except ConnectionError:
        return taken, b""
    finally:
        writer.transport.abort()


FLOODS = {
    "headers by the thousand": (
        b"GET /healthz HTTP/1.1\r\n",
        b"".join(b"x-%d: y\r\n" % n for n in range(1000)),
    ),
    "one header without an end": (b"GET /healthz HTTP/1.1\r\nx: ", b"y" * 65_536),
    "an address without an end": (b"GET /", b"y" * 65_536),
    "a name of a chunk without an end": (CHUNKED + b"1;", b"y" * 65_536),
    "headers after the body": (CHUNKED + b"0\r\n", (b"x: " + b"y" * 1000 + b"\r\n") * 64),
    "a body in single bytes": (CHUNKED, b"1\r\nx\r\n" * 10_000),
    "requests before their answers": (b"", b"GET /languages HTTP/1.1\r\nHost: x\r\n\r\n" * 500),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_a_flood_is_hung_up_on_and_nothing_of_it_is_kept(gateway: Fronts, name: str) -> None:
    first, again = FLOODS[name]
    tracemalloc.start()
    try:
        taken, answer = await sent(gateway, first, again, 16 << 20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # What the kernel has taken meanwhile counts as sent.
    assert taken < 16 << 20, "it still listens"
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 200"))
    # This process is the client too.
    assert peak < MOST_BYTES + 4 * len(again)
    assert (await gateway.ask("/healthz")).code == 200


async def test_what_libraries_send_is_taken(gateway: Fronts) -> None:
    body = b'{"q": "one two", "source": "en", "target": "pt"}'
    ends = b"0\r\n\r\n"
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + ends
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    # Several requests at once, a hundred headers, a body byte by byte: none of it is too much.
    headers = b"".join(b"x-%d: %s\r\n" % (n, b"y" * 500) for n in range(100))
    for _ in range(serving._MAX_WAITING):
        writer.write(CHUNKED.removesuffix(b"\r\n") + headers + b"\r\n" + chunks)
    answers = b""
    async with asyncio.timeout(30):
        while answers.count(b"ONE TWO") < serving._MAX_WAITING:
            answers += await reader.read(65_536)
    writer.close()
    assert answers.count(b"HTTP/1.1 200") == serving._MAX_WAITING


@pytest.mark.parametrize("value", [b"[],", b'"",', b"{},", b"[[]],"])
async def test_json_of_a_million_values_is_refused_before_it_is_parsed(
    gateway: Fronts, value: bytes
) -> None:
    body = b'{"q": [' + value * (1_000_000 // len(value) * 3) + b"0]}"
    began_s = time.thread_time()
    reply = await gateway.ask("/translate", body.decode())
    assert reply.code == 413
    assert "200000" in reply.json["error"]
    assert time.thread_time() - began_s < 0.2


async def test_a_text_of_commas_is_no_flood(gateway: Fronts) -> None:
    body = {"q": "a, " * 16_000, "source": "en", "target": "pt"}
    assert (await gateway.ask("/translate", body)).code == 200


async def test_a_gateway_ends_though_a_client_is_just_closing_its_socket() -> None:
    """Between the client's close and the end of its connection there is a turn of the loop."""
    ended: list[bool] = []

    class Ending(serving._WebSocket):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if data[:1] == b"\x88":
                self.shutdown()
                ended.append(self.transport.is_closing())

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    config = uvicorn.Config(app, log_config=None)
    config.load()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Ending(config, ServerState(), {}), "127.0.0.1", 0)
    async with server, asyncio.timeout(10):
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        # A close without a reason, masked with zeros.
        writer.write(b"\x88\x80\x00\x00\x00\x00")
        await reader.read()
        writer.close()
    assert ended == [True]
