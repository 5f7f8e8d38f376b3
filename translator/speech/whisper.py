"""Whisper, as faster-whisper runs it: the extra ``speech``.

Radford et al., 2022, "Robust Speech Recognition via Large-Scale Weak Supervision",
https://arxiv.org/abs/2212.04356; voices are told from other sounds by Silero VAD.
"""

import logging
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.vad import VadOptions, get_speech_timestamps

from translator.errors import ConfigError, LanguagePairNotSupportedError
from translator.speech.recogniser import SAMPLE_RATE
from translator.speech.window import Audio, Transcriber, WindowRecogniser, Word

__all__ = ["WhisperSpeech"]

_log = logging.getLogger(__name__)

_VAD = VadOptions(min_silence_duration_ms=300, speech_pad_ms=60, min_speech_duration_ms=150)
# The encoder needs silence after speech to find its end. It hears less than the 30 s that it was
# trained on, and takes that much less time.
_SILENCE_FRAMES, _MIN_FRAMES, _MAX_FRAMES = 300, 1_000, 3_000
# Nobody speaks faster than so many tokens a second; what is longer repeats itself.
_TOKENS_PER_S, _MORE_TOKENS = 8, 8
# Whisper calls it no speech where both hold.
_NO_SPEECH, _UNSURE = 0.6, -1.0
_FILES = ("model.bin", "config.json", "tokenizer.json")


class WhisperSpeech:
    """A Whisper model in CTranslate2's format; see ``translator.speech.recogniser.Speech``.

    Nothing is downloaded.

    Args:
        folder: Its files: ``model.bin``, ``config.json``, ``tokenizer.json``.
        num_threads: Threads of the processor for one pass.

    Raises:
        ConfigError: The folder has no such model.
    """

    def __init__(self, folder: Path, *, num_threads: int = 1) -> None:
        missing = [name for name in _FILES if not (folder / name).is_file()]
        if missing:
            raise ConfigError(
                f"speech: {folder} is no Whisper model in CTranslate2's format: it has no "
                f"{' and no '.join(missing)}"
            )
        try:
            self._model = WhisperModel(
                str(folder),
                device="auto",
                compute_type="auto",
                cpu_threads=num_threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ConfigError(f"speech: {folder} cannot be loaded: {error}") from error

    @property
    def languages(self) -> Collection[str]:
        return frozenset(self._model.supported_languages)

    def listen(self, language: str) -> WindowRecogniser:
        code = language.split("-")[0].lower()
        if code and code not in self.languages:
            raise LanguagePairNotSupportedError(
                f"the recogniser understands {_list(self.languages)}, not {language}"
            )
        return WindowRecogniser(_Transcriber(self._model, code))


class _Transcriber(Transcriber):
    """A model at work for one speaker.

    Args:
        model: It may be shared.
        language: What is spoken; "" to find out for each stretch of speech.
    """

    def __init__(self, model: WhisperModel, language: str) -> None:
        self._model = model
        self._language = language
        self._detected = language

    def find_speech(self, audio: Audio) -> Sequence[tuple[float, float]]:
        found = get_speech_timestamps(audio, _VAD)
        return [(each["start"] / SAMPLE_RATE, each["end"] / SAMPLE_RATE) for each in found]

    def transcribe(self, audio: Audio, said: str) -> Sequence[Word]:
        features = self._model.feature_extractor(audio, padding=False)
        num_frames = min(features.shape[-1], _MAX_FRAMES)
        length = min(max(num_frames + _SILENCE_FRAMES, _MIN_FRAMES), _MAX_FRAMES)
        padded = np.zeros((features.shape[0], length), np.float32)
        padded[:, :num_frames] = features[:, :num_frames]
        encoded = self._model.encode(padded)
        tokenizer = Tokenizer(
            self._model.hf_tokenizer,
            self._model.model.is_multilingual,
            task="transcribe",
            language=self._find_language(encoded, said),
        )
        before = tokenizer.encode(said)
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps, *before]
        most = round(audio.size / SAMPLE_RATE * _TOKENS_PER_S) + _MORE_TOKENS
        [result] = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=1,
            max_length=min(len(prompt) + most, self._model.max_length),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=not before,
            suppress_tokens=[-1],
        )
        # What was said comes back too.
        tokens = [
            token for token in result.sequences_ids[0][len(before) :] if token < tokenizer.eot
        ]
        is_endless = len(tokens) >= most
        is_silence = result.no_speech_prob > _NO_SPEECH and result.scores[0] < _UNSURE
        if not tokens or is_endless or (is_silence and not before):
            return []
        [aligned] = self._model.find_alignment(tokenizer, [[*before, *tokens]], encoded, num_frames)
        return _words(aligned, len(before))

    def _find_language(self, encoded: object, said: str) -> str:
        """What is spoken. It stays the same until something new is said."""
        if not self._language and (not said or not self._detected):
            [(best, *_)] = self._model.model.detect_language(encoded)
            self._detected = best[0].strip("<|>")
        return self._detected


def _words(aligned: Sequence[dict[str, Any]], num_before: int) -> list[Word]:
    """The words after the first tokens; a punctuation mark belongs to the word before it."""
    words: list[Word] = []
    num_tokens = 0
    for each in aligned:
        num_tokens += len(each["tokens"])
        text, start_s, end_s = str(each["word"]), float(each["start"]), float(each["end"])
        if num_tokens <= num_before or not text.strip():
            continue
        if words and not text.startswith(" ") and not any(map(str.isalnum, text)):
            words[-1] = Word(words[-1].text + text, words[-1].start_s, words[-1].end_s)
        else:
            words.append(Word(text, start_s, end_s))
    return words


def _list(languages: Collection[str]) -> str:
    known = sorted(languages)
    return ", ".join(known) if len(known) <= 8 else f"{len(known)} languages"
