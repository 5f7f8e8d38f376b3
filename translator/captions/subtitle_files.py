"""Files that are valid at any moment: subtitles as SubRip or WebVTT, and plain transcripts."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path

from translator.captions.cues import Cue

__all__ = ["SUFFIXES", "SubtitleFile", "TranscriptFile", "path_for", "vtt_block"]

# Of files of subtitles.
SUFFIXES = (".srt", ".vtt")


def path_for(path: Path, language: str, languages: Sequence[str]) -> Path:
    """Where a language goes: with several, its code is put before the suffix."""
    return path if len(languages) == 1 else path.with_suffix(f".{language}{path.suffix}")


class _GrowingFile:
    """A file that grows by whole pieces.

    What was there is replaced. If the disk is full, the file stays as it was, and the next write
    tries again with what is left.

    Args:
        path: Where it is.
        head: What it begins with.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path, head: str = "") -> None:
        self._unwritten = head.encode()
        self._file = path.open("wb", buffering=0)
        self._length = 0
        try:
            self._append("")
        except OSError:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file; OSError if what is left could not be written."""
        try:
            self._append("")
        finally:
            self._file.close()

    def _append(self, text: str) -> None:
        self._unwritten += text.encode()
        if not self._unwritten:
            return
        try:
            written = 0
            while written < len(self._unwritten):
                written += self._file.write(self._unwritten[written:])
        except OSError:
            # A piece that is not whole is none. What is no file on a disk cannot be cut.
            with suppress(OSError):
                os.ftruncate(self._file.fileno(), self._length)
                self._file.seek(self._length)
            raise
        self._length += len(self._unwritten)
        self._unwritten = b""


class SubtitleFile(_GrowingFile):
    """A file of subtitles, which grows by whole cues; see ``_GrowingFile``.

    Args:
        path: Its suffix says the format: one of ``SUFFIXES``.
        language: BCP-47 code of its text.

    Raises:
        ValueError: The suffix is none of these.
        OSError: It cannot be written.
    """

    def __init__(self, path: Path, language: str = "") -> None:
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            raise ValueError(f"{path.name}: a file of subtitles ends with {' or '.join(SUFFIXES)}")
        self._is_vtt = suffix == ".vtt"
        self._number = 0
        language_line = f"Language: {language}\n" if language else ""
        super().__init__(path, f"WEBVTT\n{language_line}\n" if self._is_vtt else "")

    def write(self, cues: Iterable[Cue]) -> None:
        """Append cues, all in one piece.

        Raises:
            OSError: They could not be written; they are kept for the next time.
        """
        self._append("".join(map(self._block, cues)))

    def _block(self, cue: Cue) -> str:
        self._number += 1
        if self._is_vtt:
            return vtt_block(cue)
        times = f"{_time(cue.start_s, ',')} --> {_time(cue.end_s, ',')}"
        return f"{self._number}\n{times}\n{_safe(cue.text)}\n\n"


class TranscriptFile(_GrowingFile):
    """A plain transcript: a line for each segment; a speaker is named where one begins.

    Args:
        path: Where it is.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._speaker = ""
        super().__init__(path)

    def write(self, text: str, speaker: str = "") -> None:
        """Append a segment.

        Raises:
            OSError: It could not be written; it is kept for the next time.
        """
        line = " ".join(text.split())
        if not line:
            return
        name = " ".join(speaker.split())
        begins = bool(name) and name != self._speaker
        self._speaker = name or self._speaker
        self._append(f"{name}: {line}\n" if begins else f"{line}\n")


def vtt_block(cue: Cue) -> str:
    """A cue as WebVTT, with the empty line after it."""
    times = f"{_time(cue.start_s, '.')} --> {_time(cue.end_s, '.')}\n"
    lines = [_voice(speaker) + escape(text, quote=False) for speaker, text in cue.lines]
    return times + "\n".join(lines) + "\n\n"


def _voice(speaker: str) -> str:
    """The tag of who says what follows, up to the end of the cue or the next such tag."""
    name = " ".join(speaker.split()).replace(">", "")
    return f"<v {escape(name, quote=False)}>" if name else ""


def _safe(text: str) -> str:
    """Text of SubRip: what looks like times would begin a cue."""
    return text.replace("-->", "->")


def _time(value_s: float, mark: str) -> str:
    milliseconds = max(0, round(value_s * 1000))
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{milliseconds:03}"
