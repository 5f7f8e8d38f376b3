"""Places caption text in lines: what is placed stays, whatever comes later.

The viewers' pages use its twin, ``pages/layout.js``; both pass one table of cases
(``tests/data/layout.json``). Pure: time is given, in whole milliseconds, so that the two agree to
the last one. A layout that gets the same calls shows the same lines.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from translator.text.binding import binds, may_bind
from translator.text.line_break import (
    CLAUSE_END,
    SENTENCE_END,
    Word,
    is_space,
    is_unspaced,
    may_break,
    split_words,
)

__all__ = ["DraftLine", "Layout", "Line", "Rules", "View"]

# The next word is shown after this long, with more than so many words waiting.
_PACE = ((30, 100), (15, 150), (0, 200))
# The pace adds at most this to a word.
_MAX_PACE_MS = 1000
# A block stays at least this long. It, or a line, also stays long enough to be read, but nothing
# waits longer for that.
_MIN_BLOCK_MS = 1000
_CHARACTERS_PER_S = 17
_MAX_WAIT_MS = 3000
# A word that may belong to the next one waits for that so long.
_HOLD_MS = 1000
# With so many columns left whatever comes next is taken to fit; with so few it is taken not to.
_WIDE_ROOM, _NARROW_ROOM = 12, 7
# So many words are looked at.
_MAX_BOUND = 4
# Of a draft, so many code points.
_MAX_AHEAD = 100
# How full a line is, in percent, before it is closed early: after a sentence, after a part of one,
# and to keep words together.
_SENTENCE_FULL, _CLAUSE_FULL, _BOUND_FULL = 60, 80, 50
# In narrower lines no column is kept for a mark after the word.
_MIN_COLUMNS_FOR_MARK = 16
# Where the box has no limit, the last lines are kept.
_MAX_KEPT = 200

_Place = Literal["open", "new", "hold"]


@dataclass(frozen=True, slots=True)
class Rules:
    """How captions are placed.

    Attributes:
        columns: Characters in a line, at least 8; a wide one counts as two.
        lines: Lines that are shown; 0: all, and none is taken away.
        blocks: Whether a block of so many lines is shown at once, and stays as it is, until the
            next one takes its place; otherwise words are shown one by one, and lines move up.
        paced: Whether words that come in a burst are shown one after another, and what has just
            been shown stays for a while.
        clear_ms: After so much silence the box is cleared; 0: never.
        language: BCP-47 code of the text: its articles, prepositions and the like end no line.
    """

    columns: int = 42
    lines: int = 2
    blocks: bool = False
    paced: bool = True
    clear_ms: int = 0
    language: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of committed text. It may get more words at its end; nothing else of it changes.

    Attributes:
        number: 0, 1, … for all lines of a layout.
        text: What it says.
        speaker: Who says it; "" if nobody told.
        closed: Whether it stays as it is.
    """

    number: int
    text: str
    speaker: str
    closed: bool


@dataclass(frozen=True, slots=True)
class DraftLine:
    """Text that may still change, to be shown dimmed.

    Attributes:
        number: Of its line; that of the last committed line if it goes on with that.
        text: With its leading space if it goes on with a committed line.
    """

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """What is to be seen.

    Attributes:
        lines: Committed lines, the oldest first.
        draft: What follows them.
        next_ms: When the view changes by itself; None: not before more text comes.
    """

    lines: tuple[Line, ...]
    draft: tuple[DraftLine, ...]
    next_ms: int | None


@dataclass(slots=True)
class _Waiting:
    """A committed word that is not placed yet.

    Attributes:
        word: The word.
        arrived_ms: When it came.
        speaker: Who says it.
        ended_ms: When its segment ended with it, at the end of a sentence; None: it did not.
    """

    word: Word
    arrived_ms: int
    speaker: str
    ended_ms: int | None = None


