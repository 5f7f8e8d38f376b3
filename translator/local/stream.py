"""A live stream in this process."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from translator.engine.threads import EngineThreads
from translator.local.driver import settle_in_threads
from translator.local.results import Update
from translator.session.events import SessionConfig, SessionLimits, SourceUpdate, Warned
from translator.session.report import SessionReport
from translator.session.session import Session

__all__ = ["Stream"]


class Stream:
    """Translates source as it comes; ``Translator.stream`` opens one.

    Each call returns the updates that it has caused, once they are all translated. Threads may
    share a stream: their calls take turns.

    Args:
        name: Names it in the engine.
        config: How it is translated.
        limits: How much source one call may bring.
        engines: The engines that decode.
        check: Raises an error if the translator cannot be used any more.
        on_end: Called when the stream ends.
    """

    def __init__(
        self,
        name: str,
        config: SessionConfig,
        limits: SessionLimits,
        engines: EngineThreads,
        check: Callable[[], None],
        on_end: Callable[[], None],
    ) -> None:
        self._session = Session(name, name, config, limits, time.monotonic)
        self._engines = engines
        self._check = check
        self._on_end = on_end
        self._lock = threading.Lock()
        self._texts: dict[str, dict[int, str]] = {b.target: {} for b in config.bindings}
        self._ended = False

    def send(
        self,
        committed: str,
        *,
        tentative: str = "",
        end_of_segment: bool = False,
        speaker: str = "",
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> list[Update]:
        """Add source.

        Args:
            committed: Is appended to the source as it is, so include the spaces.
            tentative: Source that is not certain yet; replaces the former tentative source.
            end_of_segment: Whether a sentence ends here, whatever it looks like.
            speaker: Who says it; "" means the same speaker as before.
            start_s: Media time at which it begins.
            end_s: Media time at which it ends.

        Raises:
            InvalidRequestError: It is longer than a call may bring.
            TranslatorError: It cannot be translated; the stream is over.
            RuntimeError: The stream or its translator is closed.
        """
        with self._lock:
            self._check_open()
            session = self._session
            update = SourceUpdate(
                session.last_sequence + 1, committed, tentative, end_of_segment, start_s, end_s,
                speaker,
            )  # fmt: skip
            session.update_source(update)
            return self._settled()

    def flush(self) -> list[Update]:
        """Close the open segment, so that all source so far is committed. Raises as ``send``."""
        with self._lock:
            self._check_open()
            self._session.flush(self._session.last_sequence + 1)
            return self._settled()

    def poll(self) -> list[Update]:
        """Do what is due after the silence since the last source. Raises as ``send``."""
        with self._lock:
            self._check_open()
            return self._settled()

    def wait_s(self) -> float | None:
        """Seconds of silence until ``poll`` has something to do; None means never."""
        with self._lock:
            return self._session.wait_s()

    def end(self) -> list[Update]:
        """End the source, so that everything is committed. Raises as ``send``."""
        with self._lock:
            self._check_open()
            self._session.end_source()
            self._ended = True
            updates = self._settled()
            self._on_end()
            return updates

    def transcript(self, target: str, separator: str = " ") -> str:
        """All committed text of a target, its segments separated.

        Raises:
            KeyError: It is no target of the stream.
        """
        with self._lock:
            return separator.join(text for text in self._texts[target].values() if text)

    @property
    def warnings(self) -> list[Warned]:
        """What was ignored, or looks wrong."""
        with self._lock:
            return list(self._session.warnings)

    @property
    def report(self) -> SessionReport:
        """The figures up to now."""
        with self._lock:
            return self._session.report()

    def close(self) -> None:
        """End the stream at once; drafts are lost. May be called again."""
        with self._lock:
            if not self._ended:
                self._ended = True
                self._on_end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        self._check()
        if self._ended:
            raise RuntimeError("the stream has ended; open another with Translator.stream")

    def _settled(self) -> list[Update]:
        try:
            settle_in_threads(self._engines, self._session)
        except BaseException:
            # Nothing is known any more of a request that was given up.
            self._ended = True
            self._on_end()
            raise
        updates: list[Update] = []
        for target, outbox in self._session.outboxes.items():
            texts = self._texts[target]
            for _, event in outbox.take():
                texts[event.segment_id] = texts.get(event.segment_id, "") + event.committed
                updates.append(
                    Update(
                        target,
                        event.segment_id,
                        event.committed,
                        event.draft,
                        event.closed,
                        texts[event.segment_id],
                        event.source_start,
                        event.source_committed_length,
                        event.alignments,
                    )
                )
        return updates
