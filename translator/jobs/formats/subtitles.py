"""Subtitles: SubRip (``.srt``) and WebVTT (``.vtt``).

Numbers, times, settings, notes and styles stay. The lines of a cue are one text, and so are the
cues over which a sentence runs: its translation is cut where the alignments say, and broken into
lines again. Two speakers in a cue keep lines of their own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import BinaryIO

from translator.jobs.cells import Cell, FormatOptions, InputFileError, Kind, Piece, Place
from translator.jobs.formats.inline import CodeKind, InlineText, Part
from translator.jobs.formats.whole_text import WholeText, read_whole_text
from translator.text.line_break import MAX_LINE_LENGTH, break_lines

__all__ = ["SubRip", "WebVtt"]

# A sentence that runs over more cues, or over a longer pause, is translated in parts.
_MAX_CUES = 6
_MAX_PAUSE_S = 2.0

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_TIME = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,3}))?"
_TIMES = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}(?:[ \t].*)?")
# What may be the first part of such a line.
_CUT_TIMES = re.compile(r"[ \t]*\d{1,3}:\d{2}(?::[\d.,: \t>-]*)?")
_LIKE_TIMES = re.compile(r"\s*\d+:[\d:.,\s]*-->")
_NUMBER = re.compile(r"[ \t\ufeff]*\d+[ \t]*")
_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[A-Za-z]+)[^<>\n]*>|<(?P<time>[\d:.]+)>|\{\\(?P<ass>[^{}\n]*)\}"
)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")
# A line that begins so is another speaker's, or a sound, or a song.
_DASH = re.compile(r"\s*(?:[-‐–—]\s*(?=[^\s-])|>>+\s*|[♪♫]+\s*)")
_BRACKETED = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*")
_OPEN_END = re.compile(r"[^\s.!?…。！？:\"”»)\]♪♫-]\s*\Z")
_GOES_ON = re.compile(r"\s*[\"“'‘«(]*(?:\.\.\.|…)?\s*(?P<first>\w+)")


@dataclass(frozen=True, slots=True)
class _Cue:
    """A cue's text in the file.

    Attributes:
        number: Of the cue, from 1.
        start: Where its text begins in the file.
        end: Where its text ends, without the line break.
        begin_s: When it is shown.
        end_s: When it is no longer shown.
    """

    number: int
    start: int
    end: int
    begin_s: float
    end_s: float


class SubRip:
    """Files of SubRip; see ``FileFormat``."""

    name = "srt"
    suffixes: tuple[str, ...] = (".srt",)

    def pieces(self, file: BinaryIO, name: str, options: FormatOptions) -> Iterator[Piece]:
        """See ``FileFormat.pieces``; a row is a cue."""
        whole = read_whole_text(file, name, options)
        text = whole.text
        cues = list(self._cues(text, name))
        yield whole.mark
        at = 0
        for group in self._groups(text, cues):
            cell = self._cell(whole, name, group, options.target)
            yield whole.encode(text[at : group[0].start])
            yield cell
            at = group[-1].end
        yield whole.encode(text[at:])

    # Cues

    def _cues(self, text: str, name: str) -> Iterator[_Cue]:
        lines = [match.span() for match in _LINE.finditer(text) if match[0]]
        is_vtt = self.name == "vtt"
        index = number = 0
        begin_s = end_s = 0.0
        if is_vtt:
            first = text[slice(*lines[0])] if lines else ""
            if not re.match(r"WEBVTT(?:\s|\Z)", first):
                raise InputFileError(
                    Place(name), 'does not begin with "WEBVTT"; such a file is not WebVTT'
                )
            index = self._block_end(text, lines, 0)
        while index < len(lines):
            end = self._block_end(text, lines, index)
            at = self._times_at(text, lines, index, end)
            if at is None and index == end:
                index += 1
                continue
            if at is None:
                self._refuse_cut(text, lines, index, end, name, number)
                if number and not is_vtt:
                    # An empty line in the text of a cue.
                    yield self._cue(text, lines, number, index, end, (begin_s, end_s))
                elif not is_vtt:
                    raise InputFileError(
                        Place(name, 1),
                        "is no cue; needed are a number and a line with times such as "
                        "00:00:01,000 --> 00:00:02,500",
                    )
                index = end
                continue
            number += 1
            begin_s, end_s = self._times(text, lines, at)
            if at + 1 < end:
                yield self._cue(text, lines, number, at + 1, end, (begin_s, end_s))
            index = end

    def _block_end(self, text: str, lines: Sequence[tuple[int, int]], index: int) -> int:
        """The first line from ``index`` on that is empty, or begins another cue."""
        start, has_times = index, False
        while index < len(lines):
            line = text[slice(*lines[index])]
            if not line.strip():
                break
            if _TIMES.fullmatch(line.rstrip("\r\n")):
                if has_times or index > start + 1:
                    break
                has_times = True
            index += 1
        if index < len(lines) and text[slice(*lines[index])].strip():
            # Without an empty line between: the number before the times is the next cue's.
            before = text[slice(*lines[index - 1])].rstrip("\r\n")
            index -= _NUMBER.fullmatch(before) is not None
        return index

    def _times_at(
        self, text: str, lines: Sequence[tuple[int, int]], index: int, end: int
    ) -> int | None:
        """Which of the first two lines of a block has times."""
        for at in range(index, min(index + 2, end)):
            if _TIMES.fullmatch(text[slice(*lines[at])].rstrip("\r\n")):
                return at
        return None

    def _times(self, text: str, lines: Sequence[tuple[int, int]], at: int) -> tuple[float, float]:
        match = _TIMES.fullmatch(text[slice(*lines[at])].rstrip("\r\n"))
        groups = match.groups() if match else ()
        numbers = [float(each or 0) for each in groups]
        hours, minutes, seconds, milliseconds = (numbers[k::4] for k in range(4))
        begin_s, end_s = (
            h * 3600 + m * 60 + s + ms / 1000
            for h, m, s, ms in zip(hours, minutes, seconds, milliseconds, strict=True)
        )
        return begin_s, end_s

    def _refuse_cut(
        self,
        text: str,
        lines: Sequence[tuple[int, int]],
        index: int,
        end: int,
        name: str,
        number: int,
    ) -> None:
        """Raise where a cue's line with times is no such line."""
        for at in range(index, min(index + 2, end)):
            line = text[slice(*lines[at])].strip()
            if _CUT_TIMES.fullmatch(line) or ("-->" in line and line[:1].isdigit()):
                raise InputFileError(
                    Place(name, number + 1),
                    f"has {line[:40]!r} where times are needed, such as "
                    "00:00:01,000 --> 00:00:02,500",
                )

    def _cue(
        self,
        text: str,
        lines: Sequence[tuple[int, int]],
        number: int,
        first: int,
        last: int,
        times: tuple[float, float],
    ) -> _Cue:
        start, end = lines[first][0], lines[last - 1][1]
        body = text[start:end]
        start += len(body) - len(body.lstrip())
        return _Cue(number, start, start + len(body.strip()), *times)

    # Sentences

    def _groups(self, text: str, cues: Sequence[_Cue]) -> Iterator[list[_Cue]]:
        """Cues over which one sentence runs."""
        group: list[_Cue] = []
        for cue in cues:
            if group and not (len(group) < _MAX_CUES and self._goes_on(text, group[-1], cue)):
                yield group
                group = []
            group.append(cue)
        if group:
            yield group

    def _goes_on(self, text: str, cue: _Cue, following: _Cue) -> bool:
        """Whether a sentence surely goes on in the next cue."""
        if not 0 <= following.begin_s - cue.end_s <= _MAX_PAUSE_S:
            return False
        before = _TAG.sub("", text[cue.start : cue.end])
        after = _TAG.sub("", text[following.start : following.end])
        if _OPEN_END.search(before[-200:]) is None or _DASH.match(after):
            return False
        match = _GOES_ON.match(after)
        return match is not None and (match["first"][0].islower() or match["first"] == "I")

    # Cells

    def _cell(self, whole: WholeText, name: str, cues: Sequence[_Cue], target: str) -> Cell:
        """One cell for the cues of a sentence."""
        text = whole.text
        content = InlineText()
        borders: list[int] = []
        num_lines: list[list[int]] = []
        for cue, before in zip(cues, [None, *cues], strict=False):
            if before is not None:
                content.add(" ")
                borders.append(content.code(CodeKind.FIXED, text[before.end : cue.start]))
            num_lines.append(self._read(text[cue.start : cue.end], content))
        raw = whole.encode(text[cues[0].start : cues[-1].end])
        is_plain = not content.has_codes
        given = re.sub(" {2,}", " ", content.plain).strip() if is_plain else content.html
        longest = max(
            (len(_TAG.sub("", line)) for cue in cues
             for line in _NEWLINE.split(text[cue.start : cue.end])),
            default=0,
        )  # fmt: skip
        max_length = max(MAX_LINE_LENGTH, longest)
        newline = _newline(text)

        def encode(translation: str) -> bytes:
            if translation == given:
                return raw
            parts = [Part(translation)] if is_plain else content.parts(translation)
            written: list[str] = []
            for number, shown in enumerate(_cut(parts, borders, num_lines)):
                if number:
                    written.append(text[cues[number - 1].end : cues[number].start])
                lines = self._lines(shown, num_lines[number], max_length, target)
                written.append(newline.join(lines))
            return whole.encode("".join(written))

        return Cell(
            given,
            Place(name, cues[0].number, "text"),
            encode,
            raw,
            Kind.TEXT if is_plain else Kind.HTML,
        )

    def _read(self, text: str, content: InlineText) -> list[int]:
        """Add a cue's text. Returns for each of its paragraphs how many lines it has."""
        counts: list[int] = []
        previous = ""
        for line in _NEWLINE.split(text):
            visible = _TAG.sub("", line)
            dash = _DASH.match(visible)
            if counts and not (dash or _BRACKETED.fullmatch(previous)):
                content.add(" ")
                counts[-1] += 1
            else:
                if counts:
                    content.code(CodeKind.BREAK, "\n")
                counts.append(1)
            self._read_line(line, dash[0] if dash else "", content)
            previous = visible
        return counts

    def _read_line(self, line: str, dash: str, content: InlineText) -> None:
        at = 0
        left = dash
        for match in [*_TAG.finditer(line), None]:
            words = line[at : match.start() if match else len(line)]
            if left and words:
                lead = words[: len(left)]
                content.code(CodeKind.FIXED, lead)
                left, words = left[len(lead) :], words[len(lead) :]
            words = self._reference(words)
            if words:
                content.add(re.sub(r"[^\S\u00a0]+", " ", words))
            if match is None:
                break
            at = match.end()
            name = (match["name"] or "").lower()
            if not name or name == "v":
                kind = CodeKind.FIXED if match["time"] else CodeKind.LONE
                content.code(kind, match[0])
            elif match["close"]:
                content.close(name, match[0])
            else:
                content.open(name, match[0])

    def _reference(self, text: str) -> str:
        return _REFERENCE.sub(lambda m: unescape(m[0]), text) if self.name == "vtt" else text

    def _lines(
        self, parts: Sequence[Part], num_lines: Sequence[int], max_length: int, target: str
    ) -> list[str]:
        """The lines of a cue."""
        paragraphs: list[list[tuple[str, bool]]] = [[]]
        for part in parts:
            if part.kind is CodeKind.BREAK:
                paragraphs.append([])
            elif part.kind is None and self.name == "vtt":
                paragraphs[-1].append((escape(part.text, quote=False), False))
            else:
                paragraphs[-1].append((part.text, part.kind is not None))
        lines: list[str] = []
        for number, paragraph in enumerate(paragraphs):
            count = num_lines[min(number, len(num_lines) - 1)]
            lines += break_lines(paragraph, count, max_length, target)
        # What looks like times would begin a cue.
        return [line.replace("-->", "->") if _LIKE_TIMES.match(line) else line for line in lines]


