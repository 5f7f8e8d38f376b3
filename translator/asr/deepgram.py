"""Deepgram: the results of its live streaming API."""

from collections.abc import Mapping, Sequence
from typing import Any

from translator.asr.horizon import Horizon
from translator.asr.piece import SourcePiece, Span, said_after
from translator.asr.text import clean, ends_sentence, speaker_name
from translator.asr.writer import Results

__all__ = ["DeepgramResults"]

# Start and duration are rounded, each by itself.
_ROUNDING_S = 0.02


class DeepgramResults(Results):
    """Takes ``Results`` and ``UtteranceEnd`` messages, best with ``interim_results`` and
    ``punctuate`` or ``smart_format``.

    Each result replaces the one before, until one has ``is_final``. A final result may be shorter
    than the last interim one; the words after its end stay tentative until the next result.

    A segment ends with ``UtteranceEnd``, and with ``speech_final`` where the text ends as a
    sentence does: it means no more than a pause of ``endpointing`` milliseconds, 10 unless set, and
    people pause inside sentences.

    A new ``request_id`` means a new connection.

    https://developers.deepgram.com/docs/understand-endpointing-interim-results
    https://developers.deepgram.com/docs/utterance-end

    Args:
        channel: The channel to take, from 0 on, with ``multichannel``; None takes all results. Two
            channels need an instance each.
    """

    def __init__(self, channel: int | None = None) -> None:
        super().__init__()
        self._channel = channel
        # Names the connection.
        self._request_id = ""

    def _begin(self) -> None:
        super()._begin()
        self._horizon = Horizon(_ROUNDING_S)
        # The last final text, which a ``speech_final`` without text is about.
        self._said = ""

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        kind = message["type"]
        if self._channel is not None and kind in {"Results", "UtteranceEnd"}:
            index = message["channel_index" if kind == "Results" else "channel"][0]
            if index != self._channel:
                return []
        if kind == "UtteranceEnd":
            return self._writer.write([Span("", ends_segment=True)], self._writer.tentative)
        if kind != "Results":
            return []
        pieces: list[SourcePiece] = []
        request_id = message.get("metadata", {}).get("request_id", "")
        if request_id and self._request_id and request_id != self._request_id:
            pieces += self._reconnected()
        self._request_id = request_id or self._request_id
        start_s, end_s = message["start"], message["start"] + message["duration"]
        alternatives = message["channel"]["alternatives"]
        spans = _spans(alternatives[0], start_s, end_s) if alternatives else []
        text = " ".join(span.text for span in spans)
        before = self._catch_up(start_s, end_s, text, is_final=message["is_final"])
        if before is None:
            return pieces
        pieces += before
        if not message["is_final"]:
            return pieces + self._writer.write((), said_after(self._horizon.end_s, spans))
        self._horizon.add(start_s, end_s, text)
        self._said = text or self._said
        ends = Span("", ends_segment=message["speech_final"] and ends_sentence(self._said))
        return pieces + self._writer.write([*spans, ends], self._writer.tail(spans, end_s))

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        return message["start"] + message["duration"] if "duration" in message else None


def _spans(alternative: Mapping[str, Any], start_s: float, end_s: float) -> Sequence[Span]:
    text = clean(alternative["transcript"])
    words = [
        Span(
            clean(word.get("punctuated_word", word["word"])),
            word["start"],
            word["end"],
            speaker=speaker_name(word, "speaker"),
        )
        for word in alternative.get("words", [])
    ]
    # Formatting may have joined several words into one.
    if " ".join(word.text for word in words) != text:
        return [Span(text, start_s, end_s)]
    return words
