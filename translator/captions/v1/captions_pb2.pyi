import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateRoomRequest(_message.Message):
    __slots__ = ("title", "pinned_language_codes")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PINNED_LANGUAGE_CODES_FIELD_NUMBER: _ClassVar[int]
    title: str
    pinned_language_codes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, title: _Optional[str] = ..., pinned_language_codes: _Optional[_Iterable[str]] = ...) -> None: ...

class CreateRoomResponse(_message.Message):
    __slots__ = ("room_id", "speak_url", "view_url", "operate_url")
    ROOM_ID_FIELD_NUMBER: _ClassVar[int]
    SPEAK_URL_FIELD_NUMBER: _ClassVar[int]
    VIEW_URL_FIELD_NUMBER: _ClassVar[int]
    OPERATE_URL_FIELD_NUMBER: _ClassVar[int]
    room_id: str
    speak_url: str
    view_url: str
    operate_url: str
    def __init__(self, room_id: _Optional[str] = ..., speak_url: _Optional[str] = ..., view_url: _Optional[str] = ..., operate_url: _Optional[str] = ...) -> None: ...

class SubscribeRequest(_message.Message):
    __slots__ = ("room_id", "language_codes", "after", "added_language_codes")
    ROOM_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_CODES_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    ADDED_LANGUAGE_CODES_FIELD_NUMBER: _ClassVar[int]
    room_id: str
    language_codes: _containers.RepeatedScalarFieldContainer[str]
    after: str
    added_language_codes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, room_id: _Optional[str] = ..., language_codes: _Optional[_Iterable[str]] = ..., after: _Optional[str] = ..., added_language_codes: _Optional[_Iterable[str]] = ...) -> None: ...

