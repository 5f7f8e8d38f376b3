"""The channel to a server, which is replaced when it goes silent."""

import copy
from collections.abc import Awaitable, Sequence
from typing import Any, Self, TypeVar

import grpc

from translator.captions.v1.captions_pb2_grpc import CaptionsServiceStub
from translator.client.status import error_from_rpc
from translator.client.traces import Metadata, trace_metadata
from translator.errors import ConnectionLostError
from translator.v1.batch_pb2 import BatchTranslateRequest, BatchTranslateResponse
from translator.v1.streaming_pb2 import StreamingTranslateRequest, StreamingTranslateResponse
from translator.v1.translator_service_pb2_grpc import TranslatorServiceStub

__all__ = ["Link"]

_T = TypeVar("_T")

_StreamingCall = grpc.aio.StreamStreamCall[StreamingTranslateRequest, StreamingTranslateResponse]
_BatchCall = grpc.aio.StreamStreamCall[BatchTranslateRequest, BatchTranslateResponse]

_CHANNEL_OPTIONS = (
    # Finds a dead peer below a silent stream. Servers of this service take pings from 30 s on.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.max_pings_without_data", 0),
    # gRPC's own back-off covers connecting only. It would grow to two minutes, while streams wait
    # for a connection with pauses of their own.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)
# A HealthCheckResponse whose status is SERVING.
_SERVING = b"\x08\x01"
# Channels with the same options share a connection, but for those that have this.
_OWN_CONNECTION = ("grpc.use_local_subchannel_pool", 1)


class Link:
    """The channel for all calls of a client.

    Args:
        address: ``host:port``, or any target that gRPC resolves.
        credentials: Channel credentials; None connects without TLS.
        metadata: Sent with every call.
        options: gRPC channel options, added to this client's own and stronger than them.
        traceparent: Of calls that name none of their own; see ``trace_metadata``.

    Attributes:
        generation: How many times the channel has been replaced.
    """

    def __init__(
        self,
        address: str,
        *,
        credentials: grpc.ChannelCredentials | None,
        metadata: Sequence[tuple[str, str | bytes]],
        options: Sequence[tuple[str, str | int]],
        traceparent: str = "",
    ) -> None:
        self.address = address
        self.metadata: Metadata = tuple(metadata)
        self._traceparent = traceparent
        # A mistake is one from the beginning.
        trace_metadata(traceparent)
        self.generation = 0
        self._credentials = credentials
        self._options = {**dict(_CHANNEL_OPTIONS), **dict(options)}
        self._channel: grpc.aio.Channel | None = None
        self._stub: TranslatorServiceStub | None = None
        self._captions: CaptionsServiceStub | None = None

    @property
    def channel(self) -> object:
        """The channel. A call has to hold on to it: a replaced channel closes when nobody does."""
        return self._channel

    @property
    def stub(self) -> TranslatorServiceStub:
        """The stub to make calls with; RuntimeError if the client is not open."""
        if self._stub is None:
            raise RuntimeError("the client is not open: use it with 'async with'")
        return self._stub

    @property
    def captions(self) -> CaptionsServiceStub:
        """The same for a gateway of captions."""
        if self._captions is None:
            raise RuntimeError("the client is not open: use it with 'async with'")
        return self._captions

    def open(self) -> None:
        """Make the channel; it connects with the first call."""
        options = tuple(self._options.items())
        if self._credentials is None:
            self._channel = grpc.aio.insecure_channel(self.address, options)
        else:
            self._channel = grpc.aio.secure_channel(self.address, self._credentials, options)
        # Generated code has no annotations.
        self._stub = TranslatorServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._captions = CaptionsServiceStub(self._channel)  # type: ignore[no-untyped-call]

    def with_metadata(self, metadata: Sequence[tuple[str, str | bytes]]) -> Self:
        """The same channel, for calls with other metadata. It need not be closed."""
        link = copy.copy(self)
        link.metadata = tuple(metadata)
        link._options = dict(self._options)
        return link

    def traced(self, traceparent: str | None) -> Metadata:
        """The metadata of a call in a trace; None: in the client's own.

        Raises:
            ValueError: It is no ``traceparent``.
        """
        if traceparent is None:
            traceparent = self._traceparent
        return (*self.metadata, *trace_metadata(traceparent))

    def streaming_call(self, metadata: Metadata) -> _StreamingCall:
        """Begin a call of StreamingTranslate. It fails at once if no server can be reached."""
        call: _StreamingCall = self.stub.StreamingTranslate(metadata=metadata)
        return call

    def batch_call(self, metadata: Metadata) -> _BatchCall:
        """Begin a call of BatchTranslate. It fails at once if no server can be reached."""
        call: _BatchCall = self.stub.BatchTranslate(metadata=metadata)
        return call

    async def is_serving(self, timeout_s: float | None) -> bool:
        """What the server's health service says of all of it."""
        # Its messages are not worth a package: an empty request, and an answer of one number.
        if self._channel is None:
            raise RuntimeError("the client is not open: use it with 'async with'")
        check: Any = self._channel.unary_unary("/grpc.health.v1.Health/Check", bytes, bytes)
        answer: bytes = await check(b"", metadata=self.metadata, timeout=timeout_s)
        return answer == _SERVING

    async def answer(self, call: Awaitable[_T]) -> _T:
        """Wait for a unary call. A failed status is raised as a TranslatorError."""
        # A replaced channel is not closed while the call runs.
        channel = self._channel
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            failure = error_from_rpc(error)
            if isinstance(failure, ConnectionLostError):
                message = f"{self.address} could not be reached: {failure.message}"
                failure = ConnectionLostError(message)
            raise failure from error
        finally:
            del channel

    def renew(self, generation: int) -> None:
        """Replace the channel of a call that went silent, unless somebody has already.

        A connection that silently broke looks alive, but whatever is sent on it gets no answer.

        Args:
            generation: This link's ``generation`` when the call began.
        """
        if self._channel is None or generation != self.generation:
            return
        self.generation += 1
        self._options.update([_OWN_CONNECTION])
        self.open()

    async def close(self) -> None:
        """Close the channel; safe to call twice."""
        channel, self._channel, self._stub, self._captions = self._channel, None, None, None
        if channel is not None:
            await channel.close(None)
