"""Deepgram live streaming."""

from collections.abc import Mapping, Sequence
from typing import Any

from translator.asr.piece import SourcePiece, Span, said_after
from translator.asr.text import clean
from translator.asr.writer import Results

__all__ = ["DeepgramResults"]

# Start and duration are rounded, each by itself.
_ROUNDING_S = 0.02


class DeepgramResults(Results):
    """Takes ``Results`` and ``UtteranceEnd`` messages, best with ``interim_results`` and
    ``punctuate`` or ``smart_format``.

    Until one has ``is_final``, each result replaces the one before. A final one may be shorter than
    the last interim: what was said after its end stays tentative until the next result brings it.

    A segment ends with ``speech_final`` and with ``UtteranceEnd``. ``speech_final`` means no more
    than a pause of ``endpointing`` milliseconds, 10 unless set, which cuts sentences; for
    translation set at least 300.

    https://developers.deepgram.com/docs/understand-endpointing-interim-results
    https://developers.deepgram.com/docs/utterance-end

    Args:
        channel: The channel to take, from 0 on, with ``multichannel``; None takes all results. Two
            channels need an instance each.
    """

    def __init__(self, channel: int | None = None) -> None:
        super().__init__()
        self._channel = channel
        self._final_end_s = 0.0

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        """Take a message, decoded from JSON."""
        kind = message["type"]
        if self._channel is not None and kind in {"Results", "UtteranceEnd"}:
            index = message["channel_index" if kind == "Results" else "channel"][0]
            if index != self._channel:
                return []
        if kind == "UtteranceEnd":
            return self._writer.write([Span("", ends_segment=True)], self._writer.tentative)
        if kind != "Results":
            return []
        start_s, end_s = message["start"], message["start"] + message["duration"]
        final_end_s = self._final_end_s
        if start_s < final_end_s - _ROUNDING_S and end_s <= final_end_s + _ROUNDING_S:
            return []
        alternatives = message["channel"]["alternatives"]
        spans = _spans(alternatives[0], start_s, end_s) if alternatives else []
        if not message["is_final"]:
            return self._writer.write((), said_after(final_end_s, spans))
        self._final_end_s = end_s
        ends = Span("", ends_segment=bool(message["speech_final"]))
        return self._writer.write([*spans, ends], self._writer.tail(spans, end_s))


def _spans(alternative: Mapping[str, Any], start_s: float, end_s: float) -> Sequence[Span]:
    text = clean(alternative["transcript"])
    words = [
        Span(
            clean(word.get("punctuated_word", word["word"])),
            word["start"],
            word["end"],
            speaker=str(word.get("speaker", "")),
        )
        for word in alternative.get("words", [])
    ]
    # Formatting may have put together what are several words here.
    if " ".join(word.text for word in words) != text:
        return [Span(text, start_s, end_s)]
    return words
