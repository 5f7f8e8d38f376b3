"""A stream without its transport: which requests to send, and what the responses add up to."""

from translator.client import convert
from translator.client.events import (
    GoAway,
    Heartbeat,
    Limits,
    SessionWarning,
    Started,
    StreamEvent,
)
from translator.client.options import StreamConfig
from translator.client.source_log import SourceLog
from translator.client.status import error_from_status
from translator.client.target import StreamMismatchError, TargetProgress
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

__all__ = ["ClientSession"]


class ClientSession:
    """One stream's state on the client's side; no I/O, no clock.

    Each method that returns a request also remembers what a later resume needs of it, so the
    transport sends it or, when the stream is broken, simply leaves it: ``opening()`` has it then.

    Attributes:
        session_id: The server's name for the session; "" until it has started.
        config: The config in force.
        is_half_closed: Whether the source has ended.
        is_finished: Whether the report has come.
    """

    def __init__(self, config: StreamConfig) -> None:
        self.session_id = ""
        self.config = config
        self.is_half_closed = False
        self.is_finished = False
        self._targets = {target: TargetProgress() for target in config.targets}
        self._log = SourceLog()
        self._sequence = 0
        self._speaker = ""
        self._limits: Limits | None = None
        self._is_opening = True
        # Reconfigurations without an answer, oldest first.
        self._pending: list[tuple[StreamConfig, StreamingTranslateRequest]] = []

    @property
    def source_position(self) -> int:
        """Code points of source that every target has closed: a resume begins here."""
        return min(self._targets[target].source_start for target in self.config.targets)

    @property
    def num_logged(self) -> int:
        """Requests kept for a resume."""
        return len(self._log)

    def transcript(self, target: str, separator: str = " ") -> str:
        """All committed text of a target.

        Raises:
            KeyError: The stream never had this target.
        """
        return self._targets[target].transcript(separator)

    def draft(self, target: str) -> str:
        """The draft that follows the transcript; KeyError for a target that there never was."""
        return self._targets[target].draft

    # What the client says.

    def opening(self) -> list[StreamingTranslateRequest]:
        """The requests that begin a stream: a new one, or one that goes on with this session.

        The source is sent again from ``source_position`` on, under its former sequence numbers.
        """
        message = convert.config_message(self.config)
        if self.session_id:
            message.resume.CopyFrom(
                ResumeState(
                    session_id=self.session_id,
                    targets=[self._targets[code].resumed(code) for code in self.config.targets],
                )
            )
        self._is_opening = True
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
        """More source.

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
        """Ask for all that has come to be committed; RuntimeError when the source has ended."""
        self._check_open()
        return self._record(StreamingTranslateRequest(flush=Flush(sequence=self._next_sequence())))

    def reconfigure(self, config: StreamConfig) -> StreamingTranslateRequest:
        """Ask for another config from the next segment on; RuntimeError when the source has ended.

        It is in force once the server answers it, and until then asked for again by each resume.
        """
        self._check_open()
        request = StreamingTranslateRequest(config=convert.config_message(config))
        self._pending.append((config, request))
        return self._record(request)

    def half_close(self) -> None:
        """The source ends here."""
        self.is_half_closed = True

    def acknowledge(self, target: str) -> StreamingTranslateRequest | None:
        """The ack of a target's last update, or None when none is wanted."""
        if not self.config.max_unacked_updates:
            return None
        revision = self._targets[target].revision
        return StreamingTranslateRequest(ack=Ack(target_language_code=target, revision=revision))

    # What the server says.

    def receive(self, response: StreamingTranslateResponse) -> StreamEvent | GoAway | None:
        """Apply a response; None for one that a newer server knows and this client does not.

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
                return SessionWarning(error_from_status(response.warning))
            case "report":
                self.is_finished = True
                return convert.report(response.report)
            case _:
                return None

    def _start(self, message: SessionStarted) -> Started:
        is_resumed = self._is_opening and bool(self.session_id)
        if not self._is_opening:
            self._confirm(message)
        if is_resumed:
            # The server knows nothing of them and may have no reason to replace them.
            for progress in self._targets.values():
                progress.draft = ""
        self._is_opening = False
        self.session_id = message.session_id
        self._limits = convert.limits(message.limits)
        return Started(
            session_id=message.session_id,
            targets=tuple(map(convert.started_target, message.targets)),
            limits=self._limits,
            resumed=is_resumed,
        )

    def _confirm(self, message: SessionStarted) -> None:
        """Put the reconfiguration in force that this answers: the first with these targets."""
        codes = [target.target_language_code for target in message.targets]
        for index, (config, request) in enumerate(self._pending):
            if list(config.targets) == codes:
                del self._pending[: index + 1]
                self._log.discard(request)
                self._join_targets(message)
                self.config = config
                self._log.trim(self.source_position)
                return

    def _join_targets(self, message: SessionStarted) -> None:
        """Place the targets that are new.

        Updates begin with ``first_segment_id``. Where that is in the source may not be known yet;
        until the first update tells, a resume would begin with the earliest open segment.
        """
        open_segments = [self._targets[code] for code in self.config.targets]
        earliest = min(open_segments, key=lambda progress: progress.source_start)
        for started in message.targets:
            code = started.target_language_code
            if code in self.config.targets:
                continue
            same = [p for p in open_segments if p.segment_id == started.first_segment_id]
            first = same[0] if same else earliest
            progress = self._targets.setdefault(code, TargetProgress())
            progress.join(first.segment_id, first.source_start)

    def _update(self, message: TargetUpdate) -> StreamEvent:
        progress = self._targets.get(message.target_language_code)
        if progress is None:
            raise StreamMismatchError("a target that was not asked for")
        text = progress.apply(message, self._log.length)
        if message.segment_closed:
            self._log.trim(self.source_position)
        return convert.update(message, text)

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
