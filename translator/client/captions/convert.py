"""Converts between messages of ``translator.captions.v1`` and the client's types."""

from google.protobuf import duration_pb2

from translator.captions.v1 import captions_pb2 as pb
from translator.client.captions import events, rooms
from translator.client.convert import seconds

__all__ = ["event", "farewell", "links", "reply", "segments", "sink", "status"]


def event(
    message: pb.Event,
) -> (
    events.CaptionSnapshot
    | events.CaptionPiece
    | events.LateCaption
    | events.CaptionDraft
    | events.CaptionRoom
    | events.Farewell
    | None
):
    """What a viewer is told; None for a sign of life, and for what is not known here."""
    match message.WhichOneof("event"):
        case "snapshot":
            return _snapshot(message)
        case "committed":
            return _piece(message)
        case "segment":
            return events.LateCaption(message.id, _caption(message.segment))
        case "draft":
            return _draft(message.draft)
        case "room":
            return _room(message.room)
        case "bye":
            return farewell(message.bye)
    return None


def reply(
    message: pb.PublishResponse,
) -> (
    events.PublicationOpened
    | events.PublicationProgress
    | events.PublicationProblem
    | events.Farewell
    | None
):
    """What a speaker is told; None for a sign of life, and for what is not known here."""
    match message.WhichOneof("response"):
        case "opened":
            told = message.opened
            languages = tuple(told.language_codes)
            return events.PublicationOpened(told.epoch, told.position, languages, told.title)
        case "progress":
            progress = message.progress
            return events.PublicationProgress(progress.position, progress.num_viewers)
        case "problem":
            return events.PublicationProblem(message.problem.reason, message.problem.message)
        case "bye":
            return farewell(message.bye)
    return None


def farewell(message: pb.Bye) -> events.Farewell:
    """Convert a Bye."""
    return events.Farewell(message.reason, seconds(message.retry_after))


def segments(message: pb.GetTranscriptResponse) -> list[events.Caption]:
    """Convert the closed segments of a transcript."""
    return [_caption(segment) for segment in message.segments]


def links(message: pb.CreateRoomResponse) -> rooms.RoomLinks:
    """Convert the links of a new room."""
    return rooms.RoomLinks(
        message.room_id, message.speak_url, message.view_url, message.operate_url
    )


def status(message: pb.GetRoomResponse) -> rooms.RoomStatus:
    """Convert how a room does."""
    told = message.status
    return rooms.RoomStatus(
        _room(told.room),
        told.epoch,
        told.num_viewers,
        told.num_segments,
        tuple(
            rooms.RoomLanguage(
                each.language_code,
                each.num_viewers,
                each.pinned,
                each.translated,
                each.num_missing,
            )
            for each in told.languages
        ),
        tuple(
            rooms.RoomPublisher(each.speaker, each.language_code, each.connected, each.problem)
            for each in told.publishers
        ),
        tuple(map(sink, told.sinks)),
    )


def sink(message: pb.SinkStatus) -> rooms.RoomSink:
    """Convert how a destination does."""
    return rooms.RoomSink(
        message.sink_id,
        message.kind,
        message.language_code,
        message.on,
        message.num_sent,
        message.problem,
    )


def _snapshot(message: pb.Event) -> events.CaptionSnapshot:
    told = message.snapshot
    return events.CaptionSnapshot(
        message.id,
        told.epoch,
        tuple(_caption(segment) for segment in told.segments),
        tuple(_draft(draft) for draft in told.drafts),
        told.page,
        told.first_page,
    )


def _piece(message: pb.Event) -> events.CaptionPiece:
    told = message.committed
    caption = events.Caption(
        told.segment_id,
        told.key,
        told.language_code,
        told.source_language_code,
        told.speaker,
        told.text,
        told.closed,
        _time(told, "start_offset"),
        _time(told, "end_offset"),
    )
    return events.CaptionPiece(message.id, caption, told.committed_length)


def _caption(message: pb.Segment) -> events.Caption:
    begin = None
    if message.HasField("begin_time"):
        begin = message.begin_time.seconds + message.begin_time.nanos / 1e9
    return events.Caption(
        message.segment_id,
        message.key,
        message.language_code,
        message.source_language_code,
        message.speaker,
        message.text,
        message.closed,
        _time(message, "start_offset"),
        _time(message, "end_offset"),
        begin,
    )


def _draft(message: pb.Draft) -> events.CaptionDraft:
    return events.CaptionDraft(
        message.language_code,
        tuple(
            events.CaptionDraftText(
                text.segment_id, text.key, text.source_language_code, text.speaker, text.text
            )
            for text in message.texts
        ),
    )


def _room(message: pb.Room) -> events.CaptionRoom:
    return events.CaptionRoom(
        message.room_id,
        message.title,
        tuple(
            events.CaptionLanguage(each.language_code, each.spoken, each.translated)
            for each in message.languages
        ),
        message.num_speakers,
        message.recorded,
        seconds(message.retention),
    )


def _time(message: pb.Segment | pb.CommittedText, field: str) -> float | None:
    if not message.HasField(field):
        return None
    value: duration_pb2.Duration = getattr(message, field)
    return seconds(value)
