import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.rpc import status_pb2 as _status_pb2
from translator.v1 import streaming_pb2 as _streaming_pb2
from translator.v1 import translate_pb2 as _translate_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BatchTranslateRequest(_message.Message):
    __slots__ = ("config", "item", "items")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    config: BatchConfig
    item: BatchItem
    items: BatchItems
    def __init__(self, config: _Optional[_Union[BatchConfig, _Mapping]] = ..., item: _Optional[_Union[BatchItem, _Mapping]] = ..., items: _Optional[_Union[BatchItems, _Mapping]] = ...) -> None: ...

class BatchConfig(_message.Message):
    __slots__ = ("source_language_code", "target_language_code", "model", "mime_type", "glossary", "alignments", "num_alternatives", "possible_source_language_codes", "preserve_lines", "markup", "heartbeat_interval", "glossaries", "bundled_results")
    SOURCE_LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MIME_TYPE_FIELD_NUMBER: _ClassVar[int]
    GLOSSARY_FIELD_NUMBER: _ClassVar[int]
    ALIGNMENTS_FIELD_NUMBER: _ClassVar[int]
    NUM_ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    POSSIBLE_SOURCE_LANGUAGE_CODES_FIELD_NUMBER: _ClassVar[int]
    PRESERVE_LINES_FIELD_NUMBER: _ClassVar[int]
    MARKUP_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    GLOSSARIES_FIELD_NUMBER: _ClassVar[int]
    BUNDLED_RESULTS_FIELD_NUMBER: _ClassVar[int]
    source_language_code: str
    target_language_code: str
    model: str
    mime_type: str
    glossary: _containers.RepeatedCompositeFieldContainer[_translate_pb2.GlossaryEntry]
    alignments: bool
    num_alternatives: int
    possible_source_language_codes: _containers.RepeatedScalarFieldContainer[str]
    preserve_lines: bool
    markup: _containers.RepeatedScalarFieldContainer[str]
    heartbeat_interval: _duration_pb2.Duration
    glossaries: _containers.RepeatedScalarFieldContainer[str]
    bundled_results: bool
    def __init__(self, source_language_code: _Optional[str] = ..., target_language_code: _Optional[str] = ..., model: _Optional[str] = ..., mime_type: _Optional[str] = ..., glossary: _Optional[_Iterable[_Union[_translate_pb2.GlossaryEntry, _Mapping]]] = ..., alignments: _Optional[bool] = ..., num_alternatives: _Optional[int] = ..., possible_source_language_codes: _Optional[_Iterable[str]] = ..., preserve_lines: _Optional[bool] = ..., markup: _Optional[_Iterable[str]] = ..., heartbeat_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., glossaries: _Optional[_Iterable[str]] = ..., bundled_results: _Optional[bool] = ...) -> None: ...

