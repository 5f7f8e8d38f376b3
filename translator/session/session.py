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
from translator.session.inspector import SourceInspector
from translator.session.outbox import Outbox
from translator.session.parting import best_parting
from translator.session.relay import Relay
from translator.session.report import SessionReport, TargetFigures, TargetReport
from translator.session.segment import Segment
from translator.session.silence import Silence
from translator.session.track import Track
from translator.session.turns import Aside, Turns
from translator.text.integrity import IssueKind
from translator.text.segmenter import SegmentEnd
from translator.text.words import count_words

__all__ = ["Session"]

_LACKS = {
    IssueKind.NUMBER: "a number of its source is missing",
    IssueKind.CURRENCY: "a currency of its source is missing, or has become another",
    IssueKind.LENGTH: "it is much shorter than its source",
}
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
        self.config = config
        self.warnings: deque[Warned] = deque()
        self.outboxes: dict[str, Outbox] = {}
        self.last_sequence = 0
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
        self._source_words = 0
        self._source_updates = 0
        self._num_closed = 0
        self._silence = Silence(clock)
        # Whether a chunk has been taken in part.
        self._is_taking = False
        self._turns = Turns()
        # What another speaker said inside the sentence of the open segment.
        self._aside: Aside | None = None
        self._inspector = SourceInspector(self.warnings.append)
        self._ended = False
        first = self._resume.first
        self._open = Segment(
            first.segment_id if first else 0, first.source_start if first else 0, config
        )
        # Where segments begin that some target of the earlier stream has come to already.
        self._known_starts = {t.segment_id: t.source_start for t in self._resume.targets.values()}
        # The first segment of the newest configuration.
        self._config_begins = self._open.id
        # Closed segments that some target has not been through.
        self._closed: deque[Segment] = deque()
        self._apply_config()
        if first is not None and (first.source_committed or first.source_tentative):
            self._append(SourceUpdate(0, first.source_committed, first.source_tentative))

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
        self._check_sequence("source.sequence", update.sequence)
        self._source_updates += 1
        for number, piece in enumerate(update.pieces(_STEP_LENGTH)):
            if number:
                self._is_taking = True
                yield
                self._is_taking = False
            self._take_turn(piece)

    def flush(self, sequence: int) -> None:
        """Close the open segment, so that everything so far is translated and committed.

        Raises:
            InvalidRequestError: The sequence does not grow.
        """
        self._check_sequence("flush.sequence", sequence)
        self._settle_aside()
        self._open.sequence = sequence
        self._close_open()

    def end_source(self) -> None:
        """Say that no more source will come."""
        self._settle_aside()
        if self._open.tentative.strip():
            self.warnings.append(
                Warned(
                    "TENTATIVE_SOURCE_DROPPED",
                    "the source ended with a tentative tail, which was never committed; "
                    "it is not translated",
                )
            )
        self._open.tentative = ""
        self._close_open()
        self._ended = True
        # After its half-close a client cannot send acks any more.
        for outbox in self.outboxes.values():
            outbox.max_unacked = 0

    def reconfigure(self, config: SessionConfig) -> None:
        """Put a new configuration in force, from the next segment on."""
        self.config = config
        is_held = self._open.is_undetermined and self._open.config.awaits_language
        has_begun = bool(self._open.committed or self._open.tentative) and not is_held
        self._config_begins = self._open.id + has_begun
        if has_begun:
            return
        self._open.config = config
        for track in self._all_tracks.values():
            if track.segment is not None and track.segment.id == self._open.id:
                track.segment = None
        self._apply_config()

    @property
    def undetermined(self) -> list[Segment]:
        """The segments without a known language, in order; the open one may be the last."""
        if not self._open.config.follows:
            return []
        return [s for s in (*self._closed, self._open) if s.is_undetermined]

    def determine(self, segment: Segment, config: SessionConfig | None = None) -> None:
        """Set a segment's language to the one in force, or to that of ``config``.

        ``config`` is then in force from this very segment on; nothing of it has been committed.
        """
        if config is not None and segment.is_undetermined:
            self.config = config
            self._config_begins = segment.id
            for later in (*self._closed, self._open):
                if later.id >= segment.id:
                    later.config = config
            for track in self._all_tracks.values():
                if track.segment is not None and track.segment.id >= segment.id:
                    track.segment = None
            self._apply_config()
        segment.is_determined = True

    def _check_sequence(self, field: str, sequence: int) -> None:
        if sequence <= self.last_sequence:
            raise InvalidRequestError(
                field,
                f"is {sequence}; the last one was {self.last_sequence}, and each has to be greater",
            )
        self.last_sequence = sequence

    # Speakers

    def _take_turn(self, update: SourceUpdate) -> None:
        """Take source, with regard to who speaks.

        When another speaker begins, a sentence that has ended is closed. Inside a sentence, a new
        label counts only after some words or a whole sentence: recognisers give single words to the
        wrong speaker, and people say "yeah" in between.
        """
        segment, aside = self._open, self._aside
        last = aside.speaker if aside is not None else segment.speaker
        speaker = update.speaker or last
        if segment.config.client_segmentation or not (update.committed.strip() or aside):
            # The speaker does not matter, or is unknown until there is a committed word.
            self._append(update)
        elif speaker == segment.speaker or segment.is_blank or not segment.speaker:
            self._join_aside()
            if not segment.speaker or segment.is_blank:
                self._begin_turn(speaker)
            self._append(update)
        elif segment.is_ended and aside is None:
            self._close_open()
            self._begin_turn(speaker)
            self._append(update)
        else:
            if aside is not None and aside.speaker != speaker:
                self._join_aside()
                aside = None
            if aside is None:
                aside = self._aside = Aside(speaker)
            aside.add(update, self._clock())
            is_sentence = (
                speaker not in self._turns.joined
                and self._open.config.segmenter.is_ended(aside.text)
            )
            if aside.is_turn or is_sentence or update.end_of_segment:
                self._settle_aside()
            else:
                self._silence.committed(update.committed, update.start_s, update.end_s)
                self._open.sequence = self.last_sequence
                self._open.tentative = aside.text + update.tentative
                self._open.has_rested = False

    def _begin_turn(self, speaker: str) -> None:
        """Give the open segment, which has no committed words yet, to this speaker."""
        self._open.speaker = speaker
        self._open.continues = self._turns.goes_on(speaker)

    def _join_aside(self) -> None:
        """Join what another speaker seemed to say to the sentence that it interrupts."""
        aside, self._aside = self._aside, None
        if aside is not None:
            self._turns.joined.add(aside.speaker)
            self._inspector.ignore_speaker()
            for update, arrived_s in aside.updates:
                self._append(update, arrived_s)

    def _settle_aside(self) -> None:
        """Make what another speaker said a turn of their own, unless two speak word by word."""
        aside = self._aside
        if aside is not None and aside.speaker in self._turns.joined and not aside.is_turn:
            self._join_aside()
            return
        self._aside = None
        if aside is not None:
            self._open.tentative = ""
            self._close_open(in_sentence=not self._open.is_ended)
            self._begin_turn(aside.speaker)
            for update, arrived_s in aside.updates:
                self._append(update, arrived_s)

    # Segments

    def _append(self, update: SourceUpdate, arrived_s: float | None = None) -> None:
        """Add source to the open segment, and close it wherever it ends."""
        now = self._clock() if arrived_s is None else arrived_s
        start_s, end_s = self._inspector.offsets(update)
        if (
            self._inspector.clock_has_restarted
            and not self._open.config.client_segmentation
            and _joins(self._open.committed, update.committed)
        ):
            # Two connections of a recogniser do not make one word.
            self._close_open(in_sentence=not self._open.is_ended)
        former = self._open.tentative
        scanned = len(self._open.committed)
        self._open.append(update.committed, now, start_s, end_s)
        self._open.sequence = self.last_sequence
        self._open.tentative = ""
        self._close_where_it_ends(scanned)
        if update.end_of_segment:
            self._close_open()
        tentative = self._inspector.tentative(update.tentative, self._open.committed)
        self._open.tentative = tentative if tentative.strip() else ""
        self._silence.committed(update.committed, update.start_s, update.end_s)
        if self._open.tentative.strip() != former.strip():
            self._silence.revised()
            self._open.has_rested = False
        if update.committed.strip():
            self._open.has_rested = False
            segmenter = self._open.config.segmenter
            self._open.is_ended = segmenter.is_ended(self._open.committed)

    # Silence

    def wait_s(self) -> float | None:
        """Seconds until ``next_requests`` has work even if no source comes; None means never.

        A sentence that has ended is shown and committed after a silence; see ``Rests``.
        """
        at_s = self._rests_at_s
        return None if at_s == math.inf else max(0.0, at_s - self._clock())

    @property
    def _rests_at_s(self) -> float:
        if self._ended or self._is_held_up or not self._open.config.bindings:
            return math.inf
        return min(self._silence.shows_at_s(self._open), self._closes_at_s)

    @property
    def _is_held_up(self) -> bool:
        """Whether source waits to be read. If so, nobody knows whether the speaker is silent."""
        return self._is_taking or self.is_congested

    @property
    def _closes_at_s(self) -> float:
        if self._open.id + 1 in self._known_starts:
            # The source that is sent again ends where it ended for the earlier stream.
            return math.inf
        if self._aside is not None:
            return self._silence.turns_at_s(self._open)
        return self._silence.closes_at_s(self._open)

    def _rest(self) -> None:
        """Do what is due after the present silence."""
        now = self._clock()
        if self._is_held_up:
            self._silence.put_off()
        if self._rests_at_s > now:
            return
        if self._closes_at_s <= now:
            if self._aside is not None:
                self._settle_aside()
            else:
                self._close_open(in_sentence=not self._open.is_ended)
        if self._silence.shows_at_s(self._open) <= now:
            self._open.has_rested = True

    def _close_where_it_ends(self, scanned: int = 0) -> None:
        """Close the open segment at each end in it, after the first ``scanned`` code points."""
        while end := self._find_end(scanned):
            self._close_open(end.position, in_sentence=end.in_sentence)
            scanned = 0

    def _find_end(self, scanned: int) -> SegmentEnd | None:
        """The end of the open segment; after a resume, where the earlier stream ended it."""
        segment = self._open
        end = segment.config.segmenter.find_end(segment.committed, scanned, segment.pause_before)
        known = self._known_starts.get(segment.id + 1, 0) - segment.start
        if not 0 < known <= segment.config.segmenter.limits.max_length:
            return end
        if end is not None and end.position == known:
            return end
        # What has no other reason to end there was cut for its translation.
        return SegmentEnd(known, in_sentence=True) if len(segment.committed) > known else None

    def _cut_overlong(self) -> None:
        """If the open segment is long and has no mark, cut it where all targets can be cut."""
        segment = self._open
        overlong = segment.config.segmenter.num_overlong(segment.committed)
        if not overlong or segment.id + 1 in self._known_starts:
            return
        # Where the first leg has committed nothing, the second has nothing to translate either.
        names = {PIVOT if b.pivoted else b.target for b in segment.config.bindings}
        tracks = self._all_tracks
        partings = [tracks[name].partings(segment) for name in names]
        place = best_parting(segment, partings, anywhere=overlong > 1)
        if place is not None:
            tentative = segment.tentative
            self._close_open(place, in_sentence=True)
            self._close_where_it_ends()
            self._open.tentative = tentative

    def _close_open(self, end: int | None = None, *, in_sentence: bool = False) -> None:
        """Close the open segment after ``end`` code points; the rest begins the next one."""
        segment = self._open
        tentative = segment.tentative
        if end is None and segment.is_blank:
            return
        if end is not None and not segment.committed[:end].strip():
            # White space longer than a segment: nothing to translate, and no id is spent on it.
            segment.drop(end)
            return
        segment.tentative = ""
        length = len(segment.committed) if end is None else end
        rest = segment.split(length, in_sentence=in_sentence)
        rest.tentative = tentative
        self._turns.closed(segment.speaker, segment.id, in_sentence=in_sentence)
        self._known_starts.pop(rest.id, None)
        self._num_closed += 1
        self._source_words += count_words(segment.committed)
        self._closed.append(segment)
        self._open = rest
        if self._open.config is not self.config:
            self._open.config = self.config
            self._apply_config()

    def _apply_config(self) -> None:
        """Make tracks and outboxes follow the configuration of the open segment."""
        config = self._open.config
        for binding in config.bindings:
            target = binding.target
            resumed = self._resume.targets.get(target)
            if target not in self._tracks:
                first_id = resumed.segment_id if resumed else self._open.id
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
            self._relay = Relay(key, config.pivot, self._open.id, self._versions, figures)
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
        segments = (*self._closed, self._open)
        # Ids grow by one; those before are through.
        for segment in segments[max(0, track.next_segment_id - segments[0].id) :]:
            binding = segment.config.binding(name)
            if binding is None:
                if segment is self._open:
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
        if name == PIVOT and self._relay is not None:
            self._relay.put(event)
        else:
            self.outboxes[name].put(event)
        for kind in {issue.kind: None for issue in event.issues}:
            self.warnings.append(
                Warned(
                    f"SEGMENT_LACKS_{kind.name}",
                    f"segment {event.segment_id} in {event.target}: {_LACKS[kind]}",
                )
            )

    def _drop_translated(self) -> None:
        """Forget segments that every target has finished, so that cost does not grow with age."""
        oldest = min((t.next_segment_id for t in self._all_tracks.values()), default=self._open.id)
        while self._closed and self._closed[0].id < oldest:
            self._closed.popleft()
        if self._relay is not None:
            self._relay.drop_before(oldest)

    # State

    @property
    def is_congested(self) -> bool:
        """Whether to stop reading source for now."""
        return (
            len(self._closed) > self._limits.max_pending_segments
            or sum(o.unsent_length for o in self.outboxes.values()) > self._limits.max_unsent_length
        )

    @property
    def has_output(self) -> bool:
        """Whether anything waits to be sent: a warning, an update or, at the end, the report."""
        return bool(self.warnings) or any(map(len, self.outboxes.values())) or self.is_done

    @property
    def is_done(self) -> bool:
        """Whether the source has ended, and everything is committed and taken from the outboxes."""
        return self._ended and not self._closed and not any(map(len, self.outboxes.values()))

    @property
    def models(self) -> frozenset[str]:
        """The models of the configurations in use, which it may still ask."""
        configs = [self.config, self._open.config, *(segment.config for segment in self._closed)]
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
                self._config_begins, track.next_segment_id if track else 0
            )
        return first_ids

    def report(self) -> SessionReport:
        """The figures so far."""
        return SessionReport(
            source_words=self._source_words + count_words(self._open.committed),
            source_updates=self._source_updates,
            segments=self._num_closed,
            duration_s=self._clock() - self._started_s,
            targets=tuple(self._report_of(target) for target in self._figures),
        )

    def _report_of(self, target: str) -> TargetReport:
        figures = self._figures[target]
        return TargetReport(
            target=target,
            updates=figures.updates,
            updates_superseded=self.outboxes[target].superseded,
            target_words=figures.words,
            normalized_erasure=figures.normalized_erasure,
            mean_lag_words=figures.mean_lag_words,
            mean_lag_ms=figures.mean_lag_ms,
            requests=figures.requests,
            decoder_steps_run=figures.steps_run,
            decoder_steps_saved=figures.steps_saved,
        )


def _joins(before: str, after: str) -> bool:
    """Whether joining two texts would make one word out of two."""
    return before[-1:].isalnum() and after[:1].isalnum()
