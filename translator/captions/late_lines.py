"""What was said before anybody read a language, translated late: the newest first."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from translator.captions.events import ORIGINAL, Segment
from translator.captions.feed import Feed
from translator.captions.room import Room
from translator.captions.servers import Servers
from translator.client import BatchItem
from translator.errors import TranslatorError

__all__ = ["LateLines"]

_log = logging.getLogger(__name__)

# Translated in batches of so many segments.
_SEGMENTS = 64
_RETRY_S = 5.0


class LateLines:
    """Adds the lines that a room lacks in the languages that somebody reads now.

    Args:
        room: The room.
        servers: What translates.
        feeds: Those who speak, by publisher: what a feed brings itself is not late.
        wanted: Says which languages are read.
        said: Called when there is a new line.
    """

    def __init__(
        self,
        room: Room,
        servers: Servers,
        feeds: Mapping[str, Feed],
        wanted: Callable[[], Sequence[str]],
        said: Callable[[], None],
    ) -> None:
        self._room = room
        self._servers = servers
        self._feeds = feeds
        self._wanted = wanted
        self._said = said
        self._due = asyncio.Event()
        # Lines without a translation, which are not asked for again: language and segment.
        self._failed: set[tuple[str, int]] = set()

    def wake(self) -> None:
        """Say that a line may be missing."""
        self._due.set()

    def tidy(self) -> None:
        """Forget what is no longer kept, and look again."""
        self._failed = {each for each in self._failed if self._room.is_kept(each[1])}
        self.wake()

    def missing(self, language: str) -> list[Segment]:
        """Closed segments that nobody translates into a language, the newest first."""
        if language == ORIGINAL:
            return []
        found = []
        for segment in self._room.segments:
            number = segment.segment_id
            if self._room.line(language, number) or (language, number) in self._failed:
                continue
            original = self._room.line(ORIGINAL, number)
            if original is None or not original.closed:
                continue
            feed = self._feeds.get(segment.key.partition(":")[0])
            if feed is not None and feed.serves(language, segment):
                continue
            if self._servers.pairs.can(segment.source_language, language):
                found.append(segment)
        return found[::-1]

    async def run(self) -> None:
        """Translate whatever is missing, until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            for language in self._wanted():
                try:
                    while missing := self.missing(language)[:_SEGMENTS]:
                        await self._translate(missing, language)
                except TranslatorError as error:
                    _log.warning("late segments wait: %s", error.reason)
                    asyncio.get_running_loop().call_later(_RETRY_S, self.wake)

    async def _translate(self, segments: Sequence[Segment], language: str) -> None:
        """Translate those of the segments that are in the language of the first."""
        source = segments[0].source_language
        texts = {}
        for segment in segments:
            if segment.source_language == source:
                line = self._room.line(ORIGINAL, segment.segment_id)
                texts[segment.segment_id] = line.text if line is not None else ""
        if source == language:
            for number, text in texts.items():
                self._room.insert(language, number, text)
            self._said()
            return
        items = [BatchItem(text, str(number)) for number, text in texts.items()]
        async with self._servers.client.batch(
            items, source=source, target=language, resume_timeout_s=10.0
        ) as batch:
            async for result in batch:
                number = int(result.item.id)
                if result.error is not None:
                    self._failed.add((language, number))
                else:
                    self._room.insert(language, number, result.text)
                self._said()
        # What has no result by now is not asked for again and again.
        self._failed.update(
            (language, number) for number in texts if self._room.line(language, number) is None
        )
