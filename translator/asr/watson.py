"""IBM Watson Speech to Text."""

from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, ends_sentence
from translator.asr.writer import Results

__all__ = ["WatsonResults"]

# Put where the speaker hesitates; it is no word.
_HESITATION = "%HESITATION"


class WatsonResults(Results):
    """Takes ``SpeechRecognitionResults`` of the WebSocket interface with ``interim_results``.

    ``results`` begins with number ``result_index``: final results, then at most one interim result,
    which later results of the same number replace. Final ones are never taken twice. Speaker
    labels come in messages of their own, later than the words, and are not used.

    A segment ends with a final result whose ``end_of_utterance`` is not ``reset`` (the service
    stopped in the middle of speech) or, without that field, which ends as a sentence does.

    https://cloud.ibm.com/docs/speech-to-text?topic=speech-to-text-basic-response
    https://cloud.ibm.com/apidocs/speech-to-text#recognize
    """

    def _begin(self) -> None:
        super()._begin()
        # The first result that is not final.
        self._next = 0

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        if message.get("state") == "listening":
            # A new request counts and measures from 0 again, also on the same connection.
            return self._reconnected()
        if "results" not in message:
            return []
        committed: list[Span] = []
        tentative: list[Span] = []
        is_stale = bool(message["results"])
        for index, result in enumerate(message["results"], message["result_index"]):
            if index < self._next:
                continue
            is_stale = False
            if result["final"]:
                committed.append(_span(result))
                tentative = []
                self._next = index + 1
            else:
                tentative.append(_span(result))
        return [] if is_stale else self._writer.write(committed, tentative)

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        """The end of the last word, if ``timestamps`` were asked for."""
        best = [r["alternatives"][0] for r in message.get("results", []) if r["alternatives"]]
        return max(
            (float(a["timestamps"][-1][2]) for a in best if a.get("timestamps")), default=None
        )


def _span(result: Mapping[str, Any]) -> Span:
    best: Mapping[str, Any] = next(iter(result["alternatives"]), {"transcript": ""})
    text = clean(best["transcript"].replace(_HESITATION, " "))
    words = best.get("timestamps")
    start_s, end_s = (words[0][1], words[-1][2]) if words else (None, None)
    reason = result.get("end_of_utterance")
    ends = ends_sentence(text) if reason is None else reason != "reset"
    return Span(text, start_s, end_s, ends_segment=result["final"] and ends)
