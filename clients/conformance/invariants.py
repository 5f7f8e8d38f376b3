"""What holds for every stream, whatever its script."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import error_details_pb2

from clients.conformance.journal import Journal, Request, Response
from translator.v1 import streaming_pb2

__all__ = ["broken_invariants", "error_info"]


def broken_invariants(journal: Journal) -> list[str]:
    """What is wrong with a stream, which may have been left before its end."""
    check = _Stream()
    problems = [problem for entry in journal.entries for problem in check.entry(entry)]
    return problems + list(check.end(journal))


@dataclass(slots=True)
class _Target:
    """What has come of one target.

    Attributes:
        segment_id: The open segment, or the next.
        length: Of its committed text.
        is_open: Whether there is text of it, or source that is covered.
        source_length: Of its source that is covered.
        source_end: Least start of the next segment.
        sequence: Last source update that was reflected.
    """

    revision: int = 0
    acked: int = 0
    segment_id: int = 0
    length: int = 0
    is_open: bool = False
    source_length: int = 0
    source_end: int = 0
    sequence: int = 0


@dataclass(slots=True)
class _Stream:
    config: streaming_pb2.StreamingConfig | None = None
    source_length: int = 0
    sequence: int = 0
    is_half_closed: bool = False
    is_started: bool = False
    num_reports: int = 0
    targets: dict[str, _Target] = field(default_factory=dict)
    segment_starts: dict[int, int] = field(default_factory=dict)

    def entry(self, entry: Request | Response | None) -> Iterator[str]:
        match entry:
            case Request():
                self._sent(entry)
            case Response():
                yield from self._received(entry)
            case None:
                self.is_half_closed = True

    def end(self, journal: Journal) -> Iterator[str]:
        if journal.code is None:
            return
        if journal.code is grpc.StatusCode.OK:
            if self.num_reports != 1:
                yield f"OK: expected one report, got {self.num_reports}"
            for name, target in self.targets.items():
                if target.is_open:
                    yield f"OK while segment {target.segment_id} of {name} is open"
            return
        if self.num_reports:
            yield f"{journal.code} after the report"
        is_disconnected = journal.code is grpc.StatusCode.CANCELLED
        if not is_disconnected and not error_info(journal.status).reason:
            yield f"{journal.code} without ErrorInfo"

    def _sent(self, request: Request) -> None:
        if request.HasField("config") and self.config is None:
            self.config = request.config
            self._resume(request.config.resume.targets)
        self.source_length += len(request.source.committed)
        self.sequence = max(self.sequence, request.source.sequence, request.flush.sequence)
        if target := self.targets.get(request.ack.target_language_code):
            target.acked = request.ack.revision

    def _resume(self, resumed: Any) -> None:
        self.source_length = min((t.segment_source_start for t in resumed), default=0)
        for t in resumed:
            if t.source_committed:
                end = t.segment_source_start + len(t.source_committed)
                self.source_length = max(self.source_length, end)
            self.targets[t.target_language_code] = _Target(
                revision=t.revision,
                acked=t.revision,
                segment_id=t.segment_id,
                length=len(t.target_committed),
                is_open=bool(t.target_committed),
                source_end=t.segment_source_start,
            )

    def _received(self, response: Response) -> Iterator[str]:
        kind = response.WhichOneof("response")
        if kind != "started" and not self.is_started:
            yield f"{kind} came before started"
        if self.num_reports:
            yield f"{kind} came after the report"
        if kind == "started":
            yield from self._started(response.started)
        elif kind == "target":
            yield from self._updated(response.target)
        elif kind == "report":
            self.num_reports += 1

    def _started(self, started: streaming_pb2.SessionStarted) -> Iterator[str]:
        self.is_started = True
        if not started.session_id:
            yield "started has no session_id"
        if not started.limits.max_chunk_length:
            yield "started has no limits"
        for target in started.targets:
            name = target.target_language_code
            if bool(target.model) != bool(target.policy.name):
                yield f"started of {name}: a model without a policy, or the other way round"
            self.targets.setdefault(name, _Target(segment_id=target.first_segment_id))

    def _updated(self, update: streaming_pb2.TargetUpdate) -> Iterator[str]:
        name = update.target_language_code
        target = self.targets.get(name)
        if target is None:
            yield f"an update of {name}, which was not asked for"
            return
        for problem in self._problems(update, target):
            yield f"{name}, revision {update.revision}: {problem}"
        target.revision = update.revision
        target.sequence = update.source_sequence
        target.length += len(update.committed)
        # Where a draft was taken back, before anything was committed, there is no segment.
        has_text = target.length > 0 or update.draft != "" or update.source_committed_length > 0
        target.is_open = has_text and not update.segment_closed
        target.source_length = update.source_committed_length
        if update.segment_closed:
            target.segment_id = update.segment_id + 1
            target.length = target.source_length = 0
            target.source_end = update.segment_source_start + update.source_committed_length

    def _problems(self, update: streaming_pb2.TargetUpdate, target: _Target) -> Iterator[str]:
        if update.revision != target.revision + 1:
            yield f"expected revision {target.revision + 1}"
        if update.segment_id != target.segment_id:
            yield f"expected segment {target.segment_id}, got {update.segment_id}"
        length = target.length + len(update.committed)
        if update.committed_length != length:
            yield f"expected committed_length {length}, got {update.committed_length}"
        if update.segment_closed and update.draft:
            yield "closed with a draft"
        yield from self._source_problems(update, target)
        yield from self._alignment_problems(update, target)
        most = self.config.max_unacked_updates if self.config else 0
        if most and not self.is_half_closed and update.revision - target.acked > most:
            yield f"only {target.acked} is acked"

    def _source_problems(
        self, update: streaming_pb2.TargetUpdate, target: _Target
    ) -> Iterator[str]:
        start, length = update.segment_source_start, update.source_committed_length
        if self.segment_starts.setdefault(update.segment_id, start) != start:
            yield f"expected start {self.segment_starts[update.segment_id]}, got {start}"
        if start < target.source_end:
            yield f"expected a start from {target.source_end} on, got {start}"
        if length < target.source_length:
            yield f"source_committed_length goes back from {target.source_length} to {length}"
        if start + length > self.source_length:
            yield f"covers {start + length} code points of source, {self.source_length} were sent"
        if not target.sequence <= update.source_sequence <= self.sequence:
            sequence = update.source_sequence
            yield f"expected source_sequence {target.sequence}–{self.sequence}, got {sequence}"

    def _alignment_problems(
        self, update: streaming_pb2.TargetUpdate, target: _Target
    ) -> Iterator[str]:
        if update.alignments and not (self.config and self.config.alignments):
            yield "alignments, not asked for"
        end = target.length + len(update.committed)
        for each in update.alignments:
            if not target.length <= each.target_start < each.target_end <= end:
                yield f"alignment of target text {each.target_start}–{each.target_end}"
            source_end = update.segment_source_start + each.source_end
            if each.source_start >= each.source_end or source_end > self.source_length:
                yield f"alignment of source {each.source_start}–{each.source_end}"


def error_info(status: Any) -> error_details_pb2.ErrorInfo:
    """The ErrorInfo of a google.rpc.Status, empty when it has none."""
    info = error_details_pb2.ErrorInfo()
    any(detail.Unpack(info) for detail in status.details)
    return info