class SubscribeResponse(_message.Message):
    __slots__ = ("event",)
    EVENT_FIELD_NUMBER: _ClassVar[int]
    event: Event
    def __init__(self, event: _Optional[_Union[Event, _Mapping]] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("id", "snapshot", "committed", "draft", "segment", "room", "bye")
    ID_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    DRAFT_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    ROOM_FIELD_NUMBER: _ClassVar[int]
    BYE_FIELD_NUMBER: _ClassVar[int]
    id: str
    snapshot: Snapshot
    committed: CommittedText
    draft: Draft
    segment: Segment
    room: Room
    bye: Bye
    def __init__(self, id: _Optional[str] = ..., snapshot: _Optional[_Union[Snapshot, _Mapping]] = ..., committed: _Optional[_Union[CommittedText, _Mapping]] = ..., draft: _Optional[_Union[Draft, _Mapping]] = ..., segment: _Optional[_Union[Segment, _Mapping]] = ..., room: _Optional[_Union[Room, _Mapping]] = ..., bye: _Optional[_Union[Bye, _Mapping]] = ...) -> None: ...

class Snapshot(_message.Message):
    __slots__ = ("epoch", "segments", "drafts", "page", "first_page")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    DRAFTS_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    FIRST_PAGE_FIELD_NUMBER: _ClassVar[int]
    epoch: str
    segments: _containers.RepeatedCompositeFieldContainer[Segment]
    drafts: _containers.RepeatedCompositeFieldContainer[Draft]
    page: int
    first_page: int
    def __init__(self, epoch: _Optional[str] = ..., segments: _Optional[_Iterable[_Union[Segment, _Mapping]]] = ..., drafts: _Optional[_Iterable[_Union[Draft, _Mapping]]] = ..., page: _Optional[int] = ..., first_page: _Optional[int] = ...) -> None: ...

class Segment(_message.Message):
    __slots__ = ("segment_id", "key", "language_code", "source_language_code", "speaker", "text", "closed", "start_offset", "end_offset", "begin_time")
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    START_OFFSET_FIELD_NUMBER: _ClassVar[int]
    END_OFFSET_FIELD_NUMBER: _ClassVar[int]
    BEGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    segment_id: int
    key: str
    language_code: str
    source_language_code: str
    speaker: str
    text: str
    closed: bool
    start_offset: _duration_pb2.Duration
    end_offset: _duration_pb2.Duration
    begin_time: _timestamp_pb2.Timestamp
    def __init__(self, segment_id: _Optional[int] = ..., key: _Optional[str] = ..., language_code: _Optional[str] = ..., source_language_code: _Optional[str] = ..., speaker: _Optional[str] = ..., text: _Optional[str] = ..., closed: _Optional[bool] = ..., start_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., end_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., begin_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CommittedText(_message.Message):
    __slots__ = ("segment_id", "key", "language_code", "source_language_code", "speaker", "text", "committed_length", "closed", "start_offset", "end_offset")
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_LENGTH_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    START_OFFSET_FIELD_NUMBER: _ClassVar[int]
    END_OFFSET_FIELD_NUMBER: _ClassVar[int]
    segment_id: int
    key: str
    language_code: str
    source_language_code: str
    speaker: str
    text: str
    committed_length: int
    closed: bool
    start_offset: _duration_pb2.Duration
    end_offset: _duration_pb2.Duration
    def __init__(self, segment_id: _Optional[int] = ..., key: _Optional[str] = ..., language_code: _Optional[str] = ..., source_language_code: _Optional[str] = ..., speaker: _Optional[str] = ..., text: _Optional[str] = ..., committed_length: _Optional[int] = ..., closed: _Optional[bool] = ..., start_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., end_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Draft(_message.Message):
    __slots__ = ("language_code", "texts")
    LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    language_code: str
    texts: _containers.RepeatedCompositeFieldContainer[DraftText]
    def __init__(self, language_code: _Optional[str] = ..., texts: _Optional[_Iterable[_Union[DraftText, _Mapping]]] = ...) -> None: ...

class DraftText(_message.Message):
    __slots__ = ("segment_id", "key", "source_language_code", "speaker", "text")
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    segment_id: int
    key: str
    source_language_code: str
    speaker: str
    text: str
    def __init__(self, segment_id: _Optional[int] = ..., key: _Optional[str] = ..., source_language_code: _Optional[str] = ..., speaker: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class Room(_message.Message):
    __slots__ = ("room_id", "title", "languages", "num_speakers", "recorded", "retention")
    ROOM_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    NUM_SPEAKERS_FIELD_NUMBER: _ClassVar[int]
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    RETENTION_FIELD_NUMBER: _ClassVar[int]
    room_id: str
    title: str
    languages: _containers.RepeatedCompositeFieldContainer[Language]
    num_speakers: int
    recorded: bool
    retention: _duration_pb2.Duration
    def __init__(self, room_id: _Optional[str] = ..., title: _Optional[str] = ..., languages: _Optional[_Iterable[_Union[Language, _Mapping]]] = ..., num_speakers: _Optional[int] = ..., recorded: _Optional[bool] = ..., retention: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Language(_message.Message):
    __slots__ = ("language_code", "spoken", "translated")
    LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    SPOKEN_FIELD_NUMBER: _ClassVar[int]
    TRANSLATED_FIELD_NUMBER: _ClassVar[int]
    language_code: str
    spoken: bool
    translated: bool
    def __init__(self, language_code: _Optional[str] = ..., spoken: _Optional[bool] = ..., translated: _Optional[bool] = ...) -> None: ...

class Bye(_message.Message):
    __slots__ = ("reason", "retry_after")
    REASON_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_FIELD_NUMBER: _ClassVar[int]
    reason: str
    retry_after: _duration_pb2.Duration
    def __init__(self, reason: _Optional[str] = ..., retry_after: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class PublishRequest(_message.Message):
    __slots__ = ("opening", "source", "settings", "audio")
    OPENING_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    opening: Opening
    source: SourceText
    settings: Settings
    audio: Audio
    def __init__(self, opening: _Optional[_Union[Opening, _Mapping]] = ..., source: _Optional[_Union[SourceText, _Mapping]] = ..., settings: _Optional[_Union[Settings, _Mapping]] = ..., audio: _Optional[_Union[Audio, _Mapping]] = ...) -> None: ...

class Opening(_message.Message):
    __slots__ = ("key", "room_id", "publisher_id", "settings", "position")
    KEY_FIELD_NUMBER: _ClassVar[int]
    ROOM_ID_FIELD_NUMBER: _ClassVar[int]
    PUBLISHER_ID_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    key: str
    room_id: str
    publisher_id: str
    settings: Settings
    position: int
    def __init__(self, key: _Optional[str] = ..., room_id: _Optional[str] = ..., publisher_id: _Optional[str] = ..., settings: _Optional[_Union[Settings, _Mapping]] = ..., position: _Optional[int] = ...) -> None: ...

class Audio(_message.Message):
    __slots__ = ("position", "samples")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    position: int
    samples: bytes
    def __init__(self, position: _Optional[int] = ..., samples: _Optional[bytes] = ...) -> None: ...

class Settings(_message.Message):
    __slots__ = ("language_code", "speaker")
    LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_FIELD_NUMBER: _ClassVar[int]
    language_code: str
    speaker: str
    def __init__(self, language_code: _Optional[str] = ..., speaker: _Optional[str] = ...) -> None: ...

class SourceText(_message.Message):
    __slots__ = ("position", "committed", "tentative", "end_of_segment", "start_offset", "end_offset")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    TENTATIVE_FIELD_NUMBER: _ClassVar[int]
    END_OF_SEGMENT_FIELD_NUMBER: _ClassVar[int]
    START_OFFSET_FIELD_NUMBER: _ClassVar[int]
    END_OFFSET_FIELD_NUMBER: _ClassVar[int]
    position: int
    committed: str
    tentative: str
    end_of_segment: bool
    start_offset: _duration_pb2.Duration
    end_offset: _duration_pb2.Duration
    def __init__(self, position: _Optional[int] = ..., committed: _Optional[str] = ..., tentative: _Optional[str] = ..., end_of_segment: _Optional[bool] = ..., start_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., end_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class PublishResponse(_message.Message):
    __slots__ = ("opened", "progress", "problem", "bye")
    OPENED_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    BYE_FIELD_NUMBER: _ClassVar[int]
    opened: Opened
    progress: Progress
    problem: Problem
    bye: Bye
    def __init__(self, opened: _Optional[_Union[Opened, _Mapping]] = ..., progress: _Optional[_Union[Progress, _Mapping]] = ..., problem: _Optional[_Union[Problem, _Mapping]] = ..., bye: _Optional[_Union[Bye, _Mapping]] = ...) -> None: ...

class Opened(_message.Message):
    __slots__ = ("epoch", "position", "language_codes", "title", "audio_position", "speech_language_codes")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_CODES_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    AUDIO_POSITION_FIELD_NUMBER: _ClassVar[int]
    SPEECH_LANGUAGE_CODES_FIELD_NUMBER: _ClassVar[int]
    epoch: str
    position: int
    language_codes: _containers.RepeatedScalarFieldContainer[str]
    title: str
    audio_position: int
    speech_language_codes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, epoch: _Optional[str] = ..., position: _Optional[int] = ..., language_codes: _Optional[_Iterable[str]] = ..., title: _Optional[str] = ..., audio_position: _Optional[int] = ..., speech_language_codes: _Optional[_Iterable[str]] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("position", "num_viewers", "audio_position")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    NUM_VIEWERS_FIELD_NUMBER: _ClassVar[int]
    AUDIO_POSITION_FIELD_NUMBER: _ClassVar[int]
    position: int
    num_viewers: int
    audio_position: int
    def __init__(self, position: _Optional[int] = ..., num_viewers: _Optional[int] = ..., audio_position: _Optional[int] = ...) -> None: ...

class Problem(_message.Message):
    __slots__ = ("reason", "message")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class GetTranscriptRequest(_message.Message):
    __slots__ = ("room_id", "language_code")
    ROOM_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    room_id: str
    language_code: str
    def __init__(self, room_id: _Optional[str] = ..., language_code: _Optional[str] = ...) -> None: ...

class GetTranscriptResponse(_message.Message):
    __slots__ = ("epoch", "segments")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    epoch: str
    segments: _containers.RepeatedCompositeFieldContainer[Segment]
    def __init__(self, epoch: _Optional[str] = ..., segments: _Optional[_Iterable[_Union[Segment, _Mapping]]] = ...) -> None: ...

class GetRoomRequest(_message.Message):
    __slots__ = ("room_id",)
    ROOM_ID_FIELD_NUMBER: _ClassVar[int]
    room_id: str
    def __init__(self, room_id: _Optional[str] = ...) -> None: ...

class GetRoomResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: RoomStatus
    def __init__(self, status: _Optional[_Union[RoomStatus, _Mapping]] = ...) -> None: ...

class SwitchSinkRequest(_message.Message):
    __slots__ = ("room_id", "sink_id", "on")
    ROOM_ID_FIELD_NUMBER: _ClassVar[int]
    SINK_ID_FIELD_NUMBER: _ClassVar[int]
    ON_FIELD_NUMBER: _ClassVar[int]
    room_id: str
    sink_id: int
    on: bool
    def __init__(self, room_id: _Optional[str] = ..., sink_id: _Optional[int] = ..., on: _Optional[bool] = ...) -> None: ...

class SwitchSinkResponse(_message.Message):
    __slots__ = ("sink",)
    SINK_FIELD_NUMBER: _ClassVar[int]
    sink: SinkStatus
    def __init__(self, sink: _Optional[_Union[SinkStatus, _Mapping]] = ...) -> None: ...

class RoomStatus(_message.Message):
    __slots__ = ("room", "num_viewers", "languages", "publishers", "num_segments", "epoch", "sinks")
    ROOM_FIELD_NUMBER: _ClassVar[int]
    NUM_VIEWERS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    PUBLISHERS_FIELD_NUMBER: _ClassVar[int]
    NUM_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SINKS_FIELD_NUMBER: _ClassVar[int]
    room: Room
    num_viewers: int
    languages: _containers.RepeatedCompositeFieldContainer[LanguageStatus]
    publishers: _containers.RepeatedCompositeFieldContainer[PublisherStatus]
    num_segments: int
    epoch: str
    sinks: _containers.RepeatedCompositeFieldContainer[SinkStatus]
    def __init__(self, room: _Optional[_Union[Room, _Mapping]] = ..., num_viewers: _Optional[int] = ..., languages: _Optional[_Iterable[_Union[LanguageStatus, _Mapping]]] = ..., publishers: _Optional[_Iterable[_Union[PublisherStatus, _Mapping]]] = ..., num_segments: _Optional[int] = ..., epoch: _Optional[str] = ..., sinks: _Optional[_Iterable[_Union[SinkStatus, _Mapping]]] = ...) -> None: ...

class LanguageStatus(_message.Message):
    __slots__ = ("language_code", "num_viewers", "pinned", "translated", "num_missing")
    LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    NUM_VIEWERS_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    TRANSLATED_FIELD_NUMBER: _ClassVar[int]
    NUM_MISSING_FIELD_NUMBER: _ClassVar[int]
    language_code: str
    num_viewers: int
    pinned: bool
    translated: bool
    num_missing: int
    def __init__(self, language_code: _Optional[str] = ..., num_viewers: _Optional[int] = ..., pinned: _Optional[bool] = ..., translated: _Optional[bool] = ..., num_missing: _Optional[int] = ...) -> None: ...

class PublisherStatus(_message.Message):
    __slots__ = ("speaker", "language_code", "connected", "problem")
    SPEAKER_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    speaker: str
    language_code: str
    connected: bool
    problem: str
    def __init__(self, speaker: _Optional[str] = ..., language_code: _Optional[str] = ..., connected: _Optional[bool] = ..., problem: _Optional[str] = ...) -> None: ...

class SinkStatus(_message.Message):
    __slots__ = ("kind", "language_code", "on", "num_sent", "problem", "sink_id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    ON_FIELD_NUMBER: _ClassVar[int]
    NUM_SENT_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    SINK_ID_FIELD_NUMBER: _ClassVar[int]
    kind: str
    language_code: str
    on: bool
    num_sent: int
    problem: str
    sink_id: int
    def __init__(self, kind: _Optional[str] = ..., language_code: _Optional[str] = ..., on: _Optional[bool] = ..., num_sent: _Optional[int] = ..., problem: _Optional[str] = ..., sink_id: _Optional[int] = ...) -> None: ...