class BatchItems(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[BatchItem]
    def __init__(self, items: _Optional[_Iterable[_Union[BatchItem, _Mapping]]] = ...) -> None: ...

class BatchItem(_message.Message):
    __slots__ = ("id", "text", "max_length", "mime_type")
    ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    MAX_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MIME_TYPE_FIELD_NUMBER: _ClassVar[int]
    id: str
    text: str
    max_length: int
    mime_type: str
    def __init__(self, id: _Optional[str] = ..., text: _Optional[str] = ..., max_length: _Optional[int] = ..., mime_type: _Optional[str] = ...) -> None: ...

class BatchTranslateResponse(_message.Message):
    __slots__ = ("started", "result", "credit", "go_away", "report", "results")
    STARTED_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    GO_AWAY_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    started: BatchStarted
    result: BatchResult
    credit: BatchCredit
    go_away: _streaming_pb2.GoAway
    report: BatchReport
    results: BatchResults
    def __init__(self, started: _Optional[_Union[BatchStarted, _Mapping]] = ..., result: _Optional[_Union[BatchResult, _Mapping]] = ..., credit: _Optional[_Union[BatchCredit, _Mapping]] = ..., go_away: _Optional[_Union[_streaming_pb2.GoAway, _Mapping]] = ..., report: _Optional[_Union[BatchReport, _Mapping]] = ..., results: _Optional[_Union[BatchResults, _Mapping]] = ...) -> None: ...

class BatchStarted(_message.Message):
    __slots__ = ("batch_id", "model", "fingerprint", "limits")
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    model: str
    fingerprint: str
    limits: BatchLimits
    def __init__(self, batch_id: _Optional[str] = ..., model: _Optional[str] = ..., fingerprint: _Optional[str] = ..., limits: _Optional[_Union[BatchLimits, _Mapping]] = ...) -> None: ...

class BatchLimits(_message.Message):
    __slots__ = ("max_items", "max_length", "max_item_length", "heartbeat_interval")
    MAX_ITEMS_FIELD_NUMBER: _ClassVar[int]
    MAX_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_ITEM_LENGTH_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    max_items: int
    max_length: int
    max_item_length: int
    heartbeat_interval: _duration_pb2.Duration
    def __init__(self, max_items: _Optional[int] = ..., max_length: _Optional[int] = ..., max_item_length: _Optional[int] = ..., heartbeat_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class BatchCredit(_message.Message):
    __slots__ = ("items", "code_points")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    CODE_POINTS_FIELD_NUMBER: _ClassVar[int]
    items: int
    code_points: int
    def __init__(self, items: _Optional[int] = ..., code_points: _Optional[int] = ...) -> None: ...

class BatchResult(_message.Message):
    __slots__ = ("id", "status", "translation", "origin", "too_long")
    class Origin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ORIGIN_UNSPECIFIED: _ClassVar[BatchResult.Origin]
        ORIGIN_ENGINE: _ClassVar[BatchResult.Origin]
        ORIGIN_CACHE: _ClassVar[BatchResult.Origin]
        ORIGIN_MEMORY: _ClassVar[BatchResult.Origin]
        ORIGIN_SOURCE: _ClassVar[BatchResult.Origin]
    ORIGIN_UNSPECIFIED: BatchResult.Origin
    ORIGIN_ENGINE: BatchResult.Origin
    ORIGIN_CACHE: BatchResult.Origin
    ORIGIN_MEMORY: BatchResult.Origin
    ORIGIN_SOURCE: BatchResult.Origin
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    TRANSLATION_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    TOO_LONG_FIELD_NUMBER: _ClassVar[int]
    id: str
    status: _status_pb2.Status
    translation: _translate_pb2.Translation
    origin: BatchResult.Origin
    too_long: bool
    def __init__(self, id: _Optional[str] = ..., status: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., translation: _Optional[_Union[_translate_pb2.Translation, _Mapping]] = ..., origin: _Optional[_Union[BatchResult.Origin, str]] = ..., too_long: _Optional[bool] = ...) -> None: ...

class BatchResults(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[BatchResult]
    def __init__(self, results: _Optional[_Iterable[_Union[BatchResult, _Mapping]]] = ...) -> None: ...

class BatchReport(_message.Message):
    __slots__ = ("items", "failed_items", "source_words", "target_words", "origins", "duration")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    FAILED_ITEMS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_WORDS_FIELD_NUMBER: _ClassVar[int]
    TARGET_WORDS_FIELD_NUMBER: _ClassVar[int]
    ORIGINS_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    items: int
    failed_items: int
    source_words: int
    target_words: int
    origins: _containers.RepeatedCompositeFieldContainer[BatchOrigin]
    duration: _duration_pb2.Duration
    def __init__(self, items: _Optional[int] = ..., failed_items: _Optional[int] = ..., source_words: _Optional[int] = ..., target_words: _Optional[int] = ..., origins: _Optional[_Iterable[_Union[BatchOrigin, _Mapping]]] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class BatchOrigin(_message.Message):
    __slots__ = ("origin", "items")
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    origin: BatchResult.Origin
    items: int
    def __init__(self, origin: _Optional[_Union[BatchResult.Origin, str]] = ..., items: _Optional[int] = ...) -> None: ...
