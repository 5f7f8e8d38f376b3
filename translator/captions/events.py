"""What a room has and tells, as plain data: lines, the pieces they grow by, drafts, snapshots.

A room has one counter for all its languages. Each piece of committed text takes the next number, so
one number, with the room's epoch before it, says how far a viewer is, whatever languages it reads.
"""

import re
from dataclasses import dataclass

__all__ = [
    "ORIGINAL",
    "DraftText",
    "Drafts",
    "Line",
    "News",
    "Piece",
    "Segment",
    "Snapshot",
    "event_id",
    "parse_event_id",
]

# The language of those who want what was said, in whatever language it was.
ORIGINAL = "original"

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
