"""What clients get wrong: a clear error, nothing lost, and no other session notices."""

import asyncio
import time

import grpc
import pytest
from google.rpc import error_details_pb2

from tests.server.wire import (
    Exchange,
    Request,
    chunks,
    config,
    connected,
    exchange,
    flush,
    named,
    rest_of,
    source,
)
from translator.config import Limits, ServerConfig
from translator.server.app import RunningServer
from translator.testing import FakeModel, fake_translation, serve_in_process

pytestmark = pytest.mark.server


def field_of(result: Exchange) -> str:
    field: str = result.detail(error_details_pb2.BadRequest).field_violations[0].field
    return field


async def fails(server: RunningServer, *requests: Request) -> Exchange:
    result = await exchange(server.address, requests)
    assert result.code not in {grpc.StatusCode.OK, grpc.StatusCode.INTERNAL}
    # Larger trailers would replace the real status.
    assert result.status is not None
    assert result.status.ByteSize() < 4096
    return result


async def test_a_stream_has_to_begin_with_a_config(server: RunningServer) -> None:
    for requests in ([source(1, "a")], [flush(1)], [Request()], []):
        result = await fails(server, *requests)
        assert result.code == grpc.StatusCode.INVALID_ARGUMENT
        assert "first message" in result.message


async def test_an_unknown_pair_names_the_pairs_there_are(server: RunningServer) -> None:
    result = await fails(server, config(["de"]))
    assert result.code == grpc.StatusCode.NOT_FOUND
    info = result.detail(error_details_pb2.ErrorInfo)
    assert (info.reason, info.domain) == ("LANGUAGE_PAIR_NOT_SUPPORTED", "translator")
    assert info.metadata["pairs"] == "xx-yy,xx-zz"


async def test_an_unknown_model_names_the_models_there_are(server: RunningServer) -> None:
    result = await fails(server, config(model="gpt"))
    assert result.code == grpc.StatusCode.NOT_FOUND
    info = result.detail(error_details_pb2.ErrorInfo)
    assert (info.reason, info.metadata["models"]) == ("MODEL_NOT_FOUND", "fake")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (config([]), "config.target_language_codes"),
        (config(["yy", "YY"]), "config.target_language_codes"),
        (config([f"y{i}" for i in range(9)]), "config.target_language_codes"),
        (config(source=""), "source_language_code"),
        (config(source="not a language"), "source_language_code"),
        (config(["\x00"]), "target_language_code"),
        (config(policy=named("guess")), "policy.named.name"),
        (config(policy=named("local-agreement", n=1)), "policy.named.parameters['n']"),
        (config(policy=named("local-agreement", n=2.5)), "policy.named.parameters['n']"),
        (
            config(policy=named("local-agreement", n=float("nan"))),
            "policy.named.parameters['n']",
        ),
        (config(policy=named("final-only", k=3)), "policy.named.parameters['k']"),
    ],
)
async def test_a_config_that_is_not_allowed_names_the_field(
    server: RunningServer, request_: Request, field: str
) -> None:
    result = await fails(server, request_)
    assert result.code == grpc.StatusCode.INVALID_ARGUMENT
    assert field_of(result) == field
    assert "allowed" in result.message or "needed" in result.message or "twice" in (result.message)


async def test_durations_out_of_range_name_the_field(server: RunningServer) -> None:
    for name in ("min_update_interval", "heartbeat_interval"):
        for seconds in (-1, 10**9):
            request = config()
            getattr(request.config, name).FromSeconds(seconds)
            assert field_of(await fails(server, request)) == f"config.{name}"


async def test_rests_out_of_range_name_the_field(server: RunningServer) -> None:
    for name in ("draft", "sentence", "segment"):
        for seconds in (-1, 365 * 24 * 3600):
            request = config()
            getattr(request.config.rests, name).FromSeconds(seconds)
            result = await fails(server, request)
            assert field_of(result) == f"config.rests.{name}"
            assert "allowed: from 0 to 3600 s" in result.message


@pytest.mark.parametrize(
    ("term", "target", "field"),
    [
        ("", "CAT", "config.glossary[1].source_term"),
        (" ", "CAT", "config.glossary[1].source_term"),
        ("!", "CAT", "config.glossary[1].source_term"),
        ("a" * 501, "CAT", "config.glossary[1].source_term"),
        ("cat", "!" * 501, "config.glossary[1].target_term"),
        ("dog", "CAT", "config.glossary[1]"),
    ],
)
async def test_a_term_that_is_wrong_names_its_field(
    server: RunningServer, term: str, target: str, field: str
) -> None:
    request = config()
    request.config.glossary.add(source_term="dog", target_term="HOUND")
    request.config.glossary.add(source_term=term, target_term=target)
    result = await fails(server, request)
    assert (result.code, field_of(result)) == (grpc.StatusCode.INVALID_ARGUMENT, field)


