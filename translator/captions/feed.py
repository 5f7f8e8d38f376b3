"""One publisher's source on its way to captions."""

import asyncio
import contextlib
import logging
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from translator.captions.events import ORIGINAL, Segment
from translator.captions.requests import Settings, Source
from translator.captions.room import Room
from translator.client import (
    AsyncStream,
    AsyncTranslatorClient,
    Connecting,
    Reconnecting,
    SessionWarning,
    Started,
    Update,
)
from translator.errors import ClientError, InvalidRequestError, TranslatorError

__all__ = ["Feed", "FeedHost"]

_log = logging.getLogger(__name__)

# A stream that broke is resumed for so long before a new one is made.
_RESUME_TIMEOUT_S = 3600.0
_RETRY_S = (0.5, 1.0, 2.0, 5.0)
# Source kept while no stream is open, in code points; then the publisher is not read.
_MAX_KEPT = 200_000


@dataclass(frozen=True, slots=True)
class _Change:
    """Other settings from a position of the source on."""

    position: int
    settings: Settings
    committed: str = ""


class FeedHost(Protocol):
    """What a feed needs of its room."""

    room: Room

    @property
    def client(self) -> AsyncTranslatorClient:
        """The client of the servers."""

    def targets(self, source: str) -> Sequence[str]:
        """Languages to translate a source into, without its own, the most wanted first."""

    def said(self, *, closed: bool = False) -> None:
        """Something new is in the room; ``closed``: a segment has ended."""

    def changed(self) -> None:
        """Something about the feeds is different."""


