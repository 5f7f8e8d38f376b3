"""The client's batches: credit, order, memory, and going on after a break."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest

from clients.conformance.batches import items_of
from clients.conformance.proxy import Proxy
from tests.contract.scripted_server import abort, seconds, status
from translator.client import (
    AsyncTranslatorClient,
    BatchItem,
    BatchResult,
    Connecting,
    TranslatorClient,
)
from translator.config import Limits, ServerConfig
from translator.errors import (
    ConnectionLostError,
    InvalidRequestError,
    LanguagePairNotSupportedError,
    OverloadedError,
    TooLongError,
)
from translator.testing import serve_in_process
from translator.v1 import batch_pb2, translate_pb2
from translator.v1.streaming_pb2 import GoAway
from translator.v1.translator_service_pb2_grpc import (
    TranslatorServiceServicer,
    add_TranslatorServiceServicer_to_server,
)

pytestmark = pytest.mark.contract

Response = batch_pb2.BatchTranslateResponse
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


async def all_of(batch: AsyncIterator[BatchResult]) -> list[BatchResult]:
    return [result async for result in batch]


# Against the real server


async def test_each_item_gets_one_result_in_any_order() -> None:
    items: list[str | BatchItem] = [
        "one.",
        BatchItem("two three", id="mine", max_length=3),
        BatchItem("<p>x.</p>", mime_type="text/html"),
    ]
    async with serve_in_process() as server, AsyncTranslatorClient(server.address) as client:
        batch = client.batch(items, source="xx", target="yy")
        results = sorted(await all_of(batch), key=lambda result: result.index)
    assert [result.text for result in results] == ["ONE.", "TWO THREE~.", "<p>X.</p>"]
    assert [result.item.id for result in results] == ["", "mine", ""]
    assert results[0].error is None
    assert (results[0].origin, results[0].too_long) == ("engine", False)
    assert results[0].translation.model == "fake"
    assert results[0].translation.fingerprint == "fingerprint of fake"
    assert isinstance(results[1].error, TooLongError)
    assert results[1].error.metadata == {"length": "11", "max_length": "3"}
    assert results[1].too_long
    report = batch.report
    assert (report.items, report.failed, report.source_words, report.target_words) == (3, 1, 4, 4)
    assert report.origins == {"engine": 3}


async def test_more_items_than_the_server_takes_at_once() -> None:
    limits = Limits(max_batch_items=5, max_batch_length=100, max_item_length=50)
    async with (
        serve_in_process(ServerConfig(port=0, limits=limits)) as server,
        AsyncTranslatorClient(server.address) as client,
    ):
        read = 0

        async def endless() -> AsyncIterator[str]:
            nonlocal read
            while True:
                read += 1
                yield f"number {read}."

        got = 0
        async with client.batch(endless(), source="xx", target="yy") as batch:
            async for result in batch:
                got += 1
                assert result.text == f"NUMBER {result.index + 1}."
                # What it holds is bounded, whatever there is to read.
                assert read - got <= 5 + 1
                if got == 200:
                    break
        with pytest.raises(StopAsyncIteration):
            await anext(batch)


async def test_items_that_cannot_be_sent_fail_alone() -> None:
    limits = Limits(max_item_length=20)
    async with (
        serve_in_process(ServerConfig(port=0, limits=limits)) as server,
        AsyncTranslatorClient(server.address) as client,
    ):
        items: list[str | BatchItem] = [
            "x" * 21,
            "one.",
            "half \ud800 a character",
            BatchItem("two.", max_length=-1),
        ]
        results = await all_of(client.batch(items, source="xx", target="yy"))
        only_bad = await all_of(client.batch(["x" * 21] * 500, source="xx", target="yy"))
    results.sort(key=lambda result: result.index)
    assert [result.text for result in results] == ["", "ONE.", "", ""]
    assert [type(r.error) for r in results] == [
        InvalidRequestError,
        type(None),
        InvalidRequestError,
        InvalidRequestError,
    ]
    assert "at most 20" in str(results[0].error)
    assert len(only_bad) == 500


async def test_an_empty_batch_ends_at_once() -> None:
    async with serve_in_process() as server, AsyncTranslatorClient(server.address) as client:
        batch = client.batch([], source="xx", target="yy")
        assert await all_of(batch) == []
        assert batch.report.items == 0


async def test_an_error_of_the_config_is_raised() -> None:
    async with serve_in_process() as server, AsyncTranslatorClient(server.address) as client:
        with pytest.raises(LanguagePairNotSupportedError):
            await all_of(client.batch(["one."], source="xx", target="qq"))


async def test_what_the_input_raises_is_raised_after_the_results_before_it() -> None:
    def items() -> Iterator[str]:
        yield "one."
        raise ValueError("the file is damaged")

    async with serve_in_process() as server, AsyncTranslatorClient(server.address) as client:
        with pytest.raises(ValueError, match="damaged"):
            await all_of(client.batch(items(), source="xx", target="yy"))


async def test_what_is_no_item_is_a_type_error_that_tells_no_text() -> None:
    async with serve_in_process() as server, AsyncTranslatorClient(server.address) as client:
        wrong: Any = ["one.", 7]
        with pytest.raises(TypeError, match=r"items\[1\]: a string or a BatchItem .* not int"):
            await all_of(client.batch(wrong, source="xx", target="yy"))
        single: Any = "secret text"
        with pytest.raises(TypeError, match="not str"):
            client.batch(single, source="xx", target="yy")


async def test_a_wait_that_is_cancelled_loses_no_result() -> None:
    async with serve_in_process() as server, AsyncTranslatorClient(server.address) as client:
        go_on = asyncio.Event()

        async def items() -> AsyncIterator[str]:
            yield "one."
            await go_on.wait()
            yield "two."

        batch = client.batch(items(), source="xx", target="yy")
        texts = [(await anext(batch)).text]
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(batch), 0.02)
        go_on.set()
        texts += [result.text async for result in batch]
        assert texts == ["ONE.", "TWO."]


async def test_giving_up_frees_the_server_and_closes_the_input() -> None:
    closed = asyncio.Event()

    async def items() -> AsyncIterator[str]:
        try:
            while True:
                yield "one."
        finally:
            closed.set()

    async with serve_in_process() as server, AsyncTranslatorClient(server.address) as client:
        async with client.batch(items(), source="xx", target="yy") as batch:
            await anext(batch)
            assert server.service.num_batches == 1
        assert closed.is_set()
        for _ in range(500):
            if not server.service.num_batches:
                break
            await asyncio.sleep(0.01)
        assert server.service.num_batches == 0


def test_with_threads_the_input_may_wait_for_results_of_its_own_batch() -> None:
    is_up, stopping = threading.Event(), threading.Event()
    address = ""

    async def serve() -> None:
        nonlocal address
        async with serve_in_process() as server:
            address = server.address
            is_up.set()
            await asyncio.to_thread(stopping.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert is_up.wait(10)
    try:
        with TranslatorClient(address) as client:
            answered = threading.Semaphore(1)

            def items() -> Iterator[str]:
                for number in range(5):
                    assert answered.acquire(timeout=10)
                    yield f"number {number}."

            texts = []
            batch = client.batch(items(), source="xx", target="yy")
            for result in batch:
                texts.append(result.text)
                answered.release()
            assert texts == [f"NUMBER {number}." for number in range(5)]
            assert batch.report.items == 5

            def broken() -> Iterator[str]:
                yield "one."
                raise ValueError("the file is damaged")

            with pytest.raises(ValueError, match="damaged"):
                list(client.batch(broken(), source="xx", target="yy"))
            with client.batch(iter(lambda: "again.", ""), source="xx", target="yy") as endless:
                assert next(endless).text == "AGAIN."
            assert list(endless) == []
            wrong: Any = "one."
            with pytest.raises(TypeError):
                client.batch(wrong, source="xx", target="yy")
    finally:
        stopping.set()
        thread.join()


# Against a server that does what a test writes down


def started() -> Response:
    limits = batch_pb2.BatchLimits(max_items=100, max_length=10_000, max_item_length=1_000)
    return Response(started=batch_pb2.BatchStarted(limits=limits))


def credit(items: int = 100, code_points: int = 10_000) -> Response:
    return Response(credit=batch_pb2.BatchCredit(items=items, code_points=code_points))


def result(item: batch_pb2.BatchItem) -> Response:
    translation = translate_pb2.Translation(text=item.text.upper())
    return Response(result=batch_pb2.BatchResult(id=item.id, translation=translation))


def report() -> Response:
    return Response(report=batch_pb2.BatchReport())


@dataclass
class Peer:
    """One call, seen from the server."""

    context: Any
    items: list[batch_pb2.BatchItem] = field(default_factory=list)
    unread: deque[batch_pb2.BatchItem] = field(default_factory=deque)

    async def begin(self, *more: Response) -> batch_pb2.BatchConfig:
        request = await self.context.read()
        await self.send(started(), *more)
        found: batch_pb2.BatchConfig = request.config
        return found

    async def read(self, number: int = -1) -> list[batch_pb2.BatchItem]:
        """So many items; by default all up to the half-close."""
        read: list[batch_pb2.BatchItem] = []
        while len(read) != number:
            if self.unread:
                read.append(self.unread.popleft())
                continue
            request = await self.context.read()
            if request is grpc.aio.EOF:  # type: ignore[attr-defined]
                break
            self.unread += items_of(request)
        self.items += read
        return read

    async def send(self, *responses: Response) -> None:
        for response in responses:
            await self.context.write(response)

    async def fail(self, code: grpc.StatusCode, reason: str = "", **details: Any) -> None:
        # A status may overtake what was written before it.
        await asyncio.sleep(0.02)
        await abort(self.context, status(code, reason, **details))


Script = Callable[[Peer], Awaitable[None]]


@dataclass
class ScriptedBatches(TranslatorServiceServicer):
    """Plays a script for each call, the last one for all further calls."""

    scripts: tuple[Script, ...]
    calls: list[Peer] = field(default_factory=list)
    address: str = ""

    async def BatchTranslate(self, _: Any, context: Any) -> None:  # noqa: N802
        peer = Peer(context)
        self.calls.append(peer)
        await self.scripts[min(len(self.calls), len(self.scripts)) - 1](peer)


@asynccontextmanager
async def scripted(*scripts: Script) -> AsyncIterator[ScriptedBatches]:
    server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
    servicer = ScriptedBatches(scripts)
    add_TranslatorServiceServicer_to_server(servicer, server)
    servicer.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield servicer
    finally:
        await server.stop(None)


async def translate_all(peer: Peer) -> None:
    await peer.begin(credit())
    for item in await peer.read():
        await peer.send(result(item))
    await peer.send(report())


async def run(server: ScriptedBatches, *items: str, **options: Any) -> list[BatchResult]:
    async with AsyncTranslatorClient(server.address) as client:
        batch = client.batch(items, source="xx", target="yy", **options)
        return sorted(await all_of(batch), key=lambda each: each.index)


async def test_the_config_says_what_the_options_say() -> None:
    configs = []

    async def script(peer: Peer) -> None:
        configs.append(await peer.begin(credit()))
        await peer.read()
        await peer.send(report())

    async with scripted(script) as server:
        await run(
            server,
            model="m",
            mime_type="text/html",
            glossary={"a": "b", "c": ""},
            alignments=True,
            num_alternatives=2,
            possible_sources=["xx"],
            preserve_lines=False,
            markup=["liquid"],
            heartbeat_interval_s=1.5,
        )
    expected = batch_pb2.BatchConfig(
        source_language_code="xx",
        target_language_code="yy",
        model="m",
        mime_type="text/html",
        glossary=[
            translate_pb2.GlossaryEntry(source_term="a", target_term="b"),
            translate_pb2.GlossaryEntry(source_term="c"),
        ],
        alignments=True,
        num_alternatives=2,
        possible_source_language_codes=["xx"],
        preserve_lines=False,
        markup=["liquid"],
        heartbeat_interval=seconds(1.5),
        bundled_results=True,
    )
    assert configs == [expected]


async def test_nothing_is_sent_without_credit() -> None:
    async def script(peer: Peer) -> None:
        await peer.begin()
        reading = asyncio.create_task(peer.read(1))
        await asyncio.sleep(0.05)
        assert not reading.done()
        # Not enough for the first text, which has six code points.
        await peer.send(credit(1, 5))
        await asyncio.sleep(0.05)
        assert not reading.done()
        await peer.send(credit(0, 1))
        [first] = await reading
        reading = asyncio.create_task(peer.read(1))
        await peer.send(result(first))
        await asyncio.sleep(0.05)
        assert not reading.done()
        await peer.send(credit(1, 100))
        await peer.send(result((await reading)[0]))
        assert await peer.read() == []
        await peer.send(report())

    async with scripted(script) as server:
        assert [r.text for r in await run(server, "first.", "second.")] == ["FIRST.", "SECOND."]


async def test_items_go_together_as_far_as_there_is_credit() -> None:
    requests: list[batch_pb2.BatchTranslateRequest] = []

    async def script(peer: Peer) -> None:
        await peer.begin(credit(20, 60))
        left = 30
        while left:
            request = await peer.context.read()
            requests.append(request)
            items = items_of(request)
            left -= len(items)
            results = [result(item).result for item in items]
            together = Response(results=batch_pb2.BatchResults(results=results))
            await peer.send(together, credit(len(items), 2 * len(items)))
        await peer.send(report())

    async with scripted(script) as server:
        results = await run(server, *["a."] * 30)
    assert [each.text for each in results] == ["A."] * 30
    # The first waits for credit alone.
    assert len(requests[1].items.items) == 19
    assert len(requests) < 10


async def test_after_a_break_only_what_has_no_result_is_sent_again() -> None:
    async def breaks(peer: Peer) -> None:
        await peer.begin(credit())
        items = await peer.read()
        for item in items[::2]:
            await peer.send(result(item))
        await peer.fail(UNAVAILABLE)

    events: list[Connecting] = []
    async with scripted(breaks, translate_all) as server:
        texts = [f"number {n}." for n in range(10)]
        results = await run(server, *texts, on_connecting=events.append)
    assert [r.text for r in results] == [text.upper() for text in texts]
    first, second = server.calls
    assert [item.text for item in first.items] == texts
    assert [item.text for item in second.items] == texts[1::2]
    assert [event.attempt for event in events] == [1, 1]
    assert events[0].cause is None
    assert isinstance(events[1].cause, ConnectionLostError)


async def test_a_result_that_comes_twice_is_told_once() -> None:
    async def twice(peer: Peer) -> None:
        await peer.begin(credit())
        [item] = await peer.read()
        await peer.send(result(item), result(item), report())

    async with scripted(twice) as server:
        assert len(await run(server, "one.")) == 1


async def test_a_server_that_drains_gets_no_more_items_and_is_read_to_its_end() -> None:
    async def drains(peer: Peer) -> None:
        await peer.begin(credit(2, 1000))
        first, second = await peer.read(2)
        await peer.send(Response(go_away=GoAway(within=seconds(5))), credit(), result(first))
        assert await asyncio.wait({asyncio.create_task(peer.read(1))}, timeout=0.1)
        await peer.send(result(second))
        await peer.fail(UNAVAILABLE, "DRAINING", retry_after_s=0.01)

    async with scripted(drains, translate_all) as server:
        results = await run(server, "a.", "b.", "c.", "d.")
    assert [r.text for r in results] == ["A.", "B.", "C.", "D."]
    first, second = server.calls
    assert [item.text for item in first.items] == ["a.", "b."]
    assert [item.text for item in second.items] == ["c.", "d."]


async def test_an_end_without_a_report_or_with_one_too_early_is_a_break() -> None:
    async def ends(peer: Peer) -> None:
        await peer.begin(credit())
        await peer.read()

    async def lies(peer: Peer) -> None:
        await peer.begin(credit())
        await peer.read()
        await peer.send(report())

    async with scripted(ends, lies, translate_all) as server:
        assert [r.text for r in await run(server, "one.")] == ["ONE."]
        assert len(server.calls) == 3


async def test_a_silent_server_is_left() -> None:
    async def silent(peer: Peer) -> None:
        await peer.context.read()
        first = started()
        first.started.limits.heartbeat_interval.FromMilliseconds(50)
        await peer.send(first, credit())
        await asyncio.Event().wait()

    async with scripted(silent, translate_all) as server:
        assert [r.text for r in await run(server, "one.")] == ["ONE."]


async def test_a_full_server_is_asked_again_for_a_limited_time() -> None:
    async def full(peer: Peer) -> None:
        await peer.context.read()
        await peer.fail(
            grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", retry_after_s=0.05, subject="batches"
        )

    async with scripted(full, full, translate_all) as server:
        assert [r.text for r in await run(server, "one.")] == ["ONE."]
    async with scripted(full) as server:
        with pytest.raises(OverloadedError):
            await run(server, "one.", resume_timeout_s=0.3)


async def test_nobody_there_is_an_error_that_names_the_address() -> None:
    async with AsyncTranslatorClient("127.0.0.1:1") as client:
        with pytest.raises(ConnectionLostError, match=r"127\.0\.0\.1:1 within 0\.3 s"):
            await all_of(client.batch(["a"], source="xx", target="yy", resume_timeout_s=0.3))


async def test_an_item_that_breaks_every_call_is_found_and_given_up() -> None:
    """As when it makes the server crash; those beside it get their results."""

    async def crashes(peer: Peer) -> None:
        await peer.begin(credit())
        while items := await peer.read(1):
            if items[0].text == "bomb":
                await peer.fail(UNAVAILABLE)
            if len(peer.items) > 1 or len(server.calls) > 3:
                await peer.send(result(items[0]))
        await peer.send(report())

    async with scripted(crashes) as server:
        results = await run(server, "a.", "bomb", "b.", "c.")
    assert [r.text for r in results] == ["A.", "", "B.", "C."]
    error = results[1].error
    assert isinstance(error, ConnectionLostError)
    assert "6 times" in error.message
    assert sum(item.text == "bomb" for call in server.calls for item in call.items) == 6


async def test_each_of_a_thousand_items_is_answered_once_whatever_is_cut() -> None:
    texts = [f"number {n} of many." for n in range(1000)]
    proxy = Proxy()
    limits = Limits(max_batch_items=64)
    async with serve_in_process(ServerConfig(port=0, limits=limits)) as server:
        port = int(server.address.rpartition(":")[2])
        async with (
            proxy.listening(port) as address,
            AsyncTranslatorClient(address) as client,
        ):
            results: list[BatchResult] = []
            causes: list[object] = []
            batch = client.batch(
                texts,
                source="xx",
                target="yy",
                on_connecting=lambda event: causes.append(event.cause),
            )
            async for each in batch:
                results.append(each)
                if len(results) % 200 == 50:
                    proxy.cut()
    assert len(causes) > 5
    assert sorted(each.index for each in results) == list(range(1000))
    assert all(each.text == each.item.text.upper() for each in results)
    assert batch.report.items == 1000