async def test_a_sequence_that_goes_back_is_refused(server: RunningServer) -> None:
    for last in (source(1, "b"), source(0, "b"), flush(2)):
        result = await fails(server, config(), source(2, "a"), last)
        assert result.code == grpc.StatusCode.INVALID_ARGUMENT
        assert field_of(result).endswith(".sequence")
        assert "2" in result.message


async def test_a_chunk_over_the_limit_is_refused_with_the_limit(server: RunningServer) -> None:
    for request in (source(1, "a" * 32_769), source(1, "", "a" * 32_769)):
        result = await fails(server, config(), request)
        assert result.code == grpc.StatusCode.INVALID_ARGUMENT
        assert "32768" in result.message


async def test_a_message_without_content_and_an_ack_of_nothing_are_refused(
    server: RunningServer,
) -> None:
    ack = Request()
    ack.ack.target_language_code = "ww"
    for request in (Request(), ack):
        assert (await fails(server, config(), request)).code == grpc.StatusCode.INVALID_ARGUMENT


async def test_a_resume_that_contradicts_itself_is_refused(server: RunningServer) -> None:
    for target in ("ww", "yy"):
        request = config(["yy"])
        request.config.resume.targets.add(target_language_code=target)
        assert field_of(await fails(server, request)).startswith("config.resume")


async def test_a_word_of_a_hundred_thousand_characters_passes_unchanged(
    server: RunningServer,
) -> None:
    word = "x" * 100_000
    began = time.monotonic()
    result = await exchange(server.address, [config(), *chunks(word, 25_000), source(9, " end.")])
    assert result.code == grpc.StatusCode.OK
    text = "".join(result.texts().values())
    assert text == f"{word} END."
    # A model fed with it would take minutes.
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "text",
    [
        "party 🎉👩‍👩‍👧 time. done.",
        "שלום עולם. مرحبا بالعالم. ok",
        "e\u0301te\u0301 a\u0308 " + "o" + "\u0301" * 700 + " end.",
        "nul \x00 bell \x07 escape \x1b[31m del \x7f end.",
        "line\r\nfeed\u2028separator\u0085next. \ufeffbom \u200b.",
        "日本語の文。もう一つの文。",
        "\ud7ff\ue000\U0010ffff",
    ],
)
async def test_any_unicode_text_is_translated_in_any_cut(server: RunningServer, text: str) -> None:
    results = [
        await exchange(server.address, [config(), *chunks(text, size)]) for size in (1, 4, 1000)
    ]
    assert {r.code for r in results} == {grpc.StatusCode.OK}
    assert results[0].texts() == results[1].texts() == results[2].texts()
    assert all(u.segment_closed for r in results for u in r.updates()[-1:])


async def test_white_space_only_and_nothing_at_all_end_well(server: RunningServer) -> None:
    for requests in ([], [source(1, " \n\t ")], [source(1, " " * 5000), flush(2)], [flush(1)]):
        result = await exchange(server.address, [config(), *requests])
        assert result.code == grpc.StatusCode.OK
        assert result.kinds == ["started", "report"]


async def test_fifty_config_changes_are_survived(server: RunningServer) -> None:
    requests = [config()]
    for i in range(50):
        requests += [config(["zz"] if i % 2 else ["yy", "zz"]), source(i + 1, f"word{i} goes. ")]
    result = await exchange(server.address, requests)
    assert result.code == grpc.StatusCode.OK
    assert result.kinds.count("started") == 51
    assert list(result.texts("zz").values()) == [f"WORD{i} GOES." for i in range(50)]


async def test_thousands_of_tiny_chunks_lose_nothing(server: RunningServer) -> None:
    text = "a bc def. " * 250
    result = await exchange(server.address, [config(), *chunks(text)])
    assert result.code == grpc.StatusCode.OK
    assert " ".join(result.texts().values()) == fake_translation(text).strip()
    assert result.report.source_updates == 2_500


