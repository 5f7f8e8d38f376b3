"""The Python client against the real server: broken connections and draining servers."""

import asyncio
import random
from contextlib import suppress

import pytest

from clients.conformance.proxy import Proxy
from translator.client import AsyncTranslatorClient, Started
from translator.config import ServerConfig
from translator.errors import TranslatorError
from translator.testing import fake_translation, serve_in_process

pytestmark = pytest.mark.contract

SENTENCES = [
    "hello there my friend.",
    "how are you today?",
    "it is long and goes on, until it ends.",
]
TEXT = " ".join(SENTENCES * 6) + " "


async def speak(address: str, disturb: object, **options: object) -> tuple[int, dict[str, str]]:
    """Stream TEXT word by word; returns how often it was started, and the transcripts."""
    async with (
        AsyncTranslatorClient(address) as client,
        client.stream(source="xx", targets=["yy", "zz"], **options) as stream,  # type: ignore[arg-type]
    ):

        async def talk() -> None:
            for index, word in enumerate(TEXT.split()):
                if index % 3 == 0:
                    await stream.send("", tentative=word[: 1 + index % 4])
                await stream.send(word + " ")
                await asyncio.sleep(0.002)
                await disturb(index)  # type: ignore[operator]
            await stream.close_source()

        talking = asyncio.create_task(talk())
        started = 0
        async for event in stream:
            started += isinstance(event, Started)
        await talking
        return started, {target: stream.transcript(target) for target in ("yy", "zz")}


@pytest.mark.parametrize("options", [{}, {"max_unacked_updates": 2}, {"drafts": False}])
@pytest.mark.parametrize("seed", [1, 2])
async def test_cut_connections_neither_repeat_nor_lose_a_word(
    seed: int, options: dict[str, object]
) -> None:
    chance = random.Random(seed)
    proxy = Proxy()

    async def disturb(index: int) -> None:
        if index % 25 == 24 or chance.random() < 0.03:
            proxy.cut()

    async with serve_in_process() as server:
        port = int(server.address.rpartition(":")[2])
        async with proxy.listening(port) as address:
            started, transcripts = await asyncio.wait_for(speak(address, disturb, **options), 60)
    assert started > 1
    assert transcripts == dict.fromkeys(("yy", "zz"), fake_translation(TEXT).rstrip())


async def test_a_stream_moves_to_another_server_when_its_own_drains() -> None:
    draining: list[asyncio.Task[None]] = []
    async with (
        serve_in_process(ServerConfig(port=0, drain_grace_s=10)) as one,
        serve_in_process() as two,
    ):

        async def disturb(index: int) -> None:
            if index == 40:
                draining.append(asyncio.create_task(one.drain()))

        both = f"ipv4:{one.address},{two.address}"
        started, transcripts = await asyncio.wait_for(speak(both, disturb), 30)
        assert started == 2
        # Without streams the drain ends long before its grace is over.
        await asyncio.wait_for(draining[0], 5)
    assert transcripts["yy"] == fake_translation(TEXT).rstrip()


async def test_a_drain_with_nobody_else_silences_no_reader() -> None:
    """The stream goes on where it is until its time is up: there is no other server yet."""
    async with serve_in_process(ServerConfig(port=0, drain_grace_s=30)) as one:
        async with (
            AsyncTranslatorClient(one.address) as client,
            client.stream(source="xx", targets=["yy"]) as stream,
        ):
            await stream.send("hello there. ")
            drain = asyncio.create_task(one.drain())
            with suppress(TranslatorError):
                while await client.is_serving():
                    pass
            await stream.send("how are you? ")
            await stream.send("fine. ")
            await stream.close_source()
            kinds = [type(event).__name__ async for event in stream]
            assert stream.transcript("yy") == "HELLO THERE. HOW ARE YOU? FINE."
            assert kinds[-1] == "Report"
            assert "Reconnecting" not in kinds
            await asyncio.wait_for(drain, 5)
