"""Writes subtitles into files that are valid at any moment: SubRip, WebVTT, a plain transcript."""

import os
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import BinaryIO

from translator.captions.cues import Cue

__all__ = ["SUFFIXES", "SubtitleFile", "path_for"]

SUFFIXES = (".srt", ".vtt", ".txt")


def path_for(path: Path, language: str, languages: Sequence[str]) -> Path:
    """Where a language goes: with several, its code is put before the suffix."""
    return path if len(languages) == 1 else path.with_suffix(f".{language}{path.suffix}")


class SubtitleFile:
    """A file of subtitles, which grows by whole cues.

    What was there is replaced. If the disk is full, the file stays as it was, and the next write
    tries again with what is left.

    Args:
        path: Its suffix says the format: one of ``SUFFIXES``.
        language: BCP-47 code of its text.

    Raises:
        ValueError: The suffix is none of these.
        OSError: It cannot be written.
    """

    def __init__(self, path: Path, language: str = "") -> None:
        if path.suffix.lower() not in SUFFIXES:
            raise ValueError(f"{path.name}: a file of subtitles ends with {', '.join(SUFFIXES)}")
        self._format = path.suffix.lower()
        self._number = 0
        self._speaker = ""
        self._unwritten = b""
        self._file: BinaryIO = path.open("wb", buffering=0)
        self._length = 0
        if self._format == ".vtt":
            head = f"WEBVTT\nLanguage: {language}\n\n" if language else "WEBVTT\n\n"
            self._append(head.encode())

    def write(self, cues: Iterable[Cue]) -> None:
        """Append cues, all in one piece.

        Raises:
            OSError: They could not be written; they are kept for the next time.
        """
        self._append("".join(map(self._block, cues)).encode())

    def close(self) -> None:
        """Close the file; OSError if what is left could not be written."""
        try:
            self._append(b"")
        finally:
            self._file.close()

    def _append(self, data: bytes) -> None:
        self._unwritten += data
        if not self._unwritten:
            return
        try:
            written = 0
            while written < len(self._unwritten):
                written += self._file.write(self._unwritten[written:])
        except OSError:
            # Half a cue is none.
            os.ftruncate(self._file.fileno(), self._length)
            self._file.seek(self._length)
            raise
        self._length += len(self._unwritten)
        self._unwritten = b""

    def _block(self, cue: Cue) -> str:
        self._number += 1
        if self._format == ".srt":
            times = f"{_time(cue.start_s, ',')} --> {_time(cue.end_s, ',')}"
            return f"{self._number}\n{times}\n{_safe(cue.text)}\n\n"
        if self._format == ".vtt":
            times = f"{_time(cue.start_s, '.')} --> {_time(cue.end_s, '.')}"
            lines = [_voice(speaker) + escape(text, quote=False) for speaker, text in cue.lines]
            return f"{times}\n" + "\n".join(lines) + "\n\n"
        return self._transcript(cue)

    def _transcript(self, cue: Cue) -> str:
        """A line for each cue; a speaker is named where another begins."""
        text = ""
        for speaker, line in cue.lines:
            if speaker and speaker != self._speaker:
                self._speaker = speaker
                text += ("\n" if text else "") + f"{speaker}: "
            elif text:
                text += " "
            text += line.removeprefix("- ") if speaker else line
        return text + "\n"


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