async def test_a_client_that_vanishes_frees_its_place() -> None:
    limited = ServerConfig(port=0, limits=Limits(max_sessions=1))
    async with serve_in_process(limited) as server:
        for _ in range(3):
            async with connected(server.address) as stub:
                call = stub.StreamingTranslate()
                await call.write(config())
                await call.read()
                await call.write(source(1, "on my "))
                call.cancel()
            async with asyncio.timeout(5):
                while server.service.num_sessions:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        assert (await exchange(server.address, [config()])).code == grpc.StatusCode.OK


async def test_a_client_that_never_reads_is_held_back_and_others_are_served() -> None:
    tight = Limits(max_pending_segments=4, max_unsent_length=2000)
    async with serve_in_process(ServerConfig(port=0, limits=tight)) as server:
        async with connected(server.address) as stub:
            call = stub.StreamingTranslate()
            await call.write(config())
            sent = 0

            async def flood() -> None:
                nonlocal sent
                # Passes through without a model: 24 kB of target for 24 kB of source.
                for sequence in range(1, 2001):
                    await call.write(source(sequence, ("y" * 599 + " ") * 40))
                    sent = sequence

            with pytest.raises(TimeoutError):
                await asyncio.wait_for(flood(), 5.0)
            # The transport buffers megabytes before it blocks; the session holds no more than that.
            assert 100 < sent < 1500
            other = await exchange(server.address, [config(), source(1, "still here. ")])
            assert other.texts() == {0: "STILL HERE."}
            call.cancel()


async def test_a_client_that_never_half_closes_is_sent_away_by_the_drain() -> None:
    async with serve_in_process(ServerConfig(port=0, drain_grace_s=0.3)) as server:
        async with connected(server.address) as stub:
            call = stub.StreamingTranslate()
            await call.write(config())
            await call.write(source(1, "and then "))
            await call.read()
            drain = asyncio.create_task(server.drain())
            while not (response := await call.read()).HasField("go_away"):
                pass
            assert response.go_away.within.ToMilliseconds() == 300
            # What was under way may still come; then the stream ends.
            assert [r.WhichOneof("response") for r in await rest_of(call)] in ([], ["target"])
            assert await call.code() == grpc.StatusCode.UNAVAILABLE
            await drain


async def test_a_model_that_fails_ends_its_session_alone_and_tells_no_internals() -> None:
    class Fragile(FakeModel):
        def encode(self, sources):  # type: ignore[no-untyped-def]
            if any("BOOM" in self._tokenizer.piece(t).upper() for s in sources for t in s):
                raise RuntimeError("secret detail")
            return super().encode(sources)

    async with serve_in_process(models=[Fragile()]) as server:
        good = [exchange(server.address, [config(), *chunks("all is well here. " * 9, 4)])] * 1
        results = await asyncio.gather(
            *good, exchange(server.address, [config(), source(1, "boom ")])
        )
        assert results[0].code == grpc.StatusCode.OK
        assert list(results[0].texts().values()) == ["ALL IS WELL HERE."] * 9
        assert results[1].code == grpc.StatusCode.INTERNAL
        assert "secret" not in str(results[1].status)
        info = results[1].detail(error_details_pb2.ErrorInfo)
        assert info.metadata["correlation_id"] in results[1].message


async def test_bytes_that_are_no_message_are_the_clients_fault(server: RunningServer) -> None:
    broken = b"\x0a\x02\xff\xfe"
    async with grpc.aio.insecure_channel(server.address) as channel:
        unary = channel.unary_unary("/translator.v1.TranslatorService/Translate")  # type: ignore[call-arg]
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await unary(broken)
        assert failed.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        stream = channel.stream_stream("/translator.v1.TranslatorService/StreamingTranslate")()  # type: ignore[call-arg]
        await stream.write(b"\x0a\x04" + broken)
        assert await stream.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_a_stream_that_never_sends_its_config_is_ended() -> None:
    async with (
        serve_in_process(ServerConfig(port=0, first_message_timeout_s=0.1)) as server,
        connected(server.address) as stub,
    ):
        call = stub.StreamingTranslate()
        assert await call.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "0.1 s" in await call.details()


async def test_two_streams_that_resume_one_session_do_not_disturb_each_other(
    server: RunningServer,
) -> None:
    resuming = config()
    resuming.config.resume.session_id = "the-same"
    texts = [f"stream {i} goes on. " * 10 + "end." for i in range(12)]
    results = await asyncio.gather(
        *(exchange(server.address, [resuming, *chunks(text, 7)]) for text in texts)
    )
    assert [" ".join(r.texts().values()) for r in results] == [
        fake_translation(text) for text in texts
    ]
