"""Typed clients: ``AsyncTranslatorClient`` for asyncio, ``TranslatorClient`` for threads.

Importing this package imports no torch and nothing of the server.
"""

from translator.arguments import Strings
from translator.client.aio import AsyncBatch, AsyncStream, AsyncTranslatorClient
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
from translator.client.sync import Batch, Stream, TranslatorClient
from translator.client.target import StreamMismatchError

__all__ = [
    "Alignment",
    "AppliedTerm",
    "AsyncBatch",
    "AsyncStream",
    "AsyncTranslatorClient",
    "Batch",
    "BatchItem",
    "BatchOptions",
    "BatchReport",
    "BatchResult",
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
    "QualityIssue",
    "Reconnecting",
    "Report",
    "Rests",
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
    "TargetReport",
    "Timing",
    "Translation",
    "TranslatorClient",
    "Update",
]
