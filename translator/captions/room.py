"""What has been said in a room, in each language, and what each viewer has of it. Pure: no I/O.

A room has one counter for all its languages. Each piece of committed text takes the next number, so
one number, with the room's epoch before it, says how far a viewer is, whatever languages it reads.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

__all__ = [
    "ORIGINAL",
    "Cursor",
    "DraftText",
    "Drafts",
    "Line",
    "News",
    "Piece",
    "Room",
    "Segment",
    "Snapshot",
    "event_id",
    "parse_event_id",
]

# The language of those who want what was said, in whatever language it was.
ORIGINAL = "original"

# Closed segments are fetched by so many.
SEGMENTS_PER_PAGE = 32

# Numbers that segments without committed text may have had before a room was restored.
_UNSEEN = 16

# So far a viewer may be ahead of a mirror that it comes to.
_MAX_AHEAD = 1_000

_EVENT_ID = re.compile(r"([a-z0-9]{4,32})-(0|[1-9][0-9]{0,15})")


def event_id(epoch: str, n: int) -> str:
    """The id of the ``n``-th event of an epoch."""
    return f"{epoch}-{n}"


def parse_event_id(text: str) -> tuple[str, int] | None:
    """The epoch and number of an event id; None if it is not one."""
    match = _EVENT_ID.fullmatch(text)
    return (match[1], int(match[2])) if match else None


@dataclass(slots=True)
class Segment:
    """What is said between two sentence ends.

    Attributes:
        segment_id: 1, 2, … in the order in which segments began.
        key: Names it across epochs.
        source_language: The language that was spoken.
        speaker: Who speaks; "" if nobody said.
        begin_s: When it began, on the room's clock, in seconds.
        begin_time: The same as seconds since 1970, for people.
    """

    segment_id: int
    key: str
    source_language: str
    speaker: str
    begin_s: float
    begin_time: float


@dataclass(slots=True)
class Line:
    """A segment's committed text in one language.

    Attributes:
        text: It only grows, until the line is closed.
        closed: Whether this is all of it.
        start_s: Media time at which it begins; None if unknown.
        end_s: Media time at which it ends; None if unknown.
        last: Number of the piece that came last.
        first: Number of the piece that came first.
    """

    text: str = ""
    closed: bool = False
    start_s: float | None = None
    end_s: float | None = None
    last: int = 0
    first: int = 0


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Piece:
    """What was added to a line.

    Attributes:
        n: The room's number of it.
        segment: What it belongs to.
        language: The language of the text.
        text: Appended to the line.
        length: Code points of the line after it.
        closed: Whether it closes the line.
        whole: Whether it is a whole line, which was translated late.
        start_s: Media time at which the text begins; None if unknown.
        end_s: Media time at which it ends; None if unknown.
    """

    n: int
    segment: Segment
    language: str
    text: str
    length: int
    closed: bool
    whole: bool = False
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class DraftText:
    """What follows a segment's committed text for now."""

    segment: Segment
    text: str


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Drafts:
    """All drafts of a language; it replaces the ones before.

    Attributes:
        language: The language.
        texts: In the order of the segments.
        revision: Grows with each change.
    """

    language: str
    texts: tuple[DraftText, ...] = ()
    revision: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What there is of some languages, for a viewer that has nothing.

    Attributes:
        epoch: The room's.
        n: Number of the last piece in it.
        first_page: The first page of closed segments that is kept.
        page: The lines begin with this page; what is in the pages before is left out.
        lines: In the order of the segments, then of the languages.
        drafts: Of all the languages.
    """

    epoch: str
    n: int
    first_page: int
    page: int
    lines: tuple[tuple[Segment, str, Line], ...]
    drafts: tuple[Drafts, ...]


News = Snapshot | Piece | Drafts


@dataclass(slots=True)
class Cursor:
    """How far a viewer is. It belongs to one viewer, and ``Room.read`` moves it.

    Attributes:
        languages: What it reads.
        n: Number of the last piece that it has; None if it needs a snapshot.
        revisions: Of the drafts that it has, in the order of the languages; () for none.
        added: Those of the languages that it has nothing of, whatever ``n`` says.
    """

    languages: tuple[str, ...]
    n: int | None = None
    revisions: tuple[int, ...] = ()
    added: tuple[str, ...] = ()


class _Log:
    """One language: pieces by number, and the lines that they make."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.pieces: list[Piece] = []
        self.lines: dict[int, Line] = {}
        self.drafts = Drafts(language)
        # Number of the last piece that was dropped.
        self.floor = 0
        # Pages before this one are closed, as the room that is mirrored says.
        self.whole_pages = 0

    @property
    def length(self) -> int:
        return sum(len(line.text) for line in self.lines.values())

    def after(self, n: int) -> Sequence[Piece]:
        return self.pieces[bisect_right(self.pieces, n, key=lambda piece: piece.n) :]


