"""What a room of captions tells, as the client's own types."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from translator.client.events import Reconnecting
from translator.errors import ClientError, DrainingError, PermissionDeniedError, TranslatorError

_ROOM = re.compile(r"/[rso]/([A-Za-z0-9_-]+)(?:/overlay)?/?$")
_ALL_ROOMS = re.compile(r"/captions/v1/rooms/?$")

__all__ = [
    "Caption",
    "CaptionDraft",
    "CaptionDraftText",
    "CaptionEvent",
    "CaptionLanguage",
    "CaptionPiece",
    "CaptionRoom",
    "CaptionSnapshot",
    "CaptionUpdate",
    "CaptionsLink",
    "Farewell",
    "LateCaption",
    "PublicationEvent",
    "PublicationOpened",
    "PublicationProblem",
    "PublicationProgress",
    "RawEvent",
]


@dataclass(frozen=True, slots=True)
class CaptionsLink:
    """Which room, and the key to it.

    Attributes:
        room_id: The room's name; "*" for all of them, where rooms are made.
        key: What lets read, speak or operate there.
    """

    room_id: str
    key: str

    @classmethod
    def parse(cls, url: str) -> "CaptionsLink":
        """A link that ``translator captions`` prints, such as ``http://…/r/ROOM#key=…``.

        Raises:
            ValueError: It is none.
        """
        parts = urlsplit(url)
        key = parse_qs(parts.fragment).get("key", [""])[0]
        if key and _ALL_ROOMS.search(parts.path):
            return cls("*", key)
        place = _ROOM.search(parts.path)
        if place is None or not key:
            raise ValueError("not a link to a room, such as https://…/r/ROOM#key=…")
        return cls(place[1], key)


@dataclass(frozen=True, slots=True)
class Caption:
    """What is said between two sentence ends, in one language.

    Attributes:
        segment_id: 1, 2, … in the order in which segments began; within one epoch.
        key: Names the segment across epochs.
        language: The language of the text; "original" where that was asked for.
        source_language: The language that was spoken.
        speaker: Who speaks; "" if nobody said.
        text: Committed text so far.
        closed: Whether this is all of it.
        start_s: Media time of the speaker at which it begins, in seconds; None if unknown.
        end_s: Media time at which the text ends, in seconds; None if unknown.
        begin_time: When the gateway heard the first of it, in seconds since 1970; None if unknown.
    """

    segment_id: int
    key: str
    language: str
    source_language: str
    speaker: str
    text: str
    closed: bool
    start_s: float | None = None
    end_s: float | None = None
    begin_time: float | None = None


@dataclass(frozen=True, slots=True)
class CaptionUpdate:
    """A caption has grown, or is closed.

    Attributes:
        caption: The caption as it is now.
        committed: What was appended to its text, with its leading space.
    """

    caption: Caption
    committed: str


@dataclass(frozen=True, slots=True)
class CaptionDraftText:
    """What follows a segment's committed text for now; the names are those of ``Caption``."""

    segment_id: int
    key: str
    source_language: str
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class CaptionDraft:
    """All drafts of a language; they replace those before.

    Attributes:
        language: The language.
        texts: One for each segment that has a draft.
    """

    language: str
    texts: tuple[CaptionDraftText, ...]


@dataclass(frozen=True, slots=True)
class CaptionLanguage:
    """A language of a room.

    Attributes:
        language: BCP-47.
        spoken: Whether somebody speaks it.
        translated: Whether it is being translated into now.
    """

    language: str
    spoken: bool
    translated: bool


@dataclass(frozen=True, slots=True)
class CaptionRoom:
    """The room, as everybody may know it.

    Attributes:
        room_id: Its name.
        title: What it is called.
        languages: Those that can be read.
        num_speakers: How many speakers are connected.
        recorded: Whether what is said is recorded.
        retention_s: How long text is kept for late readers, in seconds.
    """

    room_id: str
    title: str
    languages: tuple[CaptionLanguage, ...]
    num_speakers: int
    recorded: bool
    retention_s: float


# What comes, as it comes: for gateways that relay a room.


@dataclass(frozen=True, slots=True)
class CaptionSnapshot:
    """What there is of some languages.

    Attributes:
        id: The event's id.
        epoch: What ids count in.
        captions: In the order of the segments.
        drafts: One for each of the languages.
        page: Closed segments of pages before this one are left out.
        first_page: The first page that is kept.
    """

    id: str
    epoch: str
    captions: tuple[Caption, ...]
    drafts: tuple[CaptionDraft, ...]
    page: int
    first_page: int


@dataclass(frozen=True, slots=True)
class CaptionPiece:
    """More committed text of a segment.

    Attributes:
        id: The event's id.
        caption: The segment; ``text`` and the times are of what is added alone.
        length: Code points of the segment's committed text after it.
    """

    id: str
    caption: Caption
    length: int


@dataclass(frozen=True, slots=True)
class LateCaption:
    """A whole closed segment that was translated late."""

    id: str
    caption: Caption


@dataclass(frozen=True, slots=True)
class Farewell:
    """The stream ends.

    Attributes:
        reason: Why, such as GOING_AWAY or ROOM_CLOSED.
        retry_after_s: How long to wait before the next attempt, in seconds.
    """

    reason: str
    retry_after_s: float

    @property
    def error(self) -> TranslatorError:
        """The same as an error; after a DrainingError another call may go on."""
        match self.reason:
            case "REPLACED":
                return ClientError("the same publisher has another connection")
            case "EXPIRED":
                return PermissionDeniedError("the link has expired; ask for a new one")
        return DrainingError("the gateway ends", retry_after_s=self.retry_after_s)


RawEvent = CaptionSnapshot | CaptionPiece | LateCaption | CaptionDraft | CaptionRoom | Reconnecting
CaptionEvent = CaptionUpdate | CaptionDraft | CaptionRoom | Reconnecting


# What a speaker is told.


@dataclass(frozen=True, slots=True)
class PublicationOpened:
    """The room listens.

    Attributes:
        epoch: What ids of events count in.
        position: Code points of the source that the gateway has.
        languages: Languages that can be spoken.
        title: The room's title.
    """

    epoch: str
    position: int
    languages: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True)
class PublicationProgress:
    """How far the source has become captions.

    Attributes:
        position: Code points of the source whose captions are committed in all languages.
        num_viewers: How many read along.
    """

    position: int
    num_viewers: int


@dataclass(frozen=True, slots=True)
class PublicationProblem:
    """Something went wrong, or was ignored; what was said before goes on.

    Attributes:
        reason: For programs, such as NO_SERVER; RECOVERED when that is over.
        message: A sentence.
    """

    reason: str
    message: str


PublicationEvent = PublicationOpened | PublicationProgress | PublicationProblem | Reconnecting
