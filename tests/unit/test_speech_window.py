"""A streaming recogniser of a model that hears whole recordings: what is committed, and when."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translator.asr import SourcePiece
from translator.speech.recogniser import BYTES_PER_S, SAMPLE_RATE
from translator.speech.window import Audio, WindowRecogniser, Word

pytestmark = pytest.mark.unit

# A word is a run of samples that all have its number times this value.
STEP = 64
WORD_S, GAP_S = 0.4, 0.1


def sound(*parts: str | float) -> bytes:
    """Words, and silences in seconds."""
    runs = []
    for part in parts:
        if isinstance(part, str):
            number = int(part.strip("w.,"))
            runs += [np.full(round(WORD_S * SAMPLE_RATE), number * STEP)]
            runs += [np.zeros(round(GAP_S * SAMPLE_RATE))]
        else:
            runs.append(np.zeros(round(part * SAMPLE_RATE)))
    return np.concatenate(runs).astype("<i2").tobytes()


@dataclass
class Hearer:
    """Hears the words exactly; a word that is cut off at the end is another one."""

    ends: frozenset[int] = frozenset()
    longest_s: float = 0.0
    said: list[str] = field(default_factory=list)
    extra: Sequence[Word] = ()

    def find_speech(self, audio: Audio) -> Sequence[tuple[float, float]]:
        speech: list[tuple[float, float]] = []
        for word in self._words(audio):
            if speech and word.start_s - speech[-1][1] < 0.3:
                speech[-1] = speech[-1][0], word.end_s
            else:
                speech.append((word.start_s, word.end_s))
        return speech

    def transcribe(self, audio: Audio, said: str) -> Sequence[Word]:
        self.longest_s = max(self.longest_s, audio.size / SAMPLE_RATE)
        words = self._words(audio)
        num_said = len(said.split())
        assert "".join(word.text for word in words[:num_said]) == said
        return [*words[num_said:], *self.extra]

    def _words(self, audio: Audio) -> list[Word]:
        values = np.rint(audio * 32768 / STEP).astype(int)
        borders = np.flatnonzero(np.diff(np.concatenate(([0], values, [0]))))
        words = []
        for start, end in itertools.pairwise(borders):
            number = values[start]
            if number == 0:
                continue
            is_whole = end - start == round(WORD_S * SAMPLE_RATE) or start == 0
            stop = "." if number in self.ends else ""
            text = f" w{number}{stop}" if is_whole else f" w{number}-cut"
            words.append(Word(text, start / SAMPLE_RATE, end / SAMPLE_RATE))
        return words


def hear(
    recogniser: WindowRecogniser, audio: bytes, step_s: float = 0.3
) -> list[tuple[float, SourcePiece]]:
    """All pieces, with how much audio had come."""
    size = round(step_s * SAMPLE_RATE) * 2
    pieces = [
        (min(start + size, len(audio)) / BYTES_PER_S, piece)
        for start in range(0, len(audio), size)
        for piece in recogniser.accept(audio[start : start + size])
    ]
    return pieces + [(len(audio) / BYTES_PER_S, piece) for piece in recogniser.finish()]


def text(pieces: Sequence[tuple[float, SourcePiece]]) -> str:
    return "".join(piece.committed for _, piece in pieces)


def words(first: int, last: int) -> list[str]:
    return [f"w{number}" for number in range(first, last + 1)]


def test_words_are_committed_when_two_passes_agree() -> None:
    pieces = hear(WindowRecogniser(Hearer()), sound(*words(1, 8), 1.0))
    assert text(pieces) == " ".join(words(1, 8))
    for came_s, piece in pieces:
        if piece.committed:
            assert piece.start_s is not None
            assert piece.end_s is not None
            # It waits for two passes, half a second apart, and no longer than for a pause.
            assert came_s - piece.start_s < 2.2
            first = int(piece.committed.split()[0].strip("w."))
            assert piece.start_s == pytest.approx((first - 1) * (WORD_S + GAP_S), abs=0.02)
    assert not any("cut" in piece.committed for _, piece in pieces)
    assert any(piece.tentative for _, piece in pieces)


def test_a_pause_commits_what_is_left_and_ends_a_sentence() -> None:
    audio = sound("w1", "w2.", 1.5, "w3", 1.5)
    pieces = hear(WindowRecogniser(Hearer(frozenset({2}))), audio)
    assert text(pieces) == "w1 w2. w3"
    ends = [came_s for came_s, piece in pieces if piece.end_of_segment]
    assert len(ends) == 2  # and at the end
    assert ends[0] < 2.5


def test_a_full_stop_is_a_guess_while_nothing_follows() -> None:
    hearer = Hearer(frozenset({2, 3}))
    recogniser = WindowRecogniser(hearer)
    pieces = recogniser.accept(sound("w1", "w2"))
    pieces += recogniser.accept(sound(0.4, "w3")[:1600])
    assert "".join(piece.committed for piece in pieces).strip() in {"", "w1"}


def test_silence_gives_nothing_and_costs_nothing() -> None:
    hearer = Hearer()
    recogniser = WindowRecogniser(hearer)
    assert hear(recogniser, bytes(60 * BYTES_PER_S)) == []
    assert hearer.longest_s == 0.0
    assert recogniser.settled_s == pytest.approx(60.0, abs=0.5)


def test_a_speaker_who_never_pauses_is_heard_in_windows() -> None:
    hearer = Hearer()
    audio = sound(*words(1, 200))
    pieces = hear(WindowRecogniser(hearer), audio)
    assert text(pieces) == " ".join(words(1, 200))
    assert hearer.longest_s < 16.0
    assert max(came_s - (piece.end_s or came_s) for came_s, piece in pieces) < 3.0


def test_much_audio_at_once_is_heard_in_parts() -> None:
    hearer = Hearer()
    pieces = hear(WindowRecogniser(hearer), sound(*words(1, 150), 2.0), step_s=100.0)
    assert text(pieces) == " ".join(words(1, 150))
    assert hearer.longest_s <= 24.6


def test_words_for_which_there_was_no_time_are_left_out() -> None:
    extra = [Word(f" and{n}", 9.0, 9.02) for n in range(6)]
    pieces = hear(WindowRecogniser(Hearer(extra=extra)), sound("w1", "w2", 1.0))
    assert text(pieces) == "w1 w2"


def test_a_sound_that_never_becomes_words_does_not_pile_up() -> None:
    class Nothing(Hearer):
        def transcribe(self, audio: Audio, said: str) -> Sequence[Word]:
            assert audio.size / SAMPLE_RATE < 25
            return []

    recogniser = WindowRecogniser(Nothing())
    assert hear(recogniser, sound(*words(1, 200))) == []
    assert recogniser.settled_s > 70


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.2, 0.7, 1.5, 3.0]), min_size=1, max_size=60),
    st.sampled_from([0.1, 0.3, 0.7, 2.0, 5.0, 40.0]),
)
def test_every_word_is_said_once(pauses: list[float], step_s: float) -> None:
    parts: list[str | float] = []
    for number, pause in enumerate(pauses, 1):
        parts += [f"w{number}", *([pause] if pause else [])]
    hearer = Hearer(frozenset(range(5, 200, 5)))
    said = text(hear(WindowRecogniser(hearer), sound(*parts), step_s))
    assert said.replace(".", "").split() == words(1, len(pauses))
