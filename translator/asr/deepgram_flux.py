"""Deepgram Flux, a recogniser that detects turns."""

from collections.abc import Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean
from translator.asr.writer import Results

__all__ = ["DeepgramFluxResults"]


class DeepgramFluxResults(Results):
    """Takes ``TurnInfo`` messages: each has the whole turn so far.

    The turn stays tentative until ``EndOfTurn``, through ``EagerEndOfTurn`` and ``TurnResumed``: an
    eager end may be taken back. Then it is committed and the segment ends. ``turn_index`` names a
    turn, so that none is taken twice. ``Connected`` or a new ``request_id`` begins a connection.

    https://developers.deepgram.com/docs/flux/state
    https://developers.deepgram.com/reference/speech-to-text/listen-flux
    """

    def __init__(self) -> None:
        super().__init__()
        self._request_id = ""

    def _begin(self) -> None:
        super()._begin()
        # Turns before this one are committed.
        self._next = 0

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        kind, request_id = message["type"], message.get("request_id", "")
        if kind not in {"Connected", "TurnInfo"}:
            return []
        pieces: list[SourcePiece] = []
        if kind == "Connected" or (self._request_id and request_id != self._request_id):
            pieces += self._reconnected()
        self._request_id = request_id
        if kind == "Connected" or message["turn_index"] < self._next:
            return pieces
        if message["turn_index"] > self._next:
            # Turns that were never ended.
            pieces += self._writer.finish()
            self._next = message["turn_index"]
        text = clean(message["transcript"])
        span = Span(text, message.get("audio_window_start"), message.get("audio_window_end"))
        if message["event"] != "EndOfTurn":
            return pieces + self._writer.write((), [span])
        self._next += 1
        return pieces + self._writer.write([span, Span("", ends_segment=True)])

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        end_s: float | None = message.get("audio_window_end")
        return end_s
