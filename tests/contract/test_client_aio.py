"""The asyncio client against scripted servers."""

import asyncio

import grpc
import pytest

from tests.contract.scripted_server import (
    ScriptedCall,
    play,
    report,
    serve,
    started,
    status,
    update,
    upper,
)
from translator import errors
from translator.client import (
    AsyncTranslatorClient,
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
