"""The asyncio client against scripted servers."""

import asyncio
import contextlib
import itertools
import socket
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
    status,
    update,
    upper,
)
from translator import errors
from translator.client import (
    AsyncTranslatorClient,
    Connecting,
    Reconnecting,
    Report,
    SessionWarning,
    Started,
    StreamEvent,
    Update,
)
from translator.testing import serve_in_process
from translator.v1.streaming_pb2 import StreamingTranslateResponse
from translator.v1.translate_pb2 import TranslateRequest, TranslateResponse, Translation

pytestmark = pytest.mark.contract

WORDS = ["Hello ", "there.", " How ", "are ", "you ", "today?", " Fine.", " And ", "you?"]


async def play(call: ScriptedCall) -> None:
    """Open, say one word, and wait for the end."""
    await call.read()
    await call.send(started("pt"))
    await call.read_to_end()
    await call.send(update(committed="Olá", covers=5, closed=True), report())


async def test_a_stream_from_start_to_report() -> None:
    async with serve(upper()) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt", "es"]) as stream:
            assert stream.session_id == "session-1"
            for word in WORDS:
                await stream.send(word)
            await stream.close_source()
            events = [event async for event in stream]
        assert isinstance(events[0], Started)
        assert not events[0].resumed
        assert isinstance(events[-1], Report)
        for target in ("pt", "es"):
            assert stream.transcript(target, "") == "".join(WORDS).upper()
        texts = [e.text for e in events if isinstance(e, Update) and e.closed and e.target == "pt"]
        assert texts == ["HELLO THERE.", " HOW ARE YOU TODAY? FINE.", " AND YOU?"]
        assert len(server.calls) == 1
        assert server.calls[0].is_half_closed


async def test_metadata_goes_with_every_call() -> None:
    metadata = [("authorization", "Bearer secret")]
    async with (
        serve(play) as server,
        AsyncTranslatorClient(server.address, metadata=metadata) as client,
    ):
        async with client.stream(source="en", targets=["pt"]):
            pass
        await client.translate(["a"], "en", "pt")
        assert [each["authorization"] for each in server.metadata] == ["Bearer secret"] * 2


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


async def test_errors_on_opening_are_raised_on_entering() -> None:
    async def refuse(call: ScriptedCall) -> None:
        await call.abort(
            grpc.StatusCode.NOT_FOUND, "LANGUAGE_PAIR_NOT_SUPPORTED", metadata={"pairs": "en-pt"}
        )

    async with serve(refuse) as server, AsyncTranslatorClient(server.address) as client:
        with pytest.raises(errors.LanguagePairNotSupportedError) as raised:
            async with client.stream(source="en", targets=["xx"]):
                pytest.fail("not reached")
        assert raised.value.metadata == {"pairs": "en-pt"}
        assert len(server.calls) == 1


async def test_errors_on_the_way_are_raised_by_the_iteration() -> None:
    async def fail(call: ScriptedCall) -> None:
        await call.read()
        await call.send(started("pt"))
        await call.read()
        await call.abort(grpc.StatusCode.INTERNAL, "DECODING_FAILED", metadata={"id": "7"})

    async with serve(fail) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"]) as stream:
            await stream.send("x")
            with pytest.raises(errors.DecodingError):
                async for _ in stream:
                    pass
        assert len(server.calls) == 1


async def test_the_server_s_status_is_kept_when_writes_fail() -> None:
    """grpc.aio replaces it with one of its own (github.com/grpc/grpc/issues/36066)."""

    async def fail(call: ScriptedCall) -> None:
        await call.read()
        await call.send(started("pt"), update(committed="Olá"))
        await call.abort(grpc.StatusCode.INTERNAL, "DECODING_FAILED")

    async with serve(fail) as server, AsyncTranslatorClient(server.address) as client:
        for _ in range(20):
            async with client.stream(source="en", targets=["pt"]) as stream:
                for _ in range(20):
                    await stream.send("word ")
                with pytest.raises(errors.DecodingError):
                    async for _ in stream:
                        pass
                # Nor is an update lost that came before it.
                assert stream.transcript("pt") == "Olá"


async def test_a_full_server_refuses_a_fresh_start() -> None:
    async def full(call: ScriptedCall) -> None:
        await call.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", retry_after_s=0.01)

    async with serve(full) as server, AsyncTranslatorClient(server.address) as client:
        with pytest.raises(errors.OverloadedError) as raised:
            await client.stream(source="en", targets=["pt"]).__aenter__()
        assert raised.value.retry_after_s == 0.01
        assert len(server.calls) == 1


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