@dataclass(slots=True)
class _Placed:
    """A line that is filled; ``since_ms`` is when its first word was shown."""

    line: Line
    since_ms: int
    width: int = 0

    def add(self, word: Word) -> None:
        """Add a word at its end."""
        space = " " if word.spaced and self.width else ""
        self.line = replace(self.line, text=self.line.text + space + word.text)
        self.width += len(space) + word.width

    def close(self) -> None:
        self.line = replace(self.line, closed=True)


class Layout:
    """Lines of committed text that never change, with the draft after them.

    Args:
        rules: How text is placed.
    """

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self._placed: list[_Placed] = []
        self._next_number = 0
        # The first line that is shown.
        self._first = 0
        self._waiting: list[_Waiting] = []
        self._draft = ""
        # The last committed character, "" where a speaker begins; whether a space is due after it.
        self._last = ""
        self._needs_space = False
        self._speaker = ""
        self._released_ms: int | None = None
        self._changed_ms = 0

    # What comes in

    def commit(
        self,
        text: str,
        now_ms: int,
        *,
        speaker: str = "",
        closed: bool = False,
        at_once: bool = False,
    ) -> None:
        """Add committed text, which brings its own leading space inside a segment.

        Args:
            text: What to add.
            now_ms: The time; it never goes back.
            speaker: Who speaks; another one begins a line. "" means the same as before.
            closed: Whether its segment ends with it.
            at_once: Whether it is history, which is shown without a pause.
        """
        self._advance(now_ms)
        if speaker and speaker != self._speaker:
            self._speaker, self._last = speaker, ""
        words = self._words(text)
        last = words[-1].last if words else ""
        if words and not self._goes_on(words[0]):
            self._glue(words.pop(0), now_ms)
        for word in words:
            self._waiting.append(_Waiting(word, now_ms, self._speaker))
        if last:
            self._last, self._changed_ms = last, now_ms
        if text:
            self._needs_space = is_space(text[-1])
        self._needs_space |= closed
        if closed and self._waiting and SENTENCE_END.search(self._waiting[-1].word.text):
            self._waiting[-1].ended_ms = now_ms
        if at_once:
            self._release_all(now_ms)
        self._advance(now_ms)

    def draft(self, text: str, now_ms: int) -> None:
        """Replace the draft, which follows all committed text."""
        self._advance(now_ms)
        if text != self._draft:
            self._draft, self._changed_ms = text, now_ms

    def end_line(self, now_ms: int) -> None:
        """Place all that waits, and close its line: what comes later begins another."""
        self._advance(now_ms)
        self._release_all(now_ms)
        self._close()

    # What is to be seen

    def view(self, now_ms: int) -> View:
        """What is to be seen at a time, which never goes back."""
        self._advance(now_ms)
        shown = self._shown
        next_ms: int | None = None
        if self._waiting:
            next_ms = max(now_ms + 1, self._due_ms())
        elif self.rules.clear_ms and shown and not self._draft:
            next_ms = max(now_ms + 1, self._silent_since_ms + self.rules.clear_ms)
        return View(tuple(each.line for each in shown), self._draft_lines(), next_ms)

    def take_closed(self, now_ms: int) -> list[Line]:
        """Take the closed lines away, for those who send each line once."""
        self._advance(now_ms)
        taken = [each.line for each in self._placed if each.line.closed]
        self._placed = [each for each in self._placed if not each.line.closed]
        return taken

    @property
    def _shown(self) -> list[_Placed]:
        shown = [each for each in self._placed if each.line.number >= self._first]
        return shown[-(self.rules.lines or _MAX_KEPT) :]

    @property
    def _open(self) -> _Placed | None:
        """The line that may get more words."""
        last = self._placed[-1] if self._placed else None
        return None if last is None or last.line.closed else last

    def _draft_lines(self) -> tuple[DraftLine, ...]:
        """The committed words that wait, and the draft, in the room that is left in the box."""
        if self.rules.blocks:
            return ()
        words = [each.word for each in self._waiting] + self._words(self._draft)
        room = (self.rules.lines or _MAX_KEPT) - len(self._shown)
        number, used = self._next_number, 0
        if (last := self._open) is not None and last.line.number >= self._first:
            number, used, room = last.line.number, last.width, room + 1
        lines: list[DraftLine] = []
        text = ""
        for word in words:
            space = " " if word.spaced and used else ""
            if used and used + len(space) + word.width > self.rules.columns:
                lines.append(DraftLine(number, text))
                number, used, text, space = number + 1, 0, "", ""
            text += space + word.text
            used += len(space) + word.width
        lines.append(DraftLine(number, text))
        return tuple(line for line in lines[: max(0, room)] if line.text)

    # Words

    def _words(self, text: str) -> list[Word]:
        """The words of a text that follows what is committed; none is wider than a line."""
        words: list[Word] = []
        for index, whole in enumerate(split_words([(text, False)])):
            if index == 0 and self._last:
                joins = is_unspaced(self._last) or is_unspaced(whole.text[0])
                whole.spaced = is_space(text[0]) or (self._needs_space and not joins)
            words += whole.parts(self.rules.columns)
        return words

    def _goes_on(self, word: Word) -> bool:
        """Whether a line may end before a word that comes now."""
        return not self._last or word.spaced or may_break(self._last, word.text[0])

    def _glue(self, word: Word, now_ms: int) -> None:
        """Put what belongs to the last word, such as a mark, to it, wherever that is.

        What is no mark, and would make a line too wide, is a word by itself.
        """
        room = self.rules.columns - word.width
        if not any(map(str.isalnum, word.text)):
            room = self.rules.columns
        line = self._open
        if self._waiting and self._waiting[-1].word.width <= room:
            self._waiting[-1].word.join(word)
        elif not self._waiting and line is not None and line.width <= room:
            line.add(word)
            self._close_early(line)
        else:
            self._waiting.append(_Waiting(word, now_ms, self._speaker))

    # Time

    def _advance(self, now_ms: int) -> None:
        """Place the words that are due, and clear the box after a silence."""
        while self._waiting and (due_ms := self._due_ms()) <= now_ms:
            self._release(due_ms)
        clear_ms = self.rules.clear_ms
        is_silent = not self._draft and now_ms - self._silent_since_ms >= clear_ms
        if clear_ms and is_silent and not self._waiting:
            self._first = self._next_number
            self._close()

    @property
    def _silent_since_ms(self) -> int:
        """When something last came or was placed."""
        return max(self._changed_ms, self._released_ms or self._changed_ms)

    def _due_ms(self) -> int:
        """When the first word that waits is placed."""
        first = self._waiting[0]
        latest_ms = first.arrived_ms + _MAX_WAIT_MS
        released_ms = self._released_ms
        if self.rules.blocks:
            whole_ms = self._whole_ms()
            due_ms = latest_ms if whole_ms is None else min(whole_ms, latest_ms)
            pushes = True
        else:
            due_ms = first.arrived_ms
            if self.rules.paced and released_ms is not None:
                due_ms = max(due_ms, released_ms + self._interval_ms(released_ms))
            place = self._place(due_ms - first.arrived_ms)
            if place == "hold":
                due_ms = first.arrived_ms + _HOLD_MS
                place = self._place(_HOLD_MS)
            pushes = place == "new"
        if pushes and self.rules.paced:
            due_ms = max(due_ms, min(self._read_ms(), latest_ms))
            if self.rules.blocks and (shown := self._shown):
                due_ms = max(due_ms, shown[0].since_ms + _MIN_BLOCK_MS)
        return due_ms if released_ms is None else max(due_ms, released_ms)

    def _interval_ms(self, released_ms: int) -> int:
        """After how long the next word follows; none waits too long for those before it."""
        interval_ms = next(ms for more, ms in _PACE if len(self._waiting) > more)
        for index, each in enumerate(self._waiting, start=1):
            left_ms = max(0, each.arrived_ms + _MAX_PACE_MS - released_ms)
            interval_ms = min(interval_ms, left_ms // index)
        return interval_ms

    def _read_ms(self) -> int:
        """When what a new line, or block, pushes out of the box may go."""
        shown = self._shown
        if not shown or not self.rules.lines:
            return 0
        if not self.rules.blocks and len(shown) < self.rules.lines:
            return 0
        leaving = shown if self.rules.blocks else shown[:1]
        read_ms = sum(each.width for each in leaving) * 1000 // _CHARACTERS_PER_S
        return leaving[0].since_ms + max(_MIN_BLOCK_MS, read_ms)

    def _whole_ms(self) -> int | None:
        """When the words that wait made a whole block; None: they have not yet."""
        trial = Layout(replace(self.rules, blocks=False, paced=False, clear_ms=0))
        trial._waiting = list(self._waiting)
        while trial._waiting:
            first = trial._waiting[0]
            trial._release(first.arrived_ms + _HOLD_MS)
            if trial._next_number > max(1, self.rules.lines):
                return first.arrived_ms
            if first.ended_ms is not None:
                return first.ended_ms
        return None

    # Placing

    def _release_all(self, now_ms: int) -> None:
        while self._waiting:
            self._release(now_ms)

    def _release(self, now_ms: int) -> None:
        """Place the first word that waits, or a block of them."""
        self._released_ms = now_ms
        if not self.rules.blocks:
            self._put(now_ms)
            return
        self._close()
        self._first = self._next_number
        most = self._next_number + max(1, self.rules.lines)
        while self._waiting:
            starts = self._open is None or self._place(_HOLD_MS) == "new"
            if starts and self._next_number == most:
                break
            has_ended = self._waiting[0].ended_ms is not None
            self._put(now_ms)
            if has_ended:
                break
        self._close()

    def _put(self, now_ms: int) -> None:
        """Place the first word that waits."""
        place = self._place(now_ms - self._waiting[0].arrived_ms)
        first = self._waiting.pop(0)
        line = self._open
        if line is None or place == "new":
            self._close()
            line = _Placed(Line(self._next_number, "", first.speaker, closed=False), now_ms)
            self._next_number += 1
            self._placed.append(line)
            del self._placed[:-_MAX_KEPT]
        line.add(first.word)
        self._close_early(line)

    def _place(self, waited_ms: int) -> _Place:
        """Where the first word that waits goes, after it has waited so long."""
        first, line = self._waiting[0], self._open
        columns = self.rules.columns
        if line is None or first.speaker != line.line.speaker:
            return "new"
        mark = int(first.word.last.isalnum() and columns >= _MIN_COLUMNS_FOR_MARK)
        used = line.width + first.word.spaced + first.word.width
        if used + mark > columns:
            return "new"
        if line.width * 100 < _BOUND_FULL * columns or columns - used >= 2 * _WIDE_ROOM:
            return "open"
        # Words that belong together are in one line, if they fit there.
        ahead = [each.word for each in self._waiting[: _MAX_BOUND + 1]]
        if len(ahead) <= _MAX_BOUND and not self.rules.blocks:
            ahead += self._words(self._draft[:_MAX_AHEAD])[: _MAX_BOUND + 1 - len(ahead)]
        language = self.rules.language
        for before, after in pairwise(ahead):
            if not after.spaced or not binds(before.text, after.text, language):
                return "open" if used <= columns else "new"
            used += 1 + after.width
        if used > columns:
            return "new"
        if len(ahead) > _MAX_BOUND or not may_bind(ahead[-1].text, language):
            return "open"
        if columns - used >= _WIDE_ROOM:
            return "open"
        if waited_ms < _HOLD_MS:
            return "hold"
        return "new" if columns - used < _NARROW_ROOM else "open"

    def _close_early(self, line: _Placed) -> None:
        """Close a line that ends well."""
        full = line.width * 100
        columns = self.rules.columns
        is_sentence = full >= _SENTENCE_FULL * columns and SENTENCE_END.search(line.line.text)
        if is_sentence or (full >= _CLAUSE_FULL * columns and CLAUSE_END.search(line.line.text)):
            line.close()

    def _close(self) -> None:
        if (line := self._open) is not None:
            line.close()
