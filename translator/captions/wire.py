"""What goes over the wire, ``translator.captions.v1``: the only module that knows its messages."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from translator.captions.room import (
    ORIGINAL,
    Drafts,
    Line,
    News,
    Piece,
    Segment,
    Snapshot,
    event_id,
)
from translator.captions.v1 import captions_pb2 as pb
from translator.errors import InvalidRequestError

__all__ = [
    "BEAT",
    "MAX_LANGUAGES",
    "MAX_TEXT_LENGTH",
    "Audio",
    "Encoded",
    "Encoder",
    "LanguageFacts",
    "Opening",
    "PublisherFacts",
    "Reply",
    "RoomFacts",
    "Settings",
    "SinkFacts",
    "Source",
    "Subscribing",
    "bye",
    "created",
    "opened",
    "parse_create_room",
    "parse_language",
    "parse_languages",
    "parse_publish",
    "parse_room",
    "parse_room_id",
    "parse_subscribe",
    "parse_switch_sink",
    "parse_transcript",
    "problem",
    "progress",
    "publisher_bye",
    "room_event",
    "status",
    "switched",
    "transcript",
]

MAX_TEXT_LENGTH = 8_192
MAX_LANGUAGES = 4
# Of whoever may operate: a gateway that relays a room reads for all its viewers.
MAX_RELAYED_LANGUAGES = 64
MAX_NAME_LENGTH = 80
# A second of 16-bit samples at 16 kHz.
MAX_AUDIO_LENGTH = 32_000

_PUBLISHER_ID = re.compile(r"[A-Za-z0-9_]{8,64}")
_ROOM_ID = re.compile(r"[A-Za-z0-9_-]{4,64}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a publisher speaks; "" means as before."""

    language: str = ""
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """Who publishes, and where their source goes on; as the message of that name."""

    key: str
    room_id: str
    publisher_id: str
    settings: Settings
    position: int


@dataclass(frozen=True, slots=True)
class Source:
    """More source, as ``SourceText``."""

    position: int
    committed: str
    tentative: str
    end_of_segment: bool
    start_s: float | None
    end_s: float | None


@dataclass(frozen=True, slots=True)
class Subscribing:
    """Who reads what, as ``SubscribeRequest``."""

    room_id: str
    languages: list[str]
    after: str
    added: list[str]


@dataclass(frozen=True, slots=True)
class Audio:
    """More speech, as the message of that name; ``position`` in samples."""

    position: int
    samples: bytes


@dataclass(frozen=True, slots=True)
class LanguageFacts:
    """How one language of a room does."""

    language: str
    num_viewers: int = 0
    pinned: bool = False
    spoken: bool = False
    translated: bool = False
    num_missing: int = 0


@dataclass(frozen=True, slots=True)
class PublisherFacts:
    """How one publisher does."""

    speaker: str
    language: str
    connected: bool
    problem: str


@dataclass(frozen=True, slots=True)
class SinkFacts:
    """How one destination does, as ``SinkStatus``."""

    kind: str
    language: str
    on: bool
    num_sent: int
    problem: str


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """How a room does. ``offered`` are the languages that can be read."""

    room_id: str
    title: str
    epoch: str
    offered: Sequence[LanguageFacts]
    languages: Sequence[LanguageFacts]
    publishers: Sequence[PublisherFacts]
    num_viewers: int
    num_segments: int
    recorded: bool
    retention_s: float
    sinks: Sequence[SinkFacts] = ()


# What comes in.


def parse_language(text: str, field: str = "language_code") -> str:
    """Check that a text looks like BCP-47.

    Raises:
        InvalidRequestError: It does not.
    """
    if not _LANGUAGE.fullmatch(text):
        raise InvalidRequestError(field, "not a language code, such as pt or pt-BR")
    return text


def parse_room_id(text: str) -> str:
    """Check the name of a room.

    Raises:
        InvalidRequestError: It is not one.
    """
    if not _ROOM_ID.fullmatch(text):
        raise InvalidRequestError("room", "4 to 64 letters, digits, - and _")
    return text


def parse_languages(
    given: Sequence[str], field: str = "language", most: int = MAX_LANGUAGES
) -> list[str]:
    """The languages of a viewer, checked.

    Raises:
        InvalidRequestError: There are none, too many, or one is no language code.
    """
    if not 1 <= len(given) <= most:
        raise InvalidRequestError(field, f"1 to {most} are needed")
    return [each if each == ORIGINAL else parse_language(each, field) for each in given]


# What these take is protobuf's JSON as a string, or a message as bytes.


