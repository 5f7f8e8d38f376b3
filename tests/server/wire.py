"""The wire at its lowest: messages in, messages and a status out, no client library between."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from translator.v1 import streaming_pb2
from translator.v1.translator_service_pb2_grpc import TranslatorServiceStub

Request = streaming_pb2.StreamingTranslateRequest


def config(targets: Sequence[str] = ("yy",), source: str = "xx", **fields: Any) -> Request:
    return Request(
        config=streaming_pb2.StreamingConfig(
            source_language_code=source, target_language_codes=targets, **fields
        )
    )


def named(name: str, **parameters: float) -> streaming_pb2.StreamingPolicy:
    policy = streaming_pb2.NamedPolicy(name=name, parameters=parameters)
    return streaming_pb2.StreamingPolicy(named=policy)


def source(sequence: int, committed: str = "", tentative: str = "", **fields: Any) -> Request:
    update = streaming_pb2.SourceUpdate(
        sequence=sequence, committed=committed, tentative=tentative, **fields
    )
    return Request(source=update)


def flush(sequence: int) -> Request:
    return Request(flush=streaming_pb2.Flush(sequence=sequence))


def chunks(text: str, size: int = 1) -> list[Request]:
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    return [source(i + 1, piece) for i, piece in enumerate(pieces)]


@dataclass
class Exchange:
    """What a stream gave, and how it ended."""

    responses: list[streaming_pb2.StreamingTranslateResponse] = field(default_factory=list)
    code: grpc.StatusCode | None = None
    status: status_pb2.Status | None = None

    @property
    def kinds(self) -> list[str]:
        return [r.WhichOneof("response") for r in self.responses]

    def updates(self, target: str = "yy") -> list[streaming_pb2.TargetUpdate]:
        return [
            r.target
            for r in self.responses
            if r.HasField("target") and r.target.target_language_code == target
        ]

    @property
    def warnings(self) -> list[status_pb2.Status]:
        return [r.warning for r in self.responses if r.HasField("warning")]

    @property
    def report(self) -> streaming_pb2.SessionReport:
        return self.responses[-1].report

    def texts(self, target: str = "yy") -> dict[int, str]:
        """The committed text of each segment, with what the contract promises checked."""
        texts: dict[int, str] = {}
        open_segment = None
        for revision, update in enumerate(self.updates(target), start=1):
            assert update.revision == revision
            if update.segment_id != open_segment:
                assert update.segment_id not in texts
                open_segment = update.segment_id
            texts[open_segment] = texts.get(open_segment, "") + update.committed
            assert update.committed_length == len(texts[open_segment])
            if update.segment_closed:
                assert not update.draft
                open_segment = None
        assert list(texts) == sorted(texts)
        return texts

    @property
    def message(self) -> str:
        assert self.status is not None
        return str(self.status.message)

    def reason(self) -> str:
        reason: str = self.detail(error_details_pb2.ErrorInfo).reason
        return reason

    def detail(self, kind: Any) -> Any:
        return detail(self.status, kind)


def detail(status: status_pb2.Status | None, kind: Any) -> Any:
    """The status' detail of a type."""
    assert status is not None
    for packed in status.details:
        message = kind()
        if packed.Unpack(message):
            return message
    raise AssertionError(f"no {kind.__name__} in {status}")


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[TranslatorServiceStub]:
    async with grpc.aio.insecure_channel(address) as channel:
        yield TranslatorServiceStub(channel)


# What grpc.aio may put in the place of the server's status where a write fails because the server
# has ended the call (github.com/grpc/grpc/issues/36066). Then ask once more.
LOST_STATUS = "Internal error from Core"


async def exchange(
    address: str, requests: Iterable[Request], *, pause_s: float = 0.0, timeout_s: float = 60.0
) -> Exchange:
    """Send everything, half-close, and read to the end.

    Once more where grpc.aio has lost the server's status.
    """
    requests = list(requests)
    for _ in range(5):
        result, is_lost = await _exchanged(address, requests, pause_s, timeout_s)
        if not is_lost:
            break
    return result


async def _exchanged(
    address: str, requests: Sequence[Request], pause_s: float, timeout_s: float
) -> tuple[Exchange, bool]:
    """An exchange, and whether its status was lost."""
    result = Exchange()
    async with connected(address) as stub:
        call = stub.StreamingTranslate(timeout=timeout_s)

        async def send() -> None:
            for request in requests:
                await call.write(request)
                if pause_s:
                    await asyncio.sleep(pause_s)
            await call.done_writing()

        sender = asyncio.create_task(send())
        try:
            async for response in call:
                result.responses.append(response)
        except grpc.aio.AioRpcError as error:
            result.status = rpc_status.from_call(_Finished(error))  # type: ignore[arg-type]
        result.code = await call.code()
        # The reader may see an end without an error, where the writer has put the status there.
        is_lost = await call.details() == LOST_STATUS
        await asyncio.gather(sender, return_exceptions=True)
    return result, is_lost


async def rest_of(call: Any) -> list[streaming_pb2.StreamingTranslateResponse]:
    """What is still to come of a stream that is read with ``read``, up to its end."""
    rest = []
    try:
        while (response := await call.read()) is not grpc.aio.EOF:  # type: ignore[attr-defined]
            rest.append(response)
    except grpc.aio.AioRpcError:
        pass
    return rest


class _Finished:
    """An AioRpcError in the shape that grpc_status reads."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        self._error = error

    def trailing_metadata(self) -> Any:
        return self._error.trailing_metadata()

    def code(self) -> grpc.StatusCode:
        return self._error.code()

    def details(self) -> str | None:
        return self._error.details()
