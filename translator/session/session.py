"""One stream as a state machine: source goes in, requests and events come out.

It knows nothing of sockets, threads or tensors. Its driver gives it source, passes its requests to
an engine and the outcomes back, and sends what is in the outboxes.
"""

import itertools
import math
from collections import deque
from collections.abc import Callable, Iterator

from translator.engine.request import Outcome, Request, RequestKey
from translator.errors import InvalidRequestError
from translator.session.events import (
    PIVOT,
    ResumeState,
    SessionConfig,
    SessionLimits,
    SourceUpdate,
    TargetEvent,
    Warned,
)
from translator.session.outbox import Outbox
from translator.session.parting import best_parting
from translator.session.relay import Relay
from translator.session.report import SessionReport, TargetFigures
from translator.session.segment import Segment
from translator.session.segments import Segments
from translator.session.track import Track
from translator.text.integrity import IssueKind

__all__ = ["Session"]

_LACKS = {
    IssueKind.NUMBER: "a number of its source is missing",
    IssueKind.CURRENCY: "a currency of its source is missing, or has become another",
    IssueKind.LENGTH: "it is much shorter than its source",
}
# Of a speaker's name: a segment remembers those of all who spoke in it.
_MAX_SPEAKER_LENGTH = 256
# Code points of source that are processed in one step.
_STEP_LENGTH = 512


