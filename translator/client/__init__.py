"""Typed clients: ``AsyncTranslatorClient`` for asyncio, ``TranslatorClient`` for threads.

Importing this package imports no torch and nothing of the server.
"""

from translator.arguments import Strings
from translator.client.aio import AsyncTranslatorClient
from translator.client.batch import AsyncBatch
from translator.client.captions.events import (
    Caption,
    CaptionDraft,
    CaptionDraftText,
    CaptionEvent,
    CaptionLanguage,
    CaptionRoom,
    CaptionsLink,
    CaptionUpdate,
    PublicationEvent,
    PublicationOpened,
    PublicationProblem,
    PublicationProgress,
)
from translator.client.captions.publication import AsyncPublication
from translator.client.captions.rooms import (
    RoomLanguage,
    RoomLinks,
    RoomPublisher,
    RoomSink,
    RoomStatus,
)
from translator.client.captions.subscription import AsyncSubscription
from translator.client.captions.sync import Publication, Subscription
from translator.client.events import (
    Alignment,
    Connecting,
    Heartbeat,
    Limits,
    Reconnecting,
    Report,
    Segment,
    SessionWarning,
    Started,
    StartedTarget,
    StreamEvent,
    TargetReport,
    Timing,
    Update,
)
from translator.client.items import BatchItem, BatchOptions, BatchReport, BatchResult
from translator.client.login import tls_credentials
from translator.client.options import (
    Latency,
    NamedPolicy,
    Rests,
    Segmentation,
    StreamConfig,
    StreamOptions,
)
from translator.client.results import (
    AppliedTerm,
    LanguagePair,
    Model,
    ModelList,
    Policy,
    PolicyParameter,
    QualityIssue,
    Translation,
)
from translator.client.session import ClientSession
from translator.client.stream import AsyncStream
from translator.client.sync import Batch, Stream, TranslatorClient
from translator.client.target import StreamMismatchError

__all__ = [
    "Alignment",
    "AppliedTerm",
    "AsyncBatch",
    "AsyncPublication",
    "AsyncStream",
    "AsyncSubscription",
    "AsyncTranslatorClient",
    "Batch",
    "BatchItem",
    "BatchOptions",
    "BatchReport",
    "BatchResult",
    "Caption",
    "CaptionDraft",
    "CaptionDraftText",
    "CaptionEvent",
    "CaptionLanguage",
    "CaptionRoom",
    "CaptionUpdate",
    "CaptionsLink",
    "ClientSession",
    "Connecting",
    "Heartbeat",
    "LanguagePair",
    "Latency",
    "Limits",
    "Model",
    "ModelList",
    "NamedPolicy",
    "Policy",
    "PolicyParameter",
    "Publication",
    "PublicationEvent",
    "PublicationOpened",
    "PublicationProblem",
    "PublicationProgress",
    "QualityIssue",
    "Reconnecting",
    "Report",
    "Rests",
    "RoomLanguage",
    "RoomLinks",
    "RoomPublisher",
    "RoomSink",
    "RoomStatus",
    "Segment",
    "Segmentation",
    "SessionWarning",
    "Started",
    "StartedTarget",
    "Stream",
    "StreamConfig",
    "StreamEvent",
    "StreamMismatchError",
    "StreamOptions",
    "Strings",
    "Subscription",
    "TargetReport",
    "Timing",
    "Translation",
    "TranslatorClient",
    "Update",
    "tls_credentials",
]
