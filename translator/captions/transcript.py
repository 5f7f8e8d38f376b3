"""What was said in a room, in each language, and what each viewer has of it. Pure: no I/O."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from translator.captions.events import Line, News, Piece, Segment, Snapshot, parse_event_id
from translator.captions.language_log import LanguageLog

__all__ = ["SEGMENTS_PER_PAGE", "Cursor", "Transcript"]

# Closed segments are fetched by so many.
SEGMENTS_PER_PAGE = 32


@dataclass(slots=True)
class Cursor:
    """How far a viewer is. It belongs to one viewer, and ``Transcript.read`` moves it.

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


class Transcript:
    """An append-only log for each language with the newest drafts, and how viewers read it.

    A gateway writes into it as a ``Room`` of its own, or as a ``Mirror`` of another gateway's.

    Args:
        epoch: Names this life of the room; 4 to 32 of a–z and 0–9.
        clock: Seconds, for the age of segments.
        max_length: Code points of committed text kept, of all languages together.
        max_age_s: How long a closed segment is kept, in seconds.
        max_snapshot_length: About how many code points of a language a snapshot has; what is older
            and closed is left to pages.

    Attributes:
        n: Number of the last piece.
    """

    # How many pieces a viewer may be ahead of it.
    _max_ahead = 0

    def __init__(
        self,
        epoch: str,
        *,
        clock: Callable[[], float],
        max_length: int = 400_000,
        max_age_s: float = 4 * 3600.0,
        max_snapshot_length: int = 12_000,
    ) -> None:
        self.epoch = epoch
        self.n = 0
        self._clock = clock
        self._max_length = max_length
        self._max_age_s = max_age_s
        self._max_snapshot_length = max_snapshot_length
        self._segments: dict[int, Segment] = {}
        self._next_segment = 1
        self._logs: dict[str, LanguageLog] = {}
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
        """Add the room's ``n``-th piece, which is later than all that are here of its language.

        Raises:
            ValueError: It is not, or its line is closed.
        """
        log = self._log(language)
        line = log.lines.get(segment.segment_id)
        if n <= max(log.floor, log.pieces[-1].n if log.pieces else 0) or (line and line.closed):
            raise ValueError(f"piece {n} of {language} cannot follow what is here")
        own = self._adopt(segment)
        piece = self._add(
            n, own, language, text, closed=closed, whole=whole, start_s=start_s, end_s=end_s
        )
        self.expire()
        return piece

    def _add(
        self,
        n: int,
        segment: Segment,
        language: str,
        text: str,
        *,
        closed: bool,
        whole: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> Piece:
        self._length += len(text)
        self.n = max(self.n, n)
        return self._log(language).add(
            n, segment, text, closed=closed, whole=whole, start_s=start_s, end_s=end_s
        )

    def _adopt(self, segment: Segment) -> Segment:
        """The own segment of this number: the one that is there, or else this one."""
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
        all get a snapshot first.
        """
        cursor = Cursor(tuple(languages))
        known = parse_event_id(after)
        if known is not None:
            epoch, n = known
            kept = [language for language in cursor.languages if language not in added]
            newest = self.n + self._max_ahead
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
            pieces = [piece for log in logs for piece in log.after(cursor.n)]
            pieces.sort(key=lambda piece: piece.n)
            news += pieces
            cursor.n = self.n
        if added:
            news.append(self.snapshot(added))
        if former != cursor.revisions:
            known = dict(zip(cursor.languages, former, strict=False))
            news += (
                log.drafts for log in logs if known.get(log.language, 0) != log.drafts.revision
            )
        return news

    def snapshot(self, languages: Sequence[str]) -> Snapshot:
        """What there is of some languages."""
        logs = [self._log(language) for language in languages]
        page = first_page = self.page_of(self._oldest)
        left = {log.language: log.length for log in logs}
        newest = self.page_of(self._next_segment - 1)
        while page < newest and any(n > self._max_snapshot_length for n in left.values()):
            if not all(self.is_page_closed(page, language) for language in languages):
                break
            for log in logs:
                of_page = (log.lines.get(number) for number in self._numbers(page))
                left[log.language] -= sum(len(line.text) for line in of_page if line is not None)
            page += 1
        lines = [
            (segment, log.language, line)
            for segment in self._segments.values()
            if self.page_of(segment.segment_id) >= page
            for log in logs
            if (line := log.lines.get(segment.segment_id)) is not None
        ]
        return Snapshot(
            self.epoch,
            self.n,
            first_page,
            page,
            # Lines go on growing; the snapshot does not.
            tuple((s, c, Line(m.text, m.closed, m.start_s, m.end_s, m.last)) for s, c, m in lines),
            tuple(log.drafts for log in logs),
        )

    def is_page_closed(self, page: int, language: str) -> bool:
        """Whether a page of segments never changes any more, but for what age takes away."""
        if page < 0 or self.page_of(self._next_segment) <= page:
            return False
        log = self._log(language)
        if page < log.whole_pages:
            return True
        return all(
            (line := log.lines.get(number)) is not None and line.closed
            for number in self._numbers(page)
            if self._may_have(number)
        )

    def _may_have(self, number: int) -> bool:
        """Whether there is a segment of this number, as far as is known."""
        return number in self._segments

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

    @staticmethod
    def page_of(number: int) -> int:
        """The page that a segment is on."""
        return (number - 1) // SEGMENTS_PER_PAGE

    @staticmethod
    def _numbers(page: int) -> range:
        first = page * SEGMENTS_PER_PAGE + 1
        return range(first, first + SEGMENTS_PER_PAGE)

    @property
    def _oldest(self) -> int:
        """Number of the first segment that is kept, or else of the next one."""
        return next(iter(self._segments), self._next_segment)

    def _log(self, language: str) -> LanguageLog:
        log = self._logs.get(language)
        if log is None:
            log = self._logs[language] = LanguageLog(language)
        return log

    def _revisions(self, languages: Iterable[str]) -> tuple[int, ...]:
        logs = (self._logs.get(language) for language in languages)
        return tuple(0 if log is None else log.drafts.revision for log in logs)

    def _floor(self, languages: Iterable[str]) -> int:
        logs = (self._logs.get(language) for language in languages)
        return max((log.floor for log in logs if log is not None), default=0)

    # What is kept.

    def expire(self) -> None:
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
            self._length -= sum(log.drop(segment) for log in self._logs.values())
        for log in self._logs.values():
            log.trim()

    def _is_open(self, number: int) -> bool:
        lines = (log.lines.get(number) for log in self._logs.values())
        return any(line is not None and not line.closed for line in lines)

    def check_integrity(self) -> None:
        """Raise AssertionError where the books do not agree; for tests."""
        total = 0
        for language, log in self._logs.items():
            numbers = [piece.n for piece in log.pieces]
            assert numbers == sorted(set(numbers)), language  # noqa: S101
            assert not numbers or log.floor < numbers[0], language  # noqa: S101
            assert set(log.lines) <= set(self._segments), language  # noqa: S101
            total += log.length
            assert all(d.segment.segment_id in self._segments for d in log.drafts.texts)  # noqa: S101
        assert total == self._length  # noqa: S101
