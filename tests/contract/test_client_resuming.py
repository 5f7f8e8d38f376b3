"""Streams of the asyncio client that break, against scripted servers.

Those that break against the real server are in test_client_resume.py.
"""

import asyncio
import contextlib
import time

import grpc
import pytest

from tests.contract.scripted_server import (
    ScriptedCall,
    go_away,
    report,
    seconds,
    serve,
    started,
    update,
    upper,
)
from translator import errors
from translator.client import (
    AsyncTranslatorClient,
    Reconnecting,
    Report,
    Started,
    StreamEvent,
    Update,
)
from translator.v1.streaming_pb2 import StreamingTranslateResponse

pytestmark = pytest.mark.contract

WORDS = ["Hello ", "there.", " How ", "are ", "you ", "today?", " Fine.", " And ", "you?"]


@pytest.mark.parametrize("break_after", range(1, 8))
async def test_a_stream_that_breaks_again_and_again_loses_and_repeats_nothing(
    break_after: int,
) -> None:
    # Each call drops after some responses; SessionStarted is one of them.
    scripts = [upper(break_after=break_after + 1), upper(break_after=break_after + 2), upper()]
    async with serve(*scripts) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"]) as stream:

            async def talk() -> None:
                for word in WORDS:
                    await stream.send(word)
                await stream.close_source()

            talking = asyncio.create_task(talk())
            events = [event async for event in stream]
            await talking
        assert stream.transcript("pt", "") == "".join(WORDS).upper()
        shown = "".join(event.committed for event in events if isinstance(event, Update))
        assert shown == "".join(WORDS).upper()
        resumed = [e.resumed for e in events if isinstance(e, Started)]
        assert resumed == [False, True, True][: len(server.calls)]
        assert len(resumed) > 1


async def test_a_server_that_is_replaced_is_resumed_on_the_next() -> None:
    async with (
        serve(upper()) as first,
        AsyncTranslatorClient(first.address) as client,
        client.stream(source="en", targets=["pt"]) as stream,
    ):
        await stream.send("Hello there")
        async for event in stream:
            if isinstance(event, Update):
                break
        port = int(first.address.rpartition(":")[2])
        await first.stop()
        await stream.send(".")
        async with serve(upper(), port=port):
            await stream.close_source()
            events = [event async for event in stream]
            assert stream.transcript("pt") == "HELLO THERE."
            assert isinstance(events[0], Reconnecting)
            assert (events[0].address, events[0].attempt) == (first.address, 1)
            [resumed] = [event for event in events if isinstance(event, Started)]
            assert resumed.resumed


async def test_go_away_opens_the_new_stream_before_it_cancels_the_old() -> None:
    seen = []
    first_is_over = asyncio.Event()

    async def first(call: ScriptedCall) -> None:
        await call.read()
        await call.send(started("pt"), update(committed="OL", draft="Á"))
        await call.read()
        await call.send(go_away())
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("old cancelled")
            first_is_over.set()

    async def second(call: ScriptedCall) -> None:
        await call.read()
        seen.append("new opened")
        await call.send(started("pt"), update(revision=2, committed="Á", length=3))
        await first_is_over.wait()
        await call.read_to_end()
        await call.send(update(revision=3, length=3, covers=5, closed=True), report())

    async with serve(first, second) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"]) as stream:
            await stream.send("Hello", tentative=" th")
            await stream.close_source()
            async for _ in stream:
                pass
        assert seen == ["new opened", "old cancelled"]
        assert stream.transcript("pt") == "OLÁ"
        config, source = server.calls[1].requests
        (target,) = config.config.resume.targets
        assert (target.revision, target.target_committed) == (1, "OL")
        assert not target.source_committed
        assert (source.source.sequence, source.source.committed) == (1, "Hello")
        assert source.source.tentative == " th"
        # Half-closed before, so half-closed again.
        assert server.calls[1].is_half_closed


async def test_a_mismatch_is_resumed() -> None:
    async def skips(call: ScriptedCall) -> None:
        await call.read()
        await call.send(started("pt"), update(committed="OL"), update(revision=3, length=9))
        await call.read_to_end()

    async def goes_on(call: ScriptedCall) -> None:
        await call.read()
        await call.send(started("pt"), update(revision=2, committed="Á", length=3))
        await call.read_to_end()
        await call.send(report())

    async with serve(skips, goes_on) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"]) as stream:
            await stream.close_source()
            updates = [e.committed async for e in stream if isinstance(e, Update)]
        assert updates == ["OL", "Á"]
        assert server.calls[1].requests[0].config.resume.targets[0].target_committed == "OL"


async def test_a_server_that_never_fits_is_given_up() -> None:
    async def skips(call: ScriptedCall) -> None:
        await call.read()
        await call.send(started("pt"), update(revision=3))
        await call.read_to_end()

    async with serve(skips) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"]) as stream:
            with pytest.raises(errors.ConnectionLostError, match="do not continue"):
                async for _ in stream:
                    pass
            with pytest.raises(errors.ConnectionLostError):
                await stream.send("x")
        assert len(server.calls) == 2


async def test_a_full_server_is_waited_for_when_resuming() -> None:
    async def full(call: ScriptedCall) -> None:
        await call.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", retry_after_s=0.2)

    scripts = [upper(break_after=2), full, upper()]
    async with serve(*scripts) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"]) as stream:
            await stream.send("Hello.")
            await stream.send(" You.")
            await stream.close_source()
            began = time.monotonic()
            async for _ in stream:
                pass
            assert 0.2 <= time.monotonic() - began < 2
        assert stream.transcript("pt") == "HELLO. YOU."
        assert len(server.calls) == 3


