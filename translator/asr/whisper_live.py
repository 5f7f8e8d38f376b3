"""WhisperLive, a server around Whisper."""

from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean
from translator.asr.writer import Results

__all__ = ["WhisperLiveResults"]

# A segment that begins earlier than this before the last completed one ends is that one, or older.
_OVERLAP_S = 0.5


class WhisperLiveResults(Results):
    """Takes messages with ``segments``.

    Each brings the last segments once more: those that are ``completed``, which do not change, and
    after them the one that is being spoken. A completed segment is often shorter than what was
    shown of it; the rest comes as the next segment, in the same message. Segments have no numbers,
    so which are new is told from their times.

    No segment of the source ends here: Whisper cuts where it has to, and punctuates, so the server
    finds the sentences.

    https://github.com/collabora/WhisperLive/blob/main/whisper_live/backend/base.py
    """

    def __init__(self) -> None:
        super().__init__()
        self._final_end_s = 0.0

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        """Take a message, decoded from JSON."""
        if "segments" not in message:
            return []
        committed: list[Span] = []
        tentative: list[Span] = []
        for segment in message["segments"]:
            span = Span(clean(segment["text"]), float(segment["start"]), float(segment["end"]))
            if segment["completed"]:
                if span.is_after(self._final_end_s):
                    committed.append(span)
                    self._final_end_s = float(segment["end"])
            elif float(segment["start"]) > self._final_end_s - _OVERLAP_S:
                tentative.append(span)
        return self._writer.write(committed, tentative)
