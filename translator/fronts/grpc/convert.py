"""Converts between messages of translator.v1 and the types of the service."""

from collections.abc import Collection
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from translator.config import Limits
from translator.errors import InvalidRequestError
from translator.policy.registry import POLICIES, Latency, PolicyChoice
from translator.service.requests import (
    Ack,
    Flush,
    GoAway,
    Heartbeat,
    OfferedModel,
    Report,
    RestsRequest,
    ResumeRequest,
    Started,
    StreamAnswer,
    StreamConfig,
    StreamMessage,
    TextResult,
    TextsRequest,
    Update,
)
from translator.session.events import (
    AlignedRange,
    ResumedTarget,
    SourceUpdate,
    TargetEvent,
    Warned,
)
from translator.session.report import SessionReport
from translator.status import logged_status, warning
from translator.terms.check import How, TermUse
from translator.terms.glossary import MAX_TERMS
from translator.text.integrity import Issue, IssueKind
from translator.v1 import batch_pb2, models_pb2, streaming_pb2, translate_pb2

__all__ = [
    "duration",
    "model",
    "policy_kinds",
    "seconds",
    "stream_answer",
    "stream_message",
    "texts_request",
    "translated",
    "translation",
]

_ISSUES = {
    IssueKind.NUMBER: translate_pb2.QualityIssue.KIND_NUMBER,
    IssueKind.CURRENCY: translate_pb2.QualityIssue.KIND_CURRENCY,
    IssueKind.LENGTH: translate_pb2.QualityIssue.KIND_LENGTH,
    IssueKind.MARKUP: translate_pb2.QualityIssue.KIND_MARKUP,
}
_HOWS = {
    How.ALREADY: translate_pb2.AppliedTerm.HOW_ALREADY,
    How.FORCED: translate_pb2.AppliedTerm.HOW_FORCED,
    How.MASKED: translate_pb2.AppliedTerm.HOW_MASKED,
    How.FAILED: translate_pb2.AppliedTerm.HOW_FAILED,
}
_Response = streaming_pb2.StreamingTranslateResponse

_LATENCIES = {
    streaming_pb2.LATENCY_UNSPECIFIED: Latency.BALANCED,
    streaming_pb2.LATENCY_LOW: Latency.LOW,
    streaming_pb2.LATENCY_BALANCED: Latency.BALANCED,
    streaming_pb2.LATENCY_HIGH_QUALITY: Latency.HIGH_QUALITY,
}


# The most that a Duration holds.
_MAX_SECONDS, _NANOS = 315_576_000_000, 10**9


def duration(seconds: float) -> Duration:
    """Convert to a Duration of whole nanoseconds."""
    message = Duration()
    message.FromNanoseconds(round(seconds * 1e9))
    return message


def seconds(name: str, message: Duration) -> float:
    """The seconds of a Duration; ``name`` is what errors call it.

    Raises:
        InvalidRequestError: It is none: google/protobuf/duration.proto bounds it to 10,000 years.
    """
    if not (abs(message.seconds) <= _MAX_SECONDS and abs(message.nanos) < _NANOS):
        raise InvalidRequestError(
            name, f"is no Duration; allowed: up to {_MAX_SECONDS} s, with less than {_NANOS} nanos"
        )
    return message.seconds + message.nanos / _NANOS


def _optional_s(message: Message, field: str, where: str) -> float | None:
    """The seconds of a field; None if it is not set."""
    if not message.HasField(field):
        return None
    return seconds(f"{where}.{field}", getattr(message, field))


# More entries than any field but a glossary may have: they are not even looked at, since each costs
# some time of the event loop. How many make sense is checked later.
_MOST_ENTRIES = 1000
_MOST_TEXTS = 100_000
_Entries = TypeVar("_Entries", bound=Collection[object])


def _bounded(field: str, entries: _Entries, most: int = _MOST_ENTRIES) -> _Entries:
    """The entries of a field.

    Raises:
        InvalidRequestError: There are more than anybody needs.
    """
    if len(entries) > most:
        raise InvalidRequestError(field, f"has {len(entries)} entries; at most {most} are allowed")
    return entries


# From the wire


def stream_message(message: streaming_pb2.StreamingTranslateRequest) -> StreamMessage:
    """Convert a client's message in a stream.

    Raises:
        InvalidRequestError: It is empty.
    """
    match message.WhichOneof("request"):
        case "source":
            return _source_update(message.source)
        case "flush":
            return Flush(message.flush.sequence)
        case "ack":
            return Ack(message.ack.target_language_code, message.ack.revision)
        case "config":
            return _stream_config(message.config)
        case _:
            raise InvalidRequestError(
                "request",
                "is not set; allowed: config, which the first message of a stream has to be, "
                "source, flush or ack",
            )


def _source_update(message: streaming_pb2.SourceUpdate) -> SourceUpdate:
    return SourceUpdate(
        sequence=message.sequence,
        committed=message.committed,
        tentative=message.tentative,
        end_of_segment=message.end_of_segment,
        start_s=_optional_s(message, "start_offset", "source"),
        end_s=_optional_s(message, "end_offset", "source"),
        speaker=message.speaker,
    )


