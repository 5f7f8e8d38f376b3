"""A stream without its transport: which requests to send, and what the responses mean."""

import dataclasses

from google.rpc.status_pb2 import Status

from translator.client import convert
from translator.client.events import (
    GoAway,
    Heartbeat,
    Limits,
    Segment,
    SessionWarning,
    Started,
    StreamEvent,
)
from translator.client.options import StreamConfig
from translator.client.source_log import SourceLog
from translator.client.status import error_from_status
from translator.client.targets import Targets
from translator.errors import InvalidRequestError
from translator.v1.streaming_pb2 import (
    Ack,
    Flush,
    ResumeState,
    SessionStarted,
    SourceUpdate,
    StreamingTranslateRequest,
    StreamingTranslateResponse,
    TargetUpdate,
)

__all__ = ["HISTORY", "ClientSession"]

# Closed segments that are kept of each target: about a day of speech.
HISTORY = 10_000

# A source language that the server is to detect.
_UNDETERMINED = "und"
# A server that keeps its heartbeats is never silent for so many intervals.
_MAX_SILENT_HEARTBEATS = 3
# Begins the reason of the warning that answers a reconfiguration which is not valid.
_CONFIG_IGNORED = "CONFIG_IGNORED_"


@dataclasses.dataclass(slots=True, eq=False)
class _Asked:
    """A reconfiguration that a resume would ask for again.

    Attributes:
        config: The config that was asked for.
        is_accepted: Whether the server has put it in force.
    """

    config: StreamConfig
    is_accepted: bool = False


