"""Servers for the client's tests: one that plays scripts, and a small translator that can resume.

``UpperTranslator`` "translates" by upper-casing, one code point for one, so that every expected
text is known, and follows the contract for segments, revisions, lengths and resuming.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from clients.conformance.batches import items_of
from translator.v1 import batch_pb2, models_pb2, translate_pb2
from translator.v1.streaming_pb2 import (
    GoAway,
    Heartbeat,
    SessionLimits,
    SessionReport,
    SessionStarted,
    StartedTarget,
    StreamingConfig,
    StreamingTranslateRequest,
    StreamingTranslateResponse,
    TargetUpdate,
)
from translator.v1.translator_service_pb2_grpc import (
    TranslatorServiceServicer,
    add_TranslatorServiceServicer_to_server,
)

SESSION = "session-1"


def seconds(value: float) -> duration_pb2.Duration:
    message = duration_pb2.Duration()
    message.FromNanoseconds(round(value * 1e9))
    return message


def started(
    *targets: str, session_id: str = SESSION, first: int = 0, max_chunk_length: int = 1000
) -> StreamingTranslateResponse:
    return StreamingTranslateResponse(
        started=SessionStarted(
            session_id=session_id,
            targets=[
                StartedTarget(target_language_code=target, first_segment_id=first)
                for target in targets
            ],
            limits=SessionLimits(max_chunk_length=max_chunk_length),
        )
    )


def update(
    target: str = "pt",
    segment: int = 0,
    revision: int = 1,
    committed: str = "",
    length: int | None = None,
    *,
    start: int = 0,
    covers: int = 0,
    draft: str = "",
    closed: bool = False,
) -> StreamingTranslateResponse:
    return StreamingTranslateResponse(
        target=TargetUpdate(
            target_language_code=target,
            segment_id=segment,
            revision=revision,
            committed=committed,
            committed_length=len(committed) if length is None else length,
            draft=draft,
            segment_closed=closed,
            segment_source_start=start,
            source_committed_length=covers,
        )
    )


def heartbeat(sequence: int = 0) -> StreamingTranslateResponse:
    return StreamingTranslateResponse(heartbeat=Heartbeat(source_sequence=sequence))


def go_away(within_s: float = 5.0) -> StreamingTranslateResponse:
    return StreamingTranslateResponse(go_away=GoAway(within=seconds(within_s)))


def report() -> StreamingTranslateResponse:
    return StreamingTranslateResponse(report=SessionReport(source_words=1))


def status(
    code: grpc.StatusCode,
    reason: str = "",
    *,
    message: str = "what happened",
    metadata: dict[str, str] | None = None,
    violations: dict[str, str] | None = None,
    retry_after_s: float | None = None,
    subject: str = "",
) -> status_pb2.Status:
    details = []
    if reason:
        details.append(
            error_details_pb2.ErrorInfo(reason=reason, domain="translator", metadata=metadata or {})
        )
    if violations:
        details.append(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(field=name, description=text)
                    for name, text in violations.items()
                ]
            )
        )
    if retry_after_s is not None:
        details.append(error_details_pb2.RetryInfo(retry_delay=seconds(retry_after_s)))
    if subject:
        quota = error_details_pb2.QuotaFailure.Violation(subject=subject)
        details.append(error_details_pb2.QuotaFailure(violations=[quota]))
    packed = []
    for detail in details:
        packed.append(any_pb2.Any())
        packed[-1].Pack(detail)
    return status_pb2.Status(code=code.value[0], message=message, details=packed)


async def abort(context: grpc.aio.ServicerContext[Any, Any], error: status_pb2.Status) -> None:
    code = next(code for code in grpc.StatusCode if code.value[0] == error.code)
    trailers = (("grpc-status-details-bin", error.SerializeToString()),)
    await context.abort(code, error.message, trailers)


class ScriptedCall:
    """One StreamingTranslate call, as a script sees it."""

    def __init__(self, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        self.context = context
        self.requests: list[StreamingTranslateRequest] = []
        self.is_half_closed = False

    async def read(self) -> StreamingTranslateRequest | None:
        """The next request, or None at the client's half-close."""
        request = await self.context.read()
        if isinstance(request, StreamingTranslateRequest):
            self.requests.append(request)
            return request
        self.is_half_closed = True
        return None

    async def next(self) -> StreamingTranslateRequest:
        """The next request, which has to come before the half-close."""
        request = await self.read()
        assert request is not None
        return request

    async def read_to_end(self) -> None:
        while await self.read() is not None:
            pass

    async def send(self, *responses: StreamingTranslateResponse) -> None:
        for response in responses:
            await self.context.write(response)

    async def abort(self, code: grpc.StatusCode, reason: str = "", **details: Any) -> None:
        await abort(self.context, status(code, reason, **details))

    async def drop(self) -> None:
        await self.context.abort(grpc.StatusCode.UNAVAILABLE, "connection reset")


