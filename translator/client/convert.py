"""Converts between wire messages and the client's types; positions and units stay the same."""

from collections.abc import Mapping
from dataclasses import replace

from google.protobuf import duration_pb2
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from translator.client import events, items, results
from translator.client.options import Latency, NamedPolicy, Rests, Segmentation, StreamConfig
from translator.client.status import error_from_status
from translator.v1 import batch_pb2, models_pb2, streaming_pb2, translate_pb2

__all__ = [
    "batch_config_message",
    "batch_result",
    "config_message",
    "duration",
    "glossary_entries",
    "limits",
    "model",
    "policy",
    "report",
    "seconds",
    "started_target",
    "translation",
    "update",
]

_LATENCIES = {
    Latency.LOW: streaming_pb2.LATENCY_LOW,
    Latency.BALANCED: streaming_pb2.LATENCY_BALANCED,
    Latency.HIGH_QUALITY: streaming_pb2.LATENCY_HIGH_QUALITY,
}
_SEGMENTATIONS = {
    Segmentation.AUTOMATIC: streaming_pb2.SEGMENTATION_AUTOMATIC,
    Segmentation.CLIENT: streaming_pb2.SEGMENTATION_CLIENT,
}


def duration(value_s: float | None) -> duration_pb2.Duration | None:
    """Convert seconds to a Duration, to the nanosecond; None stays None (unset)."""
    if value_s is None:
        return None
    message = duration_pb2.Duration()
    message.FromNanoseconds(round(value_s * 1e9))
    return message


def seconds(message: duration_pb2.Duration) -> float:
    """Convert a Duration to seconds."""
    return message.seconds + message.nanos / 1e9


def config_message(config: StreamConfig) -> streaming_pb2.StreamingConfig:
    """Convert a config to its message, without a ResumeState."""
    if isinstance(config.policy, NamedPolicy):
        named = streaming_pb2.NamedPolicy(
            name=config.policy.name, parameters=config.policy.parameters
        )
        policy_message = streaming_pb2.StreamingPolicy(named=named)
    else:
        policy_message = streaming_pb2.StreamingPolicy(latency=_LATENCIES[config.policy])
    return streaming_pb2.StreamingConfig(
        source_language_code=config.source,
        target_language_codes=config.targets,
        model=config.model,
        policy=policy_message,
        disable_drafts=not config.drafts,
        min_update_interval=duration(config.min_update_interval_s or None),
        glossary=glossary_entries(config.glossary),
        glossaries=config.glossaries,
        segmentation=_SEGMENTATIONS[config.segmentation],
        alignments=config.alignments,
        heartbeat_interval=duration(config.heartbeat_interval_s),
        max_unacked_updates=config.max_unacked_updates,
        possible_source_language_codes=config.possible_sources,
        rests=_rests_message(config.rests),
    )


def batch_config_message(config: items.BatchConfig) -> batch_pb2.BatchConfig:
    """Convert the config of a batch."""
    return batch_pb2.BatchConfig(
        source_language_code=config.source,
        target_language_code=config.target,
        model=config.model,
        mime_type=config.mime_type,
        glossary=glossary_entries(config.glossary),
        glossaries=config.glossaries,
        alignments=config.alignments,
        num_alternatives=config.num_alternatives,
        possible_source_language_codes=config.possible_sources,
        preserve_lines=config.preserve_lines,
        markup=config.markup,
        heartbeat_interval=duration(config.heartbeat_interval_s),
        bundled_results=True,
    )


def glossary_entries(glossary: Mapping[str, str]) -> list[translate_pb2.GlossaryEntry]:
    """Convert a glossary."""
    return [
        translate_pb2.GlossaryEntry(source_term=source, target_term=target)
        for source, target in glossary.items()
    ]


def _rests_message(rests: Rests) -> streaming_pb2.Rests | None:
    if rests == Rests():
        return None
    return streaming_pb2.Rests(
        draft=duration(rests.draft_s),
        sentence=duration(rests.sentence_s),
        segment=duration(rests.segment_s),
    )


def limits(message: streaming_pb2.SessionLimits) -> events.Limits:
    """Convert the limits in force."""
    return events.Limits(
        max_chunk_length=message.max_chunk_length,
        max_segment_words=message.max_segment_words,
        max_segment_length=message.max_segment_length,
        max_targets=message.max_targets,
        heartbeat_interval_s=seconds(message.heartbeat_interval),
    )


def started_target(message: streaming_pb2.StartedTarget) -> events.StartedTarget:
    """Convert what one target got."""
    return events.StartedTarget(
        target=message.target_language_code,
        model=message.model,
        policy=NamedPolicy(message.policy.name, dict(message.policy.parameters)),
        first_segment_id=message.first_segment_id,
    )


