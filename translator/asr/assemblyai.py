"""AssemblyAI streaming, version 3."""

from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, speaker_name
from translator.asr.writer import Results

__all__ = ["AssemblyAiResults"]


class AssemblyAiResults(Results):
    """Takes messages of the WebSocket API; each ``Turn`` has a turn so far, by ``turn_order``.

    A turn that ends comes unformatted, and with ``format_turns`` once more with punctuation. The
    formatted one is committed. The unformatted one stays tentative until then, or is committed if
    the next turn or the end comes instead. A segment ends with each turn. ``Begin`` begins a
    connection.

    https://www.assemblyai.com/docs/streaming/universal-streaming/message-sequence
    https://www.assemblyai.com/docs/api-reference/streaming-api/universal-streaming/universal-streaming

    Args:
        formatted: Whether to wait for the formatted turn. Set this to False if ``format_turns`` is
            off; a turn is then committed when it ends.
    """

    def __init__(self, *, formatted: bool = True) -> None:
        super().__init__()
        self._formatted = formatted

    def _begin(self) -> None:
        super()._begin()
        # Turns before this one are committed.
        self._next = 0
        # The turn that ended without its format.
        self._ended: tuple[Span, ...] = ()

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        kind = message.get("type")
        if kind == "Begin":
            return self._reconnected()
        if kind != "Turn":
            return []
        turn = message["turn_order"]
        if turn < self._next:
            return []
        pieces: list[SourcePiece] = []
        if turn > self._next:
            # The turn before, whose formatted text never came.
            pieces += self._writer.finish()
            self._next, self._ended = turn, ()
        spans = _spans(message)
        if not message["end_of_turn"]:
            if self._ended:
                # It ended already: what comes now is late.
                return pieces
            return pieces + self._writer.write((), spans)
        if self._formatted and not message.get("turn_is_formatted"):
            self._ended = tuple(spans)
            return pieces + self._writer.write((), spans)
        self._next, self._ended = turn + 1, ()
        return pieces + self._writer.write([*spans, Span("", ends_segment=True)])

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        words = message.get("words")
        return words[-1]["end"] / 1000 if words else None


def _spans(message: Mapping[str, Any]) -> list[Span]:
    """The words. ``transcript`` lacks those that may still change."""
    words = message.get("words") or []
    text = clean(message["transcript"])
    speaker = speaker_name(message, "speaker_label")
    said = [
        Span(
            clean(word["text"]),
            word["start"] / 1000,
            word["end"] / 1000,
            speaker_name(word, "speaker") or speaker,
        )
        for word in words
    ]
    if not message["end_of_turn"]:
        return said or [Span(text, speaker=speaker)]
    # Formatting may have joined several words into one.
    if not said or " ".join(span.text for span in said) != text:
        times = (said[0].start_s, said[-1].end_s) if said else (None, None)
        return [Span(text, *times, speaker)]
    return said