def parse_subscribe(data: bytes) -> Subscribing:
    """What a viewer asks for. More than ``MAX_LANGUAGES`` are for those who may operate.

    Raises:
        InvalidRequestError: It is no SubscribeRequest, or a field has a value that is not allowed.
    """
    message = _parse(data, pb.SubscribeRequest())
    codes = message.language_codes
    languages = parse_languages(codes, "language_codes", MAX_RELAYED_LANGUAGES)
    added = list(message.added_language_codes)
    if not set(added) <= set(languages):
        raise InvalidRequestError("added_language_codes", "one that is not in language_codes")
    return Subscribing(parse_room_id(message.room_id), languages, message.after, added)


def parse_transcript(data: bytes) -> tuple[str, str]:
    """Room and language of a GetTranscriptRequest.

    Raises:
        InvalidRequestError: It is none, or a field has a value that is not allowed.
    """
    message = _parse(data, pb.GetTranscriptRequest())
    (language,) = parse_languages([message.language_code], "language_code")
    return parse_room_id(message.room_id), language


def parse_room(data: bytes) -> str:
    """The room of a GetRoomRequest.

    Raises:
        InvalidRequestError: It is none, or a field has a value that is not allowed.
    """
    return parse_room_id(_parse(data, pb.GetRoomRequest()).room_id)


def parse_switch_sink(data: str | bytes) -> tuple[str, int, bool]:
    """Room, number and wish of a SwitchSinkRequest. Where the address names the first two, a string
    may leave them out.

    Raises:
        InvalidRequestError: It is none, or a field has a value that is not allowed.
    """
    message = _parse(data, pb.SwitchSinkRequest())
    if isinstance(data, bytes):
        parse_room_id(message.room_id)
    return message.room_id, message.sink_id, message.on


def parse_publish(data: str | bytes) -> Opening | Source | Settings | Audio:
    """What a publisher says.

    Raises:
        InvalidRequestError: It is no PublishRequest, or a field has a value that is not allowed.
    """
    message = _parse(data, pb.PublishRequest())
    match message.WhichOneof("request"):
        case "opening":
            return _opening(message.opening)
        case "source":
            return _source(message.source)
        case "settings":
            return _settings(message.settings)
        case "audio":
            return _audio(message.audio)
        case _:
            raise InvalidRequestError(
                "request", "one of opening, source, settings and audio is needed"
            )


def parse_create_room(data: str | bytes) -> tuple[str, tuple[str, ...]]:
    """Title and pinned languages of a CreateRoomRequest.

    Raises:
        InvalidRequestError: It is none, or a field has a value that is not allowed.
    """
    message = _parse(data, pb.CreateRoomRequest())
    if len(message.title) > MAX_NAME_LENGTH:
        raise InvalidRequestError("title", f"at most {MAX_NAME_LENGTH} characters")
    pinned = tuple(
        parse_language(code, "pinned_language_codes") for code in message.pinned_language_codes
    )
    return message.title, pinned


def _parse(data: str | bytes, into: Any) -> Any:
    try:
        if isinstance(data, bytes):
            into.ParseFromString(data)
            return into
        value = json.loads(data)
        if not isinstance(value, dict):
            raise InvalidRequestError("message", "a JSON object is needed")
        return ParseDict(value, into, ignore_unknown_fields=True)
    except DecodeError as error:
        raise InvalidRequestError("message", "not a message of the contract") from error
    except (ValueError, ParseError, RecursionError) as error:
        raise InvalidRequestError("message", "not JSON of the contract") from error


def _opening(message: pb.Opening) -> Opening:
    if not _PUBLISHER_ID.fullmatch(message.publisher_id):
        raise InvalidRequestError("opening.publisher_id", "8 to 64 letters, digits and _")
    settings = _settings(message.settings)
    if not settings.language:
        raise InvalidRequestError("opening.settings.language_code", "required")
    return Opening(message.key, message.room_id, message.publisher_id, settings, message.position)


def _settings(message: pb.Settings) -> Settings:
    if len(message.speaker) > MAX_NAME_LENGTH:
        raise InvalidRequestError("settings.speaker", f"at most {MAX_NAME_LENGTH} characters")
    if message.language_code:
        parse_language(message.language_code, "settings.language_code")
    # One line: it stands above what is said.
    return Settings(message.language_code, " ".join(message.speaker.split()))


def _source(message: pb.SourceText) -> Source:
    length = len(message.committed) + len(message.tentative)
    if length > MAX_TEXT_LENGTH:
        raise InvalidRequestError("source", f"at most {MAX_TEXT_LENGTH} code points in one message")
    return Source(
        message.position,
        message.committed,
        message.tentative,
        message.end_of_segment,
        _seconds(message, "start_offset"),
        _seconds(message, "end_offset"),
    )


