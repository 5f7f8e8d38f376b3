"""Playing conformance scripts through translator.client."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from tests.contract.conformance import TIMEOUT_S, Request, Script, Seen, request_of
from translator.client import (
    AsyncStream,
    AsyncTranslatorClient,
    Heartbeat,
    Latency,
    NamedPolicy,
    Reconnecting,
    Report,
    Rests,
    Segmentation,
    SessionWarning,
    Started,
    StreamEvent,
    Update,
)
from translator.v1 import streaming_pb2

_KINDS: dict[type, str] = {
    Started: "started",
    Update: "target",
    Heartbeat: "heartbeat",
    SessionWarning: "warning",
    Reconnecting: "reconnecting",
    Report: "report",
}


async def play_with_client(
    script: Script, address: str, on_update: Callable[[int], None] = lambda count: None
) -> Mapping[str, str]:
    """Play a script to its end; the transcripts, a segment on each line.

    Args:
        script: One for libraries.
        address: Of the server.
        on_update: Told how many updates have come.

    Raises:
        AssertionError: An ``await`` was not met, or the stream does not end with the report.
    """
    opening, *steps = script.steps
    seen = Seen()
    async with (
        AsyncTranslatorClient(address) as client,
        client.stream(**_options(request_of(opening).config)) as stream,
    ):
        reading = asyncio.create_task(_read(stream, seen, on_update))
        try:
            for step in steps:
                await _play(step, stream, seen)
            async with asyncio.timeout(TIMEOUT_S):
                await reading
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        assert seen.kinds[-1] == "report"
        return {target: stream.transcript(target, "\n") for target in script.expect["segments"]}


async def _read(stream: AsyncStream, seen: Seen, on_update: Callable[[int], None]) -> None:
    try:
        async for event in stream:
            _see(event, seen)
            if isinstance(event, Update):
                on_update(seen.kinds.count("target"))
    finally:
        seen.is_over = True
        seen.changed()


def _see(event: StreamEvent, seen: Seen) -> None:
    seen.kinds.append(_KINDS[type(event)])
    if isinstance(event, Started) and event.resumed:
        # The drafts shown before are void.
        seen.shown = {key: (text, "") for key, (text, _) in seen.shown.items()}
    if isinstance(event, Update):
        key = (event.target, event.segment_id)
        seen.shown[key] = (event.text, event.draft)
        if event.closed:
            seen.closed.add(key)
    seen.changed()


async def _play(step: Mapping[str, Any], stream: AsyncStream, seen: Seen) -> None:
    match step:
        case {"send": {"config": _}}:
            await stream.reconfigure(**_options(request_of(step).config))
        case {"send": {"source": _}}:
            await _send(request_of(step), stream)
        case {"send": {"flush": _}}:
            await stream.flush()
        case {"await": condition}:
            await seen.until(condition)
        case {"halfClose": True}:
            await stream.close_source()
        case _:
            raise ValueError(f"not for libraries: {step}")


async def _send(request: Request, stream: AsyncStream) -> None:
    source = request.source
    await stream.send(
        source.committed,
        tentative=source.tentative,
        end_of_segment=source.end_of_segment,
        start_s=_seconds(source, "start_offset"),
        end_s=_seconds(source, "end_offset"),
        speaker=source.speaker,
    )


def _options(config: streaming_pb2.StreamingConfig) -> dict[str, Any]:
    """What ``stream()`` is given for a config."""
    named = config.policy.named
    presets = {
        streaming_pb2.LATENCY_UNSPECIFIED: Latency.BALANCED,
        streaming_pb2.LATENCY_LOW: Latency.LOW,
        streaming_pb2.LATENCY_BALANCED: Latency.BALANCED,
        streaming_pb2.LATENCY_HIGH_QUALITY: Latency.HIGH_QUALITY,
    }
    is_client = config.segmentation == streaming_pb2.SEGMENTATION_CLIENT
    return {
        "source": config.source_language_code,
        "targets": list(config.target_language_codes),
        "model": config.model,
        "policy": NamedPolicy(named.name, dict(named.parameters))
        if config.policy.HasField("named")
        else presets[config.policy.latency],
        "drafts": not config.disable_drafts,
        "min_update_interval_s": _seconds(config, "min_update_interval") or 0.0,
        "glossary": {entry.source_term: entry.target_term for entry in config.glossary},
        "segmentation": Segmentation.CLIENT if is_client else Segmentation.AUTOMATIC,
        "alignments": config.alignments,
        "heartbeat_interval_s": _seconds(config, "heartbeat_interval"),
        "max_unacked_updates": config.max_unacked_updates,
        "rests": Rests(
            _seconds(config.rests, "draft"),
            _seconds(config.rests, "sentence"),
            _seconds(config.rests, "segment"),
        ),
    }


def _seconds(message: Any, field: str) -> float | None:
    if not message.HasField(field):
        return None
    return float(getattr(message, field).ToNanoseconds() / 1e9)
