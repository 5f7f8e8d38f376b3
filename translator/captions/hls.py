"""Subtitles for HLS: a playlist of WebVTT segments that never change (RFC 8216, section 3.5)."""

import math
from collections.abc import Iterable
from pathlib import Path

from translator.captions.cues import Cue
from translator.captions.subtitle_files import vtt_block

__all__ = ["HlsPlaylist"]

_SEGMENT_S = 6
# Beyond such a jump times are no media times of one stream; so many empty segments are written.
_MAX_JUMP_S = 24 * 3600
# Where the media time 0 is on the clock of the video.
_HEAD = "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n"


class HlsPlaylist:
    """A playlist and its segments, of six seconds each, beside it.

    ``talk.m3u8`` names ``talk-00000.vtt`` and so on. A segment is written once no more can come for
    it, with the cues that are shown in its time, and the playlist then grows by it. Both appear
    whole. A segment that could not be written is written the next time.

    Args:
        path: Of the playlist; what was there is replaced.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._cues: list[Cue] = []
        self._num_segments = 0
        self._write_playlist()

    def write(self, cues: Iterable[Cue]) -> None:
        """Add cues, which come in order, and write the segments that are over.

        Raises:
            OSError: A segment or the playlist could not be written.
        """
        self._cues += cues
        if self._cues:
            self._write_until(self._cues[-1].start_s)

    def close(self) -> None:
        """Write what is left, and end the playlist; OSError if that failed."""
        if self._cues:
            self._write_until(self._cues[-1].end_s + _SEGMENT_S)
        self._write_playlist(is_over=True)

    def _write_until(self, media_s: float) -> None:
        begin = self._num_segments
        if media_s - begin * _SEGMENT_S > _MAX_JUMP_S:
            self._cues.clear()
            return
        end = max(begin, math.floor(media_s / _SEGMENT_S))
        for number in range(begin, end):
            start_s, end_s = number * _SEGMENT_S, (number + 1) * _SEGMENT_S
            shown = [cue for cue in self._cues if cue.start_s < end_s and cue.end_s > start_s]
            text = _HEAD + "".join(map(vtt_block, shown))
            self._replace(self._path.with_name(self._name(number)), text)
            self._num_segments = number + 1
            self._cues = [cue for cue in self._cues if cue.end_s > end_s]
        if end > begin:
            self._write_playlist()

    def _name(self, number: int) -> str:
        return f"{self._path.stem}-{number:05}.vtt"

    def _write_playlist(self, *, is_over: bool = False) -> None:
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            f"#EXT-X-TARGETDURATION:{_SEGMENT_S}",
            "#EXT-X-MEDIA-SEQUENCE:0",
            "#EXT-X-PLAYLIST-TYPE:EVENT",
        ]
        for number in range(self._num_segments):
            lines += [f"#EXTINF:{_SEGMENT_S:.3f},", self._name(number)]
        if is_over:
            lines.append("#EXT-X-ENDLIST")
        self._replace(self._path, "\n".join(lines) + "\n")

    @staticmethod
    def _replace(path: Path, text: str) -> None:
        new = path.with_name(path.name + ".new")
        new.write_text(text, "utf-8")
        new.replace(path)
