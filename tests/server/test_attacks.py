"""What one client can do to a server: the memory and the steps that it may cost, and no more."""

import asyncio
import logging
import re
import struct
from contextlib import suppress
from typing import Any

import grpc
import langcodes
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.server.wire import config, connected, exchange, named, rest_of, source
from translator.config import Limits, ServerConfig
from translator.errors import InvalidRequestError
from translator.fronts.grpc.convert import stream_message
from translator.fronts.rpc.reading import Parsing
from translator.languages.tags import MAX_LENGTH, standardized
from translator.server import app
from translator.server.app import RunningServer
from translator.testing import serve_in_process
from translator.v1 import translate_pb2
from translator.v1.translator_service_pb2_grpc import TranslatorServiceStub

pytestmark = pytest.mark.server

INVALID = grpc.StatusCode.INVALID_ARGUMENT


# Below the contract


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    head = struct.pack(">I", len(payload))[1:] + bytes([kind, flags])
    return head + struct.pack(">I", stream) + payload


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0)


async def frames(reader: asyncio.StreamReader) -> list[tuple[int, int, bytes]]:
    """What comes until nothing does: kind, stream and payload of each."""
    found: list[tuple[int, int, bytes]] = []
    with suppress(TimeoutError, asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await asyncio.wait_for(reader.readexactly(9), 1.0)
            payload = await reader.readexactly(int.from_bytes(head[:3]))
            found.append((head[3], int.from_bytes(head[5:9]), payload))
    return found


async def test_a_connection_carries_as_many_calls_as_there_are_places() -> None:
    """Each call costs memory before any of ours sees it: 0.8 MB with references to one header.

    Measured with 15,000 references in each of 1,000 calls on one connection: 276 to 1,235 MB
    without a bound, to 360 MB with 100 calls.
    """
    limits = Limits(max_sessions=20, max_batches=2, max_translate_requests=3)
    async with serve_in_process(ServerConfig(port=0, limits=limits)) as server:
        host, _, port = server.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(PREFACE)
        answers = await frames(reader)
        writer.close()
        settings = next(payload for kind, _, payload in answers if kind == 4 and payload)
        told = dict(struct.unpack_from(">HI", settings, at) for at in range(0, len(settings), 6))
        assert told[3] == 25


async def test_a_connection_remembers_no_header_for_others_to_refer_to(
    server: RunningServer,
) -> None:
    host, _, port = server.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    # The settings that come are confirmed; then a header is to be kept, and referred to.
    writer.write(PREFACE + frame(4, 1, 0))
    path = b"/translator.v1.TranslatorService/ListModels"
    common = b"\x83\x86\x04" + bytes([len(path)]) + path + b"\x01\x01x"
    writer.write(frame(1, 4, 1, common + b"\x40\x01x\x03abc"))
    writer.write(frame(1, 4, 3, common + b"\xbe" * 100))
    answers = await frames(reader)
    # It is no connection any more.
    assert reader.at_eof()
    assert 3 not in {stream for _, stream, _ in answers}
    settings = next(payload for kind, _, payload in answers if kind == 4 and payload)
    told = dict(struct.unpack_from(">HI", settings, at) for at in range(0, len(settings), 6))
    assert told[1] == 0
    writer.close()


async def test_connections_are_bounded_and_others_go_on() -> None:
    limits = Limits(max_connections=5)
    async with serve_in_process(ServerConfig(port=0, limits=limits)) as server:
        async with connected(server.address) as stub:
            call = stub.StreamingTranslate()
            await call.write(config())
            await call.read()
            host, _, port = server.address.rpartition(":")
            opened = [await asyncio.open_connection(host, int(port)) for _ in range(20)]
            for _, writer in opened:
                writer.write(PREFACE)
            answered = await asyncio.gather(*(reader.read(9) for reader, _ in opened))
            assert sum(map(bool, answered)) == 4
            await call.write(source(1, "still here. "))
            await call.done_writing()
            await rest_of(call)
            assert await call.code() == grpc.StatusCode.OK
            for _, writer in opened:
                writer.close()


async def test_pings_without_a_pause_are_answered(server: RunningServer) -> None:
    """Where gRPC counts them, each costs 150 us from the third on, and the connection hangs."""
    host, _, port = server.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    # Its acknowledgement of our settings.
    writer.write(PREFACE + frame(4, 1, 0))
    writer.write(frame(6, 0, 0, bytes(8)) * 20_000)
    num_answered = 0
    async with asyncio.timeout(30):
        while num_answered < 20_000:
            head = await reader.readexactly(9)
            await reader.readexactly(int.from_bytes(head[:3]))
            num_answered += head[3:5] == b"\x06\x01"
    writer.close()


async def test_the_place_of_a_client_that_stands_still_is_free_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its kernel takes what is sent, and nobody answers the pings; times are a sixtieth here."""
    times = ("grpc.keepalive_time_ms", "grpc.keepalive_timeout_ms", "grpc.http2.ping_timeout_ms")
    shorter = [(name, ms // 60 if name in times else ms) for name, ms in app._OPTIONS]
    monkeypatch.setattr(app, "_OPTIONS", tuple(shorter))
    async with serve_in_process(ServerConfig(port=0)) as server:
        host, _, port = server.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(PREFACE)
        # It reads, as a kernel does, until the server gives it up.
        async with asyncio.timeout(20):
            while await reader.read(4096):
                pass
        writer.close()


@pytest.mark.parametrize("which", ["_MAX_STREAMS", "_MAX_STREAMS_OF_HOST"])
async def test_watches_of_health_are_bounded_and_probes_are_not(
    which: str, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"translator.fronts.grpc.around.{which}", 8)
    async with grpc.aio.insecure_channel(server.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        watches = [stub.Watch(health_pb2.HealthCheckRequest()) for _ in range(8)]
        for watch in watches:
            assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        more = stub.Watch(health_pb2.HealthCheckRequest())
        assert await more.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert (await stub.Check(health_pb2.HealthCheckRequest())).status
        watches[0].cancel()
        async with asyncio.timeout(10):
            while True:
                again = stub.Watch(health_pb2.HealthCheckRequest())
                with suppress(grpc.aio.AioRpcError):
                    assert (await again.read()).status
                    break
        for watch in [*watches, again]:
            watch.cancel()


async def test_garbage_to_any_service_is_a_status_and_no_traceback(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    garbage = b"\xff\xff\xff\x0a\x02"
    reflection = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    async with grpc.aio.insecure_channel(server.address) as channel:
        calls: list[Any] = [
            channel.unary_unary("/grpc.health.v1.Health/Check")(garbage),  # type: ignore[call-arg]
            channel.unary_stream("/grpc.health.v1.Health/Watch")(garbage),  # type: ignore[call-arg]
        ]
        for method in (
            reflection,
            "/translator.v1.TranslatorService/StreamingTranslate",
            "/translator.v1.TranslatorService/BatchTranslate",
        ):
            call = channel.stream_stream(method)()  # type: ignore[call-arg]
            await call.write(garbage)
            calls.append(call)
        assert [await call.code() for call in calls] == [INVALID] * 5
    ended = [r.getMessage() for r in caplog.records if "ended" in r.getMessage()]
    assert not [r for r in caplog.records if r.exc_info or r.levelno >= logging.ERROR]
    assert not any("INTERNAL" in line for line in ended)


async def test_a_session_that_breaks_off_with_garbage_is_the_clients_fault(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with grpc.aio.insecure_channel(server.address) as channel:
        method = "/translator.v1.TranslatorService/StreamingTranslate"
        call: Any = channel.stream_stream(method)()  # type: ignore[call-arg]
        await call.write(config().SerializeToString())
        await call.write(b"\x12\x04\x12\x02\xff\xfe")
        await rest_of(call)
        assert await call.code() == INVALID
    [line] = [r.getMessage() for r in caplog.records if "session ended" in r.getMessage()]
    assert "code=INVALID_ARGUMENT" in line


async def test_a_message_that_unpacks_to_more_than_is_taken_is_refused(
    server: RunningServer,
) -> None:
    options = (("grpc.max_send_message_length", -1),)
    async with grpc.aio.insecure_channel(
        server.address, options, compression=grpc.Compression.Gzip
    ) as channel:
        stub = TranslatorServiceStub(channel)
        bomb = translate_pb2.TranslateRequest(
            texts=[" " * 50_000_000], source_language_code="xx", target_language_code="yy"
        )
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.Translate(bomb)
        assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


# Codes and names


LONG_TAGS = [
    "x-" + "-".join(["abcdefgh"] * 400_000),
    "en-" + "-".join(["variant1"] * 2_000),
    "e" * 3_600_000,
    "en-x-" + "-".join(["secret"] * 10),
]


async def test_a_long_language_code_is_refused_before_anybody_keeps_it(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kept = langcodes.Language._PARSE_CACHE
    for tag in LONG_TAGS:
        for request in (config([tag]), config(source=tag)):
            assert (await exchange(server.address, [request])).code == INVALID
        async with connected(server.address) as stub:
            for languages in ((tag, "yy"), ("xx", tag)):
                asked = translate_pb2.TranslateRequest(
                    texts=["a"],
                    source_language_code=languages[0],
                    target_language_code=languages[1],
                )
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    await stub.Translate(asked)
                assert refused.value.code() == INVALID
    assert max(len(tag) for tag, _ in kept) <= MAX_LENGTH
    assert max(len(record.getMessage()) for record in caplog.records) < 1000


def test_the_codes_that_the_library_keeps_are_bounded() -> None:
    for number in range(10_000):
        standardized(f"en-x-{number}")
    assert len(langcodes.Language._PARSE_CACHE) < 5_000
    assert len(langcodes.Language._INSTANCES) < 5_000
    assert standardized("EN_us") == "en-US"


async def test_a_policy_with_a_hundred_thousand_parameters_is_one_short_answer(
    server: RunningServer,
) -> None:
    for number, told in (
        (17, "parameters; wait-k has k"),
        (100_000, "entries; at most 1000 are allowed"),
    ):
        policy = named("wait-k", **{f"p{each}": 1.0 for each in range(number)})
        refused = await exchange(server.address, [config(policy=policy)])
        assert refused.code == INVALID
        assert refused.message == f"policy.named.parameters: has {number} {told}"


@pytest.mark.parametrize(
    "field",
    [
        "target_language_codes",
        "possible_source_language_codes",
        "glossary",
        "glossaries",
        "resume.targets",
    ],
)
def test_a_list_that_nobody_needs_is_not_walked(field: str) -> None:
    """Each entry would cost some time of the event loop; the parser has made nothing of it yet."""
    opening = config()
    holder = opening.config
    for name in field.split(".")[:-1]:
        holder = getattr(holder, name)
    entries = getattr(holder, field.rpartition(".")[2])
    if field in ("glossary", "resume.targets"):
        for _ in range(10_001):
            entries.add()
    else:
        entries.extend(["xx"] * 10_001)
    with pytest.raises(InvalidRequestError, match=rf"config\.{field}: has 1\d* (entries|terms)"):
        stream_message(opening)


async def test_whoever_sends_what_takes_long_to_parse_waits_and_nobody_else_does() -> None:
    """Forty times as long as it took, the whole host, whatever connections it has."""
    now_s = cpu_s = 0.0

    def slow(message: bytes) -> int:
        nonlocal cpu_s
        cpu_s += 0.1
        return len(message)

    parsing = Parsing(lambda: now_s, lambda: cpu_s)
    big = bytes(20_000)
    assert await parsing.parse(slow, big, "ipv4:192.0.2.7:1") == len(big)
    again = asyncio.create_task(parsing.parse(slow, big, "ipv4:192.0.2.7:2"))
    # Who sends little never waits, and another host does not either.
    assert await parsing.parse(len, b"word", "ipv4:192.0.2.7:1") == 4
    assert await parsing.parse(len, big, "ipv4:192.0.2.8:1") == len(big)
    assert await parsing.parse(len, big, "ipv4:192.0.2.8:1") == len(big)
    await asyncio.sleep(0)
    assert not again.done()
    again.cancel()
    now_s = 3.99
    waits = asyncio.create_task(parsing.parse(slow, big, "ipv4:192.0.2.7:3"))
    assert await asyncio.wait_for(waits, 1.0) == len(big)
    assert cpu_s == pytest.approx(0.2)


async def test_who_has_sent_large_messages_is_not_kept_for_ever() -> None:
    parsing = Parsing(lambda: 0.0, lambda: 0.0)
    for number in range(3000):
        await parsing.parse(len, bytes(20_000), f"ipv4:{number}:1")
    assert len(parsing._callers) <= 1024


async def test_a_message_that_takes_long_to_parse_is_still_taken(server: RunningServer) -> None:
    """A glossary of ten thousand terms is one, for a slow processor."""
    terms = [
        translate_pb2.GlossaryEntry(source_term=f"term {number}", target_term="x")
        for number in range(10_000)
    ]
    requests = [config(glossary=terms), config(glossary=terms), source(1, "hello. ")]
    result = await exchange(server.address, requests)
    assert result.code == grpc.StatusCode.OK


@pytest.mark.parametrize("field", ["start_offset", "end_offset"])
@pytest.mark.parametrize("seconds", [2**63 - 1, -(2**63), 315_576_000_001])
async def test_a_time_that_is_none_is_the_clients_fault(
    server: RunningServer, field: str, seconds: int
) -> None:
    update = source(1, "hello ")
    getattr(update.source, field).seconds = seconds
    refused = await exchange(server.address, [config(), update])
    assert refused.code == INVALID
    assert refused.message.startswith(f"source.{field}: is no Duration")


async def test_the_longest_times_that_there_are_do_no_harm(server: RunningServer) -> None:
    updates = [source(1, "hello "), source(2, "there. And "), source(3, "so on")]
    for update, seconds in zip(updates, (-315_576_000_000, 0, 315_576_000_000), strict=True):
        update.source.start_offset.seconds = seconds
        update.source.end_offset.seconds = 315_576_000_000
        update.source.end_offset.nanos = 999_999_999
    result = await exchange(server.address, [config(), *updates])
    assert result.code == grpc.StatusCode.OK


@pytest.mark.parametrize("field", ["segment_id", "revision", "segment_source_start"])
async def test_numbers_that_nothing_can_be_counted_on_from_are_refused(
    server: RunningServer, field: str
) -> None:
    for number, code in ((2**53 - 1, grpc.StatusCode.OK), (2**53, INVALID), (2**64 - 1, INVALID)):
        opening = config()
        opening.config.resume.session_id = "earlier"
        target = opening.config.resume.targets.add(target_language_code="yy")
        setattr(target, field, number)
        # Nothing is written to a call that has been refused: grpc.aio would tell of that instead.
        more = [source(1, "hello. and ")] if code == grpc.StatusCode.OK else []
        assert (await exchange(server.address, [opening, *more])).code == code


async def test_a_resume_asks_for_no_step_that_is_longer_than_a_segment_s(
    server: RunningServer,
) -> None:
    opening = config()
    opening.config.resume.session_id = "earlier"
    target = opening.config.resume.targets.add(target_language_code="yy")
    target.source_committed = "hello "
    target.target_committed = "A " * 2400
    assert (await exchange(server.address, [opening])).code == grpc.StatusCode.OK
    target.target_committed = "A " * 2401
    refused = await exchange(server.address, [opening])
    assert refused.code == INVALID
    assert "target_committed: has 4802 code points; at most 4800" in refused.message


async def test_the_name_of_a_speaker_is_bounded(server: RunningServer) -> None:
    for length, code in ((256, grpc.StatusCode.OK), (257, INVALID), (4_000_000, INVALID)):
        update = source(1, "hello. ", speaker="s" * length)
        assert (await exchange(server.address, [config(), update])).code == code


# Streams


async def test_configs_that_nobody_reads_the_answers_of_stop_being_read(
    server: RunningServer,
) -> None:
    """A client that never reads: what the transport takes is its own, what we hold is bounded."""
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate()
        await call.write(config())
        await call.read()
        [stream] = server.service._streams
        most = 0

        async def flood() -> None:
            nonlocal most
            padding = ["x" * 100] * 300
            for _ in range(20_000):
                await call.write(config(["yy"] * 300, glossaries=padding))
                most = max(most, len(stream._answers))

        with suppress(TimeoutError):
            await asyncio.wait_for(flood(), 4.0)
        assert most <= 70
        call.cancel()


async def test_targets_that_come_and_go_are_bounded(server: RunningServer) -> None:
    codes = [f"yy-{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(200)]
    changes = [config(["yy"]), *(config(["yy", code]) for code in codes)]
    result = await exchange(server.address, changes)
    assert result.code == grpc.StatusCode.OK
    assert len(result.report.targets) == 64
    ignored = [w.message for w in result.warnings if "64 are allowed" in w.message]
    assert len(ignored) == 200 - 63


async def test_the_last_text_comes_with_the_half_close_whatever_the_interval(
    server: RunningServer,
) -> None:
    slow = config()
    slow.config.min_update_interval.seconds = 3600
    async with asyncio.timeout(20):
        result = await exchange(server.address, [slow, source(1, "one. two. "), source(2, "three")])
    assert list(result.texts().values()) == ["ONE.", "TWO.", "THREE~."]


async def test_a_stream_that_says_nothing_gives_way_where_all_places_are_taken() -> None:
    settings = ServerConfig(port=0, idle_timeout_s=0.2, limits=Limits(max_sessions=3))
    async with serve_in_process(settings) as server, connected(server.address) as stub:
        calls = []
        for _ in range(3):
            call = stub.StreamingTranslate()
            await call.write(config())
            await call.read()
            calls.append(call)
        talking = calls[0]
        for sequence in range(1, 30):
            await talking.write(source(sequence, "word "))
            await asyncio.sleep(0.02)
        result = await exchange(server.address, [config(), source(1, "good morning. ")])
        assert result.code == grpc.StatusCode.OK
        await rest_of(calls[1])
        assert await calls[1].code() == grpc.StatusCode.UNAVAILABLE
        assert re.search(r"silent.*resume", await calls[1].details())
        await talking.done_writing()
        await rest_of(talking)
        assert await talking.code() == grpc.StatusCode.OK
        calls[2].cancel()


async def test_where_everybody_speaks_nobody_gives_way() -> None:
    settings = ServerConfig(port=0, limits=Limits(max_sessions=1))
    async with serve_in_process(settings) as server, connected(server.address) as stub:
        call = stub.StreamingTranslate()
        await call.write(config())
        await call.read()
        refused = await exchange(server.address, [config()])
        assert refused.code == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refused.reason() == "OVERLOADED"
        await call.done_writing()
        await rest_of(call)
        assert await call.code() == grpc.StatusCode.OK


async def test_places_come_back_after_a_thousand_calls_that_are_cancelled(
    server: RunningServer,
) -> None:
    async with connected(server.address) as stub:
        for _ in range(1000):
            call = stub.StreamingTranslate()
            await call.write(config())
            call.cancel()
        async with asyncio.timeout(20):
            while server.service.num_sessions:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    assert not server.service._streams


async def test_a_resume_with_all_the_source_that_is_allowed_loses_nothing(
    server: RunningServer,
) -> None:
    sentence = "the old mill by the river turns its wheel all day and all year"
    opening = config()
    opening.config.resume.session_id = "earlier"
    target = opening.config.resume.targets.add(target_language_code="yy")
    target.source_committed = f"{sentence}. " * 512
    assert len(target.source_committed) == 32_768
    result = await exchange(server.address, [opening, source(1, "d end.")])
    assert result.code == grpc.StatusCode.OK
    assert list(result.texts().values()) == [f"{sentence.upper()}."] * 512 + ["D END."]
