"""Batches at the level of messages, as a client that keeps to the contract sends them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from tests.server.wire import _Finished, connected, detail
from translator.client.connection import Connection
from translator.v1 import batch_pb2

Request = batch_pb2.BatchTranslateRequest
Response = batch_pb2.BatchTranslateResponse


def config(target: str = "yy", source: str = "xx", **fields: Any) -> Request:
    return Request(
        config=batch_pb2.BatchConfig(
            source_language_code=source, target_language_code=target, **fields
        )
    )


def item(name: str, text: str = "a text.", **fields: Any) -> Request:
    return Request(item=batch_pb2.BatchItem(id=name, text=text, **fields))


@dataclass
class Exchange:
    """What came of a batch, and how it ended."""

    responses: list[Response] = field(default_factory=list)
    code: grpc.StatusCode | None = None
    status: status_pb2.Status | None = None

    @property
    def kinds(self) -> list[str]:
        return [r.WhichOneof("response") for r in self.responses]

    @property
    def results(self) -> dict[str, batch_pb2.BatchResult]:
        results = [r.result for r in self.responses if r.HasField("result")]
        results += [each for r in self.responses for each in r.results.results]
        by_id = {result.id: result for result in results}
        assert len(by_id) == len(results), "an item has two results"
        return by_id

    @property
    def texts(self) -> dict[str, str]:
        return {name: result.translation.text for name, result in self.results.items()}

    @property
    def report(self) -> batch_pb2.BatchReport:
        return self.responses[-1].report

    @property
    def field(self) -> str:
        found = detail(self.status, error_details_pb2.BadRequest)
        return str(found.field_violations[0].field)

    @property
    def reason(self) -> str:
        return str(detail(self.status, error_details_pb2.ErrorInfo).reason)

    async def read(self, call: Any) -> None:
        """Read to the end."""
        try:
            while (response := await call.read()) is not grpc.aio.EOF:  # type: ignore[attr-defined]
                self.responses.append(response)
            self.code = grpc.StatusCode.OK
        except grpc.aio.AioRpcError as error:
            self.end(error)

    def end(self, error: grpc.aio.AioRpcError) -> None:
        self.code = error.code()
        self.status = rpc_status.from_call(_Finished(error))  # type: ignore[arg-type]


async def exchange(
    address: str, requests: Iterable[Request], *, timeout_s: float = 60.0
) -> Exchange:
    """Send everything, whatever the credit, half-close, and read to the end."""
    result = Exchange()
    async with connected(address) as stub:
        call = stub.BatchTranslate(timeout=timeout_s)
        # It gives the server's status even where a write fails as the call is over.
        connection: Connection[Request, Response] = Connection(call)
        connection.send(requests)
        connection.half_close()
        try:
            while (response := await connection.read()) is not None:
                result.responses.append(response)
            result.code = grpc.StatusCode.OK
        except grpc.aio.AioRpcError as error:
            result.end(error)
        await connection.close()
    return result


def reason_of(result: batch_pb2.BatchResult) -> str:
    return str(detail(result.status, error_details_pb2.ErrorInfo).reason)
