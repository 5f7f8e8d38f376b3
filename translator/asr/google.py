"""Google Cloud Speech-to-Text: the results of its streaming API."""

from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, ends_sentence, speaker_name
from translator.asr.writer import Results

__all__ = ["GoogleResults"]


class GoogleResults(Results):
    """Takes ``StreamingRecognizeResponse``s of version 1 or 2, as JSON, in either spelling of its
    fields (``isFinal`` or ``is_final``).

    The interim results of a response follow one another: a stable part, with its ``stability``, and
    the rest. Together they replace the ones before. A final result is committed, and ends the
    segment if it ends like a sentence; others were cut at a pause.

    Google ends a stream after five minutes, and the next one has its own clock: call ``restarted``.
    Speakers count only if the words of a result are its text, because with diarization the last
    result repeats all words since the beginning.

    https://cloud.google.com/speech-to-text/docs/reference/rpc/google.cloud.speech.v1#streamingrecognizeresponse
    https://cloud.google.com/speech-to-text/docs/endless-streaming-tutorial
    """

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        pieces: list[SourcePiece] = []
        committed: list[Span] = []
        tentative: list[Span] = []
        results = message.get("results", [])
        is_stale = True
        for result in results:
            end_s = _end_s(result)
            alternative: Mapping[str, Any] = next(iter(result.get("alternatives", [])), {})
            text = clean(alternative.get("transcript", ""))
            is_final = bool(_field(result, "isFinal", False))
            # Its beginning is unknown; a result that ends before the last final one is old.
            before = [] if end_s is None else self._catch_up(0.0, end_s, text, is_final=is_final)
            if before is None:
                continue
            pieces += before
            is_stale = False
            spans = _spans(alternative, text, self._horizon.end_s, end_s)
            if is_final and end_s is not None:
                self._horizon.add(0.0, end_s, text)
            if is_final:
                committed += [*spans, Span("", ends_segment=ends_sentence(text))]
                tentative = []
            else:
                tentative += spans
        return pieces if is_stale else pieces + self._writer.write(committed, tentative)

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        ends_s = [_end_s(result) for result in message.get("results", [])]
        return max((end_s for end_s in ends_s if end_s is not None), default=None)


def _field(message: Mapping[str, Any], name: str, default: Any = None) -> Any:
    """A field, by its name in JSON or in the proto."""
    snake = "".join("_" + c.lower() if c.isupper() else c for c in name)
    return message.get(name, message.get(snake, default))


def _seconds(duration: Any) -> float | None:
    """A duration in seconds; given as "1.5s", a number, or an object with seconds and nanos."""
    match duration:
        case None:
            return None
        case str():
            return float(duration.removesuffix("s"))
        case Mapping():
            return float(duration.get("seconds", 0)) + float(duration.get("nanos", 0)) / 1e9
        case _:
            return float(duration)


def _end_s(result: Mapping[str, Any]) -> float | None:
    """The end of a result, in version 1 or 2."""
    return _seconds(_field(result, "resultEndTime", _field(result, "resultEndOffset")))


def _spans(
    alternative: Mapping[str, Any], text: str, start_s: float, end_s: float | None
) -> list[Span]:
    words = [
        Span(
            clean(word["word"]),
            _seconds(_field(word, "startTime", _field(word, "startOffset"))),
            _seconds(_field(word, "endTime", _field(word, "endOffset"))),
            speaker_name(word, "speakerLabel")
            or speaker_name(word, "speaker_label")
            or speaker_name(word, "speakerTag")
            or speaker_name(word, "speaker_tag"),
        )
        for word in alternative.get("words", [])
    ]
    if words and " ".join(word.text for word in words) == text:
        return words
    return [Span(text, None if end_s is None else max(start_s, 0.0), end_s)]