class ClientSession:
    """The client's state of one stream; no I/O, no clock.

    Each method that returns a request also remembers what a resume needs from it. So the transport
    sends the request or, if the stream is broken, drops it: ``opening()`` will have it.

    Args:
        config: The first config.
        history: How many closed segments are kept of each target.

    Attributes:
        session_id: The server's name for the session; "" until it has started.
        config: The config in force.
        is_half_closed: Whether the source has ended.
        is_finished: Whether the report has come.
    """

    def __init__(self, config: StreamConfig, *, history: int = HISTORY) -> None:
        self.session_id = ""
        self.config = config
        self.is_half_closed = False
        self.is_finished = False
        self._targets = Targets(config.targets, history)
        self._log = SourceLog()
        self._sequence = 0
        self._speaker = ""
        # Of the source, as the server has said it; "" until it has.
        self._language = ""
        self._limits: Limits | None = None
        self._is_opening = True
        # In the order of the log, which has their requests.
        self._asked: list[_Asked] = []
        # Those that the server of this stream has yet to answer; it does so in order.
        self._unanswered: list[_Asked] = []

    @property
    def source_position(self) -> int:
        """Code points of source that every target has closed; a resume begins here."""
        return self._targets.source_position

    @property
    def num_logged(self) -> int:
        """Number of requests kept for a resume."""
        return len(self._log)

    @property
    def max_silence_s(self) -> float | None:
        """Longest silence, in seconds, before the server counts as gone; None: no heartbeats."""
        if self._limits is None or not self._limits.heartbeat_interval_s:
            return None
        return _MAX_SILENT_HEARTBEATS * self._limits.heartbeat_interval_s

    def transcript(self, target: str, separator: str = " ") -> str:
        """The committed text of a target, of the segments that are kept.

        Raises:
            KeyError: The stream never had this target.
        """
        return self._targets[target].transcript(separator)

    def segments(self, target: str) -> list[Segment]:
        """The segments of a target that are kept; KeyError for an unknown target."""
        return self._targets[target].segments()

    def draft(self, target: str) -> str:
        """The draft that follows the transcript; KeyError for an unknown target."""
        return self._targets[target].draft

    # What the client says.

    def opening(self) -> list[StreamingTranslateRequest]:
        """The requests that begin a stream, be it a new one or one that continues this session.

        The source is sent again from ``source_position`` on, with the same sequence numbers.
        """
        self._is_opening = True
        for asked in self._asked:
            asked.is_accepted = False
        self._unanswered = list(self._asked)
        config = self.config
        if self.session_id:
            config = dataclasses.replace(config, targets=self._targets.resume())
        message = convert.config_message(config)
        if self.session_id:
            message.resume.CopyFrom(
                ResumeState(
                    session_id=self.session_id,
                    targets=[self._targets[code].resumed(code) for code in config.targets],
                )
            )
        first = StreamingTranslateRequest(config=message)
        return [first, *self._log.replay(self.source_position)]

    def source(
        self,
        committed: str,
        *,
        tentative: str = "",
        end_of_segment: bool = False,
        start_s: float | None = None,
        end_s: float | None = None,
        speaker: str = "",
    ) -> StreamingTranslateRequest:
        """Make a request with more source.

        Raises:
            InvalidRequestError: The text is longer than the server takes; nothing has changed.
            RuntimeError: The source has ended.
        """
        self._check_open()
        length = len(committed) + len(tentative)
        longest = self._limits.max_chunk_length if self._limits is not None else 0
        if longest and length > longest:
            raise InvalidRequestError(
                "source.committed", f"{length} code points, at most {longest} in one message"
            )
        # Always named, so that a resume may begin with any message.
        self._speaker = speaker or self._speaker
        return self._record(
            StreamingTranslateRequest(
                source=SourceUpdate(
                    sequence=self._next_sequence(),
                    committed=committed,
                    tentative=tentative,
                    end_of_segment=end_of_segment,
                    start_offset=convert.duration(start_s),
                    end_offset=convert.duration(end_s),
                    speaker=self._speaker,
                )
            )
        )

    def flush(self) -> StreamingTranslateRequest:
        """Make a flush, which commits everything so far; RuntimeError if the source has ended."""
        self._check_open()
        return self._record(StreamingTranslateRequest(flush=Flush(sequence=self._next_sequence())))

    def reconfigure(self, config: StreamConfig) -> StreamingTranslateRequest:
        """Change the config from the next segment on; RuntimeError if the source has ended.

        The config is in force once the server answers. A resume asks for it again, at its place in
        the source, until that answer, while a target that it drops has a segment open, and while
        the start of a target that it adds is unknown.
        """
        self._check_open()
        asked = _Asked(config)
        self._asked.append(asked)
        self._unanswered.append(asked)
        return self._record(StreamingTranslateRequest(config=convert.config_message(config)))

    def half_close(self) -> None:
        """Note that the source has ended."""
        self.is_half_closed = True

    def acknowledge(self, target: str) -> StreamingTranslateRequest | None:
        """The ack for a target's last update; None if acks are not used."""
        if not self.config.max_unacked_updates:
            return None
        revision = self._targets[target].revision
        return StreamingTranslateRequest(ack=Ack(target_language_code=target, revision=revision))

    # What the server says.

    def receive(self, response: StreamingTranslateResponse) -> StreamEvent | GoAway | None:
        """Apply a response; None if it is of a kind that this client does not know.

        Raises:
            StreamMismatchError: An update does not fit; nothing has changed, a resume is due.
        """
        match response.WhichOneof("response"):
            case "started":
                return self._start(response.started)
            case "target":
                return self._update(response.target)
            case "heartbeat":
                return Heartbeat(response.heartbeat.source_sequence)
            case "go_away":
                return GoAway(convert.seconds(response.go_away.within))
            case "warning":
                return self._warn(response.warning)
            case "report":
                self.is_finished = True
                return convert.report(response.report)
            case _:
                return None

    def _start(self, message: SessionStarted) -> Started:
        is_resumed = self._is_opening and bool(self.session_id)
        if is_resumed:
            self._targets.void_drafts()
        detected = message.detected_language_code
        # One that names another language answers no config.
        is_news = detected not in {"", self._language}
        if not self._is_opening and self._unanswered and not is_news:
            asked = self._unanswered.pop(0)
            asked.is_accepted = True
            self.config = asked.config
        is_open = self.config.source.lower() == _UNDETERMINED
        self._language = detected if is_open else self.config.source
        self._targets.reconfigure(message.targets, is_resumed=is_resumed)
        self._trim()
        self._is_opening = False
        self.session_id = message.session_id
        self._limits = convert.limits(message.limits)
        return Started(
            session_id=message.session_id,
            targets=tuple(map(convert.started_target, message.targets)),
            limits=self._limits,
            resumed=is_resumed,
            detected_language=detected,
        )

    def _warn(self, message: Status) -> SessionWarning:
        error = error_from_status(message)
        if error.reason.startswith(_CONFIG_IGNORED) and self._unanswered:
            self._forget(self._unanswered.pop(0))
        return SessionWarning(error)

    def _update(self, message: TargetUpdate) -> StreamEvent:
        segment = self._targets.apply(message, self._log)
        if message.segment_closed:
            self._trim()
        return convert.update(message, segment)

    def _trim(self) -> None:
        """Forget what no resume needs: covered source, and configs from before."""
        if self._targets.are_settled:
            for asked in [asked for asked in self._asked if asked.is_accepted]:
                self._forget(asked)
        self._log.trim(self.source_position)

    def _forget(self, asked: _Asked) -> None:
        self._log.discard_config(self._asked.index(asked))
        self._asked.remove(asked)

    def _check_open(self) -> None:
        if self.is_half_closed:
            raise RuntimeError("the source of this stream has ended")

    def _next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def _record(self, request: StreamingTranslateRequest) -> StreamingTranslateRequest:
        self._log.append(request)
        # What brings no source may be covered as soon as it is said: a flush with nothing open.
        self._log.trim(self.source_position)
        return request