def _newline(text: str) -> str:
    found = _NEWLINE.search(text)
    return found[0] if found else "\n"


def _cut(
    parts: Sequence[Part], borders: Sequence[int], num_lines: Sequence[Sequence[int]]
) -> list[list[Part]]:
    """The parts of each cue; where the alignments would leave one empty, by its share of lines."""
    cues: list[list[Part]] = [[]]
    numbers = set(borders)
    for part in parts:
        if part.kind is CodeKind.FIXED and part.code in numbers:
            cues.append([])
        else:
            cues[-1].append(part)
    if all(any(part.kind is None and part.text.strip() for part in cue) for cue in cues):
        return cues
    rest = [part for cue in cues for part in cue]
    total = sum(len(part.text) for part in rest if part.kind is None)
    shares = [sum(each) for each in num_lines]
    goals = [total * sum(shares[: k + 1]) / sum(shares) for k in range(len(shares))]
    shared: list[list[Part]] = [[]]
    length = 0
    for part in rest:
        if part.kind is not None:
            shared[-1].append(part)
            continue
        for word in re.findall(r"\s*\S+\s*", part.text):
            if (
                shared[-1]
                and len(shared) < len(goals)
                and length + len(word) / 2 > goals[len(shared) - 1]
            ):
                shared.append([])
            shared[-1].append(Part(word))
            length += len(word)
    while len(shared) < len(goals):
        shared.append([])
    return shared


class WebVtt(SubRip):
    """Files of WebVTT."""

    name = "vtt"
    suffixes: tuple[str, ...] = (".vtt",)
