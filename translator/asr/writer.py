"""Writes pieces: the same for all recognisers."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import joined, same_word

__all__ = ["PieceWriter", "Results"]


class PieceWriter:
    """Turns spans into pieces: finds the spaces, and leaves out what changes nothing."""

    def __init__(self) -> None:
        # The last character of what is committed.
        self._last = ""
        self._speaker = ""
        self._is_open = False
        self._tentative: tuple[Span, ...] = ()
        self._shown = ""

    @property
    def tentative(self) -> tuple[Span, ...]:
        """What is tentative now."""
        return self._tentative

    def write(
        self, committed: Iterable[Span] = (), tentative: Iterable[Span] = ()
    ) -> list[SourcePiece]:
        """Commit spans, and replace what is tentative.

        Returns:
            A piece for each speaker and each segment; none when nothing changes.
        """
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
        self._is_open = not ends
        said = [span for span in run if span.text]
        speaker = next((span.speaker for span in said if span.speaker), "")
        self._speaker = speaker or self._speaker
        return SourcePiece(
            committed=text,
            end_of_segment=ends,
            start_s=next((span.start_s for span in said if span.start_s is not None), None),
            end_s=next((span.end_s for span in reversed(said) if span.end_s is not None), None),
            speaker=speaker,
        )

    def _text(self, spans: Iterable[Span]) -> str:
        text = ""
        for span in spans:
            text += joined(text or self._last, span)
        return text


class Results(ABC):
    """A recogniser's results, one message after the other, as pieces of source.

    One instance serves one stream of one recogniser. What it keeps is what is tentative and a few
    numbers: an hour costs as much as a minute.
    """

    def __init__(self) -> None:
        self._writer = PieceWriter()

    @abstractmethod
    def accept(self, message: Any) -> list[SourcePiece]:
        """Take the recogniser's next message.

        Messages of other kinds than results (metadata, errors, labels) give nothing; whoever reads
        the recogniser deals with its errors.

        Raises:
            KeyError: A result lacks a field that the vendor documents.
        """

    def finish(self) -> list[SourcePiece]:
        """The recogniser has ended: what it left tentative is all there will be, so commit it.

        Not needed after a recogniser that ends with a final result. Whoever would rather lose
        those words than have them wrong does not call it.
        """
        return self._writer.finish()
