"""Whether a stream is as its script expects it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.rpc import error_details_pb2

from clients.conformance.invariants import error_info
from clients.conformance.journal import Journal
from translator.v1 import streaming_pb2

__all__ = ["disappointments", "is_part"]


def disappointments(expect: Mapping[str, Any], journal: Journal) -> list[str]:
    """Which expectations are not met."""
    return [
        f"{name}: {problem}"
        for name, expected in {"warnings": [], **expect}.items()
        for problem in _CHECKS[name](expected, journal)
    ]


def _status(expected: Mapping[str, Any], journal: Journal) -> Iterator[str]:
    code = journal.code.name if journal.code else None
    if code != expected["code"]:
        yield f"expected {expected['code']}, got {code} ({journal.status.message})"
    info = error_info(journal.status)
    if "reason" in expected and info.reason != expected["reason"]:
        yield f"expected the reason {expected['reason']}, got {info.reason or 'none'}"
    for text in expected.get("mentions", []):
        if not any(text in value for value in info.metadata.values()):
            yield f"expected metadata that mentions {text}, got {dict(info.metadata)}"
    bad_request = error_details_pb2.BadRequest()
    any(detail.Unpack(bad_request) for detail in journal.status.details)
    fields = [violation.field for violation in bad_request.field_violations]
    if "violates" in expected and not any(expected["violates"] in field for field in fields):
        yield f"expected a violation of {expected['violates']}, got {fields}"


def _kinds(expected: Sequence[str], journal: Journal) -> Iterator[str]:
    pattern = "".join(re.sub(r"^\w+", r"(?:\g<0> )", kind) for kind in expected)
    kinds = [kind for kind in journal.seen.kinds if kind != "heartbeat"]
    if not re.fullmatch(pattern, "".join(f"{kind} " for kind in kinds)):
        yield f"expected {' '.join(expected)}, got {' '.join(kinds)}"


def _started(expected: Any, journal: Journal) -> Iterator[str]:
    yield from _compared_in_part(expected, [_json(m) for m in journal.messages("started")])


def _report(expected: Any, journal: Journal) -> Iterator[str]:
    yield from _compared_in_part([expected], [_json(m) for m in journal.messages("report")])


def _warnings(expected: Any, journal: Journal) -> Iterator[str]:
    codes = {code.value[0]: code.name for code in grpc.StatusCode}
    warnings = [
        {"code": codes[status.code], "reason": error_info(status).reason}
        for status in journal.messages("warning")
    ]
    if expected != "any":
        yield from _compared_in_part(expected, warnings)


def _drafts(expected: str, journal: Journal) -> Iterator[str]:
    if expected != "none":
        raise ValueError(expected)
    if drafts := [update.draft for update in journal.messages("target") if update.draft]:
        yield f"expected none, got {drafts}"


def _alignments(expected: str, journal: Journal) -> Iterator[str]:
    if expected != "some":
        raise ValueError(expected)
    pairs = [pair for update in journal.messages("target") for pair in _aligned(update, journal)]
    if not pairs:
        yield "expected some, got none"
    for source, target in pairs:
        if source.upper() != target:
            yield f"expected {source.upper()!r} from {source!r}, got {target!r}"


def _for_each_target(
    observe: Callable[[Journal, str], Any],
) -> Callable[[Mapping[str, Any], Journal], Iterator[str]]:
    def check(expected: Mapping[str, Any], journal: Journal) -> Iterator[str]:
        for target, value in expected.items():
            if (given := observe(journal, target)) != value:
                yield f"{target}: expected {value}, got {given}"

    return check


def _segments(journal: Journal, target: str) -> list[str]:
    updates = journal.segments(target)
    # Of one that is none there was a draft alone, which was taken back; it may be closed, too.
    return [
        text
        for segment, text in journal.texts(target).items()
        if text or ((last := updates[segment][-1]).segment_closed and last.source_committed_length)
    ]


def _sources(journal: Journal, target: str) -> list[str]:
    updates = [update for updates in journal.segments(target).values() for update in updates]
    return [
        _source(journal, u.segment_source_start, 0, u.source_committed_length).strip()
        for u in updates
        if u.segment_closed and u.source_committed_length
    ]


def _num_updates(journal: Journal, target: str) -> int:
    return sum(map(len, journal.segments(target).values()))


def _media_times(expected: Mapping[str, Any], journal: Journal) -> Iterator[str]:
    for target, times in expected.items():
        wanted = [(_ns(time["startOffset"]), _ns(time["endOffset"])) for time in times]
        given = [_media_time(updates) for updates in journal.segments(target).values()]
        if given != wanted:
            yield f"{target}: expected {wanted} ns, got {given}"


def _media_time(updates: Sequence[streaming_pb2.TargetUpdate]) -> tuple[int | None, int | None]:
    starts = [u.start_offset.ToNanoseconds() for u in updates if u.HasField("start_offset")]
    ends = [u.end_offset.ToNanoseconds() for u in updates if u.HasField("end_offset")]
    return min(starts, default=None), max(ends, default=None)


_CHECKS: dict[str, Callable[[Any, Journal], Iterator[str]]] = {
    "status": _status,
    "kinds": _kinds,
    "started": _started,
    "warnings": _warnings,
    "segments": _for_each_target(_segments),
    "sources": _for_each_target(_sources),
    "updates": _for_each_target(_num_updates),
    "drafts": _drafts,
    "alignments": _alignments,
    "mediaTimes": _media_times,
    "report": _report,
}


def _compared_in_part(expected: Any, given: Any) -> Iterator[str]:
    if not is_part(expected, given):
        yield f"expected {expected}, got {given}"


def is_part(expected: Any, given: Any) -> bool:
    """Whether all that is expected is there: objects may hold more, lists may not."""
    if isinstance(expected, list):
        return len(expected) == len(given) and all(map(is_part, expected, given))
    if isinstance(expected, dict):
        return all(key in given and is_part(value, given[key]) for key, value in expected.items())
    # proto3 JSON writes a uint64 as a string.
    return bool(type(given)(expected) == given)


def _json(message: Message) -> dict[str, Any]:
    return MessageToDict(message, always_print_fields_with_no_presence=True)


def _ns(offset: str) -> int:
    duration = Duration()
    duration.FromJsonString(offset)
    return duration.ToNanoseconds()


def _source(journal: Journal, segment_start: int, start: int, end: int) -> str:
    """A range of a segment's source, from all the source that was sent."""
    first, text = journal.source
    return text[segment_start - first + start : segment_start - first + end]


def _aligned(update: streaming_pb2.TargetUpdate, journal: Journal) -> Iterator[tuple[str, str]]:
    before = update.committed_length - len(update.committed)
    for each in update.alignments:
        start = update.segment_source_start
        yield (
            _source(journal, start, each.source_start, each.source_end),
            update.committed[each.target_start - before : each.target_end - before],
        )
