"""Azure Speech."""

from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, ends_sentence, speaker_name
from translator.asr.writer import Results

__all__ = ["AzureResults"]

_TICKS_PER_S = 10_000_000
_UNKNOWN_SPEAKER = "Unknown"


class AzureResults(Results):
    """Takes the JSON of the Speech SDK's results (``result.json``): what ``recognizing`` and
    ``recognized`` bring, of ``SpeechRecognizer`` or ``ConversationTranscriber``.

    A recognised one has a ``RecognitionStatus`` and is committed; the others have ``Text`` alone
    and replace what is tentative. ``Offset`` and ``Duration`` (ticks of 100 ns) tell which come
    again. A status other than Success has no text: what was tentative is gone. A segment ends with
    a final result that ends as a sentence does.

    https://learn.microsoft.com/azure/ai-services/speech-service/how-to-recognize-speech
    https://learn.microsoft.com/azure/ai-services/speech-service/get-speech-recognition-results
    """

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        """Take a result, decoded from JSON."""
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
        """The end of the result."""
        if "Offset" not in message:
            return None
        return float(message["Offset"] + message.get("Duration", 0)) / _TICKS_PER_S


def _text(message: Mapping[str, Any]) -> str:
    """The text of a simple result, or of a detailed one."""
    for field in ("DisplayText", "Text"):
        if message.get(field):
            return str(message[field])
    best: Mapping[str, Any] = next(iter(message.get("NBest", [])), {})
    return str(best.get("Display", ""))
