"""What a stream yields: frozen dataclasses, one for each message of the server.

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
    """A range of target text and the range of source text it comes from; the ends are excluded.

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
    """What one target got.

    Attributes:
        target: The language, as the stream's ``targets`` named it.
        model: Name of the model that serves it.
        policy: The policy that was resolved, with all its parameters.
        first_segment_id: The segment it begins with.
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
        heartbeat_interval_s: Longest silence before a ``Heartbeat``; 0: none.
    """

    max_chunk_length: int
    max_segment_words: int
    max_segment_length: int
    max_targets: int
    heartbeat_interval_s: float


@dataclass(frozen=True, slots=True)
class Connecting:
    """The server is about to be called for the first time, or once more as it did not answer.

    Attributes:
        address: Of the server, as the client was given it.
        attempt: 1, 2, …
        cause: Why the attempt before failed; None for the first one.
        wait_s: The attempt is made after so many seconds.
    """

    address: str
    attempt: int
    cause: TranslatorError | None
    wait_s: float


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The stream broke off and is about to be resumed; ``Started`` says when it has been.

    Comes once for each attempt.

    Attributes:
        address: Of the server, as the client was given it.
        attempt: 1, 2, … since the stream last worked.
        cause: What broke the stream, or why the attempt before failed.
        wait_s: The attempt is made after so many seconds.
    """

    address: str
    attempt: int
    cause: TranslatorError
    wait_s: float


@dataclass(frozen=True, slots=True)
class Started:
    """The session is open: the first event, and again after a resume or a reconfiguration.

    Attributes:
        session_id: Names the session in the server's logs; a resume keeps it.
        targets: What each target got, in the order asked for.
        limits: The limits in force.
        resumed: Whether this goes on with a stream that broke off. Drafts shown so far are void.
        detected_language: Language of the source where the stream was opened with "und"; "" until
            it is detected, and the targets have neither model nor policy until then.
    """

    session_id: str
    targets: Sequence[StartedTarget]
    limits: Limits
    resumed: bool
    detected_language: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """New text in one target language. What a reader should see is ``text`` and then ``draft``.

    Attributes:
        target: The language, as the stream's ``targets`` named it.
        segment_id: 0, 1, … the same for all targets.
        revision: Grows by one with each update of this target.
        committed: What this update adds to the segment's committed text; never taken back.
        draft: Replaces the segment's former draft; may change.
        closed: Whether this is the segment's last update.
        text: The segment's whole committed text, ``committed`` included.
        source_sequence: Number of the last ``send`` or ``flush`` that this reflects.
        source_start: Code points of committed source before this segment.
        source_length: Code points of the segment's source that ``text`` covers.
        alignments: Where ``committed`` comes from; empty unless asked for.
        start_s: Media time at which the source of ``committed`` begins; None when unknown.
        end_s: Media time at which the source of ``committed`` ends; None when unknown.
        timing: What this update cost; None when the server does not say.
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


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Nothing else was sent for a while; the stream is alive.

    Attributes:
        source_sequence: Number of the last ``send`` or ``flush`` that the server received.
    """

    source_sequence: int


@dataclass(frozen=True, slots=True)
class GoAway:
    """The server drains. Streams handle it themselves and do not yield it.

    Attributes:
        within_s: The stream is ended this long after.
    """

    within_s: float


@dataclass(frozen=True, slots=True)
class SessionWarning:
    """Something was ignored or could not be honoured; the session goes on.

    Attributes:
        error: What it would have been as an error.
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
    """What the session did; the last event. After a resume it counts from the resume on.

    Attributes:
        source_words: Words of committed source, split at white space.
        source_updates: Source updates received.
        segments: Segments that were closed.
        duration_s: From the first message to the report.
        targets: The figures of each target.
    """

    source_words: int
    source_updates: int
    segments: int
    duration_s: float
    targets: Sequence[TargetReport]


StreamEvent = Started | Update | Heartbeat | SessionWarning | Reconnecting | Report