async def test_no_server_at_all_is_told_at_once_and_by_name() -> None:
    told: list[Connecting] = []
    async with AsyncTranslatorClient("127.0.0.1:1") as client:
        stream = client.stream(
            source="en", targets=["pt"], resume_timeout_s=0.5, on_connecting=told.append
        )
        with pytest.raises(
            errors.ConnectionLostError,
            match=r"^no stream to 127\.0\.0\.1:1 within 0\.5 s: .*Connection refused",
        ):
            await stream.__aenter__()
        with pytest.raises(
            errors.ConnectionLostError,
            match=r"^127\.0\.0\.1:1 could not be reached: .*Connection refused",
        ):
            await client.translate(["a"], "en", "pt")
    assert told[0] == Connecting("127.0.0.1:1", 1, None, 0.0)
    assert [event.attempt for event in told] == [*range(1, len(told) + 1)]
    assert len(told) > 1
    assert all("Connection refused" in str(event.cause) for event in told[1:])


async def test_connecting_by_itself_gives_up_soon() -> None:
    told: list[Connecting] = []
    async with AsyncTranslatorClient("127.0.0.1:1") as client:
        with pytest.raises(
            errors.ConnectionLostError,
            match=r"^127\.0\.0\.1:1 could not be reached within 0\.2 s: .*Connection refused",
        ):
            await client.connect(timeout_s=0.2, on_connecting=told.append)
    assert told[0] == Connecting("127.0.0.1:1", 1, None, 0.0)
    async with serve(play) as server, AsyncTranslatorClient(server.address) as client:
        await client.connect()


async def test_of_a_name_with_two_addresses_the_reason_is_told_that_says_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = itertools.chain(
        ["Connection refused", "it may want TLS"], itertools.repeat("Connection refused")
    )

    async def knock(_: AsyncTranslatorClient) -> errors.ConnectionLostError:
        return errors.ConnectionLostError(next(said))

    monkeypatch.setattr(AsyncTranslatorClient, "_knock", knock)
    monkeypatch.setattr("translator.client.aio.Backoff.next_s", lambda _: 0.01)
    async with AsyncTranslatorClient("localhost:1") as client:
        with pytest.raises(errors.ConnectionLostError, match=r"within 0\.2 s: it may want TLS$"):
            await client.connect(timeout_s=0.2)


async def test_a_connection_attempt_without_an_answer_is_given_up() -> None:
    # It listens, and nobody takes the connection.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        async with AsyncTranslatorClient(address) as client:
            with pytest.raises(errors.ConnectionLostError, match=f"{address}.*no answer"):
                await client.connect(timeout_s=0.2)
            with pytest.raises(errors.ConnectionLostError, match=f"{address}.*no answer"):
                await client.stream(source="en", targets=["pt"], resume_timeout_s=0.2).__aenter__()


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


async def test_the_source_language_can_be_changed() -> None:
    configs = []

    async def script(call: ScriptedCall) -> None:
        await call.read()
        await call.send(started("pt"))
        configs.append((await call.next()).config)
        await call.send(started("pt"))
        await call.drop()

    async def goes_on(call: ScriptedCall) -> None:
        configs.append((await call.next()).config)
        await call.send(started("pt"), report())

    async with serve(script, goes_on) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"], alignments=True) as stream:
            with pytest.raises(TypeError, match="targets"):
                await stream.reconfigure(targets="pt")  # type: ignore[arg-type]
            await stream.reconfigure(source="es")
            async for _ in stream:
                pass
            assert stream.config.source == "es"
    assert [config.source_language_code for config in configs] == ["es", "es"]
    assert [list(config.target_language_codes) for config in configs] == [["pt"], ["pt"]]


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


async def test_acks_go_out_by_themselves() -> None:
    acks = []

    async def script(call: ScriptedCall) -> None:
        await call.read()
        await call.send(started("pt"), update(draft="a"), update(revision=2, committed="b"))
        for _ in range(2):
            request = await call.next()
            acks.append((request.ack.target_language_code, request.ack.revision))
        await call.send(report())

    async with serve(script) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"], max_unacked_updates=1) as stream:
            async for _ in stream:
                pass
        assert acks == [("pt", 1), ("pt", 2)]


