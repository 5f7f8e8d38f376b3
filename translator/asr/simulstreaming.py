"""SimulStreaming and WhisperStreaming: recognisers that never take a word back."""

from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, ends_sentence
from translator.asr.writer import Results

__all__ = ["SimulStreamingResults"]


class SimulStreamingResults(Results):
    """Takes the objects with ``start``, ``end`` and ``text``, one a line; all of it is committed.

    ``text`` is a run of Whisper's tokens, so a word begins with a space, and a run without one
    continues the word or sentence before: "?" comes by itself. A segment ends with an ``is_final``
    run (the voice paused) that ends like a sentence.

    https://github.com/ufal/SimulStreaming#readme
    """

    def _begin(self) -> None:
        super()._begin()
        self._ends_with_space = False

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        if "text" not in message:
            return []
        start_s, end_s, text = message["start"], message["end"], message["text"]
        pieces = self._catch_up(start_s, end_s, text, is_final=True)
        if pieces is None:
            return []
        self._horizon.add(start_s, end_s, text)
        ends = bool(message.get("is_final")) and ends_sentence(text)
        attached = not (self._ends_with_space or text[:1].isspace())
        if text:
            self._ends_with_space = text[-1].isspace()
        span = Span(clean(text), start_s, end_s, attached=attached, ends_segment=ends)
        return pieces + self._writer.write([span])

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        end_s: float | None = message.get("end")
        return end_s
