"""Events of a stream: frozen dataclasses, one for each message of the server.

Lengths and positions are in Unicode code points, times in seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from translator.client.options import NamedPolicy
from translator.errors import TranslatorError

__all__ = [
    "Alignment",
    "Connecting",
    "Heartbeat",
    "Limits",
    "Reconnecting",
    "Report",
    "Segment",
    "SessionWarning",
    "Started",
    "StartedTarget",
    "StreamEvent",
    "TargetReport",
    "Timing",
    "Update",
]


@dataclass(frozen=True, slots=True)
class Alignment:
    """A range of target text, and the range of source text it comes from; ends are excluded.

    Source positions count from the start of the segment's source (``Update.source_start``) in a
    stream and from the start of the text in a translation; target positions likewise.
    """

    source_start: int
    source_end: int
    target_start: int
    target_end: int


@dataclass(frozen=True, slots=True)
class Timing:
    """What an update cost the server, in seconds."""

    queue_s: float
    encode_s: float
    decode_s: float


@dataclass(frozen=True, slots=True)
class StartedTarget:
    """What one target got from the server.

    Attributes:
        target: The language, as the stream's ``targets`` named it.
        model: Name of the model that serves it.
        policy: The policy in use, with all its parameters.
        first_segment_id: The segment that it begins with.
    """

    target: str
    model: str
    policy: NamedPolicy
    first_segment_id: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force.

    Attributes:
        max_chunk_length: Most code points, committed and tentative, in one ``send``.
        max_segment_words: Most words in a segment; a longer one is cut.
        max_segment_length: Most code points in a segment; a longer one is cut.
        max_targets: Most targets in one stream.
        heartbeat_interval_s: Longest silence before a ``Heartbeat``; 0 means that there are none.
    """

    max_chunk_length: int
    max_segment_words: int
    max_segment_length: int
    max_targets: int
    heartbeat_interval_s: float


@dataclass(frozen=True, slots=True)
class Connecting:
    """The client is about to call the server, for the first time or again.

    Attributes:
        address: The server's address, as given to the client.
        attempt: 1, 2, …
        cause: Why the last attempt failed; None for the first one.
        wait_s: Seconds until this attempt.
    """

    address: str
    attempt: int
    cause: TranslatorError | None
    wait_s: float


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The stream broke off and is about to be resumed; ``Started`` comes when it has been.

    It comes once for each attempt.

    Attributes:
        address: The server's address, as given to the client.
        attempt: 1, 2, … since the stream last worked.
        cause: What broke the stream, or why the last attempt failed.
        wait_s: Seconds until this attempt.
    """

    address: str
    attempt: int
    cause: TranslatorError
    wait_s: float


@dataclass(frozen=True, slots=True)
class Started:
    """The session is open. Comes first, and again after a resume or a reconfiguration.

    Attributes:
        session_id: The session's name in the server's logs; a resume keeps it.
        targets: What each target got, in the order of the request.
        limits: The limits in force.
        resumed: Whether this continues a stream that broke off. Drafts shown before are void.
        detected_language: Language of the source, if the stream was opened with "und". "" until it
            is detected; until then, targets have neither model nor policy.
    """

    session_id: str
    targets: Sequence[StartedTarget]
    limits: Limits
    resumed: bool
    detected_language: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """New text of one target. What a reader should see is ``text`` followed by ``draft``.

    Attributes:
        target: The language, as the stream's ``targets`` named it.
        segment_id: 0, 1, … the same for all targets.
        revision: Grows by one with each update of this target.
        committed: What this update adds to the segment's committed text; never taken back.
        draft: Replaces the segment's previous draft; may change.
        closed: Whether this is the segment's last update.
        text: The segment's whole committed text, ``committed`` included.
        source_sequence: Number of the last ``send`` or ``flush`` that this update reflects.
        source_start: Code points of committed source before this segment.
        source_length: Code points of the segment's source that ``text`` covers.
        alignments: Where ``committed`` comes from; empty unless asked for.
        start_s: Media time at which the source of ``committed`` begins; None if unknown.
        end_s: Media time at which the source of ``committed`` ends; None if unknown.
        timing: What this update cost; None if the server does not say.
        speaker: Who speaks in this segment, as ``send`` named them; "" if it did not.
        source: The segment's source that ``text`` covers; the whole of it once closed.
        segment_start_s: Media time at which the source of ``text`` begins; None if unknown.
        segment_end_s: Media time at which the source of ``text`` ends; None if unknown.
    """

    target: str
    segment_id: int
    revision: int
    committed: str
    draft: str
    closed: bool
    text: str
    source_sequence: int
    source_start: int
    source_length: int
    alignments: Sequence[Alignment]
    start_s: float | None
    end_s: float | None
    timing: Timing | None
    speaker: str = ""
    source: str = ""
    segment_start_s: float | None = None
    segment_end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """What has come of one segment in one target so far.

    Attributes:
        id: 0, 1, … the same for all targets.
        text: Its committed text.
        closed: Whether no more comes.
        speaker: Who speaks, as ``send`` named them; "" if it did not.
        source: Its source that ``text`` covers; the whole of it once closed.
        start_s: Media time at which the source of ``text`` begins; None if unknown.
        end_s: Media time at which the source of ``text`` ends; None if unknown.
    """

    id: int
    text: str
    closed: bool
    speaker: str
    source: str
    start_s: float | None
    end_s: float | None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The stream is alive, although nothing else was sent for a while.

    Attributes:
        source_sequence: Number of the last ``send`` or ``flush`` that the server received.
    """

    source_sequence: int


@dataclass(frozen=True, slots=True)
class GoAway:
    """The server is shutting down. Streams handle this themselves and do not yield it.

    Attributes:
        within_s: The server ends the stream after so many seconds.
    """

    within_s: float


@dataclass(frozen=True, slots=True)
class SessionWarning:
    """Something was ignored or could not be honoured; the session goes on.

    Attributes:
        error: The warning in the form of an error.
    """

    error: TranslatorError


@dataclass(frozen=True, slots=True)
class TargetReport:
    """The figures of one target, as ``TargetReport`` in streaming.proto defines them."""

    target: str
    updates: int
    updates_superseded: int
    target_words: int
    normalized_erasure: float
    mean_lag_words: float
    mean_lag_ms: float
    requests: int
    decoder_steps_run: int
    decoder_steps_saved: int


@dataclass(frozen=True, slots=True)
class Report:
    """The session's figures; the last event. After a resume they count from the resume on.

    Attributes:
        source_words: Words of committed source, split at white space.
        source_updates: Source updates received.
        segments: Segments that were closed.
        duration_s: Time from the first message to the report.
        targets: The figures of each target.
    """

    source_words: int
    source_updates: int
    segments: int
    duration_s: float
    targets: Sequence[TargetReport]


StreamEvent = Started | Update | Heartbeat | SessionWarning | Reconnecting | Report
