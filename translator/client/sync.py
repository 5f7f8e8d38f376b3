"""The client for threads: the asyncio client on an event loop in its own thread.

There is no second implementation. Each method passes a coroutine to the loop and blocks until it is
done, so the documentation of ``translator.client.aio`` holds here too.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Self, Unpack

import grpc

from translator.arguments import Strings
from translator.client.aio import AsyncTranslatorClient
from translator.client.batch import AsyncBatch
from translator.client.captions.sync import Captions
from translator.client.events import Connecting, Segment, StreamEvent
from translator.client.items import BatchItem, BatchOptions, BatchReport, BatchResult
from translator.client.loop_thread import BlockingIterator, LoopThread
from translator.client.options import StreamConfig, StreamOptions
from translator.client.results import ModelList, Translation
from translator.client.session import HISTORY
from translator.client.stream import AsyncStream
from translator.client.threaded_input import ThreadedInput

__all__ = ["Batch", "Stream", "TranslatorClient"]


class Stream(BlockingIterator[StreamEvent]):
    """A blocking ``AsyncStream``. One thread at a time may iterate; any may send."""

    def __init__(self, thread: LoopThread, stream: AsyncStream) -> None:
        super().__init__(thread, stream)
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


class Batch(BlockingIterator[BatchResult]):
    """A blocking ``AsyncBatch``. One thread at a time may iterate."""

    def __init__(self, thread: LoopThread, batch: AsyncBatch, items: ThreadedInput) -> None:
        super().__init__(thread, batch)
        self._batch = batch
        self._input = items
        # What came together crosses over from the loop's thread together.
        self._ready: deque[BatchResult] = deque()

    def __next__(self) -> BatchResult:
        """Wait for the next result; StopIteration after the last or after ``close``."""
        try:
            return self._ready.popleft()
        except IndexError:
            pass
        self._ready.extend(self._thread.run(self._some()))
        if not self._ready:
            raise StopIteration
        return self._ready.popleft()

    async def _some(self) -> list[BatchResult]:
        first = await anext(self._batch, None)
        return [] if first is None else [first, *self._batch.ready()]

    @property
    def report(self) -> BatchReport:
        """What has been done so far; see ``AsyncBatch.report``."""
        return self._batch.report

    def close(self) -> None:
        """Give the batch up, unless it is over; iteration in another thread ends."""
        self._input.close()
        super().close()
        self._ready.clear()


class TranslatorClient(Captions):
    """A blocking ``AsyncTranslatorClient``, used with ``with``. Threads may share it.

    The arguments are the same. While it is open, each client has one thread of its own.
    """

    _client: AsyncTranslatorClient

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
        self._opened_thread: LoopThread | None = None

    def __enter__(self) -> Self:
        self._opened_thread = LoopThread()
        self._opened_thread.run(self._client.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
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

    def is_serving(self, *, timeout_s: float | None = 10.0) -> bool:
        """Whether the server takes calls; see ``AsyncTranslatorClient.is_serving``."""
        return self._thread.run(self._client.is_serving(timeout_s=timeout_s))

    def list_models(self, *, timeout_s: float | None = 60.0) -> ModelList:
        """Fetch all models and policies; see ``AsyncTranslatorClient.list_models``."""
        return self._thread.run(self._client.list_models(timeout_s=timeout_s))

    @property
    def _thread(self) -> LoopThread:
        if self._opened_thread is None:
            raise RuntimeError("the client is not open: use it with 'with'")
        return self._opened_thread