def _policy(message: streaming_pb2.StreamingPolicy) -> Latency | PolicyChoice:
    """Convert a policy. A preset that this server does not know counts as the default."""
    if message.WhichOneof("policy") == "named":
        parameters = _bounded("policy.named.parameters", message.named.parameters)
        return PolicyChoice(message.named.name, dict(parameters))
    return _LATENCIES.get(message.latency, Latency.BALANCED)


def _stream_config(message: streaming_pb2.StreamingConfig) -> StreamConfig:
    return StreamConfig(
        source=message.source_language_code,
        targets=tuple(_bounded("config.target_language_codes", message.target_language_codes)),
        possible_sources=_possible("config.", message),
        policy=_policy(message.policy),
        model=message.model,
        client_segmentation=message.segmentation == streaming_pb2.SEGMENTATION_CLIENT,
        drafts=not message.disable_drafts,
        alignments=message.alignments,
        min_update_interval_s=seconds("config.min_update_interval", message.min_update_interval),
        max_unacked_updates=message.max_unacked_updates,
        heartbeat_s=_optional_s(message, "heartbeat_interval", "config"),
        rests=RestsRequest(
            draft_s=_optional_s(message.rests, "draft", "config.rests"),
            sentence_s=_optional_s(message.rests, "sentence", "config.rests"),
            segment_s=_optional_s(message.rests, "segment", "config.rests"),
        ),
        glossary=_glossary("config.", message),
        glossaries=tuple(_bounded("config.glossaries", message.glossaries)),
        resume=_resume(message.resume) if message.HasField("resume") else None,
    )


def _resume(message: streaming_pb2.ResumeState) -> ResumeRequest:
    return ResumeRequest(
        message.session_id,
        tuple(
            (
                target.target_language_code,
                ResumedTarget(
                    segment_id=target.segment_id,
                    revision=target.revision,
                    source_start=target.segment_source_start,
                    source_committed=target.source_committed,
                    source_tentative=target.source_tentative,
                    target_committed=target.target_committed,
                ),
            )
            for target in _bounded("config.resume.targets", message.targets)
        ),
    )


def texts_request(
    message: translate_pb2.TranslateRequest | batch_pb2.BatchConfig,
) -> TextsRequest:
    """Convert a request with whole texts; that of a batch has none yet."""
    return TextsRequest(
        source=message.source_language_code,
        target=message.target_language_code,
        texts=tuple(_bounded("texts", message.texts, _MOST_TEXTS))
        if isinstance(message, translate_pb2.TranslateRequest)
        else (),
        possible_sources=_possible("", message),
        model=message.model,
        mime_type=message.mime_type,
        num_alternatives=message.num_alternatives,
        alignments=message.alignments,
        glossary=_glossary("", message),
        glossaries=tuple(_bounded("glossaries", message.glossaries)),
        preserve_lines=message.preserve_lines if message.HasField("preserve_lines") else True,
        templates=tuple(_bounded("markup", message.markup)),
    )


_Config = streaming_pb2.StreamingConfig | translate_pb2.TranslateRequest | batch_pb2.BatchConfig


def _possible(where: str, message: _Config) -> tuple[str, ...]:
    field = "possible_source_language_codes"
    return tuple(_bounded(where + field, message.possible_source_language_codes))


def _glossary(where: str, message: _Config) -> tuple[tuple[str, str], ...]:
    if len(message.glossary) > MAX_TERMS:
        told = f"has {len(message.glossary)} terms; at most {MAX_TERMS} are allowed"
        raise InvalidRequestError(f"{where}glossary", told)
    return tuple((entry.source_term, entry.target_term) for entry in message.glossary)


# To the wire


def stream_answer(answer: StreamAnswer, limits: Limits) -> streaming_pb2.StreamingTranslateResponse:
    """Convert an answer in a stream; ``limits`` are sent with the first one."""
    match answer:
        case Update():
            return _Response(target=_target_update(answer.event, answer.revision))
        case Warned():
            return _Response(warning=warning(answer.reason, answer.message))
        case Started():
            return _Response(started=_started(answer, limits))
        case Heartbeat():
            return _Response(
                heartbeat=streaming_pb2.Heartbeat(source_sequence=answer.source_sequence)
            )
        case GoAway():
            return _Response(go_away=streaming_pb2.GoAway(within=duration(answer.within_s)))
        case Report():
            return _Response(report=_report(answer.figures))


