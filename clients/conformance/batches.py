"""Plays batches: a server that counts what it is sent, breaks its calls, and gets the rest anew."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from grpc_status import rpc_status

from clients.conformance.driver import CommandError, Driver
from clients.conformance.outages import status_of_failure
from clients.conformance.proxy import Proxy
from clients.conformance.scripts import Batch
from translator.v1 import batch_pb2
from translator.v1.streaming_pb2 import GoAway
from translator.v1.translate_pb2 import Translation
from translator.v1.translator_service_pb2_grpc import (
    TranslatorServiceServicer,
    add_TranslatorServiceServicer_to_server,
)

__all__ = ["items_of", "play_batch"]

_Response = batch_pb2.BatchTranslateResponse
_MAX_ITEM_LENGTH = 1000
# Where a connection falls silent.
_HEARTBEAT = "0.5s"


async def play_batch(driver: Driver, batch: Batch) -> list[str]:
    """Have a batch translated by a server that does as the file says; what is wrong.

    Raises:
        FailedError: The driver does not do it.
    """
    server = _Server(batch.calls)
    texts = [f"number {number}." for number in range(batch.items)]
    async with server.serving() as port, server.proxy.listening(port) as address:
        try:
            answer = await driver.ask(
                "batch",
                address=address,
                items=texts,
                options={"source": "xx", "target": "yy", **batch.options},
            )
        except CommandError as error:
            if not error.error:
                raise
            return [*server.problems, f"expected results, got {error.error}"]
    return [*server.problems, *_result_problems(answer, texts), *_call_problems(server, batch)]


def _result_problems(answer: Mapping[str, Any], texts: Sequence[str]) -> list[str]:
    results = answer.get("results", [])
    given = {(each.get("index", 0), each.get("text", "")) for each in results}
    expected = {(number, text.upper()) for number, text in enumerate(texts)}
    problems = [f"expected the result {each}, got none such" for each in sorted(expected - given)]
    problems += [f"got the result {each}, which is not expected" for each in given - expected]
    if len(results) != len(texts):
        problems.append(f"expected {len(texts)} results, got {len(results)}")
    report = answer.get("report", {})
    if report.get("items", 0) != len(texts) or report.get("failed", 0):
        problems.append(f"report: expected {len(texts)} items and none failed, got {report}")
    return problems[:10]


def _call_problems(server: "_Server", batch: Batch) -> list[str]:
    problems = []
    if server.num_calls != batch.expect.get("calls", server.num_calls):
        problems.append(f"expected {batch.expect['calls']} calls, got {server.num_calls}")
    for name, value in batch.expect.get("config", {}).items():
        if (given := server.config.get(name)) != value:
            problems.append(f"config.{name}: expected {value!r}, got {given!r}")
    return problems


@dataclass
class _Call:
    """One call: what its client may still send, and what it has sent and not been answered."""

    items: int = 0
    code_points: int = 0
    open: deque[batch_pb2.BatchItem] = field(default_factory=deque)
    is_half_closed: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)


class _Server(TranslatorServiceServicer):
    """Answers items with capitals, and notes what a client does wrong."""

    def __init__(self, calls: Sequence[Mapping[str, Any]]) -> None:
        self.problems: list[str] = []
        self.num_calls = 0
        self.config: Mapping[str, Any] = {}
        self.proxy = Proxy()
        self._calls = calls
        self._answered: set[str] = set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Its port."""
        server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
        add_TranslatorServiceServicer_to_server(self, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        try:
            yield port
        finally:
            await server.stop(None)

    async def BatchTranslate(self, _: Any, context: Any) -> None:  # noqa: N802
        script = self._calls[min(self.num_calls, len(self._calls) - 1)]
        self.num_calls += 1
        if "refuse" in script:
            await context.read()
            await context.abort_with_status(
                rpc_status.to_status(status_of_failure(**script["refuse"]))
            )
        call = _Call()
        request = await context.read()
        if request.WhichOneof("request") != "config":
            self.problems.append("expected a config first, got " + str(request))
            return
        self.config = MessageToDict(request.config)
        await context.write(_Response(started=_started("silent" in script)))
        credit = script.get("credit", {})
        await self._grant(call, context, credit.get("items", 50), credit.get("codePoints", 2000))
        reader = asyncio.create_task(self._read(call, context))
        try:
            await self._answer(call, context, script)
        finally:
            reader.cancel()

    async def _grant(self, call: _Call, context: Any, items: int, code_points: int) -> None:
        call.items += items
        call.code_points += code_points
        credit = batch_pb2.BatchCredit(items=items, code_points=code_points)
        await context.write(_Response(credit=credit))

    async def _read(self, call: _Call, context: Any) -> None:
        while (request := await context.read()) is not grpc.aio.EOF:
            for item in items_of(request):
                self._take(item, call)
            call.news.set()
        call.is_half_closed = True
        call.news.set()

    def _take(self, item: batch_pb2.BatchItem, call: _Call) -> None:
        call.items -= 1
        call.code_points -= len(item.text)
        if call.items < 0 or call.code_points < 0:
            self.problems.append(f"the item {item.id!r} was sent without credit")
        if not item.id or item.id in {each.id for each in call.open}:
            self.problems.append(f"the id {item.id!r} is empty, or that of another item")
        if item.text in self._answered:
            self.problems.append(f"{item.text!r} was sent again, but had its result")
        call.open.append(item)

    async def _answer(self, call: _Call, context: Any, script: Mapping[str, Any]) -> None:
        left = script.get("answer", -1)
        # What was written before a cut may never have arrived.
        is_certain = not {"cut", "silent"} & set(script)
        while left and not (call.is_half_closed and not call.open):
            if not call.open:
                call.news.clear()
                await call.news.wait()
                continue
            number = script.get("bundle", 1) if self.config.get("bundledResults") else 1
            number = min(number, len(call.open), abs(left))
            # The newest first: results come in any order.
            items = [call.open.pop() for _ in range(number)]
            left -= number
            if is_certain:
                self._answered.update(item.text for item in items)
            await context.write(_results(items))
            await self._grant(call, context, number, sum(len(item.text) for item in items))
        if "goAway" in script:
            within = Duration()
            within.FromJsonString("5s")
            await context.write(_Response(go_away=GoAway(within=within)))
        if "answer" in script:
            # A status may overtake what was written before it.
            await asyncio.sleep(0.05)
        if "silent" in script:
            self.proxy.silence()
            await asyncio.Event().wait()
        elif "cut" in script:
            self.proxy.cut()
        elif "fail" in script:
            status = status_of_failure(**script["fail"])
            await context.abort_with_status(rpc_status.to_status(status))
        elif "answer" not in script:
            await context.write(_Response(report=batch_pb2.BatchReport()))


def _started(has_heartbeats: bool) -> batch_pb2.BatchStarted:
    limits = batch_pb2.BatchLimits(max_items=50, max_length=2000, max_item_length=_MAX_ITEM_LENGTH)
    if has_heartbeats:
        limits.heartbeat_interval.FromJsonString(_HEARTBEAT)
    return batch_pb2.BatchStarted(batch_id="conformance", limits=limits)


def items_of(request: batch_pb2.BatchTranslateRequest) -> Sequence[batch_pb2.BatchItem]:
    """The items of a message after the first."""
    return request.items.items if request.HasField("items") else [request.item]


def _results(items: Sequence[batch_pb2.BatchItem]) -> _Response:
    if len(items) == 1:
        return _Response(result=_result(items[0]))
    return _Response(results=batch_pb2.BatchResults(results=map(_result, items)))


def _result(item: batch_pb2.BatchItem) -> batch_pb2.BatchResult:
    return batch_pb2.BatchResult(
        id=item.id,
        translation=Translation(text=item.text.upper(), model="fake"),
        origin=batch_pb2.BatchResult.ORIGIN_ENGINE,
    )
