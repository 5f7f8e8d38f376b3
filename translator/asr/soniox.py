"""Soniox: the results of its real-time API."""

from collections.abc import Iterable, Mapping
from typing import Any

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, speaker_name
from translator.asr.writer import Results

__all__ = ["SonioxResults"]

# Tokens that are no words: the utterance has ended, or all is final that was asked to be.
_END, _FINALIZED = "<end>", "<fin>"


class SonioxResults(Results):
    """Takes the messages of the WebSocket API, whose ``tokens`` are pieces of words with spaces.

    Tokens with ``is_final`` come once, and are committed. The other tokens of a message are the
    whole tentative text. A segment ends with the token ``<end>`` of endpoint detection. Tokens that
    are a translation (``translation_status``) are left out. A word may be cut into several
    messages.

    https://soniox.com/docs/stt/rt/real-time-transcription
    https://soniox.com/docs/stt/api-reference/websocket-api
    """

    def _begin(self) -> None:
        super()._begin()
        self._ends_with_space = False
        # Audio that is final, in milliseconds: less is another connection.
        self._final_ms = 0.0

    def accept(self, message: Mapping[str, Any]) -> list[SourcePiece]:
        if "tokens" not in message:
            return []
        pieces: list[SourcePiece] = []
        final_ms = message.get("final_audio_proc_ms", self._final_ms)
        if final_ms < self._final_ms:
            pieces += self._reconnected()
        self._final_ms = final_ms
        tokens = [t for t in message["tokens"] if t.get("translation_status") != "translation"]
        committed = self._spans(t for t in tokens if t["is_final"])
        ends_with_space = self._ends_with_space
        tentative = self._spans(t for t in tokens if not t["is_final"])
        self._ends_with_space = ends_with_space
        return pieces + self._writer.write(committed, tentative)

    @staticmethod
    def reached_s(message: Mapping[str, Any]) -> float | None:
        total_ms: float | None = message.get("total_audio_proc_ms")
        return None if total_ms is None else total_ms / 1000

    def _spans(self, tokens: Iterable[Mapping[str, Any]]) -> list[Span]:
        spans = []
        for token in tokens:
            text = token["text"]
            if text == _FINALIZED:
                continue
            if text == _END:
                spans.append(Span("", ends_segment=True))
                self._ends_with_space = True
                continue
            attached = not (self._ends_with_space or text[:1].isspace())
            if text:
                self._ends_with_space = text[-1].isspace()
            start_ms, end_ms = token.get("start_ms"), token.get("end_ms")
            spans.append(
                Span(
                    clean(text),
                    None if start_ms is None else start_ms / 1000,
                    None if end_ms is None else end_ms / 1000,
                    speaker_name(token, "speaker"),
                    attached,
                )
            )
        return spans
