"""The client for asyncio."""

from collections.abc import Awaitable, Mapping, Sequence
from types import TracebackType
from typing import Self, TypeVar, Unpack

import grpc

from translator.client import convert
from translator.client.connection import Call
from translator.client.options import StreamConfig, StreamOptions
from translator.client.results import ModelList, Translation
from translator.client.status import error_from_rpc
from translator.client.stream import AsyncStream
from translator.v1.models_pb2 import ListModelsRequest
from translator.v1.translate_pb2 import GlossaryEntry, TranslateRequest
from translator.v1.translator_service_pb2_grpc import TranslatorServiceStub

__all__ = ["AsyncStream", "AsyncTranslatorClient"]

_T = TypeVar("_T")

_CHANNEL_OPTIONS = (
    # Finds a dead peer below a silent stream. Servers of this service take pings from 30 s on.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.max_pings_without_data", 0),
    # gRPC's back-off would grow to two minutes, beyond any resume_timeout_s worth waiting for.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 5_000),
)


class AsyncTranslatorClient:
    """A connection to a translation server; used with ``async with``.

    Args:
        address: ``host:port``, or any target that gRPC resolves.
        credentials: Channel credentials; None connects without TLS.
        metadata: Sent with every call, for example ``[("authorization", "Bearer …")]``.
        channel_options: gRPC channel options that are added to this client's own, and win.
    """

    def __init__(
        self,
        address: str,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        metadata: Sequence[tuple[str, str | bytes]] = (),
        channel_options: Sequence[tuple[str, str | int]] = (),
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._metadata = tuple(metadata)
        self._options = tuple({**dict(_CHANNEL_OPTIONS), **dict(channel_options)}.items())
        self._channel: grpc.aio.Channel | None = None
        self._opened_stub: TranslatorServiceStub | None = None

    async def __aenter__(self) -> Self:
        """Make the channel; it connects with the first call."""
        if self._credentials is None:
            self._channel = grpc.aio.insecure_channel(self._address, self._options)
        else:
            self._channel = grpc.aio.secure_channel(self._address, self._credentials, self._options)
        # Generated code has no annotations.
        self._opened_stub = TranslatorServiceStub(self._channel)  # type: ignore[no-untyped-call]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the channel; its streams must be closed before. Safe to call twice."""
        channel, self._channel, self._opened_stub = self._channel, None, None
        if channel is not None:
            await channel.close(None)

    def stream(
        self,
        *,
        source: str,
        targets: Sequence[str],
        resume_timeout_s: float = 60.0,
        **options: Unpack[StreamOptions],
    ) -> AsyncStream:
        """A live translation; ``async with`` opens it.

        Args:
            source: Language of the source, BCP-47; "und" to have it detected.
            targets: Languages to translate into, BCP-47, each at most once.
            resume_timeout_s: Longest time without an open stream, in seconds, before the stream
                fails with ConnectionLostError; for opening it too.
            **options: As ``StreamConfig`` describes them.

        Raises:
            RuntimeError: The client is not open.
            ValueError: There is no target.
        """
        stub = self._stub
        if not targets:
            raise ValueError("targets: at least one language is needed")

        def open_call() -> Call:
            call: Call = stub.StreamingTranslate(metadata=self._metadata, wait_for_ready=True)
            return call

        config = StreamConfig(source=source, targets=tuple(targets), **options)
        return AsyncStream(open_call, config, resume_timeout_s=resume_timeout_s)

    async def translate(
        self,
        texts: Sequence[str],
        source: str,
        target: str,
        *,
        model: str = "",
        mime_type: str = "",
        glossary: Mapping[str, str] | None = None,
        alignments: bool = False,
        num_alternatives: int = 0,
        possible_sources: Sequence[str] = (),
        timeout_s: float | None = 60.0,
    ) -> list[Translation]:
        """Translate short texts; one result for each, in order.

        A text that fails has its ``error``, and the others their translations.

        Args:
            texts: The texts, each translated by itself.
            source: Language of the texts, BCP-47; "und" to have it detected, for each by itself.
            target: Language to translate into, BCP-47.
            model: Name of a model; "" takes the best for the pair.
            mime_type: Of the texts; "" is "text/plain".
            glossary: Source terms to target terms; an empty one keeps the source term.
            alignments: Whether translations say which words come from where.
            num_alternatives: Further translations wanted for each text.
            possible_sources: Languages that texts may be in whose language is detected; empty: all
                that the server translates from, and the target.
            timeout_s: Longest time to wait, in seconds; None: no limit.

        Raises:
            TranslatorError: The request as a whole failed.
            RuntimeError: The client is not open.
        """
        request = TranslateRequest(
            texts=texts,
            source_language_code=source,
            target_language_code=target,
            model=model,
            mime_type=mime_type,
            glossary=[
                GlossaryEntry(source_term=term, target_term=translation)
                for term, translation in (glossary or {}).items()
            ],
            alignments=alignments,
            num_alternatives=num_alternatives,
            possible_source_language_codes=possible_sources,
        )
        response = await _answer(
            self._stub.Translate(request, metadata=self._metadata, timeout=timeout_s)
        )
        return [convert.translation(message) for message in response.translations]

    async def list_models(self, *, timeout_s: float | None = 60.0) -> ModelList:
        """All models and policies of the server, page by page.

        Args:
            timeout_s: Longest time to wait for a page, in seconds; None: no limit.

        Raises:
            TranslatorError: The request failed.
            RuntimeError: The client is not open.
        """
        models = []
        token = ""
        while True:
            request = ListModelsRequest(page_token=token)
            response = await _answer(
                self._stub.ListModels(request, metadata=self._metadata, timeout=timeout_s)
            )
            models += [convert.model(message) for message in response.models]
            token = response.next_page_token
            if not token:
                policies = tuple(convert.policy(message) for message in response.policies)
                return ModelList(tuple(models), policies)

    @property
    def _stub(self) -> TranslatorServiceStub:
        if self._opened_stub is None:
            raise RuntimeError("the client is not open: use it with 'async with'")
        return self._opened_stub


async def _answer(call: Awaitable[_T]) -> _T:
    """Wait for a unary call; its status becomes a TranslatorError."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise error_from_rpc(error) from error
