"""A recogniser without a model, for tests and trials."""

from collections.abc import Collection

import numpy as np

from translator.asr import SourcePiece
from translator.asr.piece import Span
from translator.asr.writer import PieceWriter
from translator.errors import LanguagePairNotSupportedError
from translator.speech.recogniser import BYTES_PER_S, SAMPLE_RATE

__all__ = ["WORDS", "FakeSpeech"]

WORDS = ["One", "two", "three", "four.", "Five", "six", "seven", "eight."]
# A sound is louder than this, of 32,768.
_LOUD = 1_000
_BLOCK = BYTES_PER_S // 10
_BLOCKS_PER_WORD = 5


class FakeSpeech:
    """Hears a word in each half second of sound, one of ``WORDS`` after the other."""

    @property
    def languages(self) -> Collection[str]:
        return {"en", "pt"}

    def listen(self, language: str) -> "FakeRecogniser":
        if language not in self.languages:
            raise LanguagePairNotSupportedError(f"the recogniser does not understand {language}")
        return FakeRecogniser()


class FakeRecogniser:
    """Hears one speaker; see ``translator.speech.recogniser.Recogniser``."""

    def __init__(self) -> None:
        self._writer = PieceWriter()
        self._rest = b""
        self._num_samples = 0
        self._num_loud = 0
        self.settled_s = 0.0

    def accept(self, audio: bytes) -> list[SourcePiece]:
        self._rest += audio
        pieces: list[SourcePiece] = []
        while len(self._rest) >= _BLOCK:
            block, self._rest = self._rest[:_BLOCK], self._rest[_BLOCK:]
            self._num_samples += len(block) // 2
            if np.abs(np.frombuffer(block, "<i2").astype(int)).max() > _LOUD:
                self._num_loud += 1
                pieces += self._hear()
        return pieces

    def finish(self) -> list[SourcePiece]:
        return self._writer.finish()

    def _hear(self) -> list[SourcePiece]:
        number, part = divmod(self._num_loud, _BLOCKS_PER_WORD)
        word = WORDS[(number - (part == 0)) % len(WORDS)]
        if part:
            return self._writer.write((), [Span(word)])
        start_s, self.settled_s = self.settled_s, self._num_samples / SAMPLE_RATE
        ends = word.endswith(".")
        return self._writer.write([Span(word, start_s, self.settled_s, ends_segment=ends)])