def _audio(message: pb.Audio) -> Audio:
    if len(message.samples) > MAX_AUDIO_LENGTH or len(message.samples) % 2:
        raise InvalidRequestError(
            "audio.samples", f"16-bit samples, at most {MAX_AUDIO_LENGTH // 2} in one message"
        )
    return Audio(message.position, message.samples)


def _seconds(message: pb.SourceText, field: str) -> float | None:
    if not message.HasField(field):
        return None
    value: Duration = getattr(message, field)
    return value.seconds + value.nanos / 1e9


# What goes out.


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event as JSON, as a message of an event stream, and as a SubscribeResponse."""

    json: str
    sse: bytes
    message: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as JSON, and as a message."""

    json: str
    message: bytes


def _encoded(event: pb.Event) -> Encoded:
    text = _json(event)
    head = f"id: {event.id}\n" if event.id else ""
    sse = f"{head}data: {text}\n\n".encode()
    return Encoded(text, sse, pb.SubscribeResponse(event=event).SerializeToString())


def _reply(message: Message) -> Reply:
    return Reply(_json(message), message.SerializeToString())


class Encoder:
    """Makes an event once, however many viewers get it."""

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._known: WeakKeyDictionary[Piece | Drafts, Encoded] = WeakKeyDictionary()
        # Of each set of languages the newest snapshot: viewers come in crowds.
        self._snapshots: dict[tuple[str, ...], tuple[object, Encoded]] = {}

    def encode(self, news: News) -> Encoded:
        """The event that tells it."""
        if isinstance(news, Snapshot):
            languages = tuple(drafts.language for drafts in news.drafts)
            state = (news.n, news.first_page, *(drafts.revision for drafts in news.drafts))
            known = self._snapshots.get(languages)
            if known is None or known[0] != state:
                if len(self._snapshots) > 64:
                    self._snapshots.clear()
                known = self._snapshots[languages] = (state, _encoded(self._snapshot(news)))
            return known[1]
        encoded = self._known.get(news)
        if encoded is None:
            event = self._piece(news) if isinstance(news, Piece) else _drafts_event(news)
            encoded = self._known[news] = _encoded(event)
        return encoded

    def _piece(self, piece: Piece) -> pb.Event:
        number = event_id(self._epoch, piece.n)
        if piece.whole:
            line = Line(piece.text, True, piece.start_s, piece.end_s)
            return pb.Event(id=number, segment=_segment(piece.segment, piece.language, line))
        return pb.Event(
            id=number,
            committed=pb.CommittedText(
                segment_id=piece.segment.segment_id,
                key=piece.segment.key,
                language_code=piece.language,
                source_language_code=piece.segment.source_language,
                speaker=piece.segment.speaker,
                text=piece.text,
                committed_length=piece.length,
                closed=piece.closed,
                start_offset=_duration(piece.start_s),
                end_offset=_duration(piece.end_s),
            ),
        )

    def _snapshot(self, snapshot: Snapshot) -> pb.Event:
        return pb.Event(
            id=event_id(self._epoch, snapshot.n),
            snapshot=pb.Snapshot(
                epoch=self._epoch,
                segments=[_segment(*line) for line in snapshot.lines],
                drafts=[_drafts(drafts) for drafts in snapshot.drafts],
                page=snapshot.page,
                first_page=snapshot.first_page,
            ),
        )


def _drafts_event(drafts: Drafts) -> pb.Event:
    return pb.Event(draft=_drafts(drafts))


def room_event(facts: RoomFacts) -> Encoded:
    """What everybody may know of a room."""
    return _encoded(pb.Event(room=_room(facts)))


def bye(reason: str, retry_after_s: float = 0.0) -> Encoded:
    """The end of a viewer's stream."""
    return _encoded(pb.Event(bye=_bye(reason, retry_after_s)))


# A sign of life.
BEAT = Reply("{}", b"")


def opened(
    epoch: str,
    position: int,
    languages: Iterable[str],
    title: str,
    *,
    audio_position: int = 0,
    speech_languages: Iterable[str] = (),
) -> Reply:
    """The answer to a publisher's opening."""
    return _reply(
        pb.PublishResponse(
            opened=pb.Opened(
                epoch=epoch,
                position=position,
                language_codes=sorted(languages),
                title=title,
                audio_position=audio_position,
                speech_language_codes=sorted(speech_languages),
            )
        )
    )


