import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.rpc import status_pb2 as _status_pb2
from translator.v1 import translate_pb2 as _translate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Segmentation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEGMENTATION_UNSPECIFIED: _ClassVar[Segmentation]
    SEGMENTATION_AUTOMATIC: _ClassVar[Segmentation]
    SEGMENTATION_CLIENT: _ClassVar[Segmentation]

class Latency(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LATENCY_UNSPECIFIED: _ClassVar[Latency]
    LATENCY_LOW: _ClassVar[Latency]
    LATENCY_BALANCED: _ClassVar[Latency]
    LATENCY_HIGH_QUALITY: _ClassVar[Latency]
SEGMENTATION_UNSPECIFIED: Segmentation
SEGMENTATION_AUTOMATIC: Segmentation
SEGMENTATION_CLIENT: Segmentation
LATENCY_UNSPECIFIED: Latency
LATENCY_LOW: Latency
LATENCY_BALANCED: Latency
LATENCY_HIGH_QUALITY: Latency

class StreamingTranslateRequest(_message.Message):
    __slots__ = ("config", "source", "flush", "ack")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FLUSH_FIELD_NUMBER: _ClassVar[int]
    ACK_FIELD_NUMBER: _ClassVar[int]
    config: StreamingConfig
    source: SourceUpdate
    flush: Flush
    ack: Ack
    def __init__(self, config: _Optional[_Union[StreamingConfig, _Mapping]] = ..., source: _Optional[_Union[SourceUpdate, _Mapping]] = ..., flush: _Optional[_Union[Flush, _Mapping]] = ..., ack: _Optional[_Union[Ack, _Mapping]] = ...) -> None: ...

class StreamingTranslateResponse(_message.Message):
    __slots__ = ("started", "target", "heartbeat", "go_away", "warning", "report")
    STARTED_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    GO_AWAY_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    started: SessionStarted
    target: TargetUpdate
    heartbeat: Heartbeat
    go_away: GoAway
    warning: _status_pb2.Status
    report: SessionReport
    def __init__(self, started: _Optional[_Union[SessionStarted, _Mapping]] = ..., target: _Optional[_Union[TargetUpdate, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ..., go_away: _Optional[_Union[GoAway, _Mapping]] = ..., warning: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., report: _Optional[_Union[SessionReport, _Mapping]] = ...) -> None: ...

class StreamingConfig(_message.Message):
    __slots__ = ("source_language_code", "target_language_codes", "model", "policy", "disable_drafts", "min_update_interval", "glossary", "segmentation", "alignments", "heartbeat_interval", "max_unacked_updates", "resume", "rests", "possible_source_language_codes", "glossaries")
    SOURCE_LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_CODES_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    DISABLE_DRAFTS_FIELD_NUMBER: _ClassVar[int]
    MIN_UPDATE_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    GLOSSARY_FIELD_NUMBER: _ClassVar[int]
    SEGMENTATION_FIELD_NUMBER: _ClassVar[int]
    ALIGNMENTS_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    MAX_UNACKED_UPDATES_FIELD_NUMBER: _ClassVar[int]
    RESUME_FIELD_NUMBER: _ClassVar[int]
    RESTS_FIELD_NUMBER: _ClassVar[int]
    POSSIBLE_SOURCE_LANGUAGE_CODES_FIELD_NUMBER: _ClassVar[int]
    GLOSSARIES_FIELD_NUMBER: _ClassVar[int]
    source_language_code: str
    target_language_codes: _containers.RepeatedScalarFieldContainer[str]
    model: str
    policy: StreamingPolicy
    disable_drafts: bool
    min_update_interval: _duration_pb2.Duration
    glossary: _containers.RepeatedCompositeFieldContainer[_translate_pb2.GlossaryEntry]
    segmentation: Segmentation
    alignments: bool
    heartbeat_interval: _duration_pb2.Duration
    max_unacked_updates: int
    resume: ResumeState
    rests: Rests
    possible_source_language_codes: _containers.RepeatedScalarFieldContainer[str]
    glossaries: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, source_language_code: _Optional[str] = ..., target_language_codes: _Optional[_Iterable[str]] = ..., model: _Optional[str] = ..., policy: _Optional[_Union[StreamingPolicy, _Mapping]] = ..., disable_drafts: _Optional[bool] = ..., min_update_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., glossary: _Optional[_Iterable[_Union[_translate_pb2.GlossaryEntry, _Mapping]]] = ..., segmentation: _Optional[_Union[Segmentation, str]] = ..., alignments: _Optional[bool] = ..., heartbeat_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_unacked_updates: _Optional[int] = ..., resume: _Optional[_Union[ResumeState, _Mapping]] = ..., rests: _Optional[_Union[Rests, _Mapping]] = ..., possible_source_language_codes: _Optional[_Iterable[str]] = ..., glossaries: _Optional[_Iterable[str]] = ...) -> None: ...

class Rests(_message.Message):
    __slots__ = ("draft", "sentence", "segment")
    DRAFT_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    draft: _duration_pb2.Duration
    sentence: _duration_pb2.Duration
    segment: _duration_pb2.Duration
    def __init__(self, draft: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., sentence: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., segment: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class StreamingPolicy(_message.Message):
    __slots__ = ("latency", "named")
    LATENCY_FIELD_NUMBER: _ClassVar[int]
    NAMED_FIELD_NUMBER: _ClassVar[int]
    latency: Latency
    named: NamedPolicy
    def __init__(self, latency: _Optional[_Union[Latency, str]] = ..., named: _Optional[_Union[NamedPolicy, _Mapping]] = ...) -> None: ...

class NamedPolicy(_message.Message):
    __slots__ = ("name", "parameters")
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    parameters: _containers.ScalarMap[str, float]
    def __init__(self, name: _Optional[str] = ..., parameters: _Optional[_Mapping[str, float]] = ...) -> None: ...

class SourceUpdate(_message.Message):
    __slots__ = ("sequence", "committed", "tentative", "end_of_segment", "start_offset", "end_offset", "speaker")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    TENTATIVE_FIELD_NUMBER: _ClassVar[int]
    END_OF_SEGMENT_FIELD_NUMBER: _ClassVar[int]
    START_OFFSET_FIELD_NUMBER: _ClassVar[int]
    END_OFFSET_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    committed: str
    tentative: str
    end_of_segment: bool
    start_offset: _duration_pb2.Duration
    end_offset: _duration_pb2.Duration
    speaker: str
    def __init__(self, sequence: _Optional[int] = ..., committed: _Optional[str] = ..., tentative: _Optional[str] = ..., end_of_segment: _Optional[bool] = ..., start_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., end_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., speaker: _Optional[str] = ...) -> None: ...

class Flush(_message.Message):
    __slots__ = ("sequence",)
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    def __init__(self, sequence: _Optional[int] = ...) -> None: ...

class Ack(_message.Message):
    __slots__ = ("target_language_code", "revision")
    TARGET_LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    target_language_code: str
    revision: int
    def __init__(self, target_language_code: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class ResumeState(_message.Message):
    __slots__ = ("session_id", "targets")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    targets: _containers.RepeatedCompositeFieldContainer[ResumedTarget]
    def __init__(self, session_id: _Optional[str] = ..., targets: _Optional[_Iterable[_Union[ResumedTarget, _Mapping]]] = ...) -> None: ...

class ResumedTarget(_message.Message):
    __slots__ = ("target_language_code", "segment_id", "revision", "segment_source_start", "source_committed", "source_tentative", "target_committed")
    TARGET_LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_SOURCE_START_FIELD_NUMBER: _ClassVar[int]
    SOURCE_COMMITTED_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TENTATIVE_FIELD_NUMBER: _ClassVar[int]
    TARGET_COMMITTED_FIELD_NUMBER: _ClassVar[int]
    target_language_code: str
    segment_id: int
    revision: int
    segment_source_start: int
    source_committed: str
    source_tentative: str
    target_committed: str
    def __init__(self, target_language_code: _Optional[str] = ..., segment_id: _Optional[int] = ..., revision: _Optional[int] = ..., segment_source_start: _Optional[int] = ..., source_committed: _Optional[str] = ..., source_tentative: _Optional[str] = ..., target_committed: _Optional[str] = ...) -> None: ...

class SessionStarted(_message.Message):
    __slots__ = ("session_id", "targets", "limits", "detected_language_code")
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    DETECTED_LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    session_id: str
    targets: _containers.RepeatedCompositeFieldContainer[StartedTarget]
    limits: SessionLimits
    detected_language_code: str
    def __init__(self, session_id: _Optional[str] = ..., targets: _Optional[_Iterable[_Union[StartedTarget, _Mapping]]] = ..., limits: _Optional[_Union[SessionLimits, _Mapping]] = ..., detected_language_code: _Optional[str] = ...) -> None: ...

class StartedTarget(_message.Message):
    __slots__ = ("target_language_code", "model", "policy", "first_segment_id")
    TARGET_LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    target_language_code: str
    model: str
    policy: NamedPolicy
    first_segment_id: int
    def __init__(self, target_language_code: _Optional[str] = ..., model: _Optional[str] = ..., policy: _Optional[_Union[NamedPolicy, _Mapping]] = ..., first_segment_id: _Optional[int] = ...) -> None: ...

class SessionLimits(_message.Message):
    __slots__ = ("max_chunk_length", "max_segment_words", "max_segment_length", "max_targets", "heartbeat_interval")
    MAX_CHUNK_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_SEGMENT_WORDS_FIELD_NUMBER: _ClassVar[int]
    MAX_SEGMENT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_TARGETS_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    max_chunk_length: int
    max_segment_words: int
    max_segment_length: int
    max_targets: int
    heartbeat_interval: _duration_pb2.Duration
    def __init__(self, max_chunk_length: _Optional[int] = ..., max_segment_words: _Optional[int] = ..., max_segment_length: _Optional[int] = ..., max_targets: _Optional[int] = ..., heartbeat_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class TargetUpdate(_message.Message):
    __slots__ = ("target_language_code", "segment_id", "revision", "committed", "draft", "committed_length", "segment_closed", "segment_source_start", "source_sequence", "source_committed_length", "alignments", "start_offset", "end_offset", "timing")
    TARGET_LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    DRAFT_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_LENGTH_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_CLOSED_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_SOURCE_START_FIELD_NUMBER: _ClassVar[int]
    SOURCE_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_COMMITTED_LENGTH_FIELD_NUMBER: _ClassVar[int]
    ALIGNMENTS_FIELD_NUMBER: _ClassVar[int]
    START_OFFSET_FIELD_NUMBER: _ClassVar[int]
    END_OFFSET_FIELD_NUMBER: _ClassVar[int]
    TIMING_FIELD_NUMBER: _ClassVar[int]
    target_language_code: str
    segment_id: int
    revision: int
    committed: str
    draft: str
    committed_length: int
    segment_closed: bool
    segment_source_start: int
    source_sequence: int
    source_committed_length: int
    alignments: _containers.RepeatedCompositeFieldContainer[_translate_pb2.Alignment]
    start_offset: _duration_pb2.Duration
    end_offset: _duration_pb2.Duration
    timing: Timing
    def __init__(self, target_language_code: _Optional[str] = ..., segment_id: _Optional[int] = ..., revision: _Optional[int] = ..., committed: _Optional[str] = ..., draft: _Optional[str] = ..., committed_length: _Optional[int] = ..., segment_closed: _Optional[bool] = ..., segment_source_start: _Optional[int] = ..., source_sequence: _Optional[int] = ..., source_committed_length: _Optional[int] = ..., alignments: _Optional[_Iterable[_Union[_translate_pb2.Alignment, _Mapping]]] = ..., start_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., end_offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., timing: _Optional[_Union[Timing, _Mapping]] = ...) -> None: ...

class Timing(_message.Message):
    __slots__ = ("queue", "encode", "decode")
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    ENCODE_FIELD_NUMBER: _ClassVar[int]
    DECODE_FIELD_NUMBER: _ClassVar[int]
    queue: _duration_pb2.Duration
    encode: _duration_pb2.Duration
    decode: _duration_pb2.Duration
    def __init__(self, queue: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., encode: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., decode: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ("source_sequence",)
    SOURCE_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    source_sequence: int
    def __init__(self, source_sequence: _Optional[int] = ...) -> None: ...

class GoAway(_message.Message):
    __slots__ = ("within",)
    WITHIN_FIELD_NUMBER: _ClassVar[int]
    within: _duration_pb2.Duration
    def __init__(self, within: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class SessionReport(_message.Message):
    __slots__ = ("source_words", "source_updates", "segments", "duration", "targets")
    SOURCE_WORDS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_UPDATES_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    source_words: int
    source_updates: int
    segments: int
    duration: _duration_pb2.Duration
    targets: _containers.RepeatedCompositeFieldContainer[TargetReport]
    def __init__(self, source_words: _Optional[int] = ..., source_updates: _Optional[int] = ..., segments: _Optional[int] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., targets: _Optional[_Iterable[_Union[TargetReport, _Mapping]]] = ...) -> None: ...

class TargetReport(_message.Message):
    __slots__ = ("target_language_code", "updates", "updates_superseded", "target_words", "normalized_erasure", "mean_lag_words", "mean_lag_ms", "requests", "decoder_steps_run", "decoder_steps_saved")
    TARGET_LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    UPDATES_FIELD_NUMBER: _ClassVar[int]
    UPDATES_SUPERSEDED_FIELD_NUMBER: _ClassVar[int]
    TARGET_WORDS_FIELD_NUMBER: _ClassVar[int]
    NORMALIZED_ERASURE_FIELD_NUMBER: _ClassVar[int]
    MEAN_LAG_WORDS_FIELD_NUMBER: _ClassVar[int]
    MEAN_LAG_MS_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    DECODER_STEPS_RUN_FIELD_NUMBER: _ClassVar[int]
    DECODER_STEPS_SAVED_FIELD_NUMBER: _ClassVar[int]
    target_language_code: str
    updates: int
    updates_superseded: int
    target_words: int
    normalized_erasure: float
    mean_lag_words: float
    mean_lag_ms: float
    requests: int
    decoder_steps_run: int
    decoder_steps_saved: int
    def __init__(self, target_language_code: _Optional[str] = ..., updates: _Optional[int] = ..., updates_superseded: _Optional[int] = ..., target_words: _Optional[int] = ..., normalized_erasure: _Optional[float] = ..., mean_lag_words: _Optional[float] = ..., mean_lag_ms: _Optional[float] = ..., requests: _Optional[int] = ..., decoder_steps_run: _Optional[int] = ..., decoder_steps_saved: _Optional[int] = ...) -> None: ...