class Room:
    """An append-only log for each language, and the newest drafts.

    A room may mirror another one: then ``load``, ``append`` and ``show`` say what the other has, in
    place of ``open``, ``commit``, ``insert`` and ``draft``. Both have the same numbers, so whoever
    has an id of one goes on at the other.

    Args:
        epoch: Names this life of the room; 4 to 32 of a–z and 0–9.
        clock: Seconds, for the age of segments.
        wall_clock: Seconds since 1970.
        max_length: Code points of committed text kept, of all languages together.
        max_age_s: How long a closed segment is kept, in seconds.
        max_snapshot_length: About how many code points of a language a snapshot has; what is older
            and closed is left to pages.
        is_mirror: Whether it mirrors another room.

    Attributes:
        n: Number of the last piece.
        on_piece: Called with each piece that is committed or inserted.
    """

    def __init__(
        self,
        epoch: str,
        *,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
        max_length: int = 400_000,
        max_age_s: float = 4 * 3600.0,
        max_snapshot_length: int = 12_000,
        is_mirror: bool = False,
    ) -> None:
        self.epoch = epoch
        self.n = 0
        self.on_piece: Callable[[Piece], None] = lambda _: None
        self._is_mirror = is_mirror
        self._clock = clock
        self._wall_clock = wall_clock
        self._max_length = max_length
        self._max_age_s = max_age_s
        self._max_snapshot_length = max_snapshot_length
        self._segments: dict[int, Segment] = {}
        self._next_segment = 1
        self._logs: dict[str, _Log] = {}
        self._length = 0

    @property
    def length(self) -> int:
        """Code points of committed text kept."""
        return self._length

    @property
    def first_n(self) -> int:
        """Number of the first piece of all lines that are kept."""
        lines = (next(iter(log.lines.values()), None) for log in self._logs.values())
        return min((line.first for line in lines if line is not None), default=self.n)

    @property
    def segments(self) -> Iterable[Segment]:
        """The segments that are kept, in order."""
        return self._segments.values()

    @property
    def languages(self) -> set[str]:
        """Languages in which there is text."""
        return {language for language, log in self._logs.items() if log.lines}

    def line(self, language: str, segment_id: int) -> Line | None:
        """A segment's text in a language; None if there is none."""
        log = self._logs.get(language)
        return log.lines.get(segment_id) if log is not None else None

    def is_kept(self, segment_id: int) -> bool:
        """Whether the segment is there still."""
        return segment_id in self._segments

    # What is said.

    def open(self, key: str, source_language: str, speaker: str = "") -> Segment:
        """Begin a segment."""
        segment = Segment(
            self._next_segment, key, source_language, speaker, self._clock(), self._wall_clock()
        )
        self._segments[segment.segment_id] = segment
        self._next_segment += 1
        return segment

    def commit(
        self,
        language: str,
        segment_id: int,
        text: str,
        *,
        closed: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> Piece | None:
        """Append to a segment's text. Returns None where nothing changes.

        A segment that is no longer kept takes no text.

        Raises:
            ValueError: The line is closed.
        """
        segment = self._segments.get(segment_id)
        if segment is None or not (text or closed):
            return None
        log = self._log(language)
        line = log.lines.get(segment_id)
        if line is not None and line.closed:
            raise ValueError(f"segment {segment_id} is closed in {language}")
        piece = self._add(log, self.n + 1, segment, text, closed, False, (start_s, end_s))
        if closed:
            self.draft(language, segment_id, "")
        self.on_piece(piece)
        self._drop()
        return piece

    def insert(self, language: str, segment_id: int, text: str) -> Piece | None:
        """Add a whole line that was translated late.

        Returns None where the segment has a line already or is no longer kept.
        """
        segment = self._segments.get(segment_id)
        log = self._log(language)
        if segment is None or segment_id in log.lines:
            return None
        original = self.line(ORIGINAL, segment_id) or Line()
        times = original.start_s, original.end_s
        piece = self._add(log, self.n + 1, segment, text, True, True, times)
        self.on_piece(piece)
        self._drop()
        return piece

    def _add(
        self,
        log: _Log,
        n: int,
        segment: Segment,
        text: str,
        closed: bool,
        whole: bool,
        times: tuple[float | None, float | None],
    ) -> Piece:
        start_s, end_s = times
        line = log.lines.setdefault(segment.segment_id, Line(first=n))
        self._length += len(text)
        line.text += text
        line.closed = closed
        line.start_s = start_s if line.start_s is None else line.start_s
        line.end_s = line.end_s if end_s is None else end_s
        self.n = line.last = n
        length = len(line.text)
        piece = Piece(
            n, segment, log.language, text, length, closed, whole, start_s=start_s, end_s=end_s
        )
        log.pieces.append(piece)
        return piece

    def draft(self, language: str, segment_id: int, text: str) -> bool:
        """Replace a segment's draft; "" takes it away. Says whether that changed anything."""
        segment = self._segments.get(segment_id)
        log = self._log(language)
        line = log.lines.get(segment_id)
        if segment is None or (line is not None and line.closed):
            text = ""
        texts = {draft.segment.segment_id: draft for draft in log.drafts.texts}
        former = texts.pop(segment_id).text if segment_id in texts else ""
        if text == former:
            return False
        if text and segment is not None:
            texts[segment_id] = DraftText(segment, text)
        ordered = tuple(texts[number] for number in sorted(texts))
        log.drafts = Drafts(language, ordered, log.drafts.revision + 1)
        return True

    def restore(self, pieces: Iterable[Piece]) -> None:
        """Have what a former life of this room had, in an empty one of the same epoch. What was
        open is closed as it is, in pieces that follow.

        Args:
            pieces: In order. Where the oldest are gone, so is the rest of their lines.
        """
        first = None
        for piece in pieces:
            first = piece.n if first is None else first
            line = self.line(piece.language, piece.segment.segment_id) or Line()
            if len(line.text) + len(piece.text) != piece.length or line.closed:
                # Whoever has the beginning of this line gets a snapshot.
                log = self._log(piece.language)
                log.floor = piece.n
                log.pieces.clear()
            else:
                self.append(
                    piece.n,
                    piece.segment,
                    piece.language,
                    piece.text,
                    closed=piece.closed,
                    whole=piece.whole,
                    start_s=piece.start_s,
                    end_s=piece.end_s,
                )
            self.n = max(self.n, piece.n)
        for log in self._logs.values():
            log.floor = max(log.floor, (first or 1) - 1)
            # Viewers may have drafts, which are void.
            log.drafts = Drafts(log.language, (), 1)
            for number in [number for number, line in log.lines.items() if not line.closed]:
                self.commit(log.language, number, "", closed=True)
        self._next_segment += _UNSEEN

    # What another room has.

    def load(
        self, language: str, lines: Iterable[tuple[Segment, Line]], n: int, whole_pages: int = 0
    ) -> None:
        """Replace what there is of a language. Its viewers get a snapshot.

        Args:
            language: The language.
            lines: All its lines, in any order.
            n: Number of the last piece in them.
            whole_pages: All pages before this one are closed.
        """
        drafts = self._log(language).drafts
        self.forget(language)
        log = self._log(language)
        log.drafts = Drafts(language, (), drafts.revision + 1)
        log.floor, log.whole_pages = n, whole_pages
        self.n = max(self.n, n)
        for segment, line in lines:
            log.lines[self._adopt(segment).segment_id] = line
        self._length += log.length
        self._drop()

    def forget(self, language: str) -> None:
        """Have nothing of a language any more."""
        log = self._logs.pop(language, None)
        if log is not None:
            self._length -= log.length

    def append(
        self,
        n: int,
        segment: Segment,
        language: str,
        text: str,
        *,
        closed: bool = False,
        whole: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> Piece:
        """Add the ``n``-th piece of the other room, which is later than all that are here.

        Raises:
            ValueError: It is not, or its line is closed.
        """
        log = self._log(language)
        line = log.lines.get(segment.segment_id)
        if n <= max(log.floor, log.pieces[-1].n if log.pieces else 0) or (line and line.closed):
            raise ValueError(f"piece {n} of {language} cannot follow what is here")
        own = self._adopt(segment)
        n_before = self.n
        piece = self._add(log, n, own, text, closed, whole, (start_s, end_s))
        self.n = max(n, n_before)
        self._drop()
        return piece

    def show(self, language: str, texts: Iterable[tuple[Segment, str]]) -> None:
        """Replace all drafts of a language."""
        log = self._log(language)
        drafts = tuple(DraftText(self._adopt(segment), text) for segment, text in texts)
        log.drafts = Drafts(language, drafts, log.drafts.revision + 1)

    def _adopt(self, segment: Segment) -> Segment:
        """The room's own segment of this number."""
        number = segment.segment_id
        known = self._segments.get(number)
        if known is not None:
            return known
        self._segments[number] = segment
        if number < self._next_segment:
            self._segments = dict(sorted(self._segments.items()))
        self._next_segment = max(self._next_segment, number + 1)
        return segment

    # What viewers read.

    def subscribe(
        self, languages: Sequence[str], after: str = "", added: Sequence[str] = ()
    ) -> Cursor:
        """A cursor for a viewer that has everything up to the event ``after``, but for what there
        is of the languages ``added``.

        An id of another epoch, one that is not there yet, one that is too old and one that is no id
        all get a snapshot first. A mirror waits for what the viewer has from elsewhere.
        """
        cursor = Cursor(tuple(languages))
        known = parse_event_id(after)
        if known is not None:
            epoch, n = known
            kept = [language for language in cursor.languages if language not in added]
            newest = self.n + (_MAX_AHEAD if self._is_mirror else 0)
            if epoch == self.epoch and kept and self._floor(kept) <= n <= newest:
                cursor.n = n
                cursor.added = tuple(each for each in cursor.languages if each in added)
        return cursor

    def read(self, cursor: Cursor) -> list[News]:
        """What a viewer does not have yet: all the committed text, and the newest drafts.

        What it has fallen behind by more than is kept comes as a snapshot.
        """
        former, cursor.revisions = cursor.revisions, self._revisions(cursor.languages)
        added, cursor.added = cursor.added, ()
        kept = [language for language in cursor.languages if language not in added]
        if cursor.n is None or cursor.n < self._floor(kept):
            cursor.n = self.n
            return [self.snapshot(cursor.languages)]
        logs = [log for language in kept if (log := self._logs.get(language))]
        news: list[News] = []
        if cursor.n < self.n:
            for log in logs:
                news += log.after(cursor.n)
            if len(logs) > 1:
                news.sort(key=_number)
            cursor.n = self.n
        if added:
            news.append(self.snapshot(added))
        if former != cursor.revisions:
            known = dict(zip(cursor.languages, former, strict=False))
            news += (
                log.drafts
                for log in logs
                if known.get(log.drafts.language, 0) != log.drafts.revision
            )
        return news

    def snapshot(self, languages: Sequence[str]) -> Snapshot:
        """What there is of some languages."""
        logs = [(language, self._log(language)) for language in languages]
        first_page = self.page_of(next(iter(self._segments), self._next_segment))
        page = first_page
        left = {language: sum(map(_line_length, log.lines.values())) for language, log in logs}
        newest = self.page_of(self._next_segment - 1)
        while page < newest and any(n > self._max_snapshot_length for n in left.values()):
            if not all(self.is_page_closed(page, language) for language in languages):
                break
            for language, log in logs:
                of_page = (log.lines.get(number) for number in self._numbers(page))
                left[language] -= sum(len(line.text) for line in of_page if line is not None)
            page += 1
        lines = [
            (segment, language, line)
            for segment in self._segments.values()
            if self.page_of(segment.segment_id) >= page
            for language, log in logs
            if (line := log.lines.get(segment.segment_id)) is not None
        ]
        return Snapshot(
            self.epoch,
            self.n,
            first_page,
            page,
            # Lines go on growing; the snapshot does not.
            tuple((s, c, Line(m.text, m.closed, m.start_s, m.end_s, m.last)) for s, c, m in lines),
            tuple(log.drafts for _, log in logs),
        )

    def is_page_closed(self, page: int, language: str) -> bool:
        """Whether a page of segments never changes any more, but for what age takes away."""
        if page < 0 or self.page_of(self._next_segment) <= page:
            return False
        log = self._log(language)
        if page < log.whole_pages:
            return True
        oldest = next(iter(self._segments), self._next_segment)
        return all(
            (line := log.lines.get(number)) is not None and line.closed
            for number in self._numbers(page)
            # A mirror does not know of all segments that there are.
            if number in self._segments or (self._is_mirror and number >= oldest)
        )

    def page(self, page: int, language: str) -> list[tuple[Segment, Line]]:
        """The lines of a page of segments that are kept."""
        log = self._log(language)
        return [
            (self._segments[number], log.lines[number])
            for number in self._numbers(page)
            if number in self._segments and number in log.lines
        ]

    def closed_lines(self, language: str) -> list[tuple[Segment, Line]]:
        """All closed lines of a language, in order."""
        log = self._log(language)
        return [
            (segment, line)
            for number, segment in self._segments.items()
            if (line := log.lines.get(number)) is not None and line.closed
        ]

    def expire(self) -> None:
        """Drop what has become too old."""
        self._drop()

    def check_integrity(self) -> None:
        """Raise AssertionError where the books do not agree; for tests."""
        total = 0
        for language, log in self._logs.items():
            numbers = [piece.n for piece in log.pieces]
            assert numbers == sorted(set(numbers)), language  # noqa: S101
            assert not numbers or log.floor < numbers[0], language  # noqa: S101
            assert set(log.lines) <= set(self._segments), language  # noqa: S101
            total += sum(len(line.text) for line in log.lines.values())
            assert all(d.segment.segment_id in self._segments for d in log.drafts.texts)  # noqa: S101
        assert total == self._length  # noqa: S101

    def _log(self, language: str) -> _Log:
        log = self._logs.get(language)
        if log is None:
            log = self._logs[language] = _Log(language)
        return log

    def _revisions(self, languages: Iterable[str]) -> tuple[int, ...]:
        logs = (self._logs.get(language) for language in languages)
        return tuple(0 if log is None else log.drafts.revision for log in logs)

    def _floor(self, languages: Iterable[str]) -> int:
        logs = (self._logs.get(language) for language in languages)
        return max((log.floor for log in logs if log is not None), default=0)

    def _drop(self) -> None:
        """Drop the oldest segments, closed ones only, until the rest is young and short enough."""
        too_old = self._clock() - self._max_age_s
        oldest = next(iter(self._segments.values()), None)
        if oldest is None or (self._length <= self._max_length and oldest.begin_s > too_old):
            return
        # A tenth at once, so that not every piece has to look through all.
        enough = self._max_length * 9 // 10
        for number, segment in list(self._segments.items()):
            if self._length <= enough and segment.begin_s > too_old:
                break
            if self._is_open(number) and segment.begin_s > too_old:
                continue
            del self._segments[number]
            for log in self._logs.values():
                line = log.lines.pop(number, None)
                if line is None:
                    continue
                self._length -= len(line.text)
                log.floor = max(log.floor, line.last)
            self._forget_drafts(number)
        for log in self._logs.values():
            log.pieces = list(log.after(log.floor))

    def _is_open(self, number: int) -> bool:
        lines = (log.lines.get(number) for log in self._logs.values())
        return any(line is not None and not line.closed for line in lines)

    def _forget_drafts(self, number: int) -> None:
        for language in self._logs:
            self.draft(language, number, "")

    @staticmethod
    def page_of(number: int) -> int:
        """The page that a segment is on."""
        return (number - 1) // SEGMENTS_PER_PAGE

    @staticmethod
    def _numbers(page: int) -> range:
        first = page * SEGMENTS_PER_PAGE + 1
        return range(first, first + SEGMENTS_PER_PAGE)


def _number(news: News) -> int:
    return news.n if isinstance(news, Piece) else 0


def _line_length(line: Line) -> int:
    return len(line.text)