Script = Callable[[ScriptedCall], Awaitable[None]]


@dataclass
class ScriptedServer(TranslatorServiceServicer):
    """Plays one script for each call, the last one again for all further calls."""

    scripts: list[Script] = field(default_factory=list)
    calls: list[ScriptedCall] = field(default_factory=list)
    translate: Callable[[translate_pb2.TranslateRequest], translate_pb2.TranslateResponse] = (
        lambda _: translate_pb2.TranslateResponse()
    )
    error: status_pb2.Status | None = None
    metadata: list[dict[str, str]] = field(default_factory=list)
    address: str = ""
    server: grpc.aio.Server | None = None

    async def stop(self) -> None:
        """End the server and its calls at once."""
        assert self.server is not None
        await self.server.stop(None)

    async def StreamingTranslate(self, _: Any, context: Any) -> None:  # noqa: N802
        call = ScriptedCall(context)
        self.calls.append(call)
        self.metadata.append(dict(context.invocation_metadata()))
        await self.scripts[min(len(self.calls), len(self.scripts)) - 1](call)

    async def Translate(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.metadata.append(dict(context.invocation_metadata()))
        if self.error is not None:
            await abort(context, self.error)
        return self.translate(request)

    async def BatchTranslate(self, _: Any, context: Any) -> None:  # noqa: N802
        """Answer each item in capitals."""
        await context.read()
        limits = batch_pb2.BatchLimits(max_item_length=1000)
        credit = batch_pb2.BatchCredit(items=100, code_points=10_000)
        started = batch_pb2.BatchStarted(limits=limits)
        await context.write(batch_pb2.BatchTranslateResponse(started=started))
        await context.write(batch_pb2.BatchTranslateResponse(credit=credit))
        while (request := await context.read()) is not grpc.aio.EOF:  # type: ignore[attr-defined]
            for item in items_of(request):
                translation = translate_pb2.Translation(text=item.text.upper())
                result = batch_pb2.BatchResult(id=item.id, translation=translation)
                await context.write(batch_pb2.BatchTranslateResponse(result=result))
        await context.write(batch_pb2.BatchTranslateResponse(report=batch_pb2.BatchReport()))

    async def ListModels(self, request: Any, _: Any) -> models_pb2.ListModelsResponse:  # noqa: N802
        """Two pages of one model."""
        page = int(request.page_token or 0)
        pair = models_pb2.LanguagePair(source_language_code="en", target_language_code="pt")
        parameter = models_pb2.PolicyParameter(name="n", default_value=2)
        return models_pb2.ListModelsResponse(
            models=[models_pb2.Model(name=f"model-{page}", pairs=[pair])],
            next_page_token="" if page else "1",
            policies=[models_pb2.Policy(name="local-agreement", parameters=[parameter])],
        )


@asynccontextmanager
async def serve(*scripts: Script, port: int = 0) -> AsyncIterator[ScriptedServer]:
    """A server in this process that plays the scripts."""
    server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
    servicer = ScriptedServer(list(scripts), server=server)
    add_TranslatorServiceServicer_to_server(servicer, server)
    servicer.address = f"127.0.0.1:{server.add_insecure_port(f'127.0.0.1:{port}')}"
    await server.start()
    try:
        yield servicer
    finally:
        await server.stop(None)


class ServerThread:
    """A scripted server on a loop of its own, as the client under test blocks."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = scripts
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        async with serve(*self._scripts) as self.servicer:
            self._is_up.set()
            await self._stopping.wait()

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        assert self._is_up.wait(10)
        return self.servicer

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()


@dataclass
class _Target:
    segment_id: int = 0
    revision: int = 0
    start: int = 0
    committed: str = ""
    draft: str = ""


class UpperTranslator:
    """Source in, responses out. A segment ends after a full stop, end_of_segment or a flush."""

    def __init__(self) -> None:
        self._targets: dict[str, _Target] = {}
        self._base = 0
        self._text = ""
        self._ends: set[int] = set()
        self._tentative = ""
        self._sequence = 0

    def receive(self, request: StreamingTranslateRequest) -> list[StreamingTranslateResponse]:
        kind = request.WhichOneof("request")
        if kind == "config":
            return [self._begin(request.config)]
        if kind == "ack":
            return []
        message = getattr(request, kind)
        assert message.sequence > self._sequence
        self._sequence = message.sequence
        if kind == "source":
            for character in message.committed:
                self._text += character
                if character == ".":
                    self._ends.add(self._position)
            self._tentative = message.tentative
        if kind == "flush" or message.end_of_segment:
            self._ends.add(self._position)
        return [response for target in self._targets for response in self._translate(target)]

    def finish(self) -> list[StreamingTranslateResponse]:
        self._ends.add(self._position)
        self._tentative = ""
        updates = [response for target in self._targets for response in self._translate(target)]
        return [*updates, report()]

    @property
    def _position(self) -> int:
        return self._base + len(self._text)

    def _begin(self, config: StreamingConfig) -> StreamingTranslateResponse:
        resumed = {target.target_language_code: target for target in config.resume.targets}
        for code in config.target_language_codes:
            target = self._targets[code] = _Target()
            if code in resumed:
                state = resumed[code]
                assert not state.source_committed
                assert not state.source_tentative
                target.segment_id = state.segment_id
                target.revision = state.revision
                target.start = state.segment_source_start
                target.committed = state.target_committed
        self._base = min(target.start for target in self._targets.values())
        session_id = config.resume.session_id or SESSION
        return started(*config.target_language_codes, session_id=session_id)

    def _translate(self, code: str) -> list[StreamingTranslateResponse]:
        target = self._targets[code]
        responses = []
        while True:
            end = min((e for e in self._ends if e > target.start), default=None)
            stop = self._position if end is None else end
            source = self._text[target.start - self._base : stop - self._base]
            # One code point for one: what is committed already is a prefix, or a word is lost.
            text = source.translate(_UPPER)
            new = text[len(target.committed) :]
            draft = self._tentative.translate(_UPPER) if end is None else ""
            if new or draft != target.draft or end is not None:
                assert text.startswith(target.committed)
                target.revision += 1
                target.committed = text
                target.draft = draft
                response = update(
                    code,
                    target.segment_id,
                    target.revision,
                    new,
                    len(text),
                    start=target.start,
                    covers=len(source),
                    draft=draft,
                    closed=end is not None,
                )
                response.target.source_sequence = self._sequence
                responses.append(response)
            if end is None:
                return responses
            target.segment_id += 1
            target.start = end
            target.committed = ""


# str.upper() may lengthen a text ("ß"); this keeps one code point for one.
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


async def play(call: ScriptedCall) -> None:
    """Open, say one word, and wait for the end."""
    await call.read()
    await call.send(started("pt"))
    await call.read_to_end()
    await call.send(update(committed="Olá", covers=5, closed=True), report())


def upper(*, break_after: int | None = None) -> Script:
    """A script that translates, and drops the call after so many responses."""

    async def script(call: ScriptedCall) -> None:
        translator = UpperTranslator()
        sent = 0

        async def answer(responses: list[StreamingTranslateResponse]) -> None:
            nonlocal sent
            for response in responses:
                if sent == break_after:
                    await call.drop()
                await call.send(response)
                sent += 1

        while (request := await call.read()) is not None:
            await answer(translator.receive(request))
        await answer(translator.finish())

    return script
