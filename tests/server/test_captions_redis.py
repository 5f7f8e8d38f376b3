"""Rooms that outlive their gateway, with a real Redis."""

import asyncio
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.server.gateways import ROOM, gateway, models
from tests.server.processes import CLEAN
from translator.captions import store as stores
from translator.captions.events import ORIGINAL
from translator.captions.store import connected_store
from translator.client import AsyncTranslatorClient
from translator.errors import ConfigError
from translator.server.app import RunningServer
from translator.testing import serve_in_process

pytestmark = pytest.mark.server


class Redis:
    """A server of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self.start()

    def start(self) -> None:
        options = ("--port", str(self.port), "--save", "", "--bind", "127.0.0.1")
        self.process = subprocess.Popen(
            ["redis-server", *options], cwd=self._folder, stdout=subprocess.DEVNULL
        )
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        pytest.fail("redis-server did not start")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    pytest.importorskip("redis", reason="no test with Redis: redis-py is not installed")
    if shutil.which("redis-server") is None:
        pytest.skip("no test with Redis: redis-server is not installed (apt: redis-server)")
    running = Redis(tmp_path)
    yield running
    running.stop()


@pytest.fixture
async def server() -> AsyncIterator[RunningServer]:
    async with serve_in_process(models=models()) as running:
        yield running


async def test_the_next_gateway_goes_on_with_the_same_ids(
    redis: Redis, server: RunningServer
) -> None:
    """While the first one is still there, as after a network that was cut."""
    async with (
        connected_store(redis.url, 3600) as kept,
        gateway(server.address, store=kept) as first,
    ):
        room = first.room
        room.title = "Harbour"
        async with first.viewer(ORIGINAL, "pt") as viewer, first.speaker(name="Rosa") as speaker:
            await speaker.say("One. ")
            await speaker.say("Two begins ", ends=False)
            await viewer.until(lambda v: "begins" in v.texts.get((ORIGINAL, 2), ""))
            await viewer.until(lambda v: ("pt", 1) in v.closed)
            after, epoch = viewer.after, room.room.epoch
            async with (
                connected_store(redis.url, 3600) as found,
                gateway(server.address, store=found) as second,
            ):
                assert second.room.room.epoch == epoch
                assert second.room.title == "Harbour"
                async with second.viewer(ORIGINAL, "pt", after=after) as later:
                    later.texts, later.closed = dict(viewer.texts), set(viewer.closed)
                    # The publisher says again what was not acknowledged.
                    async with second.speaker(name="Rosa", position=5) as again:
                        assert again.position == len("One. Two begins")
                        await again.say(" and ends. ")
                        await again.say("Three. ")
                        await later.until(
                            lambda v: v.text(ORIGINAL) == "One.\nTwo begins\nand ends.\nThree."
                        )
                        await later.until(lambda v: v.text("pt").endswith("THREE."))
                    assert later.num_snapshots == 0
                    assert later.after.startswith(epoch)
                    assert int(later.after.split("-")[1]) > int(after.split("-")[1])
                    second.room.room.check_integrity()
                    # The first one must not go on with it.
                    await speaker.say("Nobody hears this. ")
                    await viewer.until(lambda v: any("bye" in event for event in v.events))
                    assert not any("Nobody" in text for text in viewer.texts.values())
                    async with first.viewer(ORIGINAL) as reloaded:
                        await reloaded.until(lambda v: v.text().endswith("Three."))


async def test_what_is_not_stored_is_not_told(
    redis: Redis, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis is away: captions wait for it, and go on without it in the end."""
    monkeypatch.setattr(stores, "_GIVE_UP_S", 0.5)
    async with (
        connected_store(redis.url, 3600) as kept,
        gateway(server.address, store=kept) as captions,
    ):
        async with captions.viewer() as viewer, captions.speaker() as speaker:
            await speaker.say("One. ")
            await viewer.until_text("One.")
            redis.stop()
            await speaker.say("Two. ")
            async with asyncio.timeout(10):
                while captions.room.room.n < 4:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            async with captions.viewer(after=viewer.after) as nothing_yet:
                assert captions.room.is_ready(nothing_yet) is False  # type: ignore[arg-type]
            await viewer.until_text("One.\nTwo.")
            await speaker.say("Three. ")
            await viewer.until_text("One.\nTwo.\nThree.")


async def test_a_room_that_is_closed_is_forgotten(redis: Redis, server: RunningServer) -> None:
    async with (
        connected_store(redis.url, 3600) as kept,
        gateway(server.address, store=kept) as captions,
    ):
        async with captions.viewer() as viewer, captions.speaker() as speaker:
            await speaker.say("One. ")
            await viewer.until_text("One.")
        # As it goes when nobody was in it for an hour.
        await captions.hall._rooms.pop(ROOM).close("ROOM_CLOSED")
        async with connected_store(redis.url, 3600) as found:
            assert found.of(ROOM).kept is None


async def test_a_redis_that_is_not_there_is_told() -> None:
    pytest.importorskip("redis", reason="no test with Redis: redis-py is not installed")
    for url, says in (("redis://user:secret@127.0.0.1:1", "cannot be read"), ("what", "not the")):
        with pytest.raises(ConfigError, match=says) as caught:
            async with connected_store(url, 3600):
                pass
        assert "secret" not in str(caught.value)


@asynccontextmanager
async def process(
    redis: Redis, address: str, secret: Path, port: int
) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, str]]]:
    """A gateway as somebody would start it."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "translator", "captions", "--room", ROOM, "--no-qr"),
        *("--address", address, "--secret", str(secret), "--redis", redis.url),
        *("--port", "0", "--grpc-port", str(port)),
        stdout=asyncio.subprocess.PIPE,
        env=CLEAN,
    )
    try:
        assert running.stdout is not None
        told: dict[str, str] = {}
        async with asyncio.timeout(60):
            while "grpc" not in told:
                name, what = (await running.stdout.readline()).decode().split()
                told[name] = what
        yield running, told
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def test_a_gateway_that_is_killed_goes_on_in_the_next_one(
    redis: Redis, server: RunningServer, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    async with AsyncExitStack() as stack:
        first, links = await stack.enter_async_context(process(redis, server.address, secret, 0))
        port = int(links["grpc"].rpartition(":")[2])
        client = await stack.enter_async_context(AsyncTranslatorClient(links["grpc"]))
        reader = await stack.enter_async_context(client.subscribe(links["read"], [ORIGINAL]))
        speaker = await stack.enter_async_context(client.publish(links["speak"], language="en"))
        await speaker.send("One. Two begins ", end_of_segment=False)
        async with asyncio.timeout(30):
            while "begins" not in reader.transcript(ORIGINAL):
                await anext(reader)
        first.send_signal(signal.SIGKILL)
        await first.wait()
        await stack.enter_async_context(process(redis, server.address, secret, port))
        await speaker.send("and ends. Three. ", end_of_segment=True)
        async with asyncio.timeout(30):
            while not reader.transcript(ORIGINAL).endswith("Three."):
                await anext(reader)
    assert " ".join(reader.transcript(ORIGINAL).split()) == "One. Two begins and ends. Three."
