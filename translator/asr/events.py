"""Events of no particular vendor: text, whether it is final, and times if they are known."""

from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, ends_sentence
from translator.asr.writer import Results

__all__ = ["EventResults"]


class EventResults(Results):
    """Takes events with the ``text`` of the open segment so far, and whether it is ``final``.

    A final text is committed, and the next event begins after it. Any other text replaces the
    tentative text, even under another segment's name. A segment ends only if its text ends like a
    sentence. ``start`` and ``end`` are media times, in seconds. Some recordings have a ``kind``
    instead: ``commit`` means final, and ``confirm`` adds nothing. A segment begins where the first
    event of it does.

    The format is ours: https://github.com/ELITR/online-text-flow is where its ``kind`` comes from.
    """

    def _begin(self) -> None:
        super()._begin()
        self._start_s: float | None = None

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
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
        end_s: float | None = message.get("end")
        return end_s

    def _after(self, committed: str) -> list[Span]:
        """The tentative rest of a hypothesis whose beginning is committed."""
        shown = " ".join(span.text for span in self._writer.tentative)
        if not shown.startswith(committed):
            return []
        return [Span(shown[len(committed) :].strip())]
