"""What a gateway tells: events and answers of ``translator.captions.v1``, as JSON and messages."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from translator.captions.events import Drafts, Line, News, Piece, Segment, Snapshot, event_id
from translator.captions.facts import RoomFacts, SinkFacts
from translator.captions.v1 import captions_pb2 as pb

__all__ = [
    "BEAT",
    "Encoded",
    "Encoder",
    "Reply",
    "bye",
    "created",
    "opened",
    "problem",
    "progress",
    "publisher_bye",
    "room_event",
    "status",
    "switched",
    "transcript",
]


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
        """The event that tells a piece of news."""
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
