"""Writes pieces of source, in the same way for all recognisers."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from translator.asr.horizon import Horizon
from translator.asr.piece import ResultsWarning, SourcePiece, Span
from translator.asr.text import joined, same_word

__all__ = ["PieceWriter", "Results"]

# If more messages in a row seem late, the recogniser has restarted instead.
_MOST_LATE = 8


class PieceWriter:
    """Turns spans into pieces: puts in the spaces, and leaves out what changes nothing."""

    def __init__(self) -> None:
        # The last character of what is committed.
        self._last = ""
        self._speaker = ""
        self._is_open = False
        self._tentative: tuple[Span, ...] = ()
        self._shown = ""
        # Where the recogniser's clock is 0 on the clock of the stream; None is not known.
        self._offset_s: float | None = 0.0
        self._at_seam = False
        # Whether anything was written since the connection began.
        self._is_new = True

    @property
    def tentative(self) -> tuple[Span, ...]:
        """The spans that are tentative now."""
        return self._tentative

    @property
    def is_new(self) -> bool:
        """Whether nothing was written since the connection began."""
        return self._is_new

    def write(
        self, committed: Iterable[Span] = (), tentative: Iterable[Span] = ()
    ) -> list[SourcePiece]:
        """Commit spans, and replace the tentative text.

        Returns:
            A piece for each speaker and each segment; none if nothing changes.
        """
        self._is_new = False
        pieces = [piece for run in self._runs(committed) if (piece := self._commit(run))]
        self._tentative = tuple(span for span in tentative if span.text)
        shown = self._text(self._tentative)
        if pieces:
            pieces[-1] = replace(pieces[-1], tentative=shown)
        elif shown != self._shown:
            pieces = [SourcePiece(tentative=shown)]
        self._shown = shown
        return pieces

    def tail(self, committed: Sequence[Span], end_s: float) -> list[Span]:
        """Tentative spans that were said after ``end_s``, where ``committed`` ends.

        A final result that is shorter than the last interim one leaves words to the next; until
        that comes, they are the best guess. Spans without times are not kept, nor are spans of
        several words that begin earlier. Nothing is kept if it begins with the word just committed,
        because then the times cannot be trusted.
        """
        tail = [
            span
            for span in self._tentative
            if span.start_s is not None
            and span.is_after(end_s)
            and (" " not in span.text or span.start_s >= end_s)
        ]
        said = [span.text for span in committed if not span.attached and span.text]
        if tail and said and same_word(said[-1].split()[-1], tail[0].text.split()[0]):
            return []
        return tail

    def finish(self) -> list[SourcePiece]:
        """Commit the tentative text and end the segment: the recogniser says no more."""
        return self.write([*self._tentative, Span("", ends_segment=True)])

    def restart(self, offset_s: float | None, *, resent: bool) -> list[SourcePiece]:
        """Go on with another connection, whose clock is 0 at ``offset_s``.

        The tentative text is committed, because the old connection adds nothing to it. With
        ``resent`` it stays tentative, because the new one repeats it. The next text is never joined
        to the last word.
        """
        pieces = [] if resent else self.write(self._tentative)
        self._tentative = tuple(replace(s, start_s=None, end_s=None) for s in self._tentative)
        self._offset_s = offset_s
        self._at_seam = self._is_new = True
        return pieces

    def _runs(self, spans: Iterable[Span]) -> Iterator[list[Span]]:
        """Group spans by speaker and segment."""
        run: list[Span] = []
        speaker = self._speaker
        for span in spans:
            if run and span.speaker and speaker and span.speaker != speaker:
                yield run
                run = []
            speaker = span.speaker or speaker
            run.append(span)
            if span.ends_segment:
                yield run
                run = []
        if run:
            yield run

    def _commit(self, run: Sequence[Span]) -> SourcePiece | None:
        text = self._text(run)
        ends = run[-1].ends_segment
        if not text and not (ends and self._is_open):
            return None
        self._last = text[-1:] or self._last
        self._at_seam = self._at_seam and not text
        self._is_open = not ends
        said = [span for span in run if span.text]
        speaker = next((span.speaker for span in said if span.speaker), "")
        self._speaker = speaker or self._speaker
        return SourcePiece(
            committed=text,
            end_of_segment=ends,
            start_s=self._media_s(span.start_s for span in said),
            end_s=self._media_s(span.end_s for span in reversed(said)),
            speaker=speaker,
        )

    def _media_s(self, times_s: Iterable[float | None]) -> float | None:
        """The first known time, on the clock of the stream."""
        time_s = next((time_s for time_s in times_s if time_s is not None), None)
        return None if time_s is None or self._offset_s is None else time_s + self._offset_s

    def _text(self, spans: Iterable[Span]) -> str:
        text = ""
        for span in spans:
            if self._at_seam and not text and any(c.isalnum() for c in span.text):
                span = replace(span, attached=False)
            text += joined(text or self._last, span)
        return text


class Results(ABC):
    """Turns a recogniser's results, message by message, into pieces of source.

    One instance serves one stream, over any number of connections to its recogniser. It keeps only
    the tentative text and a few numbers, so an hour costs as much as a minute.

    Attributes:
        is_text: Whether the messages are lines of text, not decoded JSON.
        warnings: Results that cannot be right, one warning for each reason.
    """

    is_text = False

    def __init__(self) -> None:
        self.warnings: list[ResultsWarning] = []
        self._writer = PieceWriter()
        self._begin()

    @abstractmethod
    def accept(self, message: Any) -> list[SourcePiece]:
        """Take the recogniser's next message, and return the pieces that it adds.

        Messages that are not results (metadata, errors, labels) add none. The caller has to deal
        with the recogniser's errors.

        Raises:
            KeyError: A result lacks a field that the vendor documents.
        """

    @staticmethod
    @abstractmethod
    def reached_s(message: Any) -> float | None:
        """The media time up to which a message reaches, in seconds; None if it does not say."""

    def restarted(
        self, offset_s: float | None = None, *, resent: bool = False
    ) -> list[SourcePiece]:
        """Say that the next message comes from a new connection, which counts from 0 again.

        Call this after each reconnect. Some recognisers announce a new connection in their messages
        (Deepgram, Speechmatics, AssemblyAI); calling it then as well does no harm.

        Args:
            offset_s: Media time of the stream at which the new connection's audio begins. None if
                unknown; pieces then have no times from here on.
            resent: Whether the audio since the last final result is sent again. If not, the
                tentative text is committed now, because no result will repeat it.
        """
        pieces = self._writer.restart(offset_s, resent=resent)
        self._begin()
        return pieces

    def finish(self) -> list[SourcePiece]:
        """Commit what is still tentative, because the recogniser has ended.

        This is not needed if the recogniser ended with a final result. Do not call it if you would
        rather lose those words than have them wrong.
        """
        return self._writer.finish()

    def _begin(self) -> None:
        """Reset everything that belongs to one connection."""
        self._horizon = Horizon()
        # Messages in a row that were older than what is final.
        self._late: list[Any] = []

    def _reconnected(self) -> list[SourcePiece]:
        """Note a new connection that the messages announce; restarted() may know more about it."""
        return [] if self._writer.is_new else self.restarted()

    def _set_aside(self, message: Any) -> list[SourcePiece]:
        """Drop a late message, unless there are many: then the clock was restarted."""
        self._late.append(message)
        if len(self._late) < _MOST_LATE:
            return []
        late = self._late
        self._warn(
            "CLOCK_RESTARTED",
            f"{len(late)} results in a row are older than what is final: taken for a new "
            "connection, whose media times are left out; call restarted() after a reconnect",
        )
        pieces = self.restarted()
        return pieces + [piece for message in late for piece in self.accept(message)]

    def _catch_up(
        self, start_s: float, end_s: float, text: str, *, is_final: bool
    ) -> list[SourcePiece] | None:
        """None if a result is a repeat or too late; otherwise the pieces that come before it.

        A final result from before the last one that has not come before means that the clock was
        restarted, so final text is never dropped as late.
        """
        pieces: list[SourcePiece] = []
        if self._horizon.is_behind(start_s, end_s):
            if not (is_final and text) or self._horizon.has_seen(start_s, end_s, text):
                return None
            self._warn(
                "CLOCK_RESTARTED",
                f"a final result is from before {self._horizon.end_s:.2f} s, where the one before "
                "it ended: taken for a new connection, whose media times are left out; call "
                "restarted() after a reconnect",
            )
            pieces = self.restarted()
        return pieces

    def _warn(self, reason: str, message: str) -> None:
        if all(warning.reason != reason for warning in self.warnings):
            self.warnings.append(ResultsWarning(reason, message))
