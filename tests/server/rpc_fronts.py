"""Calls of the fronts over gRPC, without a client of theirs."""

from collections.abc import Sequence
from typing import Any, cast

import grpc
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from tests.server.wire import _Finished, detail
from translator.fronts.rpc.front import RpcFront

__all__ = ["Refusal", "call", "refused"]

Metadata = Sequence[tuple[str, str]]


class Refusal:
    """A status that is no success."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        self.code = error.code().name
        self.message = error.details() or ""
        status: Any = rpc_status.from_call(_Finished(error))  # type: ignore[arg-type]
        self._status: status_pb2.Status | None = status

    @property
    def fields(self) -> list[str]:
        """The fields that it names."""
        violations = detail(self._status, error_details_pb2.BadRequest).field_violations
        return [each.field for each in violations]


async def call(
    channel: grpc.aio.Channel,
    front: type[RpcFront],
    rpc: str,
    *,
    metadata: Metadata = (),
    raw: bytes | None = None,
    **fields: Any,
) -> Any:
    """What an rpc answers to a message with these fields, or to these bytes."""
    method = front.descriptor.methods_by_name[rpc]
    request = GetMessageClass(method.input_type)(**fields)
    multicallable = cast(Any, channel).unary_unary(
        f"/{front.descriptor.full_name}/{rpc}",
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    sent = request.SerializeToString() if raw is None else raw
    return await multicallable(sent, metadata=metadata, timeout=60)


async def refused(
    channel: grpc.aio.Channel, front: type[RpcFront], rpc: str, **more: Any
) -> Refusal:
    """How a call is refused."""
    try:
        answer = await call(channel, front, rpc, **more)
    except grpc.aio.AioRpcError as error:
        return Refusal(error)
    raise AssertionError(f"it was answered: {answer}")
