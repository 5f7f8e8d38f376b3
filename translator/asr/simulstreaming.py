"""SimulStreaming and WhisperStreaming: recognisers that never take a word back."""

from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, ends_sentence
from translator.asr.writer import Results

__all__ = ["SimulStreamingResults"]


class SimulStreamingResults(Results):
    """Takes the objects with ``start``, ``end`` and ``text``, one a line; all of it is committed.

    ``text`` is a run of Whisper's tokens, so a word begins with a space, and a run without one goes
    on with the word or sentence before: "?" comes by itself. A segment ends with an ``is_final``
    run (the voice paused) that ends as a sentence does.

    https://github.com/ufal/SimulStreaming#readme
    """

    def __init__(self) -> None:
        super().__init__()
        self._final_end_s = 0.0
        self._ends_with_space = False

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        """Take an object, decoded from JSON."""
        if "text" not in message:
            return []
        start_s, end_s, text = message["start"], message["end"], message["text"]
        if start_s < self._final_end_s and end_s <= self._final_end_s:
            return []
        self._final_end_s = end_s
        ends = bool(message.get("is_final")) and ends_sentence(text)
        attached = not (self._ends_with_space or text[:1].isspace())
        if text:
            self._ends_with_space = text[-1].isspace()
        span = Span(clean(text), start_s, end_s, attached=attached, ends_segment=ends)
        return self._writer.write([span])