def progress(position: int, num_viewers: int, audio_position: int = 0) -> Reply:
    """How far a publisher's source, or audio, has become captions."""
    return _reply(
        pb.PublishResponse(
            progress=pb.Progress(
                position=position, num_viewers=num_viewers, audio_position=audio_position
            )
        )
    )


def problem(reason: str, message: str) -> Reply:
    """Something went wrong, for a publisher."""
    return _reply(pb.PublishResponse(problem=pb.Problem(reason=reason, message=message)))


def publisher_bye(reason: str, retry_after_s: float = 0.0) -> Reply:
    """The end of a publisher's connection."""
    return _reply(pb.PublishResponse(bye=_bye(reason, retry_after_s)))


def created(room_id: str, link: Callable[[str], str]) -> Reply:
    """The answer to CreateRoom; ``link`` makes the link of a role."""
    return _reply(
        pb.CreateRoomResponse(
            room_id=room_id,
            speak_url=link("speak"),
            view_url=link("view"),
            operate_url=link("operate"),
        )
    )


def transcript(epoch: str, language: str, lines: Iterable[tuple[Segment, Line]]) -> Reply:
    """Closed segments."""
    return _reply(
        pb.GetTranscriptResponse(
            epoch=epoch,
            segments=[_segment(segment, language, line) for segment, line in lines],
        )
    )


def status(facts: RoomFacts) -> Reply:
    """How a room does, for operators."""
    return _reply(
        pb.GetRoomResponse(
            status=pb.RoomStatus(
                room=_room(facts),
                num_viewers=facts.num_viewers,
                num_segments=facts.num_segments,
                epoch=facts.epoch,
                languages=[
                    pb.LanguageStatus(
                        language_code=each.language,
                        num_viewers=each.num_viewers,
                        pinned=each.pinned,
                        translated=each.translated,
                        num_missing=each.num_missing,
                    )
                    for each in facts.languages
                ],
                publishers=[
                    pb.PublisherStatus(
                        speaker=each.speaker,
                        language_code=each.language,
                        connected=each.connected,
                        problem=each.problem,
                    )
                    for each in facts.publishers
                ],
                sinks=[_sink(number, each) for number, each in enumerate(facts.sinks, 1)],
            )
        )
    )


def switched(sink_id: int, facts: SinkFacts) -> Reply:
    """The answer to SwitchSink."""
    return _reply(pb.SwitchSinkResponse(sink=_sink(sink_id, facts)))


def _sink(sink_id: int, facts: SinkFacts) -> pb.SinkStatus:
    return pb.SinkStatus(
        sink_id=sink_id,
        kind=facts.kind,
        language_code=facts.language,
        on=facts.on,
        num_sent=facts.num_sent,
        problem=facts.problem,
    )


def _room(facts: RoomFacts) -> pb.Room:
    return pb.Room(
        room_id=facts.room_id,
        title=facts.title,
        languages=[
            pb.Language(language_code=each.language, spoken=each.spoken, translated=each.translated)
            for each in facts.offered
        ],
        num_speakers=sum(each.connected for each in facts.publishers),
        recorded=facts.recorded,
        retention=_duration(facts.retention_s),
    )


def _segment(segment: Segment, language: str, line: Line) -> pb.Segment:
    begin = Timestamp()
    begin.FromDatetime(datetime.fromtimestamp(round(segment.begin_time, 3), UTC))
    return pb.Segment(
        segment_id=segment.segment_id,
        key=segment.key,
        language_code=language,
        source_language_code=segment.source_language,
        speaker=segment.speaker,
        text=line.text,
        closed=line.closed,
        start_offset=_duration(line.start_s),
        end_offset=_duration(line.end_s),
        begin_time=begin,
    )


def _drafts(drafts: Drafts) -> pb.Draft:
    return pb.Draft(
        language_code=drafts.language,
        texts=[
            pb.DraftText(
                segment_id=draft.segment.segment_id,
                key=draft.segment.key,
                source_language_code=draft.segment.source_language,
                speaker=draft.segment.speaker,
                text=draft.text,
            )
            for draft in drafts.texts
        ],
    )


def _bye(reason: str, retry_after_s: float) -> pb.Bye:
    return pb.Bye(reason=reason, retry_after=_duration(retry_after_s or None))


def _duration(seconds: float | None) -> Duration | None:
    if seconds is None:
        return None
    nanos = round(seconds * 1e9)
    return Duration(seconds=nanos // 10**9, nanos=nanos % 10**9)


def _json(message: Message) -> str:
    return json.dumps(MessageToDict(message), ensure_ascii=False, separators=(",", ":"))
