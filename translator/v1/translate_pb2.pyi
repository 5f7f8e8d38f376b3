from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TranslateRequest(_message.Message):
    __slots__ = ("texts", "source_language_code", "target_language_code", "model", "mime_type", "glossary", "alignments", "num_alternatives", "possible_source_language_codes", "preserve_lines", "markup", "glossaries")
    TEXTS_FIELD_NUMBER: _ClassVar[int]
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
    GLOSSARIES_FIELD_NUMBER: _ClassVar[int]
    texts: _containers.RepeatedScalarFieldContainer[str]
    source_language_code: str
    target_language_code: str
    model: str
    mime_type: str
    glossary: _containers.RepeatedCompositeFieldContainer[GlossaryEntry]
    alignments: bool
    num_alternatives: int
    possible_source_language_codes: _containers.RepeatedScalarFieldContainer[str]
    preserve_lines: bool
    markup: _containers.RepeatedScalarFieldContainer[str]
    glossaries: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, texts: _Optional[_Iterable[str]] = ..., source_language_code: _Optional[str] = ..., target_language_code: _Optional[str] = ..., model: _Optional[str] = ..., mime_type: _Optional[str] = ..., glossary: _Optional[_Iterable[_Union[GlossaryEntry, _Mapping]]] = ..., alignments: _Optional[bool] = ..., num_alternatives: _Optional[int] = ..., possible_source_language_codes: _Optional[_Iterable[str]] = ..., preserve_lines: _Optional[bool] = ..., markup: _Optional[_Iterable[str]] = ..., glossaries: _Optional[_Iterable[str]] = ...) -> None: ...

class TranslateResponse(_message.Message):
    __slots__ = ("translations",)
    TRANSLATIONS_FIELD_NUMBER: _ClassVar[int]
    translations: _containers.RepeatedCompositeFieldContainer[Translation]
    def __init__(self, translations: _Optional[_Iterable[_Union[Translation, _Mapping]]] = ...) -> None: ...

class Translation(_message.Message):
    __slots__ = ("text", "status", "model", "detected_language_code", "alternatives", "alignments", "quality_issues", "terms", "fingerprint")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    DETECTED_LANGUAGE_CODE_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    ALIGNMENTS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_ISSUES_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    text: str
    status: _status_pb2.Status
    model: str
    detected_language_code: str
    alternatives: _containers.RepeatedScalarFieldContainer[str]
    alignments: _containers.RepeatedCompositeFieldContainer[Alignment]
    quality_issues: _containers.RepeatedCompositeFieldContainer[QualityIssue]
    terms: _containers.RepeatedCompositeFieldContainer[AppliedTerm]
    fingerprint: str
    def __init__(self, text: _Optional[str] = ..., status: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., model: _Optional[str] = ..., detected_language_code: _Optional[str] = ..., alternatives: _Optional[_Iterable[str]] = ..., alignments: _Optional[_Iterable[_Union[Alignment, _Mapping]]] = ..., quality_issues: _Optional[_Iterable[_Union[QualityIssue, _Mapping]]] = ..., terms: _Optional[_Iterable[_Union[AppliedTerm, _Mapping]]] = ..., fingerprint: _Optional[str] = ...) -> None: ...

class QualityIssue(_message.Message):
    __slots__ = ("kind", "source_start", "source_end")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[QualityIssue.Kind]
        KIND_NUMBER: _ClassVar[QualityIssue.Kind]
        KIND_CURRENCY: _ClassVar[QualityIssue.Kind]
        KIND_LENGTH: _ClassVar[QualityIssue.Kind]
        KIND_MARKUP: _ClassVar[QualityIssue.Kind]
    KIND_UNSPECIFIED: QualityIssue.Kind
    KIND_NUMBER: QualityIssue.Kind
    KIND_CURRENCY: QualityIssue.Kind
    KIND_LENGTH: QualityIssue.Kind
    KIND_MARKUP: QualityIssue.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    SOURCE_START_FIELD_NUMBER: _ClassVar[int]
    SOURCE_END_FIELD_NUMBER: _ClassVar[int]
    kind: QualityIssue.Kind
    source_start: int
    source_end: int
    def __init__(self, kind: _Optional[_Union[QualityIssue.Kind, str]] = ..., source_start: _Optional[int] = ..., source_end: _Optional[int] = ...) -> None: ...

class AppliedTerm(_message.Message):
    __slots__ = ("entry", "how", "source_start", "source_end", "target_start", "target_end", "glossary")
    class How(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        HOW_UNSPECIFIED: _ClassVar[AppliedTerm.How]
        HOW_ALREADY: _ClassVar[AppliedTerm.How]
        HOW_FORCED: _ClassVar[AppliedTerm.How]
        HOW_MASKED: _ClassVar[AppliedTerm.How]
        HOW_FAILED: _ClassVar[AppliedTerm.How]
    HOW_UNSPECIFIED: AppliedTerm.How
    HOW_ALREADY: AppliedTerm.How
    HOW_FORCED: AppliedTerm.How
    HOW_MASKED: AppliedTerm.How
    HOW_FAILED: AppliedTerm.How
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    HOW_FIELD_NUMBER: _ClassVar[int]
    SOURCE_START_FIELD_NUMBER: _ClassVar[int]
    SOURCE_END_FIELD_NUMBER: _ClassVar[int]
    TARGET_START_FIELD_NUMBER: _ClassVar[int]
    TARGET_END_FIELD_NUMBER: _ClassVar[int]
    GLOSSARY_FIELD_NUMBER: _ClassVar[int]
    entry: int
    how: AppliedTerm.How
    source_start: int
    source_end: int
    target_start: int
    target_end: int
    glossary: str
    def __init__(self, entry: _Optional[int] = ..., how: _Optional[_Union[AppliedTerm.How, str]] = ..., source_start: _Optional[int] = ..., source_end: _Optional[int] = ..., target_start: _Optional[int] = ..., target_end: _Optional[int] = ..., glossary: _Optional[str] = ...) -> None: ...

class GlossaryEntry(_message.Message):
    __slots__ = ("source_term", "target_term")
    SOURCE_TERM_FIELD_NUMBER: _ClassVar[int]
    TARGET_TERM_FIELD_NUMBER: _ClassVar[int]
    source_term: str
    target_term: str
    def __init__(self, source_term: _Optional[str] = ..., target_term: _Optional[str] = ...) -> None: ...

class Alignment(_message.Message):
    __slots__ = ("source_start", "source_end", "target_start", "target_end")
    SOURCE_START_FIELD_NUMBER: _ClassVar[int]
    SOURCE_END_FIELD_NUMBER: _ClassVar[int]
    TARGET_START_FIELD_NUMBER: _ClassVar[int]
    TARGET_END_FIELD_NUMBER: _ClassVar[int]
    source_start: int
    source_end: int
    target_start: int
    target_end: int
    def __init__(self, source_start: _Optional[int] = ..., source_end: _Optional[int] = ..., target_start: _Optional[int] = ..., target_end: _Optional[int] = ...) -> None: ...
