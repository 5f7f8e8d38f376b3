"""The Web Speech API of browsers."""

from collections.abc import Mapping
from itertools import takewhile
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.repeats import Repeats
from translator.asr.text import clean, ends_sentence, same_word
from translator.asr.writer import Results

__all__ = ["WebSpeechResults"]


class WebSpeechResults(Results):
    """Takes ``result`` events as objects: ``resultIndex``, and ``results`` from that index on,
    each with ``isFinal`` and the ``transcript`` and ``confidence`` of its first alternative::

        {"resultIndex": 1, "results": [{"isFinal": true, "transcript": "hello", "confidence": 0.9}]}

    A result is known by its index and committed once. Chrome on Android calls every result final;
    each has a new index, repeats all of the one before, and has a ``confidence`` of 0 except the
    last. So if all results so far were final, one without confidence stays tentative until the
    next one does not repeat it. Anything that still repeats the result before is left out, with the
    warning FINAL_REPEATS_COMMITTED.

    A browser ends a session after some silence, and a new ``start()`` counts from 0 again: call
    ``restarted``. ``{"type": "start"}`` does the same.

    https://webaudio.github.io/web-speech-api/#speechreco-event
    https://developer.mozilla.org/docs/Web/API/SpeechRecognitionEvent/resultIndex
    """

    def _begin(self) -> None:
        super()._begin()
        # Results before this one are committed, but for the doubtful one.
        self._next = 0
        self._doubtful = ""
        self._has_interim = False
        self._repeats = Repeats()

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        if message.get("type") == "start":
            return self._reconnected()
        if "results" not in message:
            return []
        results = message["results"]
        committed: list[Span] = []
        tentative: list[Span] = []
        is_stale = bool(results)
        for number, result in enumerate(results, start=message["resultIndex"]):
            if number < self._next:
                continue
            is_stale = False
            text = clean(result["transcript"])
            if not result["isFinal"]:
                self._has_interim = True
                self._repeats.interim(text)
                tentative.append(Span(text))
                continue
            committed += self._settle(text)
            self._next = number + 1
            if result.get("confidence") == 0 and text and not self._has_interim:
                self._doubtful = text
            else:
                committed += self._spans(text)
        if is_stale:
            return []
        return self._writer.write(committed, [Span(self._doubtful), *tentative])

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        """None: these results have no times."""
        return None

    def _settle(self, text: str) -> list[Span]:
        """Commit the doubtful result, or forget it if ``text`` repeats it."""
        if not self._doubtful or not text:
            return []
        doubtful, self._doubtful = self._doubtful, ""
        words, now = doubtful.split(), text.split()
        again = sum(1 for _ in takewhile(bool, map(same_word, words, now)))
        # The last words may have changed.
        if len(now) >= len(words) and again >= (len(words) + 1) // 2:
            return []
        return self._spans(doubtful)

    def _spans(self, text: str) -> list[Span]:
        new = self._repeats.new_words(text)
        if new != text:
            self._warn(
                "FINAL_REPEATS_COMMITTED",
                "a final result began with all words of the one before; they are left out",
            )
        return [Span(new, ends_segment=bool(new) and ends_sentence(new))]
