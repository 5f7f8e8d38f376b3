"""Azure Speech: the results of its SDK."""

from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, ends_sentence, speaker_name
from translator.asr.writer import Results

__all__ = ["AzureResults"]

_TICKS_PER_S = 10_000_000
_UNKNOWN_SPEAKER = "Unknown"


class AzureResults(Results):
    """Takes the JSON of the Speech SDK's results (``result.json``) from ``recognizing`` and
    ``recognized`` events of ``SpeechRecognizer`` or ``ConversationTranscriber``.

    A recognised result has a ``RecognitionStatus`` and is committed; the others have only ``Text``
    and replace the tentative text. ``Offset`` and ``Duration`` (ticks of 100 ns) show which results
    are repeats. A status other than Success has no text, and drops the tentative text. A segment
    ends with a final result that ends as a sentence does.

    https://learn.microsoft.com/azure/ai-services/speech-service/how-to-recognize-speech
    https://learn.microsoft.com/azure/ai-services/speech-service/get-speech-recognition-results
    """

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        is_final = "RecognitionStatus" in message
        if not is_final and "Text" not in message:
            return []
        text = clean(_text(message))
        speaker = speaker_name(message, "SpeakerId")
        start_s = message["Offset"] / _TICKS_PER_S
        end_s = start_s + message.get("Duration", 0) / _TICKS_PER_S
        pieces = self._catch_up(start_s, end_s, text, is_final=is_final)
        if pieces is None:
            return []
        span = Span(text, start_s, end_s, "" if speaker == _UNKNOWN_SPEAKER else speaker)
        if not is_final:
            return pieces + self._writer.write((), [span])
        if text:
            self._horizon.add(start_s, end_s, text)
        return pieces + self._writer.write([span, Span("", ends_segment=ends_sentence(text))])

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        if "Offset" not in message:
            return None
        return float(message["Offset"] + message.get("Duration", 0)) / _TICKS_PER_S


def _text(message: Mapping[str, Any]) -> str:
    """The text of a simple or of a detailed result."""
    for field in ("DisplayText", "Text"):
        if message.get(field):
            return str(message[field])
    best: Mapping[str, Any] = next(iter(message.get("NBest", [])), {})
    return str(best.get("Display", ""))
