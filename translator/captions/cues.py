"""Makes subtitles of committed text and its media times. Pure: no clock, no files.

A segment is cut once it is closed, where sentences, their parts and pauses end, into cues that fit
the lines. A cue that would be too short to read is joined to the next one, even another speaker's,
or keeps the next one waiting. So cues come in order and never overlap.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise

from translator.captions.presets import PRESETS, Preset
from translator.text.binding import binds
from translator.text.line_break import (
    CLAUSE_END,
    SENTENCE_END,
    Word,
    break_lines,
    is_unspaced,
    joined,
    split_words,
    width,
)

__all__ = ["Cue", "CueBuilder"]

# How much faster a cue is to be read when the next one waits, and when that waits for too long;
# and how much shorter it is then than the least.
_HASTE, _MAX_HASTE, _SQUEEZED = 1.17, 1.5, 0.7
# Cues are joined over a pause of at most so long, in seconds.
_MAX_JOINED_PAUSE_S = 1.0
# A pause of so many seconds is a good place to cut.
_PAUSE_S = 0.4
# The cost of a cut, in columns: between words that belong together, inside a part of a sentence,
# after one, after a sentence, at a pause, and for each cue.
_BOUND, _INSIDE, _CLAUSE, _SENTENCE, _PAUSE, _EACH = 60, 20, -10, -24, -12, 20
# A segment that goes on for longer than so many cues is cut before it is closed.
_MAX_CUES = 4


@dataclass(frozen=True, slots=True)
class Cue:
    """A subtitle.

    Attributes:
        start_s: When it is shown, in seconds of media time.
        end_s: When it is no longer shown.
        lines: Its lines, each with who says it; "" if nobody told, or the line goes on.
    """

    start_s: float
    end_s: float
    lines: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """Its lines, without their speakers."""
        return "\n".join(text for _, text in self.lines)


@dataclass(slots=True)
class _Said:
    """A word and when it is said."""

    word: Word
    start_s: float
    end_s: float


@dataclass(slots=True)
class _Turn:
    """What one speaker says in a cue."""

    speaker: str
    text: str


@dataclass(slots=True)
class _Draft:
    """A cue that is not written yet; its end is that of its words."""

    start_s: float
    end_s: float
    turns: list[_Turn] = field(default_factory=list)

    @property
    def num_columns(self) -> int:
        return sum(width(turn.text) for turn in self.turns)


class CueBuilder:
    """Takes committed text piece by piece, and gives the cues that are settled.

    Args:
        preset: Lines, and how long they are shown.
        language: BCP-47 code of the text.
    """

    def __init__(self, preset: Preset | None = None, language: str = "") -> None:
        self._preset = preset or PRESETS["general"]
        self._language = language
        self._said: list[_Said] = []
        self._speaker = ""
        self._waiting: _Draft | None = None
        # When the last cue that was given ends, and when the last word did.
        self._end_s = 0.0
        self._last_s = 0.0

    def add(
        self,
        text: str,
        start_s: float | None = None,
        end_s: float | None = None,
        *,
        speaker: str = "",
        closed: bool = False,
    ) -> list[Cue]:
        """Add committed text; the cues that are settled by it, in order.

        Args:
            text: With its own leading space inside a segment.
            start_s: Media time at which it begins; None: when the text before it ended.
            end_s: Media time at which it ends; None: when it began.
            speaker: Who speaks in the segment.
            closed: Whether the segment ends with it.
        """
        self._speaker = speaker or self._speaker
        if start_s is None:
            start_s = self._last_s
        if self._said:
            # Of what was reordered in the translation, times go on.
            start_s = max(start_s, self._said[-1].start_s)
        end_s = start_s if end_s is None else max(start_s, end_s)
        words = split_words([(text, False)])
        if words:
            words[0].spaced = bool(self._said) and text[0].isspace()
            if self._said and not words[0].spaced:
                # A mark that comes after its word.
                self._said[-1].word.join(words.pop(0))
                self._said[-1].end_s = max(self._said[-1].end_s, end_s)
        total = sum(word.width for word in words) or 1
        before = 0
        for word in words:
            at_s = start_s + (end_s - start_s) * before / total
            before += word.width
            self._said.append(_Said(word, at_s, start_s + (end_s - start_s) * before / total))
        if words:
            self._last_s = end_s
        cues: list[Cue] = []
        most = _MAX_CUES * self._preset.columns * self._preset.lines
        if closed:
            cues = self._cut(self._said)
            self._said, self._speaker = [], ""
        elif sum(each.word.width for each in self._said) > most:
            cuts = self._places(self._said)
            cues = self._cut(self._said[: cuts[1]])
            self._said = self._said[cuts[1] :]
            self._said[0].word.spaced = False
        return cues

    def rest(self) -> list[Cue]:
        """The cue that waits for the next one, when that does not come; the segment stays open."""
        waiting, self._waiting = self._waiting, None
        return [self._finished(waiting, None)] if waiting is not None else []

    def finish(self) -> list[Cue]:
        """All that is left."""
        cues = self._cut(self._said)
        self._said = []
        return cues + self.rest()

    # Cutting a segment

    def _cut(self, said: list[_Said]) -> list[Cue]:
        """Cut words into cues; those before the last are settled."""
        cues: list[Cue] = []
        places = self._places(said)
        for start, end in pairwise(places):
            part = said[start:end]
            text = joined([each.word for each in part])
            draft = _Draft(part[0].start_s, part[-1].end_s, [_Turn(self._speaker, text)])
            cues += self._next(draft)
        return cues

    def _places(self, said: list[_Said]) -> list[int]:
        """Where to cut, from 0 to the number of words: as few cues as can be, and good ends."""
        num = len(said)
        if not num:
            return []
        room = self._preset.columns * self._preset.lines
        best = [0.0] + [float("inf")] * num
        origin = [0] * (num + 1)
        for end in range(1, num + 1):
            cost = self._cost(said, end)
            for start in range(end - 1, -1, -1):
                columns = sum(each.word.width + each.word.spaced for each in said[start:end])
                duration_s = said[end - 1].end_s - said[start].start_s
                is_one = end - start == 1
                if not is_one and (columns > room or not self._fits(said[start:end])):
                    break
                if not is_one and duration_s > self._preset.max_s:
                    break
                # Fuller is better, and evenly full best.
                uneven = (1 - min(1.0, columns / room)) ** 2 * room / 4
                total = best[start] + cost + _EACH + uneven
                if total < best[end]:
                    best[end], origin[end] = total, start
        places = [num]
        while places[-1]:
            places.append(origin[places[-1]])
        return places[::-1]

    def _cost(self, said: list[_Said], end: int) -> float:
        """What it costs to cut before a word."""
        if end == len(said):
            return 0.0
        before, after = said[end - 1], said[end]
        cost = 0.0
        if after.start_s - before.end_s >= _PAUSE_S:
            cost += _PAUSE
        if SENTENCE_END.search(before.word.visible):
            cost += _SENTENCE
        elif CLAUSE_END.search(before.word.visible):
            cost += _CLAUSE
        elif binds(before.word.visible, after.word.visible, self._language):
            cost += _BOUND
        else:
            cost += _INSIDE
        return cost

    def _fits(self, said: list[_Said]) -> bool:
        """Whether words fit into the lines of a cue."""
        lines, used = 1, 0
        for each in said:
            if used and used + each.word.spaced + each.word.width > self._preset.columns:
                lines, used = lines + 1, 0
            used += each.word.width + (each.word.spaced if used else 0)
        return lines <= self._preset.lines

    # Time

    def _needed_s(self, draft: _Draft, haste: float = 1.0) -> float:
        """How long it takes to read a cue, at so many times the usual speed."""
        read_s = draft.num_columns / (haste * self._preset.characters_per_s)
        return min(max(self._preset.min_s, read_s), self._preset.max_s)

    def _next(self, draft: _Draft) -> list[Cue]:
        """Take the next cue: joined to the one that waits, or that one is settled."""
        waiting, self._waiting = self._waiting, draft
        if waiting is None:
            return []
        starts_s = max(waiting.start_s, self._end_s)
        is_short = draft.start_s - starts_s < self._needed_s(waiting)
        is_lone = draft.end_s - draft.start_s < self._needed_s(draft)
        if (is_short or is_lone) and (whole := self._joined(waiting, draft)) is not None:
            self._waiting = whole
            return []
        return [self._finished(waiting, draft)]

    def _joined(self, one: _Draft, other: _Draft) -> _Draft | None:
        """Two cues as one; None if that does not fit."""
        if other.start_s - one.end_s > _MAX_JOINED_PAUSE_S:
            return None
        turns = [replace(turn) for turn in one.turns]
        for turn in other.turns:
            if turns[-1].speaker == turn.speaker:
                joins = is_unspaced(turns[-1].text[-1]) and is_unspaced(turn.text[0])
                turns[-1].text += ("" if joins else " ") + turn.text
            else:
                turns.append(replace(turn))
        whole = _Draft(min(one.start_s, other.start_s), max(one.end_s, other.end_s), turns)
        if whole.end_s - whole.start_s > self._preset.max_s:
            return None
        lines = self._lines(whole)
        fits = all(width(text) <= self._preset.columns for _, text in lines)
        if len(lines) > self._preset.lines or not fits:
            return None
        if any(self._parts(before, after) for (_, before), (_, after) in pairwise(lines)):
            return None
        return whole

    def _parts(self, before: str, after: str) -> bool:
        """Whether a line ends between words that belong together."""
        last, first = before.split()[-1], after.split()[0]
        return not after.startswith("- ") and binds(last, first, self._language)

    def _lines(self, draft: _Draft) -> list[tuple[str, str]]:
        """The lines of a cue; of several speakers each begins with a dash."""
        lines: list[tuple[str, str]] = []
        dash = "- " if len(draft.turns) > 1 else ""
        num_lines, columns = self._preset.lines, self._preset.columns
        for turn in draft.turns:
            broken = break_lines([(dash + turn.text, False)], num_lines, columns, self._language)
            lines += [(turn.speaker if k == 0 else "", line) for k, line in enumerate(broken)]
        return lines

    def _finished(self, draft: _Draft, following: _Draft | None) -> Cue:
        """A cue with its times; the one that follows may be kept waiting for it."""
        start_s = max(draft.start_s, self._end_s)
        needed_s = self._needed_s(draft)
        end_s = min(max(draft.end_s, start_s + needed_s), start_s + self._preset.max_s)
        if following is not None and end_s > following.start_s:
            # Then it is read a little faster.
            end_s = max(following.start_s, start_s + self._needed_s(draft, _HASTE))
            if end_s > following.start_s + self._preset.max_lag_s:
                end_s = start_s + self._needed_s(draft, _MAX_HASTE) * _SQUEEZED
        self._end_s = end_s
        return Cue(start_s, end_s, tuple(self._lines(draft)))
