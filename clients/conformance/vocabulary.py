"""Between the words of a client library, which drivers speak, and the wire's messages.

Drivers name things in camelCase; lengths and positions are code points, times milliseconds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from clients.conformance.journal import FailedError, Response
from translator.v1 import streaming_pb2

__all__ = ["error_facts", "options_of", "response_of", "source_of", "status_of_error"]

_DOMAIN = "translator"
_LATENCIES = {
    streaming_pb2.LATENCY_LOW: "low",
    streaming_pb2.LATENCY_BALANCED: "balanced",
    streaming_pb2.LATENCY_HIGH_QUALITY: "high-quality",
}
_SEGMENTATIONS = {
    streaming_pb2.SEGMENTATION_AUTOMATIC: "automatic",
    streaming_pb2.SEGMENTATION_CLIENT: "client",
}
# Fields that a library names otherwise than the wire, by the event or the part of it.
_RENAMED = {
    "update": {
        "target": "targetLanguageCode",
        "closed": "segmentClosed",
        "sourceStart": "segmentSourceStart",
        "sourceLength": "sourceCommittedLength",
    },
    "targets": {"target": "targetLanguageCode"},
    "started": {"detectedLanguage": "detectedLanguageCode"},
}
_MESSAGES = {"started": "started", "update": "target", "heartbeat": "heartbeat", "report": "report"}
# What a library may say of an update's segment, which it has put together itself.
_OWN = ("speaker", "source", "segmentStartOffsetMs", "segmentEndOffsetMs")
# In ms on the wire too, as a number.
_NUMBERS = {"meanLagMs"}


def options_of(config: streaming_pb2.StreamingConfig) -> dict[str, Any]:
    """What a library's ``stream`` or ``reconfigure`` is given: what a config sets."""
    if config.policy.HasField("named"):
        named = config.policy.named
        policy: Any = {"name": named.name, "parameters": dict(named.parameters)}
    else:
        policy = _LATENCIES.get(config.policy.latency)
    options = {
        "source": config.source_language_code,
        "targets": list(config.target_language_codes),
        "model": config.model or None,
        "policy": policy,
        "drafts": False if config.disable_drafts else None,
        "minUpdateIntervalMs": _ms(config, "min_update_interval"),
        "glossary": {entry.source_term: entry.target_term for entry in config.glossary} or None,
        "segmentation": _SEGMENTATIONS.get(config.segmentation),
        "alignments": config.alignments or None,
        "heartbeatIntervalMs": _ms(config, "heartbeat_interval"),
        "maxUnackedUpdates": config.max_unacked_updates or None,
        "possibleSources": list(config.possible_source_language_codes) or None,
    }
    if config.HasField("rests"):
        rests = {f"{rest}Ms": _ms(config.rests, rest) for rest in ("draft", "sentence", "segment")}
        options["rests"] = _given(rests)
    return _given(options)


def source_of(source: streaming_pb2.SourceUpdate) -> dict[str, Any]:
    """What a library's ``send`` is given: what a source update sets."""
    return _given(
        {
            "committed": source.committed or None,
            "tentative": source.tentative or None,
            "endOfSegment": source.end_of_segment or None,
            "startOffsetMs": _ms(source, "start_offset"),
            "endOffsetMs": _ms(source, "end_offset"),
            "speaker": source.speaker or None,
        }
    )


def response_of(event: Mapping[str, Any]) -> Response:
    """The message that an event stands for.

    ``committed_length``, which no library tells, is the length of the event's ``text``.

    Raises:
        FailedError: It has a field that it may not have, or a value of another type.
    """
    kind = event["event"]
    fields = {key: value for key, value in event.items() if key not in ("id", "event")}
    if kind == "warning":
        return Response(warning=status_of_error(fields.get("error", {})))
    try:
        if kind == "update":
            fields["committedLength"] = len(fields.pop("text"))
            fields = {key: value for key, value in fields.items() if key not in _OWN}
        if kind == "started":
            del fields["resumed"]
        return ParseDict({_MESSAGES[kind]: _on_the_wire(fields, kind)}, Response())
    except KeyError as error:
        raise FailedError(f"it has no {error}") from None
    except (ParseError, TypeError, AttributeError) as error:
        raise FailedError(str(error).partition("\n")[0]) from None


def status_of_error(error: Mapping[str, Any]) -> status_pb2.Status:
    """An error of a library, as the status that it stands for.

    Raises:
        FailedError: It is none of the server's: it has no code.
    """
    code, message = error.get("code"), str(error.get("message", ""))
    if code not in grpc.StatusCode.__members__:
        raise FailedError(f"an error of the client itself, with the code {code!r}: {message}")
    status = status_pb2.Status(code=code_pb2.Code.Value(code), message=message)
    if reason := error.get("reason"):
        metadata = error.get("metadata", {})
        info = error_details_pb2.ErrorInfo(reason=reason, domain=_DOMAIN, metadata=metadata)
        status.details.add().Pack(info)
    if violations := error.get("fieldViolations"):
        bad_request = error_details_pb2.BadRequest()
        for violation in violations:
            bad_request.field_violations.add(**violation)
        status.details.add().Pack(bad_request)
    return status


def error_facts(status: status_pb2.Status) -> dict[str, Any]:
    """What an error tells programs; its message is for people, and a library may add to it."""
    info, bad_request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info) or detail.Unpack(bad_request)
    return {
        "code": code_pb2.Code.Name(status.code),
        "reason": info.reason,
        "metadata": dict(info.metadata),
        "violations": [(each.field, each.description) for each in bad_request.field_violations],
    }


def _on_the_wire(value: Any, name: str) -> Any:
    """A part of an event as proto3 JSON has it; what is empty is left out."""
    if isinstance(value, Mapping):
        if name == "parameters":
            return dict(value)
        renamed = _RENAMED.get(name, {})
        fields = {
            str(renamed.get(key, key)): _on_the_wire(each, key) for key, each in value.items()
        }
        return {
            key if key in _NUMBERS else key.removesuffix("Ms"): each
            for key, each in fields.items()
            # A library may know a policy without a name where the wire has none.
            if each not in ({}, None, {"name": ""})
        }
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_on_the_wire(each, name) for each in value]
    if name.endswith("Ms") and name not in _NUMBERS and value is not None:
        return _duration(value)
    return value


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}


def _duration(ms: float) -> str:
    duration = Duration()
    duration.FromNanoseconds(round(ms * 1e6))
    return duration.ToJsonString()


def _ms(message: Message, field: str) -> float | None:
    """A Duration in milliseconds; None where it is not set."""
    if not message.HasField(field):
        return None
    return float(getattr(message, field).ToNanoseconds() / 1e6)
