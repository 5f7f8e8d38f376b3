"""The client for asyncio."""

import asyncio
import copy
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from typing import Self, Unpack

import grpc

from translator.arguments import Strings, check_pairs, check_strings
from translator.client import convert
from translator.client.backoff import Backoff
from translator.client.batch import AsyncBatch, Items
from translator.client.captions.aio import AsyncCaptions
from translator.client.events import Connecting
from translator.client.items import BatchConfig, BatchOptions
from translator.client.link import Link
from translator.client.options import StreamConfig, StreamOptions
from translator.client.results import ModelList, Translation
from translator.client.session import HISTORY
from translator.client.status import error_from_rpc
from translator.client.stream import AsyncStream
from translator.errors import ConnectionLostError
from translator.v1.models_pb2 import ListModelsRequest
from translator.v1.translate_pb2 import TranslateRequest

__all__ = ["AsyncTranslatorClient"]


class AsyncTranslatorClient(AsyncCaptions):
    """A connection to a translation server, used with ``async with``.

    Args:
        address: ``host:port``, or any target that gRPC resolves.
        credentials: Channel credentials; None connects without TLS.
        metadata: Sent with every call, for example ``[("authorization", "Bearer …")]``.
        channel_options: gRPC channel options, added to this client's own and stronger than them.
        traceparent: The trace that its calls belong to (W3C Trace Context), for the server's spans.
            "current" takes it from OpenTelemetry when a call is made, if that is installed.

    Raises:
        ValueError: ``traceparent`` is none.
    """

    def __init__(
        self,
        address: str,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        metadata: Sequence[tuple[str, str | bytes]] = (),
        channel_options: Sequence[tuple[str, str | int]] = (),
        traceparent: str = "",
    ) -> None:
        self._link = Link(
            address,
            credentials=credentials,
            metadata=check_pairs("metadata", metadata),
            options=check_pairs("channel_options", channel_options),
            traceparent=traceparent,
        )

    async def __aenter__(self) -> Self:
        self._link.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the channel. Close its streams first. Safe to call twice."""
        await self._link.close()

    def with_metadata(self, metadata: Sequence[tuple[str, str | bytes]]) -> Self:
        """A client on the same connection whose calls send other metadata, such as another key.

        It is open as long as this one is, and need not be closed.

        Args:
            metadata: As for the client itself; it takes the place of what this client sends.

        Raises:
            TypeError: It is not a list of pairs.
        """
        client = copy.copy(self)
        client._link = self._link.with_metadata(check_pairs("metadata", metadata))
        return client

    async def connect(
        self,
        *,
        timeout_s: float = 10.0,
        on_connecting: Callable[[Connecting], None] | None = None,
    ) -> None:
        """Wait until the server answers.

        This is optional, because every call connects by itself, but it fails sooner if no server is
        there.

        Args:
            timeout_s: Longest time to try, in seconds.
            on_connecting: Called before each attempt, with the reason why the last one failed.

        Raises:
            ConnectionLostError: Nobody answered in time; the message names the address and why.
            RuntimeError: The client is not open.
        """
        backoff, cause, told = Backoff(), None, None
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    wait_s = backoff.next_s()
                    if on_connecting is not None:
                        on_connecting(
                            Connecting(self._link.address, backoff.attempts, cause, wait_s)
                        )
                    await asyncio.sleep(wait_s)
                    cause = await self._knock()
                    if cause is None:
                        return
                    # A name may have two addresses, one of which has nobody: the other's reason
                    # is worth more.
                    if told is None or "refused" not in cause.message:
                        told = cause
        except TimeoutError:
            why = "no answer" if told is None else told.message
            message = f"{self._link.address} could not be reached within {timeout_s:g} s: {why}"
            raise ConnectionLostError(message) from told

    async def _knock(self) -> ConnectionLostError | None:
        """Why the server cannot be reached; None if it answers, even with an error."""
        try:
            await self._link.stub.ListModels(
                ListModelsRequest(page_size=1), metadata=self._link.traced(None)
            )
        except grpc.aio.AioRpcError as error:
            failure = error_from_rpc(error)
            return failure if isinstance(failure, ConnectionLostError) else None
        return None

    def stream(
        self,
        *,
        source: str,
        targets: Strings,
        resume_timeout_s: float = 60.0,
        history: int = HISTORY,
        on_connecting: Callable[[Connecting], None] | None = None,
        traceparent: str | None = None,
        **options: Unpack[StreamOptions],
    ) -> AsyncStream:
        """Make a live translation; ``async with`` opens it.

        Args:
            source: Language of the source, BCP-47; "und" has it detected.
            targets: Languages to translate into, BCP-47, each at most once.
            resume_timeout_s: Longest time without an open stream, in seconds, before the stream
                fails with ConnectionLostError. It holds for opening too.
            history: How many closed segments of each target ``segments()`` and ``transcript()``
                keep.
            on_connecting: Called before each attempt to open the stream. Later attempts come as
                ``Reconnecting`` events.
            traceparent: The trace that the stream belongs to, also when it is resumed, or
                "current"; None: as the client has it.
            **options: See ``StreamConfig``.

        Raises:
            RuntimeError: The client is not open.
            TypeError: ``targets`` is not a list of strings.
            ValueError: There is no target, ``history`` is negative, or ``traceparent`` is none.
        """
        # Fails where the client is not open.
        _ = self._link.stub
        config = StreamConfig(source=source, targets=check_strings("targets", targets), **options)
        if not config.targets:
            raise ValueError("targets: at least one language is needed")
        if history < 0:
            raise ValueError(f"history: {history} segments, at least 0")
        return AsyncStream(
            self._link,
            config,
            resume_timeout_s=resume_timeout_s,
            history=history,
            on_connecting=on_connecting,
            traceparent=traceparent,
        )

    async def translate(
        self,
        texts: Strings,
        source: str,
        target: str,
        *,
        model: str = "",
        mime_type: str = "",
        glossary: Mapping[str, str] | None = None,
        glossaries: Sequence[str] = (),
        alignments: bool = False,
        num_alternatives: int = 0,
        possible_sources: Sequence[str] = (),
        preserve_lines: bool = True,
        markup: Sequence[str] = (),
        timeout_s: float | None = 60.0,
        traceparent: str | None = None,
    ) -> list[Translation]:
        """Translate short texts. Returns one result for each, in order.

        A text that fails has an ``error``; the others still have their translations.

        Args:
            texts: The texts, each translated by itself.
            source: Language of the texts, BCP-47; "und" has it detected, for each text by itself.
            target: Language to translate into, BCP-47.
            model: Name of a model; "" takes the best for the pair.
            mime_type: Type of the texts: "text/plain", or "" for the same, or "text/html" or
                "text/markdown".
            glossary: Source terms to target terms; an empty one keeps the source term.
            glossaries: Names of glossaries that the server has; ``glossary`` goes before them.
            alignments: Whether translations say where each word comes from.
            num_alternatives: How many further translations to return for each text.
            possible_sources: The languages to choose from in detection; if empty, all that the
                server translates from, and the target.
            preserve_lines: Whether line breaks, tabs and runs of spaces end what is translated
                together, and stay as they are.
            markup: Template syntaxes in the texts, which are kept.
            timeout_s: Longest time to wait, in seconds; None means no limit.
            traceparent: The trace that the call belongs to, or "current"; None: as the client has
                it.

        Raises:
            TranslatorError: The request as a whole failed.
            TypeError: ``texts`` is not a list of strings.
            ValueError: ``traceparent`` is none.
            RuntimeError: The client is not open.
        """
        request = TranslateRequest(
            texts=check_strings("texts", texts),
            source_language_code=source,
            target_language_code=target,
            model=model,
            mime_type=mime_type,
            glossary=convert.glossary_entries(glossary or {}),
            glossaries=check_strings("glossaries", glossaries),
            alignments=alignments,
            num_alternatives=num_alternatives,
            possible_source_language_codes=possible_sources,
            preserve_lines=preserve_lines,
            markup=check_strings("markup", markup) if markup else (),
        )
        response = await self._link.answer(
            self._link.stub.Translate(
                request, metadata=self._link.traced(traceparent), timeout=timeout_s
            )
        )
        return [convert.translation(message) for message in response.translations]

    def batch(
        self,
        items: Items,
        *,
        source: str,
        target: str,
        resume_timeout_s: float = 60.0,
        on_connecting: Callable[[Connecting], None] | None = None,
        traceparent: str | None = None,
        **options: Unpack[BatchOptions],
    ) -> AsyncBatch:
        """Translate many texts, however many; iterate over it for their results.

        The server translates them behind whatever somebody waits for. Each item gets one result,
        in any order. Input is read as far as the server takes it, so it may be endless.

        Args:
            items: Strings or ``BatchItem``s; any iterable, asynchronous or not. One that is not is
                read on the event loop, which must not wait for it.
            source: Language of the texts, BCP-47; "und" has it detected, for each text by itself.
            target: Language to translate into, BCP-47.
            resume_timeout_s: Longest time without an open call, in seconds, before the batch fails
                with ConnectionLostError; or with OverloadedError, if servers have no room.
            on_connecting: Called before each attempt to open a call.
            traceparent: The trace that the batch belongs to, also when it goes on in another call,
                or "current"; None: as the client has it.
            **options: See ``BatchConfig``.

        Raises:
            RuntimeError: The client is not open.
            TypeError: ``items`` is a string, or cannot be iterated over.
            ValueError: ``traceparent`` is none.
        """
        # Fails where the client is not open.
        _ = self._link.stub
        if isinstance(items, str) or not isinstance(items, AsyncIterable | Iterable):
            raise TypeError(f"items: an iterable of items is needed, not {type(items).__name__}")
        return AsyncBatch(
            self._link,
            items,
            BatchConfig(source=source, target=target, **options),
            resume_timeout_s=resume_timeout_s,
            on_connecting=on_connecting,
            traceparent=traceparent,
        )

    async def is_serving(self, *, timeout_s: float | None = 10.0) -> bool:
        """Whether the server takes calls; False while it drains. It needs no key.

        Args:
            timeout_s: Longest time to wait, in seconds; None means no limit.

        Raises:
            TranslatorError: It cannot be reached, or has no health service.
            RuntimeError: The client is not open.
        """
        return await self._link.answer(self._link.is_serving(timeout_s))

    async def list_models(self, *, timeout_s: float | None = 60.0) -> ModelList:
        """Fetch all models and policies of the server, page by page.

        Args:
            timeout_s: Longest time to wait for a page, in seconds; None means no limit.

        Raises:
            TranslatorError: The request failed.
            RuntimeError: The client is not open.
        """
        models = []
        token = ""
        metadata = self._link.traced(None)
        while True:
            request = ListModelsRequest(page_token=token)
            response = await self._link.answer(
                self._link.stub.ListModels(request, metadata=metadata, timeout=timeout_s)
            )
            models += [convert.model(message) for message in response.models]
            token = response.next_page_token
            if not token:
                policies = tuple(convert.policy(message) for message in response.policies)
                return ModelList(tuple(models), policies)