async def test_a_full_server_is_not_waited_for_in_vain() -> None:
    async def full(call: ScriptedCall) -> None:
        await call.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", retry_after_s=120)

    async with (
        serve(upper(break_after=1), full) as server,
        AsyncTranslatorClient(server.address) as client,
        client.stream(source="en", targets=["pt"]) as stream,
    ):
        await stream.send("Hello.")
        with pytest.raises(errors.OverloadedError):
            async for _ in stream:
                pass


async def test_no_server_within_the_time_allowed() -> None:
    async with (
        serve(upper(break_after=1)) as server,
        AsyncTranslatorClient(server.address) as client,
        client.stream(source="en", targets=["pt"], resume_timeout_s=0.5) as stream,
    ):
        await stream.send("Hello.")
        await server.stop()
        began = time.monotonic()
        with pytest.raises(errors.ConnectionLostError):
            async for _ in stream:
                pass
        assert 0.4 < time.monotonic() - began < 3


async def test_what_breaks_a_stream_is_told_for_each_attempt() -> None:
    async def full(call: ScriptedCall) -> None:
        await call.abort(
            grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", message="full", retry_after_s=0.05
        )

    scripts = [upper(break_after=2), full, upper()]
    async with serve(*scripts) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"]) as stream:
            await stream.send("Hello.")
            await stream.send(" You.")
            await stream.close_source()
            events = [event async for event in stream]
        told = [event for event in events if isinstance(event, Reconnecting)]
        assert [(e.address, e.attempt) for e in told] == [
            (server.address, 1),
            (server.address, 2),
        ]
        assert told[0].cause.status == "UNAVAILABLE"
        assert told[1].cause.message == "full"
        assert told[1].wait_s > 0.05


def promises_heartbeats() -> StreamingTranslateResponse:
    first = started("pt")
    first.started.limits.heartbeat_interval.CopyFrom(seconds(0.1))
    return first


async def test_a_server_that_goes_silent_is_left() -> None:
    async def silent(call: ScriptedCall) -> None:
        await call.read()
        await call.send(promises_heartbeats(), update(committed="OL"))
        await asyncio.Event().wait()

    async def goes_on(call: ScriptedCall) -> None:
        await call.read()
        await call.send(started("pt"), update(revision=2, committed="Á", length=3), report())

    async with serve(silent, goes_on) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"]) as stream:
            events: list[StreamEvent] = []
            while not events or not isinstance(events[-1], Report):
                # Waiting again and again does not hide the silence.
                with contextlib.suppress(TimeoutError):
                    events.append(await asyncio.wait_for(anext(stream), 0.05))
        assert stream.transcript("pt") == "OLÁ"
        [told] = [event for event in events if isinstance(event, Reconnecting)]
        assert told.cause.message == "no message for 0.3 s"


async def test_another_stream_on_a_connection_that_is_left_goes_on() -> None:
    go_on = asyncio.Event()
    peers = []

    async def silent(call: ScriptedCall) -> None:
        peers.append(call.context.peer())
        await call.read()
        await call.send(promises_heartbeats(), update(committed="OL"))
        await asyncio.Event().wait()

    async def lasts(call: ScriptedCall) -> None:
        peers.append(call.context.peer())
        await call.read()
        await call.send(started("pt"))
        await go_on.wait()
        await call.send(update(committed="Sim"), report())

    async def goes_on(call: ScriptedCall) -> None:
        peers.append(call.context.peer())
        await call.read()
        await call.send(started("pt"), update(revision=2, committed="Á", length=3), report())

    scripts = (lasts, silent, goes_on)
    async with serve(*scripts) as server, AsyncTranslatorClient(server.address) as client:
        async with (
            client.stream(source="en", targets=["pt"]) as other,
            client.stream(source="en", targets=["pt"]) as stream,
        ):
            async for _ in stream:
                pass
            go_on.set()
            kinds = [type(event) async for event in other]
            assert kinds == [Started, Update, Report]
        assert peers[0] == peers[1] != peers[2]


async def test_a_server_that_opens_and_drops_is_not_called_in_a_tight_loop() -> None:
    async with (
        serve(upper(break_after=1)) as server,
        AsyncTranslatorClient(server.address) as client,
        client.stream(source="en", targets=["pt"], resume_timeout_s=1.5) as stream,
    ):
        await stream.send("Hello.")
        with pytest.raises(errors.ConnectionLostError):
            async for _ in stream:
                pass
        assert 3 <= len(server.calls) <= 6


async def test_a_resume_that_is_cancelled_is_begun_again_by_the_next_wait() -> None:
    async def hangs(call: ScriptedCall) -> None:
        await call.read()
        await asyncio.Event().wait()

    scripts = [upper(break_after=1), hangs, upper()]
    async with serve(*scripts) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"]) as stream:
            await stream.send("Hello.")
            assert isinstance(await anext(stream), Started)
            assert isinstance(await anext(stream), Reconnecting)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(stream), 0.3)
            await stream.send(" You.")
            await stream.close_source()
            async for _ in stream:
                pass
        assert stream.transcript("pt") == "HELLO. YOU."


async def test_closing_ends_a_resume_in_another_task() -> None:
    is_resuming = asyncio.Event()

    async def full(call: ScriptedCall) -> None:
        is_resuming.set()
        await call.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", retry_after_s=50)

    scripts = [upper(break_after=1), full]
    async with serve(*scripts) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"]) as stream:
            await stream.send("Hello.")

            async def read() -> list[StreamEvent]:
                return [event async for event in stream]

            reading = asyncio.create_task(read())
            await is_resuming.wait()
        kinds = [type(event) for event in await asyncio.wait_for(reading, 5)]
        assert kinds == [Started, Reconnecting, Reconnecting]
        assert len(server.calls) == 2