class Feed:
    """Sends a publisher's source to a server, and puts what comes back into the room.

    It outlives the publisher's connections: a publisher that comes back goes on at ``received``.

    Args:
        host: The room.
        publisher_id: As the publisher named itself.
        settings: The language that is spoken, and the name.
        position: Code points of the publisher's source before what it will send.

    Attributes:
        received: Code points of the publisher's source up to what has come.
        done: Code points of it whose captions are committed in all languages.
        on_progress: Called when ``done`` or ``problem`` has changed.
    """

    def __init__(
        self, host: FeedHost, publisher_id: str, settings: Settings, position: int
    ) -> None:
        self.publisher_id = publisher_id
        self.received = position
        self.done = position
        self._problems: dict[str, str] = {}
        self.on_progress: Callable[[], None] = lambda: None
        self._host = host
        self._room = host.room
        self._settings = settings
        # From which position of the source on each of the settings holds.
        self._changes = [_Change(position, settings)]
        self._num_trailing = 0
        # Source that a new stream would need, and the changes between.
        self._kept: list[Source | _Change] = []
        self._stream: AsyncStream | None = None
        # Position of the stream's first code point.
        self._base = position
        # The language that the stream was last told.
        self._asked = settings.language
        self._max_targets = 8
        # Whether a stream is opened without languages of viewers, which are added later.
        self._is_careful = False
        self._segments: dict[int, Segment] = {}
        # The same the other way round: segment_id to the stream's number.
        self._numbers: dict[int, int] = {}
        self._first: dict[str, int] = {}
        self._closed_up_to: dict[str, int] = {}
        # Up to where the source stands committed in the original.
        self._covered = position
        self._sending = asyncio.Lock()
        self._retarget = asyncio.Event()
        self._ending = asyncio.Event()
        self._opened = asyncio.Event()

    @property
    def covered(self) -> int:
        """Up to where the publisher's source stands committed in the original."""
        return self._covered

    @property
    def language(self) -> str:
        """The language that is spoken."""
        return self._settings.language

    @property
    def problem(self) -> str:
        """What is wrong at the moment, as sentences; "" if nothing is."""
        return " ".join(self._problems.values())

    @property
    def problem_reason(self) -> str:
        """The same for programs."""
        reasons = {"server": "NO_SERVER", "speech": "SPEECH_LOST"}
        return next((reasons[where] for where in self._problems), "RECOVERED")

    @property
    def speaker(self) -> str:
        """Who speaks."""
        return self._settings.speaker

    def serves(self, language: str, segment: Segment) -> bool:
        """Whether this feed brings, or will bring, a segment in a language."""
        if self._stream is None:
            return False
        number = self._numbers.get(segment.segment_id)
        first = self._first.get(language)
        return number is not None and first is not None and first <= number

    @property
    def is_open(self) -> bool:
        """Whether a server takes the source now."""
        return self._stream is not None

    def translates_into(self, language: str) -> bool:
        """Whether the language is in force."""
        return self._stream is not None and language in self._first

    # What the publisher says.

    async def send(self, source: Source) -> None:
        """Take source. What is there already is skipped.

        Raises:
            InvalidRequestError: Something before it is missing.
        """
        if source.position > self.received:
            raise InvalidRequestError(
                "source.position", f"{self.received} comes next, not {source.position}"
            )
        skip = self.received - source.position
        if skip and skip >= len(source.committed):
            return
        source = Source(
            self.received,
            source.committed[skip:],
            source.tentative,
            source.end_of_segment,
            source.start_s if not skip else None,
            source.end_s,
        )
        if source.committed:
            self.received += len(source.committed)
            stripped = len(source.committed.rstrip())
            trailing = len(source.committed) - stripped
            self._num_trailing = trailing if stripped else self._num_trailing + trailing
        async with self._sending:
            self._drop_tentative()
            self._kept.append(source)
            if (stream := self._stream) is not None:
                # A stream that has failed says so to whoever iterates over it; source is kept.
                with contextlib.suppress(TranslatorError, RuntimeError):
                    await self._pass_on(stream, source)

    async def change(self, settings: Settings) -> None:
        """Another language or another name, from what comes next."""
        new = Settings(
            settings.language or self._settings.language,
            settings.speaker or self._settings.speaker,
        )
        if new == self._settings:
            return
        self._settings = new
        # The white space before it belongs to what was said before.
        change = _Change(self.received - self._num_trailing, new)
        self._changes.append(change)
        del self._changes[:-64]
        async with self._sending:
            self._kept.append(replace(change, position=self.received))
            if (stream := self._stream) is not None:
                # A stream that has failed says so to whoever iterates over it.
                with contextlib.suppress(TranslatorError, RuntimeError):
                    await self._pass_on(stream, change)
        self._host.changed()

    def retarget(self) -> None:
        """Look again into which languages to translate."""
        self._retarget.set()

    def finish(self) -> None:
        """End the source; what was said is still translated."""
        self._ending.set()

    @property
    def is_ending(self) -> bool:
        """Whether nothing comes any more."""
        return self._ending.is_set()

    @property
    def is_full(self) -> bool:
        """Whether so much waits for a server that no more should be read."""
        return self._stream is None and sum(len(s.committed) for s in self._kept) > _MAX_KEPT

    async def _pass_on(self, stream: AsyncStream, what: Source | _Change) -> None:
        if isinstance(what, Source):
            await stream.send(
                what.committed,
                tentative=what.tentative,
                end_of_segment=what.end_of_segment,
                start_s=what.start_s,
                end_s=what.end_s,
            )
            return
        await stream.flush()
        language = what.settings.language
        if language != stream.config.source or language != self._asked:
            self._asked = language
            await stream.reconfigure(source=language, targets=self._targets(language))

    def _drop_tentative(self) -> None:
        """Only the last message kept has a tentative tail."""
        if self._kept and isinstance(last := self._kept[-1], Source):
            if not last.committed and not last.end_of_segment:
                self._kept.pop()
            elif last.tentative:
                self._kept[-1] = replace(last, tentative="")

    # What the server says.

    async def run(self) -> None:
        """Translate until the source has ended."""
        attempt = 0
        while True:
            try:
                await self._translate()
                return
            except ClientError as error:
                # A language that went away, or more of them than the server takes: begin without
                # any, and see what it says.
                _log.warning("a publisher's stream was refused: %s", error.reason)
                self._cut()
                self._tell(error.message)
                if not self._is_careful:
                    self._is_careful = True
                    continue
            except TranslatorError as error:
                _log.warning("a publisher's stream failed: %s", error.reason)
                self._cut()
                self._tell(error.message)
            wait_s = _RETRY_S[min(attempt, len(_RETRY_S) - 1)]
            attempt += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._ending.wait()
                return

    async def _translate(self) -> None:
        self._opened.clear()
        self._base = self._kept[0].position if self._kept else self.received
        self._covered = self._base
        self._asked = self._settings_at(self._base).language
        stream = self._host.client.stream(
            source=self._asked,
            targets=[self._asked] if self._is_careful else self._targets(self._asked),
            resume_timeout_s=_RESUME_TIMEOUT_S,
            on_connecting=self._connecting,
        )
        async with stream:
            async with self._sending:
                for each in self._kept:
                    await self._pass_on(stream, each)
                self._stream = stream
            tasks = [asyncio.create_task(self._follow_demand(stream))]
            tasks.append(asyncio.create_task(self._end_source(stream)))
            try:
                async for event in stream:
                    self._take(event)
            finally:
                self._stream = None
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                self._host.changed()

    async def _end_source(self, stream: AsyncStream) -> None:
        await self._ending.wait()
        async with self._sending:
            with contextlib.suppress(TranslatorError, RuntimeError):
                await stream.close_source()

    async def _follow_demand(self, stream: AsyncStream) -> None:
        while True:
            await self._retarget.wait()
            self._retarget.clear()
            # What is asked for before the first is answered would be asked for twice.
            await self._opened.wait()
            async with self._sending:
                targets = self._targets(self._asked)
                if self._ending.is_set() or set(targets) == set(self._first):
                    continue
                self._opened.clear()
                with contextlib.suppress(TranslatorError, RuntimeError):
                    await stream.reconfigure(source=self._asked, targets=targets)

    def _targets(self, language: str) -> list[str]:
        others = [each for each in self._host.targets(language) if each != language]
        return [language, *others[: self._max_targets - 1]]

    def _take(self, event: object) -> None:
        match event:
            case Started():
                self._start(event)
            case Update():
                self._update(event)
            case Reconnecting():
                self._tell(f"the server cannot be reached: {event.cause.message}")
            case SessionWarning() if event.error.reason.startswith("CONFIG_IGNORED"):
                self._opened.set()
                self._tell(event.error.message)

    def _start(self, started: Started) -> None:
        self._max_targets = started.limits.max_targets or self._max_targets
        if not started.resumed:
            before = self._first
            done = min(self._closed_up_to.values(), default=self.done)
            self._first = {
                target.target: before.get(target.target, target.first_segment_id)
                for target in started.targets
            }
            self._closed_up_to = {
                target: self._closed_up_to.get(target, done) if target in before else done
                for target in self._first
            }
        self._opened.set()
        self._retarget.set()
        self._tell("")
        self._host.changed()

    def _update(self, update: Update) -> None:
        segment = self._segments.get(update.segment_id)
        if segment is None:
            start = self._base + update.source_start
            settings = self._settings_at(start)
            segment = self._segments[update.segment_id] = self._room.open(
                f"{self.publisher_id}:{start}", settings.language, settings.speaker
            )
            self._numbers[segment.segment_id] = update.segment_id
            for old in [n for n in self._segments if n < update.segment_id - 64]:
                del self._numbers[self._segments.pop(old).segment_id]
        languages = [update.target]
        if update.target == segment.source_language:
            languages.append(ORIGINAL)
            self._covered = self._base + update.source_start + update.source_length
        for language in languages:
            self._commit(language, segment, update)
        if update.closed and update.target in self._closed_up_to:
            end = self._base + update.source_start + update.source_length
            self._closed_up_to[update.target] = end
            done = min(self._closed_up_to.values())
            if done > self.done:
                self.done = done
                self._forget()
                self.on_progress()
        self._host.said(closed=update.closed)

    def _commit(self, language: str, segment: Segment, update: Update) -> None:
        number = segment.segment_id
        line = self._room.line(language, number)
        if line is not None and line.closed:
            return
        self._room.commit(
            language,
            number,
            update.committed,
            closed=update.closed,
            start_s=update.start_s,
            end_s=update.end_s,
        )
        self._room.draft(language, number, update.draft)

    def _settings_at(self, position: int) -> Settings:
        index = bisect_right(self._changes, position, key=lambda change: change.position) - 1
        return self._changes[max(0, index)].settings

    def _forget(self) -> None:
        while len(self._kept) > 1:
            first = self._kept[0]
            if first.position + len(first.committed) > self.done:
                return
            del self._kept[0]

    def _cut(self) -> None:
        """Close what a stream left open: no other stream goes on with it.

        A new stream begins where the original ends, so of the original nothing is lost or doubled.
        """
        for segment in self._segments.values():
            for language in self._room.languages:
                line = self._room.line(language, segment.segment_id)
                if line is not None and not line.closed:
                    self._room.commit(language, segment.segment_id, "", closed=True)
                self._room.draft(language, segment.segment_id, "")
        self._segments.clear()
        self._numbers.clear()
        self._first.clear()
        self._closed_up_to.clear()
        self.done = max(self.done, self._covered)
        kept: list[Source | _Change] = []
        for each in self._kept:
            skip = max(0, self._covered - each.position)
            if isinstance(each, Source) and 0 < skip < len(each.committed):
                rest = each.committed[skip:]
                kept.append(
                    replace(each, position=each.position + skip, committed=rest, start_s=None)
                )
            elif not skip:
                kept.append(each)
        self._kept = kept
        self._host.said(closed=True)

    def _connecting(self, event: Connecting) -> None:
        if event.cause is not None:
            self._tell(f"the server cannot be reached: {event.cause.message}")

    def tell(self, where: str, problem: str) -> None:
        """Note what is wrong with the ``server`` or the ``speech``; "" if nothing is any more."""
        if problem != self._problems.get(where, ""):
            self._problems.pop(where, None)
            if problem:
                self._problems[where] = problem
            self.on_progress()
            self._host.changed()

    def _tell(self, problem: str) -> None:
        self.tell("server", problem)
