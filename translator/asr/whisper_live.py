"""WhisperLive, a server around Whisper."""

from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, speaker_name
from translator.asr.writer import Results

__all__ = ["WhisperLiveResults"]

# A segment that begins earlier than this before the last completed one ends is that one, or older.
_OVERLAP_S = 0.5


class WhisperLiveResults(Results):
    """Takes messages with ``segments``.

    Each message repeats the last segments: first those that are ``completed``, which no longer
    change, then the one that is being spoken. A completed segment is often shorter than it was
    before; the rest comes as the next segment, in the same message. Segments have no numbers, so
    their times show which are new.

    No segment of the source ends here: Whisper cuts where it has to, and punctuates, so the server
    finds the sentences. ``SERVER_READY`` begins a connection.

    https://github.com/collabora/WhisperLive/blob/main/whisper_live/backend/base.py
    """

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        if message.get("message") == "SERVER_READY":
            return self._reconnected()
        if "segments" not in message:
            return []
        pieces: list[SourcePiece] = []
        committed: list[Span] = []
        tentative: list[Span] = []
        for segment in message["segments"]:
            start_s, end_s = float(segment["start"]), float(segment["end"])
            span = Span(clean(segment["text"]), start_s, end_s, speaker_name(segment, "speaker"))
            if not segment["completed"]:
                if start_s > self._horizon.end_s - _OVERLAP_S:
                    tentative.append(span)
                continue
            if self._horizon.has_seen(start_s, end_s, ""):
                continue
            # Its times name a segment; its text may still change.
            before = self._catch_up(start_s, (start_s + end_s) / 2, span.text, is_final=True)
            if before is None:
                continue
            pieces += before
            self._horizon.add(start_s, end_s, "")
            committed.append(span)
        return pieces + self._writer.write(committed, tentative)

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        return max((float(s["end"]) for s in message.get("segments", [])), default=None)
