"""Evaluation data: a talk of words with known times, and its reference segments."""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from translator.asr.piece import SourcePiece
from translator.errors import ConfigError
from translator.eval.data import field, lines, plain, read_rows

__all__ = ["Arrival", "Reference", "Talk", "joined", "read_references", "read_words", "windows"]

_COLUMNS = ("start", "end", "word")
# What transcripts put where nothing was said or understood: "<silence>".
_TAG = re.compile(r"<[^<>]*>$")
_WORD_CHARACTER = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A step of the source, and when it comes, in seconds of media time."""

    at_s: float
    piece: SourcePiece


@dataclass(frozen=True, slots=True)
class Reference:
    """A segment of a talk as a person translated it.

    Attributes:
        text: The reference translation.
        start_s: Media time at which its source begins.
        end_s: Media time at which its source ends.
        source: What was said; "" if unknown.
    """

    text: str
    start_s: float
    end_s: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class Talk:
    """Everything that one session gets.

    Attributes:
        name: Its name in the log.
        arrivals: The source, in order of time.
        references: The reference segments, in order of time; may be empty.
    """

    name: str
    arrivals: tuple[Arrival, ...]
    references: tuple[Reference, ...] = ()


@dataclass(slots=True)
class _Word:
    """A word of the file; its times are None if the file has none."""

    text: str
    start_s: float | None
    end_s: float | None
    speaker: str


def talk_name(file: Path) -> str:
    """A name that differs between talks whose files have the same name."""
    return f"{file.absolute().parent.name}_{file.name.split('.')[0]}"


def read_words(file: Path, *, without_marks: bool = False, limit: int | None = None) -> Talk:
    """Read a talk as words with times; each comes when it has been said.

    The file has one word a line, with columns separated by tabs. The first line names them:
    ``start``, ``end`` (seconds) and ``word`` or ``token``; ``punct`` is put after the word, and
    ``speaker`` says who speaks. Without such a line the columns are start, end and word. A token
    that is only punctuation goes to the last word of its speaker. Words without times share the
    time between those that have some equally.

    Args:
        file: The words.
        without_marks: Whether to leave out punctuation and case, as ``plain`` does.
        limit: How many words to read; None reads all.

    Raises:
        ConfigError: A line is not as described; the message names file and line.
    """
    words = list(_read(file))
    if not any(word.end_s is not None for word in words):
        raise ConfigError(f"{file}: has no words with times")
    _fill_times(words)
    if without_marks:
        words = [dataclasses.replace(word, text=plain(word.text)) for word in words]
    words = [word for word in words if word.text][:limit]
    arrivals: list[Arrival] = []
    now_s = 0.0
    for word in words:
        start_s, end_s = word.start_s or 0.0, word.end_s or 0.0
        now_s = max(now_s, end_s)
        text = f" {word.text}" if arrivals else word.text
        piece = SourcePiece(text, start_s=start_s, end_s=end_s, speaker=word.speaker)
        arrivals.append(Arrival(now_s, piece))
    return Talk(talk_name(file), tuple(arrivals))


def _read(file: Path) -> Iterator[_Word]:
    names: Sequence[str] = _COLUMNS
    last_of: dict[str, _Word] = {}
    for number, line in enumerate(lines(file), start=1):
        cells = line.split("\t")
        if number == 1 and "start" in cells:
            names = cells
            continue
        row = dict(zip(names, cells, strict=False))
        token = row.get("word", row.get("token"))
        try:
            start_s = float(row["start"]) if row["start"] else None
            end_s = float(row["end"]) if row["end"] else None
        except (KeyError, ValueError):
            token = None
        if token is None:
            raise ConfigError(
                f"{file}:{number}: columns start, end (seconds) and word, between tabs, are needed"
            )
        if _TAG.match(token):
            continue
        speaker = row.get("speaker", "")
        text = token.strip() + row.get("punct", "").strip()
        last = last_of.get(speaker)
        if text and last is not None and not _WORD_CHARACTER.search(text):
            last.text += text
        elif text:
            last_of[speaker] = _Word(text, start_s, end_s, speaker)
            yield last_of[speaker]


def _fill_times(words: Sequence[_Word]) -> None:
    """Give words without times an equal share of the time between those that have some."""
    known_s = 0.0
    first = 0
    for index, word in enumerate(words):
        if word.start_s is None or word.end_s is None:
            continue
        step_s = max(0.0, word.start_s - known_s) / max(1, index - first)
        for place, untimed in enumerate(words[first:index]):
            untimed.start_s = known_s + place * step_s
            untimed.end_s = untimed.start_s + step_s
        known_s, first = max(known_s, word.end_s), index + 1
    for untimed in words[first:]:
        untimed.start_s = untimed.end_s = known_s


def read_references(
    file: Path, *, reference_field: str, source_field: str | None = None
) -> tuple[Reference, ...]:
    """Read reference segments: one JSON object a line with ``start`` and ``end`` in seconds.

    Args:
        file: The segments.
        reference_field: The field with the reference translation.
        source_field: The field with the source, if they have it.

    Raises:
        ConfigError: A line lacks one of them; the message names file and line.
    """
    references: list[Reference] = []
    for number, row in read_rows(file):
        text, start_s, end_s = field(row, reference_field), row.get("start"), row.get("end")
        source = field(row, source_field) if source_field else ""
        if not (
            isinstance(text, str)
            and isinstance(source, str)
            and isinstance(start_s, int | float)
            and isinstance(end_s, int | float)
            and 0 <= start_s < end_s
        ):
            needed = " and ".join(repr(n) for n in (source_field, reference_field) if n)
            raise ConfigError(
                f"{file}:{number}: numbers start < end and text in {needed} are needed; "
                f"it has: {', '.join(row) or 'nothing'}"
            )
        references.append(Reference(text, start_s, end_s, source))
    if not references:
        raise ConfigError(f"{file}: has no segments")
    return tuple(references)


def joined(texts: Sequence[str], size: int) -> list[str]:
    """Join each ``size`` texts into one."""
    return [" ".join(texts[first : first + size]) for first in range(0, len(texts), size)]


def windows(references: Sequence[Reference], size: int) -> tuple[Reference, ...]:
    """Join each ``size`` segments, for when a translation may be in a neighbour's segment."""
    together: list[Reference] = []
    for first in range(0, len(references), size):
        some = references[first : first + size]
        together.append(
            Reference(
                " ".join(r.text for r in some),
                some[0].start_s,
                max(r.end_s for r in some),
                " ".join(r.source for r in some),
            )
        )
    return tuple(together)
