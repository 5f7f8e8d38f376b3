"""Speechmatics: the results of its real-time API."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from translator.asr.piece import SourcePiece, Span, said_after
from translator.asr.text import clean
from translator.asr.writer import Results

__all__ = ["SpeechmaticsResults"]

# The service's label for an unknown speaker.
_UNKNOWN_SPEAKER = "UU"


class SpeechmaticsResults(Results):
    """Takes the messages of the WebSocket API: ``AddTranscript`` commits, ``AddPartialTranscript``
    replaces what is tentative, ``EndOfUtterance`` ends the segment, and so does a transcript whose
    last result has ``is_eos``.

    A transcript may be shorter than the partial one before it, or bring nothing but a full stop.
    The text is put together from the results, because only they say which mark is attached to
    which word: ``metadata.transcript`` has a space before a full stop that comes alone.
    ``RecognitionStarted`` begins a connection.

    https://docs.speechmatics.com/api-ref/realtime-transcription-websocket
    https://docs.speechmatics.com/speech-to-text/realtime/output
    """

    def _begin(self) -> None:
        super()._begin()
        # The last committed result asks for no space after it.
        self._attaches_next = False

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        kind = message["message"]
        if kind == "RecognitionStarted":
            return self._reconnected()
        if kind == "EndOfUtterance":
            return self._writer.write([Span("", ends_segment=True)], self._writer.tentative)
        if kind not in {"AddTranscript", "AddPartialTranscript"}:
            return []
        start_s, end_s = message["metadata"]["start_time"], message["metadata"]["end_time"]
        results = message["results"]
        spans = list(_spans(results, self._attaches_next))
        text = " ".join(span.text for span in spans)
        is_final = kind == "AddTranscript"
        pieces = self._catch_up(start_s, end_s, text, is_final=is_final)
        if pieces is None:
            return []
        if not is_final:
            return pieces + self._writer.write((), said_after(self._horizon.end_s, spans))
        self._horizon.add(start_s, end_s, text)
        if results:
            self._attaches_next = results[-1].get("attaches_to") in {"next", "both"}
        return pieces + self._writer.write(spans, self._writer.tail(spans, end_s))

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        end_s: float | None = message.get("metadata", {}).get("end_time")
        return end_s


def _spans(results: Sequence[Mapping[str, Any]], attached: bool) -> Iterator[Span]:
    for number, result in enumerate(results, start=1):
        best = result["alternatives"][0] if result.get("alternatives") else {"content": ""}
        attaches_to = result.get("attaches_to", "none")
        speaker = best.get("speaker", "")
        yield Span(
            clean(best["content"]),
            result["start_time"],
            result["end_time"],
            speaker="" if speaker == _UNKNOWN_SPEAKER else speaker,
            attached=attached or attaches_to in {"previous", "both"},
            ends_segment=number == len(results) and bool(result.get("is_eos")),
        )
        attached = attaches_to in {"next", "both"}