async def test_flush_and_reconfigure() -> None:
    async def script(call: ScriptedCall) -> None:
        await call.read()
        await call.send(started("pt"))
        request = await call.next()
        assert request.flush.sequence == 1
        config = (await call.next()).config
        assert list(config.target_language_codes) == ["pt", "es"]
        assert config.alignments
        assert not config.HasField("resume")
        warning = status(grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND")
        await call.send(StreamingTranslateResponse(warning=warning), started("pt", "es"), report())

    async with serve(script) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"], alignments=True) as stream:
            await stream.flush()
            await stream.reconfigure(targets=["pt", "es"])
            events = [event async for event in stream]
        assert isinstance(events[1], SessionWarning)
        assert isinstance(events[1].error, errors.ModelNotFoundError)
        assert list(stream.config.targets) == ["pt", "es"]
        assert isinstance(events[-1], Report)


async def test_leaving_early_cancels_the_call() -> None:
    is_cancelled = asyncio.Event()

    async def script(call: ScriptedCall) -> None:
        await call.read()
        await call.send(started("pt"))
        try:
            await call.read_to_end()
            await asyncio.Event().wait()
        finally:
            is_cancelled.set()

    async with serve(script) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"]) as stream:
            pass
        await asyncio.wait_for(is_cancelled.wait(), 5)
        assert [type(event) async for event in stream] == [Started]
        with pytest.raises(RuntimeError, match="not open"):
            await stream.send("x")


async def test_a_cancelled_wait_costs_no_update() -> None:
    go_on = asyncio.Event()

    async def script(call: ScriptedCall) -> None:
        await call.read()
        await call.send(started("pt"))
        await go_on.wait()
        await call.send(update(committed="Olá"))
        await call.read_to_end()
        await call.send(report())

    async with serve(script) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"]) as stream:
            assert isinstance(await anext(stream), Started)
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(anext(stream), 0.05)
            go_on.set()
            event = await anext(stream)
            assert isinstance(event, Update)
            assert event.text == "Olá"
        assert len(server.calls) == 1


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


async def test_closing_ends_an_iteration_in_another_task() -> None:
    async with serve(play) as server, AsyncTranslatorClient(server.address) as client:
        async with client.stream(source="en", targets=["pt"]) as stream:

            async def read() -> list[StreamEvent]:
                return [event async for event in stream]

            reading = asyncio.create_task(read())
            await asyncio.sleep(0.05)
            with pytest.raises(RuntimeError, match="one task"):
                await anext(stream)
        assert len(await asyncio.wait_for(reading, 5)) == 1


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


async def test_a_cancelled_task_stays_cancelled() -> None:
    async with serve(play) as server, AsyncTranslatorClient(server.address) as client:

        async def use() -> None:
            async with client.stream(source="en", targets=["pt"]) as stream:
                async for _ in stream:
                    pass

        task = asyncio.create_task(use())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(server.calls) == 1


async def test_translate_and_list_models() -> None:
    bad = status(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", violations={"texts": "long"})

    def answer(request: TranslateRequest) -> TranslateResponse:
        first = Translation(text=request.texts[0].upper(), model="m", alternatives=["x"])
        return TranslateResponse(translations=[first, Translation(status=bad)])

    async with serve(play) as server, AsyncTranslatorClient(server.address) as client:
        server.translate = answer
        good, failed = await client.translate(["a", "b"], "en", "pt", glossary={"a": ""})
        assert (good.text, good.error, good.model, good.alternatives) == ("A", None, "m", ("x",))
        assert isinstance(failed.error, errors.InvalidRequestError)
        listed = await client.list_models()
        assert [model.name for model in listed.models] == ["model-0", "model-1"]
        assert listed.models[0].pairs[0].target == "pt"
        assert [policy.parameters[0].name for policy in listed.policies] == ["n"]

        server.error = status(grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND")
        with pytest.raises(errors.ModelNotFoundError):
            await client.translate(["a"], "en", "pt", model="x")


async def test_texts_have_alternatives_and_languages_of_their_own() -> None:
    async with serve_in_process() as server, AsyncTranslatorClient(server.address) as client:
        good, number = await client.translate(["Hello world.", "12"], "und", "yy")
        assert (good.text, good.detected_language) == ("HELLO WORLD.", "xx")
        assert good.alternatives == ()
        # A text without a letter is in no language, and the same in all.
        assert (number.text, number.detected_language, number.error) == ("12", "", None)
        [asked] = await client.translate(["Hello world."], "xx", "yy", num_alternatives=1)
        assert (asked.text, asked.detected_language) == ("HELLO WORLD.", "")
        assert asked.alternatives == ("OLLEH WORLD.",)
        with pytest.raises(errors.InvalidRequestError, match="num_alternatives"):
            await client.translate(["Hello world."], "xx", "yy", num_alternatives=9)


async def test_a_deadline_that_passes_is_an_error_of_its_own() -> None:
    async with serve_in_process() as server, AsyncTranslatorClient(server.address) as client:
        with pytest.raises(errors.DeadlineExceededError):
            await client.translate(["a"], "xx", "yy", timeout_s=1e-6)


async def test_misuse_is_told() -> None:
    client = AsyncTranslatorClient("127.0.0.1:1")
    with pytest.raises(RuntimeError, match="async with"):
        client.stream(source="en", targets=["pt"])
    with pytest.raises(RuntimeError, match="async with"):
        await client.list_models()
    async with client:
        with pytest.raises(ValueError, match="targets"):
            client.stream(source="en", targets=[])
        with pytest.raises(RuntimeError, match="not open"):
            await client.stream(source="en", targets=["pt"]).send("x")
        await client.close()
