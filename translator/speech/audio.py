"""Audio from files, streams and devices, as recognisers take it: 16 kHz, one channel, 16 bits.

FFmpeg decodes and resamples it, in the package ``av``, which comes with the extra ``speech``.
"""

from collections.abc import Iterator
from typing import BinaryIO

import av
from av.audio.resampler import AudioResampler
from av.container import InputContainer

from translator.errors import InvalidRequestError
from translator.speech.recogniser import BYTES_PER_S, SAMPLE_RATE

__all__ = ["DEVICES", "read_audio", "read_raw"]

# Kinds of devices, as FFmpeg calls them; which there are depends on the system.
DEVICES = ("alsa", "avfoundation", "dshow", "lavfi", "oss", "pulse")
_BLOCK = BYTES_PER_S // 10


def read_audio(where: str | BinaryIO) -> Iterator[bytes]:
    """The sound of a file that FFmpeg can read, in whatever format, rate and number of channels.

    Args:
        where: A path, a file that is open, or KIND:NAME of a device, such as ``alsa:default``.

    Raises:
        InvalidRequestError: It cannot be read, or has no sound.
    """
    kind, colon, name = where.partition(":") if isinstance(where, str) else ("", "", "")
    try:
        if colon and kind in DEVICES:
            container: InputContainer = av.open(name, "r", format=kind)
        else:
            container = av.open(where, "r", metadata_errors="ignore")
        with container:
            yield from _decode(container)
    except (av.error.FFmpegError, ValueError) as error:
        why = getattr(error, "strerror", "") or str(error)
        raise InvalidRequestError("audio", f"{_name(where)} cannot be read: {why}") from error


def read_raw(file: BinaryIO) -> Iterator[bytes]:
    """Samples as recognisers take them, or a file with a header of RIFF (WAV), from a pipe."""
    begin = file.read(4)
    if begin == b"RIFF":
        yield from read_audio(_Pipe(begin, file))  # type: ignore[arg-type]
        return
    yield begin
    while block := file.read(_BLOCK):
        yield block


def _decode(container: InputContainer) -> Iterator[bytes]:
    if not container.streams.audio:
        raise ValueError("it has no sound")
    resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    for frame in container.decode(audio=0):
        for part in resampler.resample(frame):
            yield part.to_ndarray().tobytes()
    for part in resampler.resample(None):
        yield part.to_ndarray().tobytes()


class _Pipe:
    """A pipe of which the beginning was read already."""

    def __init__(self, begin: bytes, file: BinaryIO) -> None:
        self._begin = begin
        self._file = file

    def read(self, size: int) -> bytes:
        if self._begin:
            begin, self._begin = self._begin[:size], self._begin[size:]
            return begin
        return self._file.read(size)


def _name(where: str | BinaryIO) -> str:
    return where if isinstance(where, str) else "standard input"
