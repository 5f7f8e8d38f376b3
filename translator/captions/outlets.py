"""Where a room's captions go besides its viewers: destinations, and files that record them."""

import logging
from pathlib import Path
from typing import Protocol

from translator.captions.events import Piece
from translator.captions.facts import SinkFacts
from translator.captions.sinks.sink import Sink
from translator.captions.subtitle_files import TranscriptFile

__all__ = ["Recording", "RoomOutlet", "RoomSink"]

_log = logging.getLogger(__name__)


class RoomOutlet(Protocol):
    """Takes the committed text of a room in one language.

    Attributes:
        language: The room's own code; it is translated without readers too.
        is_record: Whether it keeps what is said, which all have to know.
    """

    language: str
    is_record: bool

    def start(self) -> None:
        """Begin; an event loop runs."""

    def take(self, piece: Piece) -> None:
        """Take what was committed."""

    async def close(self) -> None:
        """Send or write what is left."""

    def switch(self, on: bool) -> None:
        """Take what is committed from now on, or nothing any more."""

    def facts(self) -> SinkFacts:
        """How it does."""


class RoomSink:
    """A destination. Where people speak at once, it gets one sentence after the other.

    Args:
        language: The language that it is sent.
        sink: The destination.
    """

    is_record = False

    def __init__(self, language: str, sink: Sink) -> None:
        self.language = language
        self._sink = sink
        # The segment that is being sent, and what waits for its end.
        self._open: int | None = None
        self._held: list[Piece] = []

    def start(self) -> None:
        self._sink.start()

    def take(self, piece: Piece) -> None:
        if self._open not in {None, piece.segment.segment_id}:
            self._held.append(piece)
            return
        self._sink.commit(piece.text, speaker=piece.segment.speaker, closed=piece.closed)
        self._open = None if piece.closed else piece.segment.segment_id
        if piece.closed:
            held, self._held = self._held, []
            for each in held:
                self.take(each)

    async def close(self) -> None:
        await self._sink.end()

    def switch(self, on: bool) -> None:
        self._sink.switch(on)

    def facts(self) -> SinkFacts:
        why = self._sink.feed.off_reason
        return SinkFacts(
            self._sink.name,
            self.language,
            on=not why,
            num_sent=self._sink.num_sent,
            problem=why or self._sink.error,
        )


class Recording:
    """A transcript on disk: a line for each segment, in the order in which they end.

    Args:
        language: The language of the lines.
        path: The file; what was there is replaced.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, language: str, path: Path) -> None:
        self.language = language
        self.is_record = True
        self._file = TranscriptFile(path)
        self._texts: dict[int, str] = {}
        self._num_written = 0
        self._problem = ""

    def start(self) -> None:
        pass

    def take(self, piece: Piece) -> None:
        number = piece.segment.segment_id
        if not self.is_record:
            return
        if number not in self._texts and piece.length != len(piece.text):
            # It was off when this began: a sentence is written as a whole or not at all.
            return
        text = self._texts.pop(number, "") + piece.text
        if not piece.closed:
            self._texts[number] = text
            return
        try:
            self._file.write(text, piece.segment.speaker)
            self._num_written += 1
            self._problem = ""
        except OSError as error:
            # It is kept for the next time.
            self._problem = f"the recording cannot be written: {error.strerror}"
            _log.warning("%s", self._problem)

    async def close(self) -> None:
        try:
            self._file.close()
        except OSError as error:
            _log.warning("the recording lacks its end: %s", error.strerror)

    def switch(self, on: bool) -> None:
        self.is_record = on
        self._texts.clear()

    def facts(self) -> SinkFacts:
        problem = self._problem if self.is_record else "switched off by an operator"
        return SinkFacts(
            "recording",
            self.language,
            on=self.is_record,
            num_sent=self._num_written,
            problem=problem,
        )
