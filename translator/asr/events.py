"""Events of no vendor: text, whether it is final, and times where they are known."""

from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, ends_sentence
from translator.asr.writer import Results

__all__ = ["EventResults"]


class EventResults(Results):
    """Takes events: ``text`` of the open segment so far, and whether it is ``final``.

    A final text is committed; the next event begins after it. Any other replaces what is tentative,
    also when it comes under another segment's name. Text alone ends a segment, when it ends as a
    sentence does. ``start`` and ``end`` are media times, in seconds. The ``kind`` of some
    recordings is the same in other words: a ``commit`` is final, and a ``confirm`` says nothing
    new. A segment begins where the first event of it does.

    The format is ours: https://github.com/ELITR/online-text-flow is where its ``kind`` comes from.
    """

    def _begin(self) -> None:
        super()._begin()
        self._start_s: float | None = None

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        """Take an event, decoded from JSON."""
        kind = message.get("kind")
        if kind == "confirm":
            return []
        text = clean(message["text"])
        if self._start_s is None:
            self._start_s = message.get("start")
        span = Span(text, self._start_s, message.get("end"))
        if not (message.get("final") or kind == "commit"):
            return self._writer.write([], [span])
        self._start_s = None
        rest = self._after(text) if kind == "commit" else []
        return self._writer.write([span, Span("", ends_segment=ends_sentence(text))], rest)

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        """The end of the text."""
        end_s: float | None = message.get("end")
        return end_s

    def _after(self, committed: str) -> list[Span]:
        """What a hypothesis of which the beginning is committed leaves tentative."""
        shown = " ".join(span.text for span in self._writer.tentative)
        if not shown.startswith(committed):
            return []
        return [Span(shown[len(committed) :].strip())]
