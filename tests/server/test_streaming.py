"""A stream over a real socket, with the fake model."""

import asyncio

import grpc
import pytest

from tests.server.wire import (
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
from translator.v1 import streaming_pb2

pytestmark = pytest.mark.server

TALK = "good morning to you all. we begin with a question, then go on. any ideas?"


async def test_words_come_back_committed_and_the_report_is_last(server: RunningServer) -> None:
    words = [source(i + 1, word + " ") for i, word in enumerate(TALK.split())]
    result = await exchange(server.address, [config(), *words], pause_s=0.005)
    assert result.code == grpc.StatusCode.OK
    assert result.kinds[0] == "started"
    assert result.kinds[-1] == "report"
    assert list(result.texts().values()) == [
        "GOOD MORNING TO YOU ALL.",
        "WE BEGIN WITH A QUESTION, THEN GO ON.",
        "ANY IDEAS?",
    ]
    assert any(update.draft for update in result.updates())
    assert result.report.source_words == 15
    assert result.report.targets[0].target_words == 15
    assert result.report.targets[0].updates == len(result.updates())


async def test_started_echoes_what_was_resolved_and_comes_before_any_source(
    server: RunningServer,
) -> None:
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate()
        await call.write(config(policy=named("retranslation", **{"mask-k": 2})))
        started = (await call.read()).started
        assert started.session_id
        assert started.targets[0].model == "fake"
        assert started.targets[0].policy.name == "retranslation"
        assert dict(started.targets[0].policy.parameters) == {"mask-k": 2, "survive": 1, "bias": 20}
        assert started.limits.max_chunk_length == 32_768
        await call.done_writing()
        assert (await call.read()).HasField("report")


async def test_cutting_the_same_text_in_any_way_gives_the_same_segments(
    server: RunningServer,
) -> None:
    expected: dict[int, str] = {}
    for size in (1, 3, 7, len(TALK)):
        for policy in (named("final-only"), named("local-agreement", n=2)):
            result = await exchange(server.address, [config(policy=policy), *chunks(TALK, size)])
            expected = expected or result.texts()
            assert result.texts() == expected
    assert " ".join(expected.values()) == fake_translation(TALK)


async def test_flush_commits_what_has_come_and_leaves_the_stream_open(
    server: RunningServer,
) -> None:
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate()
        for request in (config(), source(1, "good mor"), flush(2)):
            await call.write(request)
        while not (update := (await call.read()).target).segment_closed:
            pass
        assert (update.segment_id, update.source_sequence) == (0, 2)
        await call.write(source(3, "and more. "))
        await call.done_writing()
        kinds = [r.WhichOneof("response") for r in await rest_of(call)]
        assert kinds[-1] == "report"


async def test_tentative_text_shapes_drafts_only(server: RunningServer) -> None:
    requests = [
        config(policy=named("local-agreement", n=2)),
        source(1, "", "three wun"),
        source(2, "", "three one"),
        source(3, "three one two ", ""),
        source(4, "", "maybe"),
    ]
    result = await exchange(server.address, requests, pause_s=0.02)
    assert any("WUN" in update.draft for update in result.updates())
    assert result.texts() == {0: "THREE ONE TWO~."}
    [warning] = result.warnings
    assert "tentative" in warning.message


async def test_two_targets_share_segments_and_have_revisions_of_their_own(
    server: RunningServer,
) -> None:
    result = await exchange(server.address, [config(["zz", "yy"]), *chunks(TALK, 5)])
    assert result.texts("yy") == result.texts("zz")
    assert [t.target_language_code for t in result.report.targets] == ["zz", "yy"]


async def test_disabled_drafts_send_committed_text_only(server: RunningServer) -> None:
    result = await exchange(server.address, [config(disable_drafts=True), *chunks(TALK, 4)])
    assert not any(update.draft for update in result.updates())
    assert all(update.committed or update.segment_closed for update in result.updates())


async def test_alignments_and_media_times_follow_the_committed_text(server: RunningServer) -> None:
    requests = [config(alignments=True)]
    for i, word in enumerate(["one", "two", "three", "four", "five.", ""]):
        request = source(i + 1, word + " ")
        request.source.start_offset.FromMilliseconds(1000 * i)
        request.source.end_offset.FromMilliseconds(1000 * i + 500)
        requests.append(request)
    result = await exchange(server.address, requests, pause_s=0.02)
    text = "ONE TWO THREE FOUR FIVE."
    assert result.texts()[0] == text
    aligned = [a for update in result.updates() for a in update.alignments]
    pairs = [
        (
            text[a.target_start : a.target_end],
            "one two three four five."[a.source_start : a.source_end],
        )
        for a in aligned
    ]
    assert pairs == [(t, t.lower()) for t in ("ONE", "TWO", "THREE", "FOUR", "FIVE", ".")]
    timed = [u for u in result.updates() if u.committed]
    assert timed[0].start_offset.ToMilliseconds() == 0
    assert timed[-1].end_offset.ToMilliseconds() == 4500


async def test_heartbeats_break_the_silence(server: RunningServer) -> None:
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate()
        request = config()
        request.config.heartbeat_interval.FromMilliseconds(50)
        await call.write(request)
        await call.write(source(7, "a"))
        while not (response := await call.read()).HasField("heartbeat"):
            pass
        assert response.heartbeat.source_sequence == 7
        assert (await call.read()).HasField("heartbeat")
        call.cancel()


async def test_an_update_that_had_to_wait_comes_long_before_the_heartbeat(
    server: RunningServer,
) -> None:
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate()
        request = config()
        request.config.heartbeat_interval.FromSeconds(30)
        request.config.min_update_interval.FromMilliseconds(100)
        await call.write(request)
        await call.write(source(1, "one "))
        while not (await call.read()).HasField("target"):
            pass
        await call.write(source(2, "two "))
        async with asyncio.timeout(10):
            assert (await call.read()).target.source_sequence == 2
        call.cancel()


async def test_acks_hold_updates_back_and_merge_them(server: RunningServer) -> None:
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate()
        await call.write(config(max_unacked_updates=1))
        await call.read()
        for i, word in enumerate(TALK.split()[:4]):
            await call.write(source(i + 1, word + " "))
            await asyncio.sleep(0.02)
        first = (await call.read()).target
        assert first.revision == 1
        ack = streaming_pb2.Ack(target_language_code="yy", revision=1)
        await call.write(Request(ack=ack))
        second = (await call.read()).target
        assert second.revision == 2
        assert second.source_sequence == 4
        call.cancel()


async def test_a_reconfiguration_counts_from_the_next_segment_on(server: RunningServer) -> None:
    requests = [
        config(),
        source(1, "one two "),
        config(["zz"]),
        source(2, "three. four five. "),
    ]
    result = await exchange(server.address, requests)
    assert result.kinds.count("started") == 2
    assert result.texts("yy") == {0: "ONE TWO THREE."}
    assert result.texts("zz") == {1: "FOUR FIVE."}


async def test_an_invalid_reconfiguration_is_a_warning_and_the_former_stays(
    server: RunningServer,
) -> None:
    requests = [config(), source(1, "one. "), config(["nowhere"]), source(2, "two. ")]
    result = await exchange(server.address, requests)
    assert result.code == grpc.StatusCode.OK
    assert result.texts() == {0: "ONE.", 1: "TWO."}
    [warning] = result.warnings
    assert "xx to nowhere" in warning.message or "nowhere" in warning.message


async def test_streams_in_parallel_give_what_each_gives_alone(server: RunningServer) -> None:
    texts = [f"number {i} speaks. " * (1 + i % 4) + "and ends" for i in range(24)]
    alone = [await exchange(server.address, [config(), *chunks(t, 6)]) for t in texts]
    together = await asyncio.gather(
        *(exchange(server.address, [config(), *chunks(t, 6)]) for t in texts)
    )
    assert [r.texts() for r in together] == [r.texts() for r in alone]


async def test_a_stream_is_resumed_by_hand_on_another_replica() -> None:
    model = FakeModel()
    async with serve_in_process(models=[model]) as one, serve_in_process(models=[model]) as two:
        async with connected(one.address) as stub:
            call = stub.StreamingTranslate()
            await call.write(config(policy=named("local-agreement", n=2)))
            session_id = (await call.read()).started.session_id
            committed, revision = "", 0
            for i, word in enumerate(["first ", "second ", "third ", "fourth "]):
                await call.write(source(i + 1, word))
                update = (await call.read()).target
                committed, revision = committed + update.committed, update.revision
            call.cancel()
        assert committed
        resumed = streaming_pb2.ResumedTarget(
            target_language_code="yy",
            segment_id=0,
            revision=revision,
            source_committed="first second third fourth ",
            target_committed=committed,
        )
        state = streaming_pb2.ResumeState(session_id=session_id, targets=[resumed])
        result = await exchange(two.address, [config(resume=state), source(5, "fifth. ")])
        assert result.responses[0].started.session_id == session_id
        rest = "".join(update.committed for update in result.updates())
        assert committed + rest == "FIRST SECOND THIRD FOURTH FIFTH."
        assert result.updates()[0].revision == revision + 1
        assert result.updates()[-1].committed_length == len(committed + rest)


async def test_admission_refuses_with_a_retry_time_and_serves_the_others() -> None:
    limited = ServerConfig(port=0, limits=Limits(max_sessions=1))
    async with serve_in_process(limited) as server, connected(server.address) as stub:
        first = stub.StreamingTranslate()
        await first.write(config())
        await first.read()
        refused = await exchange(server.address, [config()])
        assert refused.code == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refused.reason() == "OVERLOADED"
        await first.done_writing()
        assert (await first.read()).HasField("report")
        assert (await exchange(server.address, [config()])).code == grpc.StatusCode.OK
