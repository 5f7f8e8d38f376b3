"""Gateways that relay the rooms of another one: over real sockets, a tree of two levels."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.server.gateways import ROOM, Gateway, Viewer, gateway, models, relay
from translator.captions.events import ORIGINAL
from translator.captions.links import Role
from translator.cli.captions import command
from translator.client import AsyncTranslatorClient, CaptionsLink
from translator.errors import ClientError
from translator.testing import serve_in_process

pytestmark = pytest.mark.server


@pytest.fixture
async def owner() -> AsyncIterator[Gateway]:
    async with serve_in_process(models=models()) as server:
        async with gateway(server.address) as running:
            yield running


@pytest.fixture
async def relayed(owner: Gateway) -> AsyncIterator[Gateway]:
    async with relay(owner.address) as running:
        yield running


async def met(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def ids(viewer: Viewer) -> list[tuple[str, str]]:
    """The event ids of the closed lines, with their texts."""
    return [
        (event["id"], event["committed"]["text"]) for event in viewer.events if "committed" in event
    ]


async def test_a_relay_tells_what_its_gateway_tells_under_the_same_ids(
    owner: Gateway, relayed: Gateway
) -> None:
    async with (
        owner.viewer("pt", ORIGINAL) as there,
        relayed.viewer("pt", ORIGINAL) as here,
        owner.speaker(name="Rosa") as speaker,
    ):
        await here.until(lambda v: v.num_snapshots == 1)
        await there.until(lambda v: v.num_snapshots == 1)
        await speaker.say("Good morning. ")
        await speaker.say("", tentative="and so", ends=False)
        await here.until(lambda v: v.drafts.get("pt", "").startswith("AND"))
        await speaker.say("And now. ")
        for viewer in (here, there):
            await viewer.until_text("GOOD MORNING.\nAND NOW.")
            await viewer.until_text("Good morning.\nAnd now.", ORIGINAL)
        assert ids(here) == ids(there)
        first = next(e["committed"] for e in here.events if "committed" in e)
        assert first["speaker"] == "Rosa"
        assert here.room["numSpeakers"] == 1
        assert here.room["languages"] == there.room["languages"]


async def test_viewers_move_between_relays_and_have_each_word_once(owner: Gateway) -> None:
    async with relay(owner.address) as one, relay(owner.address) as two:
        async with owner.speaker() as speaker, two.viewer("pt") as stays:
            await stays.until(lambda v: v.num_snapshots == 1)
            before, texts, num_snapshots = stays, [], 0
            for n, place in enumerate((two, owner, one, two, owner, one)):
                async with place.viewer("pt", after=before.after if n else "") as viewer:
                    if n:
                        # It has what it had; what comes is checked against that.
                        viewer.texts, viewer.closed = before.texts, before.closed
                    await speaker.say(f"Number {n}. ")
                    texts.append(f"NUMBER {n}.")
                    await viewer.until_text("\n".join(texts))
                    num_snapshots += viewer.num_snapshots
                    before = viewer
            await stays.until_text("\n".join(texts))
            # The first, and where a relay asked anew for a language that nobody had read there.
            assert num_snapshots <= 3
            assert stays.num_snapshots == 1


async def test_a_language_is_asked_for_while_somebody_reads_it(
    owner: Gateway, relayed: Gateway
) -> None:
    async with owner.speaker() as speaker:
        await speaker.say("One. ")
        await speaker.until_done(5)
        assert owner.room.num_viewers == 0
        async with relayed.viewer("pt-BR") as pt:
            await pt.until(lambda v: v.text("pt") == "ONE.")
            await met(lambda: owner.room.targets("en") == ["pt"])
            async with relayed.viewer("de") as de:
                await de.until_text("ONE.")
                await speaker.say("Two. ")
                await de.until_text("ONE.\nTWO.")
                await pt.until(lambda v: v.text("pt") == "ONE.\nTWO.")
                # Nobody who read before was sent anything again.
                assert pt.num_snapshots == 1
                assert owner.room.num_viewers == 1
            await met(lambda: owner.room.targets("en") == ["pt"])
            await speaker.say("Three. ")
            await pt.until(lambda v: v.text("pt") == "ONE.\nTWO.\nTHREE.")
            assert pt.num_snapshots == 1
        await met(lambda: owner.room.num_viewers == 0)
        await met(lambda: owner.room.targets("en") == [])
        # A language that comes back has what was said meanwhile.
        await speaker.say("Four. ")
        async with relayed.viewer("pt") as again:
            await again.until_text("ONE.\nTWO.\nTHREE.\nFOUR.")


async def test_a_tree_of_two_levels(owner: Gateway, relayed: Gateway) -> None:
    async with relay(relayed.address) as leaf:
        async with (
            owner.speaker() as speaker,
            leaf.viewer("pt", ORIGINAL) as far,
            owner.viewer("pt", ORIGINAL) as near,
        ):
            await far.until(lambda v: v.num_snapshots == 1)
            await near.until(lambda v: v.num_snapshots == 1)
            await speaker.say("One. ")
            for viewer in (far, near):
                await viewer.until_text("ONE.")
            async with leaf.viewer("de") as late:
                await late.until_text("ONE.")
                await speaker.say("Two. ")
                await late.until_text("ONE.\nTWO.")
            for viewer in (far, near):
                await viewer.until_text("ONE.\nTWO.")
                await viewer.until_text("One.\nTwo.", ORIGINAL)
            assert ids(far) == ids(near)
            after = far.after
        async with owner.viewer("pt", ORIGINAL, after=after) as moved:
            async with owner.speaker(position=10) as speaker:
                await speaker.say("Three. ")
                await moved.until_text("THREE.")
                assert moved.num_snapshots == 0
        await met(lambda: owner.room.num_viewers == 0)


async def test_the_owner_is_killed_and_comes_back(owner: Gateway) -> None:
    async with serve_in_process(models=models()) as server:
        first = gateway(server.address)
        running = await first.__aenter__()
        ports: dict[str, Any] = {"port": running.port, "rpc_port": running.rpc_port}
        async with relay(running.address) as one, relay(one.address) as leaf:
            async with leaf.viewer("pt") as viewer:
                async with running.speaker() as speaker:
                    await speaker.say("One. ")
                    await viewer.until_text("ONE.")
                    epoch = viewer.after.split("-")[0]
                    await first.__aexit__(None, None, None)
                # What is there already is told while nobody answers.
                async with leaf.viewer("pt") as late:
                    await late.until_text("ONE.")
                async with gateway(server.address, **ports) as second:
                    async with second.speaker(position=5) as speaker:
                        await speaker.say("Two. ")
                        await viewer.until(lambda v: v.after.split("-")[0] != epoch)
                        async with leaf.viewer("pt", after=viewer.after) as other:
                            await speaker.say("Three. ")
                            await other.until(lambda v: "THREE." in v.text())


async def test_a_relay_is_killed_and_comes_back(owner: Gateway) -> None:
    first = relay(owner.address)
    running = await first.__aenter__()
    ports: dict[str, Any] = {"port": running.port, "rpc_port": running.rpc_port}
    async with owner.speaker() as speaker:
        async with running.viewer("pt") as viewer:
            await speaker.say("One. ")
            await viewer.until_text("ONE.")
            after = viewer.after
            await first.__aexit__(None, None, None)
        await speaker.say("Two. ")
        async with relay(owner.address, **ports) as again:
            async with again.viewer("pt", after=after) as viewer:
                await viewer.until(lambda v: v.text().endswith("TWO."))
                await speaker.say("Three. ")
                await viewer.until(lambda v: v.text().endswith("TWO.\nTHREE."))


async def test_old_pages_and_the_transcript_are_whole_at_a_relay(
    owner: Gateway, relayed: Gateway
) -> None:
    async with owner.speaker() as speaker:
        for n in range(70):
            await speaker.say(f"Sentence {n} is here. ")
        await speaker.until_done(speaker.position)
        owner.room.room._max_snapshot_length = 100
        async with relayed.viewer(ORIGINAL) as viewer:
            await viewer.until(lambda v: v.num_snapshots == 1)
            epoch = owner.room.room.epoch
            for page in (0, 1):
                path = f"/segments/{epoch}/{ORIGINAL}/{page}"
                assert await relayed.json(relayed.path(path)) == await owner.json(owner.path(path))
            status, *_ = await relayed.get(relayed.path(f"/segments/{epoch}/{ORIGINAL}/2"))
            assert status == 404
        whole = await owner.json(owner.path("/transcript", language=ORIGINAL))
        assert await relayed.json(relayed.path("/transcript", language=ORIGINAL)) == whole
        assert len(whole["segments"]) == 70


async def test_nobody_speaks_at_a_relay(owner: Gateway, relayed: Gateway) -> None:
    async with relayed.socket() as socket:
        opening = {"roomId": ROOM, "publisherId": "publisher1", "key": owner.key(Role.SPEAK)}
        settings = {"settings": {"languageCode": "en"}}
        await socket.send(json.dumps({"opening": {**opening, **settings}}))
        assert json.loads(await socket.recv())["problem"]["reason"] == "RELAY_ONLY"
    async with AsyncTranslatorClient(relayed.address) as client:
        with pytest.raises(ClientError, match="relays rooms of"):
            async with client.publish(owner.link(Role.SPEAK), language="en"):
                pass


async def test_a_relay_with_another_secret_is_refused_and_says_so(owner: Gateway) -> None:
    async with relay(owner.address) as running:
        running.hall._origin._links = type(owner.links)(b"x" * 32)  # type: ignore[union-attr]
        async with running.viewer("pt"):
            await met(lambda: bool(running.relayed.facts().publishers))
        problem = running.relayed.facts().publishers[0].problem
        assert "not valid" in problem


async def test_programs_read_at_a_relay(owner: Gateway, relayed: Gateway) -> None:
    async with AsyncTranslatorClient(relayed.address) as client:
        link = CaptionsLink.parse(owner.link())
        async with client.subscribe(link, ["pt"]) as reader, owner.speaker() as speaker:
            await speaker.say("One. ")
            async with asyncio.timeout(20):
                while reader.transcript("pt") != "ONE.":
                    await anext(reader)
        assert [each.text for each in await client.captions(link, "original")] == ["One."]


async def test_the_command_relays(tmp_path: Path) -> None:
    """As somebody would do it: two processes with one secret, and a link of one at the other."""
    secret = str(tmp_path / "secret")

    async def start(stack: AsyncExitStack, *options: str) -> dict[str, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "translator", "captions", "--room", ROOM, "--no-qr"),
            *("--secret", secret, "--port", "0", "--grpc-port", "0", *options),
            stdout=asyncio.subprocess.PIPE,
        )
        stack.push_async_callback(process.wait)
        stack.callback(process.kill)
        assert process.stdout is not None
        told: dict[str, str] = {}
        async with asyncio.timeout(60):
            while "grpc" not in told:
                name, what = (await process.stdout.readline()).decode().split()
                told[name] = what
        return told

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(serve_in_process(models=models()))
        owner = await start(stack, "--address", server.address)
        relay = await start(stack, "--relay-from", owner["grpc"])
        assert "speak" not in relay
        speaking = await stack.enter_async_context(AsyncTranslatorClient(owner["grpc"]))
        reading = await stack.enter_async_context(AsyncTranslatorClient(relay["grpc"]))
        async with (
            speaking.publish(owner["speak"], language="en") as speaker,
            reading.subscribe(owner["read"], ["pt"]) as reader,
        ):
            await speaker.send("Good morning. ", end_of_segment=True)
            async with asyncio.timeout(30):
                while reader.transcript("pt") != "GOOD MORNING.":
                    await anext(reader)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--relay-from", "localhost:1"], "--relay-from needs the --secret"),
        (
            ["--relay-from", "localhost:1", "--secret", "s", "--model", "en-pt"],
            "translates nothing",
        ),
        (
            ["--relay-from", "localhost:1", "--secret", "s", "--address", "a:1"],
            "translates nothing",
        ),
        (
            ["--relay-from", "localhost:1", "--secret", "s", "--sink", "pt:file=x"],
            "not for a relay",
        ),
        (["--relay-from", "localhost:1", "--secret", "s", "--record", "x"], "not for a relay"),
        (["--relay-from", "localhost:1", "--secret", "s", "--speech", "x"], "not for a relay"),
        (["--ca", "ca.pem"], "need --address or --relay-from"),
    ],
)
def test_options_that_contradict_each_other(options: list[str], why: str) -> None:
    result = CliRunner().invoke(command, options)
    assert result.exit_code == 2
    assert why in result.output
