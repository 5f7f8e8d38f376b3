"""Vosk: the results of its offline recognisers."""

from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean
from translator.asr.writer import Results

__all__ = ["VoskResults"]


class VoskResults(Results):
    """Takes the objects of ``PartialResult``, ``Result`` and ``FinalResult``: ``partial`` replaces
    what is tentative, ``text`` is committed.

    With ``SetWords(True)``, a result has the times of its words in ``result``. They show which
    results are repeats, and let the server cut at pauses. Without them, every result is committed.
    Vosk does not punctuate, and calls a result final at any pause, so no segment ends here.

    https://alphacephei.com/vosk/
    https://github.com/alphacep/vosk-api/blob/master/src/vosk_api.h
    """

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        if "partial" in message:
            spans = _spans(message["partial"], message.get("partial_result"))
            return self._writer.write((), spans)
        if "text" not in message:
            return []
        spans = _spans(message["text"], message.get("result"))
        pieces: list[SourcePiece] = []
        if spans and spans[0].start_s is not None and spans[-1].end_s is not None:
            times = spans[0].start_s, spans[-1].end_s
            text = " ".join(span.text for span in spans)
            before = self._catch_up(*times, text, is_final=True)
            if before is None:
                return []
            pieces += before
            self._horizon.add(*times, text)
        return pieces + self._writer.write(spans)

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        """The end of the last word, if words were asked for."""
        words = message.get("result") or message.get("partial_result")
        return float(words[-1]["end"]) if words else None


def _spans(text: str, words: Any) -> list[Span]:
    said = [Span(clean(w["word"]), w.get("start"), w.get("end")) for w in words or []]
    text = clean(text)
    return said if said and " ".join(span.text for span in said) == text else [Span(text)]
