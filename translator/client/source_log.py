"""The source that a stream may have to send again."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from translator.v1.streaming_pb2 import StreamingTranslateRequest

__all__ = ["SourceLog"]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A request, and where its committed text stands in the whole source.

    Attributes:
        start: Code points of committed source before it.
        end: Code points of committed source after it.
        request: The log's own copy; it may change while the sent one is still being written.
        ends_segment: Whether it ends a segment even without text (a flush, a new speaker, …).
    """

    start: int
    end: int
    request: StreamingTranslateRequest
    ends_segment: bool

    @property
    def is_config(self) -> bool:
        return self.request.HasField("config")

    def is_needed(self, position: int) -> bool:
        """Whether a server that begins at ``position`` of the source needs it."""
        return self.end > position or self.is_config or bool(self.request.source.tentative)

    def cut(self, position: int) -> StreamingTranslateRequest:
        """A copy without the source before ``position``."""
        request = StreamingTranslateRequest()
        request.CopyFrom(self.request)
        if request.HasField("source"):
            source = request.source
            source.committed = source.committed[max(0, position - self.start) :]
            if self.end <= position:
                # Only its tentative tail is left. What it ended, ended before position.
                for field in ("end_of_segment", "start_offset", "end_offset"):
                    source.ClearField(field)
        return request


class SourceLog:
    """The requests, in order, whose source is not yet covered by closed segments of all targets.

    It has what a server needs to continue from a position of the source: committed text, segment
    ends, media times, speakers, flushes, pending reconfigurations, and only the last tentative
    tail. Its size depends only on the uncovered source: revising the tail or flushing again and
    again adds nothing.

    Attributes:
        length: Code points of committed source appended so far.
    """

    def __init__(self) -> None:
        self.length = 0
        self._entries: list[_Entry] = []
        self._speaker = ""

    def __len__(self) -> int:
        return len(self._entries)

    def append(self, request: StreamingTranslateRequest) -> None:
        """Remember a request that is about to be sent: a source update, a flush or a config."""
        start = self.length
        ends_segment = False
        if request.HasField("source"):
            self._drop_tentative()
            self.length += len(request.source.committed)
            ends_segment = request.source.end_of_segment or request.source.speaker != self._speaker
            self._speaker = request.source.speaker
        elif request.HasField("flush"):
            # A later flush at the same place does all that an earlier one does.
            self._entries = [
                entry
                for entry in self._entries
                if not (entry.end == start and entry.request.HasField("flush"))
            ]
            ends_segment = True
        copy = StreamingTranslateRequest()
        copy.CopyFrom(request)
        self._entries.append(_Entry(start, self.length, copy, ends_segment))

    def discard_config(self, index: int) -> None:
        """Forget a config that no server needs any more."""
        configs = [entry for entry in self._entries if entry.is_config]
        self._entries = [entry for entry in self._entries if entry is not configs[index]]

    def trim(self, position: int) -> None:
        """Forget what a server that begins at ``position`` of the source does not need."""
        self._entries = [entry for entry in self._entries if entry.is_needed(position)]

    def replay(self, position: int) -> list[StreamingTranslateRequest]:
        """The requests for a server that begins at ``position`` of the source."""
        return [entry.cut(position) for entry in self._entries if entry.is_needed(position)]

    def text(self, start: int, end: int) -> str:
        """The committed source ``[start, end)``, as far as it is still here."""
        return "".join(
            entry.request.source.committed[max(0, start - entry.start) : end - entry.start]
            for entry in self._between(start, end)
        )

    def speaker(self, start: int, end: int) -> str:
        """Who says the first words of the source ``[start, end)`` whose speaker is named."""
        for entry in self._between(start, end):
            source = entry.request.source
            words = source.committed[max(0, start - entry.start) : end - entry.start]
            if source.speaker and words.strip():
                return source.speaker
        return ""

    def _between(self, start: int, end: int) -> Iterator[_Entry]:
        """The entries with source of ``[start, end)``."""
        first = bisect_right(self._entries, start, key=lambda entry: entry.end)
        for entry in self._entries[first:]:
            if entry.start >= end:
                break
            yield entry

    def _drop_tentative(self) -> None:
        """Take back the tentative tail, and the whole request if it had nothing else.

        Runs before each source update, so that at most one entry has a tail.
        """
        for index in range(len(self._entries) - 1, -1, -1):
            entry = self._entries[index]
            if entry.request.HasField("source"):
                entry.request.source.ClearField("tentative")
                if entry.start == entry.end and not entry.ends_segment:
                    del self._entries[index]
                return
