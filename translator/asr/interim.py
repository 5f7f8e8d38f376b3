"""Any recogniser that says only its text and whether that is final."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.repeats import Repeats
from translator.asr.text import clean, ends_sentence
from translator.asr.writer import Results

__all__ = ["InterimResults"]

# An older result does not come again.
_REMEMBERED = 256


class InterimResults(Results):
    """Takes pairs ``(text, is_final)``, or mappings with ``text``, ``is_final`` and ``id``.

    Each result has everything since the last final one, and replaces the result before it. A final
    result is committed. If it is shorter than the last interim one, the missing words are not shown
    until a result has them again.

    With an ``id``, the number or name of an utterance, each result is committed once, and whatever
    comes for it afterwards is ignored. Without, a final result that begins with all of the one
    before counts as repeating it: only the rest is committed, and ``warnings`` gets
    FINAL_REPEATS_COMMITTED. Set ``cumulative`` if you know which it is. ``translator stream
    --from-recogniser interim`` takes both as JSON. Browsers have ``WebSpeechResults``, whose
    results are like these: https://webaudio.github.io/web-speech-api/#speechreco-result

    Args:
        final_ends_segment: Whether a segment ends with each final result, for recognisers that do
            not punctuate and whose final results are whole utterances. Otherwise it ends with
            results that end like a sentence.
        cumulative: False for a recogniser that never repeats itself, so that repeated words were
            said again. None finds out.
    """

    def __init__(self, *, final_ends_segment: bool = False, cumulative: bool | None = None) -> None:
        super().__init__()
        self._final_ends_segment = final_ends_segment
        self._cumulative = cumulative

    def _begin(self) -> None:
        super()._begin()
        self._final_ids: deque[Any] = deque(maxlen=_REMEMBERED)
        self._repeats = Repeats()

    def accept(self, message: tuple[str, bool] | Mapping[str, Any]) -> list[SourcePiece]:
        name = None
        if isinstance(message, Mapping):
            text, is_final, name = message["text"], message["is_final"], message.get("id")
        else:
            text, is_final = message
        text = clean(text)
        if name is not None and name in self._final_ids:
            return []
        if not is_final:
            self._repeats.interim(text)
            return self._writer.write((), [Span(text)])
        if name is not None:
            self._final_ids.append(name)
        elif self._cumulative is not False:
            text = self._new_words(text)
        ends = bool(text) and (self._final_ends_segment or ends_sentence(text))
        return self._writer.write([Span(text, ends_segment=ends)])

    def _new_words(self, text: str) -> str:
        new = self._repeats.new_words(text)
        if new != text:
            self._warn(
                "FINAL_REPEATS_COMMITTED",
                "a final result began with all words of the one before; they are left out. Give "
                "results an id, or set cumulative=False if they were said again",
            )
        return new

    @staticmethod
    def reached_s(message: tuple[str, bool] | Mapping[str, Any]) -> float | None:
        """None: these results have no times."""
        return None