class Session:
    """Turns one stream's source into requests, and their outcomes into updates.

    Args:
        session_id: The session's name; after a resume, that of the earlier stream.
        stream_id: This stream's name in the engine. A client never chooses it, because two streams
            of one session can exist at once, until the server notices that one of them is dead.
        config: The first configuration.
        limits: What the session may take.
        clock: Seconds, monotonic.
        resume: Where an earlier stream broke off.
    """

    def __init__(
        self,
        session_id: str,
        stream_id: str,
        config: SessionConfig,
        limits: SessionLimits,
        clock: Callable[[], float],
        resume: ResumeState | None = None,
    ) -> None:
        self.session_id = session_id
        self._stream_id = stream_id
        self.warnings: deque[Warned] = deque()
        self.outboxes: dict[str, Outbox] = {}
        self._limits = limits
        self._clock = clock
        self._started_s = clock()
        self._resume = resume or ResumeState()
        self._tracks: dict[str, Track] = {}
        # The first leg of targets that are translated through another language, once there is one.
        self._relay: Relay | None = None
        # Of all targets the session has had; one that comes back goes on with its own.
        self._figures: dict[str, TargetFigures] = {}
        # Numbers the requests of all tracks, so that a late outcome never answers another track.
        self._versions = itertools.count(1)
        self._source_updates = 0
        # Whether a chunk has been taken in part.
        self._is_taking = False
        self._ended = False
        self._segments = Segments(
            config, self._resume, clock, self.warnings.append, self._apply_config
        )
        first = self._resume.first
        self._apply_config()
        self._resumed: SourceUpdate | None = None
        if first is not None and (first.source_committed or first.source_tentative):
            self._resumed = SourceUpdate(0, first.source_committed, first.source_tentative)
            if len(first.source_committed) <= _STEP_LENGTH:
                # As most are: an open segment.
                for _ in self.take_resumed():
                    pass

    @property
    def config(self) -> SessionConfig:
        """The newest configuration."""
        return self._segments.config

    @property
    def last_sequence(self) -> int:
        """The last source update or flush; 0 if there was none."""
        return self._segments.sequence

    # Source

    def update_source(self, update: SourceUpdate) -> None:
        """Take more source.

        Raises:
            InvalidRequestError: The sequence does not grow, or the chunk is too long.
        """
        for _ in self.take_source(update):
            pass

    def take_source(self, update: SourceUpdate) -> Iterator[None]:
        """Like ``update_source``, in steps of bounded work, so that a long chunk delays nobody.

        It does not matter how source is cut into chunks, so this may cut it further. Between steps,
        requests may be filed and outcomes accepted, but no more source may be taken.

        Raises:
            InvalidRequestError: The sequence does not grow, or the chunk is too long.
        """
        length = len(update.committed) + len(update.tentative)
        if length > self._limits.max_chunk_length:
            raise InvalidRequestError(
                "source.committed" if len(update.committed) >= length / 2 else "source.tentative",
                f"the chunk has {length} code points; at most {self._limits.max_chunk_length} "
                "are allowed in one update: send it in several",
            )
        if len(update.speaker) > _MAX_SPEAKER_LENGTH:
            raise InvalidRequestError(
                "source.speaker",
                f"has {len(update.speaker)} code points; at most {_MAX_SPEAKER_LENGTH} are allowed",
            )
        self._check_sequence("source.sequence", update.sequence)
        self._source_updates += 1
        yield from self._take(update)

    def take_resumed(self) -> Iterator[None]:
        """Take the source that a resume brought, in steps as ``take_source`` does; once, and first.

        What fits into a step has been taken already.
        """
        update, self._resumed = self._resumed, None
        if update is not None:
            yield from self._take(update)

    def _take(self, update: SourceUpdate) -> Iterator[None]:
        for number, piece in enumerate(update.pieces(_STEP_LENGTH)):
            if number:
                self._is_taking = True
                yield
                self._is_taking = False
            self._segments.take(piece)

    def flush(self, sequence: int) -> None:
        """Close the open segment, so that everything so far is translated and committed.

        Raises:
            InvalidRequestError: The sequence does not grow.
        """
        self._check_sequence("flush.sequence", sequence)
        self._segments.flush()

    def end_source(self) -> None:
        """Say that no more source will come."""
        self._segments.end()
        self._ended = True
        # After its half-close a client cannot send acks any more.
        for outbox in self.outboxes.values():
            outbox.max_unacked = 0
            # Nothing more comes that an update could be merged with.
            outbox.min_interval_s = 0.0

    def reconfigure(self, config: SessionConfig) -> None:
        """Put a new configuration in force, from the next segment on."""
        if self._segments.reconfigure(config):
            self._begin_anew(self._segments.open)

    @property
    def undetermined(self) -> list[Segment]:
        """The segments without a known language, in order; the open one may be the last."""
        if not self._segments.open.config.follows:
            return []
        return [s for s in (*self._segments.closed, self._segments.open) if s.is_undetermined]

    def determine(self, segment: Segment, config: SessionConfig | None = None) -> None:
        """Set a segment's language to the one in force, or to that of ``config``.

        ``config`` is then in force from this very segment on; nothing of it has been committed.
        """
        if config is not None and segment.is_undetermined:
            self._segments.reconfigure_from(segment, config)
            self._begin_anew(segment)
        segment.is_determined = True

    def _begin_anew(self, segment: Segment) -> None:
        """Let tracks begin this segment and later ones anew, in the configuration now in force."""
        for track in self._all_tracks.values():
            if track.segment is not None and track.segment.id >= segment.id:
                track.segment = None
        self._apply_config()

    def _check_sequence(self, field: str, sequence: int) -> None:
        if sequence <= self.last_sequence:
            raise InvalidRequestError(
                field,
                f"is {sequence}; the last one was {self.last_sequence}, and each has to be greater",
            )
        self._segments.sequence = sequence

    # Silence

    def wait_s(self) -> float | None:
        """Seconds until ``next_requests`` has work even if no source comes; None means never.

        A sentence that has ended is shown and committed after a silence; see ``Rests``.
        """
        at_s = self._rests_at_s
        return None if at_s == math.inf else max(0.0, at_s - self._clock())

    @property
    def _rests_at_s(self) -> float:
        if self._ended or self._is_held_up or not self._segments.open.config.bindings:
            return math.inf
        return self._segments.rests_at_s

    @property
    def _is_held_up(self) -> bool:
        """Whether source waits to be read. If so, nobody knows whether the speaker is silent."""
        return self._is_taking or self.is_congested

    def _rest(self) -> None:
        """Do what is due after the present silence."""
        now = self._clock()
        if self._is_held_up:
            self._segments.put_off_rest()
        if self._rests_at_s <= now:
            self._segments.rest(now)

    def _cut_overlong(self) -> None:
        """If the open segment is long and has no mark, cut it where all targets can be cut."""
        overlong = self._segments.num_overlong
        if not overlong:
            return
        segment = self._segments.open
        # Where the first leg has committed nothing, the second has nothing to translate either.
        names = {PIVOT if b.pivoted else b.target for b in segment.config.bindings}
        tracks = self._all_tracks
        partings = [tracks[name].partings(segment) for name in names]
        place = best_parting(segment, partings, anywhere=overlong > 1)
        if place is not None:
            self._segments.cut(place)

    def _apply_config(self) -> None:
        """Make tracks and outboxes follow the configuration of the open segment."""
        begins_with = self._segments.open
        config = begins_with.config
        for binding in config.bindings:
            target = binding.target
            resumed = self._resume.targets.get(target)
            if target not in self._tracks:
                first_id = resumed.segment_id if resumed else begins_with.id
                key = (self._stream_id, target)
                figures = self._figures.setdefault(target, TargetFigures())
                self._tracks[target] = Track(
                    key, binding, first_id, self._versions, figures, resumed
                )
            if target not in self.outboxes:
                self.outboxes[target] = Outbox(
                    resumed.revision if resumed else 0,
                    self._clock,
                    self._figures[target],
                    # Less than what congests the session, or the two would wait for each other.
                    self._limits.max_unsent_length // (2 * len(config.bindings)),
                )
            self.outboxes[target].min_interval_s = config.min_update_interval_s
            self.outboxes[target].max_unacked = config.max_unacked_updates
        if config.pivot is not None and self._relay is None:
            # What it costs counts with the first target that goes through it, and only there.
            counts = next(b.target for b in config.bindings if b.pivoted)
            key, figures = (self._stream_id, PIVOT), self._figures[counts]
            first = self._resume.first
            begins = first.segment_id if first is not None else begins_with.id
            self._relay = Relay(key, config.pivot, begins, self._versions, figures)
        self._resume = ResumeState()

    # Requests and outcomes

    def next_requests(self) -> list[Request]:
        """The requests to file now: at most one for each target, and one for the first leg.

        Call this after source or an outcome has come, and after ``wait_s``.
        """
        self._rest()
        requests: list[Request] = []
        for name, track in self._all_tracks.items():
            while True:
                if track.segment is None and not self._begin_next(name, track):
                    break
                if track.segment and track.segment.closed and track.segment.is_undetermined:
                    break
                step = track.advance()
                if isinstance(step, TargetEvent):
                    self._put(name, step)
                    continue
                if step is not None:
                    requests.append(step)
                break
        self._drop_translated()
        return requests

    def accept(self, outcome: Outcome) -> None:
        """Take the outcome of a request.

        Raises:
            TranslatorError: The request failed with it; the session cannot go on.
        """
        name = outcome.request.key[1]
        track = self._all_tracks.get(name)
        if track is not None:
            event = track.accept(outcome)
            if event is not None:
                self._put(name, event)
            self._cut_overlong()

    @property
    def _all_tracks(self) -> dict[str, Track]:
        """All tracks: the first leg before the targets, because they translate its output."""
        first: dict[str, Track] = {} if self._relay is None else {PIVOT: self._relay}
        return first | self._tracks

    def _begin_next(self, name: str, track: Track) -> bool:
        """Give a track its next segment; False if none can begin or the track is retired."""
        for segment in self._segments.since(track.next_segment_id):
            binding = segment.config.binding(name)
            if binding is None:
                if segment is self._segments.open:
                    # The target was taken out of the configuration.
                    self._tracks.pop(name, None)
                    return False
                # The target was away while this segment came.
                track.next_segment_id = segment.id + 1
                continue
            source: Segment | None = segment
            if binding.pivoted and self._relay is not None:
                source = self._relay.relayed(segment.id)
            if source is None or not (source.committed or source.tentative or source.closed):
                return False
            resumed = track.resumed
            if source.is_undetermined and (source.config.awaits_language or resumed is not None):
                return False
            if resumed is not None and resumed.source_start != segment.start:
                self.warnings.append(
                    Warned(
                        "RESUME_MISMATCH",
                        f"segment {segment.id} of {name} begins at {segment.start} of the source "
                        f"that was sent again, not at {resumed.source_start}",
                    )
                )
            track.begin(source, binding)
            return True
        return False

    def _put(self, name: str, event: TargetEvent) -> None:
        if self._ended and event.segment_id == self._segments.open.id:
            # A draft of the tail that was dropped with the end: nothing would ever close it.
            return
        if name == PIVOT and self._relay is not None:
            self._relay.put(event)
        else:
            self.outboxes[name].put(event)
            if event.segment_id == self._segments.open.id:
                self._segments.open.is_told = True
        for kind in {issue.kind: None for issue in event.issues}:
            self.warnings.append(
                Warned(
                    f"SEGMENT_LACKS_{kind.name}",
                    f"segment {event.segment_id} in {event.target}: {_LACKS[kind]}",
                )
            )

    def _drop_translated(self) -> None:
        """Forget segments that every target has finished, so that cost does not grow with age."""
        ids = (track.next_segment_id for track in self._all_tracks.values())
        oldest = min(ids, default=self._segments.open.id)
        self._segments.drop_before(oldest)
        if self._relay is not None:
            self._relay.drop_before(oldest)

    # State

    @property
    def is_congested(self) -> bool:
        """Whether to stop reading source for now."""
        return (
            len(self._segments.closed) > self._limits.max_pending_segments
            or sum(o.unsent_length for o in self.outboxes.values()) > self._limits.max_unsent_length
        )

    @property
    def has_output(self) -> bool:
        """Whether anything waits to be sent: a warning, an update or, at the end, the report."""
        return bool(self.warnings) or any(map(len, self.outboxes.values())) or self.is_done

    @property
    def is_done(self) -> bool:
        """Whether the source has ended, and everything is committed and taken from the outboxes."""
        return (
            self._ended and not self._segments.closed and not any(map(len, self.outboxes.values()))
        )

    @property
    def models(self) -> frozenset[str]:
        """The models of the configurations in use, which it may still ask."""
        segments = self._segments
        configs = [self.config, *(each.config for each in (*segments.closed, segments.open))]
        legs = [leg for config in configs for leg in (*config.bindings, config.pivot)]
        return frozenset(leg.model.name for leg in legs if leg is not None)

    @property
    def request_keys(self) -> list[RequestKey]:
        """The keys under which it may have requests in the engine."""
        return [(self._stream_id, name) for name in (PIVOT, *self.outboxes)]

    @property
    def first_segment_ids(self) -> dict[str, int]:
        """For each target, the segment with which the newest configuration begins."""
        first_ids: dict[str, int] = {}
        for binding in self.config.bindings:
            track = self._tracks.get(binding.target)
            first_ids[binding.target] = max(
                self._segments.config_begins, track.next_segment_id if track else 0
            )
        return first_ids

    def report(self) -> SessionReport:
        """The figures so far."""
        return SessionReport(
            source_words=self._segments.num_words,
            source_updates=self._source_updates,
            segments=self._segments.num_closed,
            duration_s=self._clock() - self._started_s,
            targets=tuple(
                figures.report(target, self.outboxes[target].superseded)
                for target, figures in self._figures.items()
            ),
        )
