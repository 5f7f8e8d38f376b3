"""The client for threads: the asyncio client on an event loop in its own thread.

There is no second implementation. Each method passes a coroutine to the loop and blocks until it is
done, so the documentation of ``translator.client.aio`` holds here too.
"""

import asyncio
import threading
from collections.abc import (
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import grpc

from translator.arguments import Strings
from translator.client.aio import AsyncTranslatorClient
from translator.client.batch import AsyncBatch
from translator.client.captions.events import (
    Caption,
    CaptionEvent,
    CaptionRoom,
    CaptionsLink,
    PublicationEvent,
    PublicationOpened,
)
from translator.client.captions.publication import AsyncPublication
from translator.client.captions.rooms import RoomLinks, RoomSink, RoomStatus
from translator.client.captions.subscription import AsyncSubscription
from translator.client.events import Connecting, Segment, StreamEvent
from translator.client.items import BatchItem, BatchOptions, BatchReport, BatchResult
from translator.client.options import StreamConfig, StreamOptions
from translator.client.results import ModelList, Translation
from translator.client.session import HISTORY
from translator.client.stream import AsyncStream
from translator.client.threaded_input import ThreadedInput

__all__ = ["Batch", "Publication", "Stream", "Subscription", "TranslatorClient"]

_T = TypeVar("_T")


class _LoopThread:
    """An event loop in a daemon thread."""

    def __init__(self) -> None:
        self._is_running = threading.Event()
        self._thread = threading.Thread(target=self._run, name="translator-client", daemon=True)
        self._thread.start()
        self._is_running.wait()

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine on the loop and wait for it."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except BaseException:
            # KeyboardInterrupt reaches the waiting thread only; done futures do not mind.
            future.cancel()
            raise

    def stop(self) -> None:
        """Cancel what still runs, end the loop, and wait for the thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._is_running.set()
        await self._stopping.wait()


class Stream(Iterator[StreamEvent]):
    """A blocking ``AsyncStream``. One thread at a time may iterate; any may send."""

    def __init__(self, thread: _LoopThread, stream: AsyncStream) -> None:
        self._thread = thread
        self._stream = stream

    @property
    def session_id(self) -> str:
        """The session's name in the server's logs; a resume keeps it."""
        return self._stream.session_id

    @property
    def config(self) -> StreamConfig:
        """The config in force."""
        return self._stream.config

    def transcript(self, target: str, separator: str = " ") -> str:
        """The committed text of a target; see ``AsyncStream.transcript``."""
        return self._stream.transcript(target, separator)

    def segments(self, target: str) -> list[Segment]:
        """The segments of a target; see ``AsyncStream.segments``."""
        return self._stream.segments(target)

    def draft(self, target: str) -> str:
        """The draft that follows the transcript of a target."""
        return self._stream.draft(target)

    def __enter__(self) -> Self:
        self._thread.run(self._stream.__aenter__())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel the stream, like ``AsyncStream.aclose``; iteration in another thread ends."""
        self._thread.run(self._stream.aclose())

    def send(
        self,
        committed: str,
        *,
        tentative: str = "",
        end_of_segment: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
        speaker: str = "",
    ) -> None:
        """Send source; see ``AsyncStream.send``."""
        self._thread.run(
            self._stream.send(
                committed,
                tentative=tentative,
                end_of_segment=end_of_segment,
                start_s=start_s,
                end_s=end_s,
                speaker=speaker,
            )
        )

    def flush(self) -> None:
        """Have all source so far translated and committed; see ``AsyncStream.flush``."""
        self._thread.run(self._stream.flush())

    def reconfigure(
        self,
        *,
        source: str | None = None,
        targets: Strings | None = None,
        **options: Unpack[StreamOptions],
    ) -> None:
        """Change the config from the next segment on; see ``AsyncStream.reconfigure``."""
        self._thread.run(self._stream.reconfigure(source=source, targets=targets, **options))

    def close_source(self) -> None:
        """End the source; see ``AsyncStream.close_source``."""
        self._thread.run(self._stream.close_source())

    def __next__(self) -> StreamEvent:
        """Wait for the next event; StopIteration after the report or after ``close``."""
        event = self._thread.run(self._next())
        if event is None:
            raise StopIteration
        return event

    async def _next(self) -> StreamEvent | None:
        return await anext(self._stream, None)


class Batch(Iterator[BatchResult]):
    """A blocking ``AsyncBatch``. One thread at a time may iterate."""

    def __init__(self, thread: _LoopThread, batch: AsyncBatch, items: ThreadedInput) -> None:
        self._thread = thread
        self._batch = batch
        self._input = items

    @property
    def report(self) -> BatchReport:
        """What has been done so far; see ``AsyncBatch.report``."""
        return self._batch.report

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the batch up, unless it is over; iteration in another thread ends."""
        self._input.close()
        self._thread.run(self._batch.aclose())

    def __next__(self) -> BatchResult:
        """Wait for the next result; StopIteration after the last or after ``close``."""
        result = self._thread.run(self._next())
        if result is None:
            raise StopIteration
        return result

    async def _next(self) -> BatchResult | None:
        return await anext(self._batch, None)


class Subscription(Iterator[CaptionEvent]):
    """A blocking ``AsyncSubscription``. One thread at a time may iterate."""

    def __init__(self, thread: _LoopThread, subscription: AsyncSubscription) -> None:
        self._thread = thread
        self._subscription = subscription

    @property
    def room(self) -> CaptionRoom | None:
        """The room, as it was told last."""
        return self._subscription.room

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that are read."""
        return self._subscription.languages

    def captions(self, language: str) -> list[Caption]:
        """The captions of a language; see ``AsyncSubscription.captions``."""
        return self._subscription.captions(language)

    def transcript(self, language: str, separator: str = "\n") -> str:
        """The committed text of a language, a caption each."""
        return self._subscription.transcript(language, separator)

    def draft(self, language: str) -> str:
        """What is being said right now, and may still change."""
        return self._subscription.draft(language)

    def change(self, languages: Strings) -> None:
        """Read other languages; see ``AsyncSubscription.change``."""

        async def change() -> None:
            self._subscription.change(languages)

        self._thread.run(change())

    def __enter__(self) -> Self:
        self._thread.run(self._subscription.__aenter__())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it; iteration in another thread ends."""
        self._thread.run(self._subscription.aclose())

    def __next__(self) -> CaptionEvent:
        """Wait for the next event; StopIteration when the room is closed or after ``close``."""
        event = self._thread.run(self._next())
        if event is None:
            raise StopIteration
        return event

    async def _next(self) -> CaptionEvent | None:
        return await anext(self._subscription, None)


class Publication:
    """A blocking ``AsyncPublication``. Threads may share it."""

    def __init__(self, thread: _LoopThread, publication: AsyncPublication) -> None:
        self._thread = thread
        self._publication = publication

    @property
    def position(self) -> int:
        """Code points said so far."""
        return self._publication.position

    @property
    def done(self) -> int:
        """Code points of it that have become captions in all languages."""
        return self._publication.done

    @property
    def num_viewers(self) -> int:
        """How many read along."""
        return self._publication.num_viewers

    @property
    def problem(self) -> str:
        """What is wrong at the moment, as a sentence; "" if nothing is."""
        return self._publication.problem

    @property
    def opened(self) -> PublicationOpened | None:
        """What the gateway said when the room listened."""
        return self._publication.opened

    def __enter__(self) -> Self:
        self._thread.run(self._publication.__aenter__())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the room at once; see ``AsyncPublication.aclose``."""
        self._thread.run(self._publication.aclose())

    def send(
        self,
        committed: str,
        *,
        tentative: str = "",
        end_of_segment: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> None:
        """Say something; see ``AsyncPublication.send``."""
        self._thread.run(
            self._publication.send(
                committed,
                tentative=tentative,
                end_of_segment=end_of_segment,
                start_s=start_s,
                end_s=end_s,
            )
        )

    def change(self, *, language: str = "", speaker: str = "") -> None:
        """Speak another language, or have another name; see ``AsyncPublication.change``."""
        self._thread.run(self._publication.change(language=language, speaker=speaker))

    def close_source(self) -> None:
        """End the source, and wait for its captions; see ``AsyncPublication.close_source``."""
        self._thread.run(self._publication.close_source())


class TranslatorClient:
    """A blocking ``AsyncTranslatorClient``, used with ``with``. Threads may share it.

    The arguments are the same. While it is open, each client has one thread of its own.
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
        self._client = AsyncTranslatorClient(
            address,
            credentials=credentials,
            metadata=metadata,
            channel_options=channel_options,
            traceparent=traceparent,
        )
        self._opened_thread: _LoopThread | None = None

    def __enter__(self) -> Self:
        self._opened_thread = _LoopThread()
        self._opened_thread.run(self._client.__aenter__())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the channel and end the thread. Close streams first. Safe to call twice."""
        thread, self._opened_thread = self._opened_thread, None
        if thread is not None:
            thread.run(self._client.close())
            thread.stop()

    def connect(
        self,
        *,
        timeout_s: float = 10.0,
        on_connecting: Callable[[Connecting], None] | None = None,
    ) -> None:
        """Wait until the server answers; see ``AsyncTranslatorClient.connect``.

        ``on_connecting`` runs in the client's thread; it must not call the client.
        """
        self._thread.run(self._client.connect(timeout_s=timeout_s, on_connecting=on_connecting))

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
    ) -> Stream:
        """Make a live translation; ``with`` opens it. See ``AsyncTranslatorClient.stream``.

        ``on_connecting`` runs in the client's thread; it must not call the client.
        """
        stream = self._client.stream(
            source=source,
            targets=targets,
            resume_timeout_s=resume_timeout_s,
            history=history,
            on_connecting=on_connecting,
            traceparent=traceparent,
            **options,
        )
        return Stream(self._thread, stream)

    def translate(
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
        """Translate short texts; see ``AsyncTranslatorClient.translate``."""
        return self._thread.run(
            self._client.translate(
                texts,
                source,
                target,
                model=model,
                mime_type=mime_type,
                glossary=glossary,
                glossaries=glossaries,
                alignments=alignments,
                num_alternatives=num_alternatives,
                possible_sources=possible_sources,
                preserve_lines=preserve_lines,
                markup=markup,
                timeout_s=timeout_s,
                traceparent=traceparent,
            )
        )

    def batch(
        self,
        items: Iterable[str | BatchItem],
        *,
        source: str,
        target: str,
        resume_timeout_s: float = 60.0,
        on_connecting: Callable[[Connecting], None] | None = None,
        traceparent: str | None = None,
        **options: Unpack[BatchOptions],
    ) -> Batch:
        """Translate many texts, however many; see ``AsyncTranslatorClient.batch``.

        ``items`` is iterated over in a thread of its own. ``on_connecting`` runs in the client's
        thread; it must not call the client.
        """
        thread = self._thread
        if isinstance(items, str) or not isinstance(items, Iterable):
            raise TypeError(f"items: an iterable of items is needed, not {type(items).__name__}")
        threaded = ThreadedInput(items)
        batch = self._client.batch(
            threaded,
            source=source,
            target=target,
            resume_timeout_s=resume_timeout_s,
            on_connecting=on_connecting,
            traceparent=traceparent,
            **options,
        )
        return Batch(thread, batch, threaded)

    def subscribe(
        self,
        link: str | CaptionsLink,
        languages: Strings,
        *,
        resume_timeout_s: float = 60.0,
        history: int = HISTORY,
        on_connecting: Callable[[Connecting], None] | None = None,
    ) -> Subscription:
        """Read the captions of a room; see ``AsyncTranslatorClient.subscribe``.

        ``on_connecting`` runs in the client's thread; it must not call the client.
        """

        async def make() -> AsyncSubscription:
            return self._client.subscribe(
                link,
                languages,
                resume_timeout_s=resume_timeout_s,
                history=history,
                on_connecting=on_connecting,
            )

        return Subscription(self._thread, self._thread.run(make()))

    def publish(
        self,
        link: str | CaptionsLink,
        *,
        language: str,
        speaker: str = "",
        publisher_id: str | None = None,
        resume_timeout_s: float = 60.0,
        on_event: Callable[[PublicationEvent], None] | None = None,
    ) -> Publication:
        """Speak in a room; see ``AsyncTranslatorClient.publish``.

        ``on_event`` runs in the client's thread; it must not call the client.
        """

        async def make() -> AsyncPublication:
            return self._client.publish(
                link,
                language=language,
                speaker=speaker,
                publisher_id=publisher_id,
                resume_timeout_s=resume_timeout_s,
                on_event=on_event,
            )

        return Publication(self._thread, self._thread.run(make()))

    def captions(
        self, link: str | CaptionsLink, language: str, *, timeout_s: float | None = 60.0
    ) -> list[Caption]:
        """The closed captions of a room; see ``AsyncTranslatorClient.captions``."""
        return self._thread.run(self._client.captions(link, language, timeout_s=timeout_s))

    def create_room(
        self,
        link: str | CaptionsLink,
        *,
        title: str = "",
        pinned: Strings = (),
        timeout_s: float | None = 60.0,
    ) -> RoomLinks:
        """Make a room of captions; see ``AsyncTranslatorClient.create_room``."""
        return self._thread.run(
            self._client.create_room(link, title=title, pinned=pinned, timeout_s=timeout_s)
        )

    def room_status(
        self, link: str | CaptionsLink, *, timeout_s: float | None = 60.0
    ) -> RoomStatus:
        """How a room of captions does; see ``AsyncTranslatorClient.room_status``."""
        return self._thread.run(self._client.room_status(link, timeout_s=timeout_s))

    def switch_sink(
        self,
        link: str | CaptionsLink,
        sink_id: int,
        on: bool,
        *,
        timeout_s: float | None = 60.0,
    ) -> RoomSink:
        """Switch a destination off, or on again; see ``AsyncTranslatorClient.switch_sink``."""
        return self._thread.run(self._client.switch_sink(link, sink_id, on, timeout_s=timeout_s))

    def is_serving(self, *, timeout_s: float | None = 10.0) -> bool:
        """Whether the server takes calls; see ``AsyncTranslatorClient.is_serving``."""
        return self._thread.run(self._client.is_serving(timeout_s=timeout_s))

    def list_models(self, *, timeout_s: float | None = 60.0) -> ModelList:
        """Fetch all models and policies; see ``AsyncTranslatorClient.list_models``."""
        return self._thread.run(self._client.list_models(timeout_s=timeout_s))

    @property
    def _thread(self) -> _LoopThread:
        if self._opened_thread is None:
            raise RuntimeError("the client is not open: use it with 'with'")
        return self._opened_thread