def _alignment(message: translate_pb2.Alignment) -> events.Alignment:
    return events.Alignment(
        message.source_start, message.source_end, message.target_start, message.target_end
    )


def update(message: streaming_pb2.TargetUpdate, segment: events.Segment) -> events.Update:
    """Convert an update; ``segment`` is its segment after it."""
    timing = None
    if message.HasField("timing"):
        timing = events.Timing(
            queue_s=seconds(message.timing.queue),
            encode_s=seconds(message.timing.encode),
            decode_s=seconds(message.timing.decode),
        )
    return events.Update(
        target=message.target_language_code,
        segment_id=message.segment_id,
        revision=message.revision,
        committed=message.committed,
        draft=message.draft,
        closed=message.segment_closed,
        text=segment.text,
        source_sequence=message.source_sequence,
        source_start=message.segment_source_start,
        source_length=message.source_committed_length,
        alignments=tuple(map(_alignment, message.alignments)),
        start_s=seconds(message.start_offset) if message.HasField("start_offset") else None,
        end_s=seconds(message.end_offset) if message.HasField("end_offset") else None,
        timing=timing,
        speaker=segment.speaker,
        source=segment.source,
        segment_start_s=segment.start_s,
        segment_end_s=segment.end_s,
    )


def report(message: streaming_pb2.SessionReport) -> events.Report:
    """Convert the report of a session."""
    return events.Report(
        source_words=message.source_words,
        source_updates=message.source_updates,
        segments=message.segments,
        duration_s=seconds(message.duration),
        targets=tuple(
            events.TargetReport(
                target=target.target_language_code,
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
            for target in message.targets
        ),
    )


def translation(message: translate_pb2.Translation) -> results.Translation:
    """Convert the translation of one text; a bad text has its own error."""
    return results.Translation(
        text=message.text,
        error=error_from_status(message.status) if message.status.code else None,
        model=message.model,
        detected_language=message.detected_language_code,
        alternatives=tuple(message.alternatives),
        alignments=tuple(map(_alignment, message.alignments)),
        quality_issues=tuple(map(_quality_issue, message.quality_issues)),
        terms=tuple(map(_applied_term, message.terms)),
        fingerprint=message.fingerprint,
    )


def batch_result(
    message: batch_pb2.BatchResult, item: items.BatchItem, index: int
) -> items.BatchResult:
    """Convert the result of an item; a bad item has its own error."""
    error = error_from_status(message.status) if message.status.code else None
    origin = _name(batch_pb2.BatchResult.Origin, message.origin, "ORIGIN_")
    return items.BatchResult(
        item=item,
        index=index,
        translation=replace(translation(message.translation), error=error),
        origin="" if origin == "unspecified" else origin,
        too_long=message.too_long,
    )


def _quality_issue(message: translate_pb2.QualityIssue) -> results.QualityIssue:
    return results.QualityIssue(
        _name(translate_pb2.QualityIssue.Kind, message.kind, "KIND_"),
        message.source_start,
        message.source_end,
    )


def _applied_term(message: translate_pb2.AppliedTerm) -> results.AppliedTerm:
    return results.AppliedTerm(
        message.entry,
        _name(translate_pb2.AppliedTerm.How, message.how, "HOW_"),
        message.source_start,
        message.source_end,
        message.target_start,
        message.target_end,
        message.glossary,
    )


def _name(kind: EnumTypeWrapper, value: int, prefix: str) -> str:
    """The name of an enum's value; its number if a later server has added it."""
    known = value in kind.values()
    return kind.Name(value).removeprefix(prefix).lower() if known else str(value)


def model(message: models_pb2.Model) -> results.Model:
    """Convert a model of the server."""
    return results.Model(
        name=message.name,
        pairs=tuple(
            results.LanguagePair(pair.source_language_code, pair.target_language_code)
            for pair in message.pairs
        ),
        family=message.family,
        supports_alignment=message.supports_alignment,
        supports_multiple_targets=message.supports_multiple_targets,
        device=message.device,
        license=message.license,
        origin=message.origin,
        loaded=message.loaded,
        memory_bytes=message.memory_bytes,
        fingerprint=message.fingerprint,
        unwritable_characters=message.unwritable_characters,
    )


def policy(message: models_pb2.Policy) -> results.Policy:
    """Convert a policy of the server."""
    return results.Policy(
        name=message.name,
        description=message.description,
        parameters=tuple(
            results.PolicyParameter(
                name=parameter.name,
                description=parameter.description,
                default_value=parameter.default_value,
                minimum=parameter.minimum,
                maximum=parameter.maximum,
            )
            for parameter in message.parameters
        ),
    )
