"""Makes a streaming recogniser of a model that hears only whole recordings.

The model hears, again and again, a window of the newest audio, after the words of it that are
committed already: these it cannot change. Words on which two passes agree are committed, as in
Whisper-Streaming (Macháček, Dabre and Bojar, 2023, https://aclanthology.org/2023.ijcnlp-demo.3).
A pause of the voice commits the rest, and the window begins anew after it.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from translator.asr.piece import SourcePiece, Span
from translator.asr.text import clean, ends_sentence, same_word
from translator.asr.writer import PieceWriter
from translator.speech.recogniser import BYTES_PER_SAMPLE, SAMPLE_RATE

__all__ = ["Audio", "Transcriber", "WindowRecogniser", "Word"]

# Samples from -1 to 1.
Audio = NDArray[np.float32]

# A pass waits for so much new audio.
_STEP_S = 0.5
# So much silence ends what was said.
_PAUSE_S = 0.6
# What is kept before a voice, and heard after it.
_MARGIN_S = 0.3
# A word may go on where the audio ends.
_OPEN_S = 0.2
# Nobody says so many words in so little time.
_RUN, _RUN_S = 4, 0.2
# From the first length on a window is cut after a sentence, from the second after any word, and
# from the third on without asking for agreement. Whisper hears 30 s at once.
_LONG_S, _LONGER_S, _LONGEST_S = 8.0, 14.0, 24.0


@dataclass(frozen=True, slots=True)
class Word:
    """A word, with its punctuation.

    Attributes:
        text: With the space before it, if there is one.
        start_s: Where it begins, in seconds from the beginning of the audio.
        end_s: Where it ends.
    """

    text: str
    start_s: float
    end_s: float


class Transcriber(Protocol):
    """A model of speech, and what tells speech from other sounds."""

    def find_speech(self, audio: Audio) -> Sequence[tuple[float, float]]:
        """Where somebody speaks, in seconds from the beginning, in order."""

    def transcribe(self, audio: Audio, said: str) -> Sequence[Word]:
        """The words after ``said``, with which the audio begins. None if it cannot tell."""


class WindowRecogniser:
    """Hears one speaker; see ``translator.speech.recogniser.Recogniser``.

    Args:
        transcriber: It may be shared by all that are used in one thread.
    """

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber
        self._writer = PieceWriter()
        self._audio: Audio = np.zeros(0, np.float32)
        # Media time at which the window begins, in samples; times of words count from there.
        self._start = 0
        self._said: list[Word] = []
        self._tentative: list[Word] = []
        # Where the audio ends that was heard before, in seconds.
        self._heard_s = 0.0

    @property
    def settled_s(self) -> float:
        committed_s = self._said[-1].end_s if self._said else 0.0
        return self._start / SAMPLE_RATE + committed_s

    def accept(self, audio: bytes) -> list[SourcePiece]:
        whole = len(audio) - len(audio) % BYTES_PER_SAMPLE
        samples = np.frombuffer(audio[:whole], "<i2").astype(np.float32) / 32768
        self._audio = np.concatenate((self._audio, samples))
        pieces: list[SourcePiece] = []
        # A window is never longer than the model hears, however much has come.
        while self._length_s - self._heard_s >= _STEP_S:
            end_s = min(self._length_s, max(_LONGEST_S, self._heard_s + _STEP_S))
            pieces += self._hear(end_s)
        return pieces

    def finish(self) -> list[SourcePiece]:
        pieces: list[SourcePiece] = []
        while self._audio.size:
            before = self._audio.size
            pieces += self._hear(self._length_s, is_end=True)
            if self._audio.size == before:
                break
        return pieces + self._writer.finish()

    @property
    def _length_s(self) -> float:
        return self._audio.size / SAMPLE_RATE

    def _hear(self, end_s: float, *, is_end: bool = False) -> list[SourcePiece]:
        """Hear the window up to ``end_s``."""
        audio = self._audio[: _samples(end_s)]
        heard_s, self._heard_s = self._heard_s, end_s
        speech = self._transcriber.find_speech(audio)
        if not speech:
            return self._leave(max(0.0, end_s - (0.0 if is_end else _MARGIN_S)), [])
        start_s = speech[0][0] - _MARGIN_S
        if start_s > _MARGIN_S and not self._said:
            self._cut(start_s, [])
            self._heard_s = 0.0
            return []
        stop_s = next(
            (end for (_, end), (start, _) in itertools.pairwise(speech)
             if start - end >= _PAUSE_S),
            speech[-1][1],
        )  # fmt: skip
        is_over = is_end or end_s - stop_s >= _PAUSE_S
        if is_over and heard_s >= stop_s + _MARGIN_S:
            # All of it was heard already.
            return self._leave(stop_s + _MARGIN_S, self._tentative)
        words = self._transcribe(audio[: _samples(stop_s + _MARGIN_S)] if is_over else audio)
        if is_over:
            return self._leave(min(end_s, stop_s + _MARGIN_S), words)
        return self._agree(words, end_s)

    def _transcribe(self, audio: Audio) -> list[Word]:
        said = "".join(word.text for word in self._said)
        words = list(self._transcriber.transcribe(audio, said))
        # A model that goes on where nobody speaks finds no place for its words.
        for index in range(len(words) - _RUN + 1):
            if words[index + _RUN - 1].end_s - words[index].start_s < _RUN_S:
                return words[:index]
        return words

    def _leave(self, end_s: float, words: Sequence[Word]) -> list[SourcePiece]:
        """Commit the last words before a pause, and begin anew after it."""
        spans = self._spans(words)
        text = "".join(word.text for word in [*self._said, *words])
        if text and ends_sentence(text):
            spans.append(Span("", ends_segment=True))
        self._tentative = []
        self._cut(end_s, [])
        self._heard_s = 0.0
        return self._writer.write(spans)

    def _agree(self, words: list[Word], end_s: float) -> list[SourcePiece]:
        """Commit what is as in the pass before."""
        num_same = 0
        for number, (word, before) in enumerate(zip(words, self._tentative, strict=False), 1):
            # Where nothing follows yet, a word may go on, and a full stop is a guess.
            is_open = word.end_s > end_s - _OPEN_S or (
                number == len(words) and ends_sentence(word.text)
            )
            if is_open or not same_word(clean(word.text), clean(before.text)):
                break
            num_same += 1
        if end_s >= _LONGEST_S:
            num_same = min(len(words), max(num_same, len(words) - 1, 1))
        new, self._tentative = words[:num_same], words[num_same:]
        committed = self._spans(new)
        self._said += new
        tentative = self._spans(self._tentative)
        if (cut := self._find_cut(end_s)) is not None:
            self._cut(self._said[cut - 1].end_s, self._said[cut:])
        elif end_s >= _LONGEST_S and not self._said:
            # Whatever it is, it is no speech.
            self._cut(end_s - _MARGIN_S, [])
        return self._writer.write(committed, tentative)

    def _find_cut(self, end_s: float) -> int | None:
        """How many committed words a window that is too long loses."""
        if end_s < _LONG_S or not self._said:
            return None
        ends = [n for n, word in enumerate(self._said, 1) if ends_sentence(word.text)]
        if ends:
            return ends[-1]
        return len(self._said) if end_s >= _LONGER_S else None

    def _cut(self, at_s: float, said: list[Word]) -> None:
        """Let the window begin at ``at_s``."""
        num = min(_samples(at_s), self._audio.size)
        self._audio = self._audio[num:]
        self._start += num
        by_s = num / SAMPLE_RATE
        self._heard_s = max(0.0, self._heard_s - by_s)
        self._said, self._tentative = (
            [replace(w, start_s=w.start_s - by_s, end_s=w.end_s - by_s) for w in words]
            for words in (said, self._tentative)
        )

    def _spans(self, words: Sequence[Word]) -> list[Span]:
        """Words that follow those that are said, on the clock of the stream."""
        offset_s = self._start / SAMPLE_RATE
        return [
            Span(
                clean(word.text),
                round(word.start_s + offset_s, 2),
                round(word.end_s + offset_s, 2),
                attached=not word.text.startswith(" ") and bool(index or self._said),
            )
            for index, word in enumerate(words)
        ]


def _samples(time_s: float) -> int:
    return max(0, round(time_s * SAMPLE_RATE))
