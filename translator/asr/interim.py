"""Any recogniser of which nothing is known but its text, and whether that is final."""

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, ends_sentence
from translator.asr.writer import Results

__all__ = ["InterimResults"]


class InterimResults(Results):
    """Takes pairs ``(text, is_final)``, as browsers, Vosk, Azure and many others give.

    Until one is final, each result replaces the one before, and says all that has been said since
    the last final result. A final one is committed, every time that one comes: without ids or times
    a word said twice cannot be told from a result sent twice. What a final result has fewer words
    than the last interim one is not shown until a result says it again.

    - Web Speech API: from ``resultIndex`` on, each result that ``isFinal``, and then all others of
      the event put together as one that is not.
      https://webaudio.github.io/web-speech-api/#speechreco-event
    - Vosk: ``partial``, and ``text`` as the final one. https://alphacephei.com/vosk
    - Azure: ``Recognizing``, and ``Recognized`` as the final one.
      https://learn.microsoft.com/azure/ai-services/speech-service/how-to-recognize-speech

    Args:
        final_ends_segment: Whether a segment ends with each final result: for recognisers that do
            not punctuate, and call final what a pause follows. Otherwise it ends with those that
            end as a sentence does.
    """

    def __init__(self, *, final_ends_segment: bool = False) -> None:
        super().__init__()
        self._final_ends_segment = final_ends_segment

    def accept(self, message: tuple[str, bool]) -> list[SourcePiece]:
        """Take a result: its text, and whether it is final."""
        text, is_final = clean(message[0]), message[1]
        if not is_final:
            return self._writer.write((), [Span(text)])
        ends = bool(text) and (self._final_ends_segment or ends_sentence(text))
        return self._writer.write([Span(text, ends_segment=ends)])
