"""Between wire messages and the session's own types. The only module that knows both."""

from google.protobuf.duration_pb2 import Duration

from translator.engine.request import RequestTiming
from translator.models.info import ModelInfo
from translator.policy.registry import POLICIES, Latency, PolicyChoice
from translator.server.status import warning
from translator.session.events import (
    AlignedRange,
    ResumedTarget,
    ResumeState,
    SessionConfig,
    SourceUpdate,
    TargetEvent,
    Warned,
)
from translator.session.report import SessionReport
from translator.v1 import models_pb2, streaming_pb2, translate_pb2

__all__ = [
    "alignment",
    "duration",
    "model",
    "policy_choice",
    "policy_kinds",
    "report",
    "resume_state",
    "seconds",
    "source_update",
    "started",
    "target_update",
    "warned",
]

_LATENCIES = {
    streaming_pb2.LATENCY_UNSPECIFIED: Latency.BALANCED,
    streaming_pb2.LATENCY_LOW: Latency.LOW,
    streaming_pb2.LATENCY_BALANCED: Latency.BALANCED,
    streaming_pb2.LATENCY_HIGH_QUALITY: Latency.HIGH_QUALITY,
}


def duration(seconds: float) -> Duration:
    """A wire duration; whole nanoseconds."""
    message = Duration()
    message.FromNanoseconds(round(seconds * 1e9))
    return message


def seconds(message: Duration) -> float:
    """A wire duration in seconds."""
    return message.seconds + message.nanos / 1e9


# From the wire


def source_update(message: streaming_pb2.SourceUpdate) -> SourceUpdate:
    """A source update."""
    return SourceUpdate(
        sequence=message.sequence,
        committed=message.committed,
        tentative=message.tentative,
        end_of_segment=message.end_of_segment,
        start_s=seconds(message.start_offset) if message.HasField("start_offset") else None,
        end_s=seconds(message.end_offset) if message.HasField("end_offset") else None,
        speaker=message.speaker,
    )


def policy_choice(message: streaming_pb2.StreamingPolicy) -> Latency | PolicyChoice:
    """A preset or a named policy; a preset this server does not know counts as the default."""
    if message.WhichOneof("policy") == "named":
        return PolicyChoice(message.named.name, dict(message.named.parameters))
    return _LATENCIES.get(message.latency, Latency.BALANCED)


def resume_state(message: streaming_pb2.ResumeState) -> ResumeState:
    """Where an earlier stream broke off."""
    return ResumeState(
        {
            target.target_language_code: ResumedTarget(
                segment_id=target.segment_id,
                revision=target.revision,
                source_start=target.segment_source_start,
                source_committed=target.source_committed,
                source_tentative=target.source_tentative,
                target_committed=target.target_committed,
            )
            for target in message.targets
        }
    )


# To the wire


def started(
    session_id: str,
    config: SessionConfig,
    first_segment_ids: dict[str, int],
    limits: streaming_pb2.SessionLimits,
    detected: str = "",
) -> streaming_pb2.SessionStarted:
    """What a config was resolved to, and the language that was ``detected`` for it.

    A target that passes through has neither model nor policy.
    """
    message = streaming_pb2.SessionStarted(
        session_id=session_id, limits=limits, detected_language_code=detected
    )
    for binding in config.bindings:
        first_segment_id = first_segment_ids.get(binding.target, 0)
        if binding.passes:
            message.targets.add(
                target_language_code=binding.target, first_segment_id=first_segment_id
            )
            continue
        policy = binding.policy or config.policy
        models = [config.pivot, binding] if binding.pivoted and config.pivot else [binding]
        message.targets.add(
            target_language_code=binding.target,
            model="+".join(leg.model.name for leg in models),
            policy=streaming_pb2.NamedPolicy(name=policy.name, parameters=dict(policy.parameters)),
            first_segment_id=first_segment_id,
        )
    return message


def target_update(event: TargetEvent, revision: int) -> streaming_pb2.TargetUpdate:
    """New text of a target."""
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
        alignments=[alignment(a) for a in event.alignments],
        start_offset=None if event.start_s is None else duration(event.start_s),
        end_offset=None if event.end_s is None else duration(event.end_s),
        timing=_timing(event.timing),
    )


def _timing(timing: RequestTiming) -> streaming_pb2.Timing:
    return streaming_pb2.Timing(
        queue=duration(timing.queue_ms / 1e3),
        encode=duration(timing.encode_ms / 1e3),
        decode=duration(timing.decode_ms / 1e3),
    )


def alignment(aligned: AlignedRange) -> translate_pb2.Alignment:
    """Where a word comes from."""
    return translate_pb2.Alignment(
        source_start=aligned.source_start,
        source_end=aligned.source_end,
        target_start=aligned.target_start,
        target_end=aligned.target_end,
    )


def warned(event: Warned) -> streaming_pb2.StreamingTranslateResponse:
    """A warning."""
    return streaming_pb2.StreamingTranslateResponse(warning=warning(event.reason, event.message))


def report(figures: SessionReport) -> streaming_pb2.SessionReport:
    """The figures of a session."""
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


def model(info: ModelInfo, *, loaded: bool) -> models_pb2.Model:
    """A model of the catalog."""
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
        loaded=loaded,
        memory_bytes=info.memory_bytes,
    )


def policy_kinds() -> list[models_pb2.Policy]:
    """Every policy with its parameters."""
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