def _started(answer: Started, limits: Limits) -> streaming_pb2.SessionStarted:
    """Convert Started. A target that passes through has neither model nor policy."""
    message = streaming_pb2.SessionStarted(
        session_id=answer.session_id,
        detected_language_code=answer.detected,
        limits=streaming_pb2.SessionLimits(
            max_chunk_length=limits.max_chunk_length,
            max_segment_words=limits.max_segment_words,
            max_segment_length=limits.max_segment_length,
            max_targets=limits.max_targets,
            heartbeat_interval=duration(answer.heartbeat_s),
        ),
    )
    for binding in answer.bindings:
        first_segment_id = answer.first_segment_ids.get(binding.target, 0)
        policy = answer.policies.get(binding.target)
        if policy is None:
            message.targets.add(
                target_language_code=binding.target, first_segment_id=first_segment_id
            )
            continue
        models = [answer.pivot, binding] if binding.pivoted and answer.pivot else [binding]
        message.targets.add(
            target_language_code=binding.target,
            model="+".join(leg.model.name for leg in models),
            policy=streaming_pb2.NamedPolicy(name=policy.name, parameters=dict(policy.parameters)),
            first_segment_id=first_segment_id,
        )
    return message


def _target_update(event: TargetEvent, revision: int) -> streaming_pb2.TargetUpdate:
    return streaming_pb2.TargetUpdate(
        target_language_code=event.target,
        segment_id=event.segment_id,
        revision=revision,
        committed=event.committed,
        draft=event.draft,
        committed_length=event.committed_length,
        segment_closed=event.closed,
        segment_source_start=event.source_start,
        source_sequence=event.source_sequence,
        source_committed_length=event.source_committed_length,
        alignments=[_alignment(a) for a in event.alignments],
        start_offset=None if event.start_s is None else duration(event.start_s),
        end_offset=None if event.end_s is None else duration(event.end_s),
        timing=streaming_pb2.Timing(
            queue=duration(event.timing.queue_ms / 1e3),
            encode=duration(event.timing.encode_ms / 1e3),
            decode=duration(event.timing.decode_ms / 1e3),
        ),
    )


def _alignment(aligned: AlignedRange) -> translate_pb2.Alignment:
    return translate_pb2.Alignment(
        source_start=aligned.source_start,
        source_end=aligned.source_end,
        target_start=aligned.target_start,
        target_end=aligned.target_end,
    )


def _report(figures: SessionReport) -> streaming_pb2.SessionReport:
    message = streaming_pb2.SessionReport(
        source_words=figures.source_words,
        source_updates=figures.source_updates,
        segments=figures.segments,
        duration=duration(figures.duration_s),
    )
    for target in figures.targets:
        message.targets.add(
            target_language_code=target.target,
            updates=target.updates,
            updates_superseded=target.updates_superseded,
            target_words=target.target_words,
            normalized_erasure=target.normalized_erasure,
            mean_lag_words=target.mean_lag_words,
            mean_lag_ms=target.mean_lag_ms,
            requests=target.requests,
            decoder_steps_run=target.decoder_steps_run,
            decoder_steps_saved=target.decoder_steps_saved,
        )
    return message


def translation(result: TextResult) -> translate_pb2.Translation:
    """Convert a text's translation, or the error instead of it."""
    message = translated(result)
    if result.error is not None:
        message.status.CopyFrom(logged_status(result.error))
    return message


def translated(result: TextResult) -> translate_pb2.Translation:
    """Convert a text's translation, without its error."""
    return translate_pb2.Translation(
        text=result.text,
        model=result.model,
        detected_language_code=result.detected_source,
        alternatives=result.alternatives,
        alignments=map(_alignment, result.alignments),
        quality_issues=map(_quality_issue, result.issues),
        terms=map(_applied_term, result.terms),
        fingerprint=result.fingerprint,
    )


def _quality_issue(issue: Issue) -> translate_pb2.QualityIssue:
    return translate_pb2.QualityIssue(
        kind=_ISSUES[issue.kind], source_start=issue.start, source_end=issue.end
    )


def _applied_term(use: TermUse) -> translate_pb2.AppliedTerm:
    return translate_pb2.AppliedTerm(
        entry=use.entry,
        how=_HOWS[use.how],
        source_start=use.source_start,
        source_end=use.source_end,
        target_start=use.target_start,
        target_end=use.target_end,
        glossary=use.glossary,
    )


def model(offered: OfferedModel) -> models_pb2.Model:
    """Convert a model of the catalog."""
    info = offered.info
    return models_pb2.Model(
        name=info.name,
        pairs=[
            models_pb2.LanguagePair(source_language_code=p.source, target_language_code=p.target)
            for p in info.pairs
        ],
        family=info.family,
        supports_alignment=info.supports_alignment,
        supports_multiple_targets=info.shares_encoding,
        device=info.device,
        license=info.license,
        origin=info.origin,
        loaded=offered.is_loaded,
        memory_bytes=info.memory_bytes,
        fingerprint=info.fingerprint,
        unwritable_characters=info.unwritable,
    )


def policy_kinds() -> list[models_pb2.Policy]:
    """All policies with their parameters."""
    return [
        models_pb2.Policy(
            name=kind.name,
            description=kind.description,
            parameters=[
                models_pb2.PolicyParameter(
                    name=p.name,
                    description=p.description,
                    default_value=p.default,
                    minimum=p.minimum,
                    maximum=p.maximum,
                )
                for p in kind.parameters
            ],
        )
        for kind in POLICIES.values()
    ]
