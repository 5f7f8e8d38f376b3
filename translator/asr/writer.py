"""Writes pieces: the same for all recognisers."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from translator.asr.horizon import Horizon
from translator.asr.piece import ResultsWarning, SourcePiece, Span
from translator.asr.text import joined, same_word

__all__ = ["PieceWriter", "Results"]

# So many messages in a row are not late: the recogniser has begun anew.
_MOST_LATE = 8


class PieceWriter:
    """Turns spans into pieces: finds the spaces, and leaves out what changes nothing."""

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
        """What is tentative now."""
        return self._tentative

    @property
    def is_new(self) -> bool:
        """Whether nothing was written since the connection began."""
        return self._is_new

    def write(
        self, committed: Iterable[Span] = (), tentative: Iterable[Span] = ()
    ) -> list[SourcePiece]:
        """Commit spans, and replace what is tentative.

        Returns:
            A piece for each speaker and each segment; none when nothing changes.
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
        """What is tentative and was said after ``end_s``, where ``committed`` ends.

        A final result that is shorter than the last interim one leaves words to the next; until
        that comes, they are still what is known best. Spans without times are not kept, nor are
        spans of several words that begin before. Nor is anything when it begins with the word just
        committed: then the times are not to be trusted.
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
        """The recogniser says no more: what is tentative is committed, and the segment ends."""
        return self.write([*self._tentative, Span("", ends_segment=True)])

    def restart(self, offset_s: float | None, *, resent: bool) -> list[SourcePiece]:
        """What follows comes from another connection, whose clock is 0 at ``offset_s``.

        What is tentative is committed, since the old connection says no more of it; with ``resent``
        it stays tentative, since the new one says it again. The next text is never joined to the
        last word.
        """
        pieces = [] if resent else self.write(self._tentative)
        self._tentative = tuple(replace(s, start_s=None, end_s=None) for s in self._tentative)
        self._offset_s = offset_s
        self._at_seam = self._is_new = True
        return pieces

    def _runs(self, spans: Iterable[Span]) -> Iterator[list[Span]]:
        """Spans of one speaker and one segment each."""
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
    """A recogniser's results, one message after the other, as pieces of source.

    One instance serves one stream, over as many connections to its recogniser as it takes. What it
    keeps is what is tentative and a few numbers: an hour costs as much as a minute.

    Attributes:
        is_text: Whether the messages are lines of text, not decoded JSON.
        warnings: What in the results cannot be meant as it is said, once for each reason.
    """

    is_text = False

    def __init__(self) -> None:
        self.warnings: list[ResultsWarning] = []
        self._writer = PieceWriter()
        self._begin()

    @abstractmethod
    def accept(self, message: Any) -> list[SourcePiece]:
        """Take the recogniser's next message.

        Messages of other kinds than results (metadata, errors, labels) give nothing; whoever reads
        the recogniser deals with its errors.

        Raises:
            KeyError: A result lacks a field that the vendor documents.
        """

    @staticmethod
    @abstractmethod
    def reached_s(message: Any) -> float | None:
        """Media time that a message reaches to, in seconds; None for one that does not say."""

    def restarted(
        self, offset_s: float | None = None, *, resent: bool = False
    ) -> list[SourcePiece]:
        """The next message comes from a new connection, which counts and measures from 0 again.

        Call it after each reconnect. Where the recogniser's messages tell it, as those of Deepgram,
        Speechmatics or AssemblyAI do, it happens by itself, and once more does no harm.

        Args:
            offset_s: Media time of the stream at which the new connection's audio begins; None
                where that is not known, and pieces have no times from here on.
            resent: Whether the audio since the last final result is sent once more. Without it,
                what was tentative is committed now: nobody says it again.
        """
        pieces = self._writer.restart(offset_s, resent=resent)
        self._begin()
        return pieces

    def finish(self) -> list[SourcePiece]:
        """The recogniser has ended: what it left tentative is all there will be, so commit it.

        Not needed after a recogniser that ends with a final result. Whoever would rather lose
        those words than have them wrong does not call it.
        """
        return self._writer.finish()

    def _begin(self) -> None:
        """Set what holds for one connection only, as it is at its start."""
        self._horizon = Horizon()
        # Messages in a row that were older than what is final.
        self._late: list[Any] = []

    def _reconnected(self) -> list[SourcePiece]:
        """The recogniser's messages tell that a connection begins; restarted() may know more."""
        return [] if self._writer.is_new else self.restarted()

    def _set_aside(self, message: Any) -> list[SourcePiece]:
        """Leave out a message that comes too late, unless too many do: then a clock began anew."""
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
        """None for a result that comes again or too late, otherwise what comes before it.

        A final result from before the last one that is none of those that have come is of a clock
        that began anew: nothing final is ever left out as too late.
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
