"""What a client knows about all targets of a stream, and where each continues after a break."""

from collections import deque
from collections.abc import Sequence

from translator.client.events import Segment
from translator.client.source_log import SourceLog
from translator.client.target import StreamMismatchError, TargetProgress
from translator.v1.streaming_pb2 import StartedTarget, TargetUpdate

__all__ = ["Targets"]


class Targets:
    """All targets by code, including those that are no longer in force.

    Segments are the same for all targets. So the place where a late target begins is known as soon
    as another target comes to that segment.

    Attributes:
        in_force: Codes of the targets that the server named last.

    Args:
        codes: Codes of the first targets.
        history: How many closed segments are kept of each target.
    """

    def __init__(self, codes: Sequence[str], history: int) -> None:
        self.in_force = tuple(codes)
        self._history = history
        self._all = {code: self._new() for code in codes}

    def _new(self) -> TargetProgress:
        return TargetProgress(closed=deque(maxlen=self._history))

    def __getitem__(self, code: str) -> TargetProgress:
        return self._all[code]

    @property
    def source_position(self) -> int:
        """Code points of source that no target needs any more."""
        starts = [self[code].source_start for code in self._resumable]
        return min(starts) if starts else self._latest.source_start

    @property
    def are_settled(self) -> bool:
        """Whether a new stream can begin with exactly the targets in force."""
        return not self._leaving and all(
            self[code].is_placed and not self[code].absences for code in self.in_force
        )

    def void_drafts(self) -> None:
        """Forget the drafts: a new server does not know them and may not replace them."""
        for progress in self._all.values():
            progress.draft = ""

    def reconfigure(self, targets: Sequence[StartedTarget], *, is_resumed: bool = False) -> None:
        """Put targets in force.

        New ones begin with their ``first_segment_id``; after a resume all go on where it said, and
        the answers to later configs come again.
        """
        before = self.in_force
        self.in_force = tuple(target.target_language_code for target in targets)
        if is_resumed:
            for progress in self._all.values():
                progress.absences.clear()
            return
        begins_with = min((target.first_segment_id for target in targets), default=0)
        for code in before:
            if code not in self.in_force:
                self[code].leave(begins_with)
        for target in targets:
            code = target.target_language_code
            progress = self._all.setdefault(code, self._new())
            # Where a tentative tail is taken back that the config before had to wait for, a target
            # which that one brought begins with the same segment after all.
            is_earlier = not progress.is_placed and target.first_segment_id < progress.segment_id
            if code not in before or is_earlier:
                progress.join(target.first_segment_id)
                for other in self._placed:
                    progress.place(other.segment_id, other.source_start)

    def apply(self, update: TargetUpdate, source: SourceLog) -> Segment:
        """Apply an update, and return its segment after it.

        Args:
            update: The server's message.
            source: What was sent.

        Raises:
            StreamMismatchError: The update does not fit; nothing has changed.
        """
        progress = self._all.get(update.target_language_code)
        if progress is None:
            raise StreamMismatchError("a target that was not asked for")
        segment = progress.apply(update, source)
        for other in self._all.values():
            other.place(update.segment_id, update.segment_source_start)
            if not other.is_placed:
                other.place(progress.segment_id, progress.source_start)
        return segment

    def resume(self) -> list[str]:
        """Codes of the targets that a new stream begins with.

        Targets that end with their open segment are included. Targets with an unknown beginning are
        not, unless there are no others. Of a segment that was shown only as a draft the old stream
        owed the end; a new one does not know of it.
        """
        for progress in self._all.values():
            progress.is_open = progress.is_open and bool(progress.committed)
        if not self._resumable:
            latest = self._latest
            for code in self.in_force:
                self[code].join(latest.segment_id)
                self[code].place(latest.segment_id, latest.source_start)
        resumable = self._resumable
        for code, progress in self._all.items():
            if code not in resumable:
                # A server that is not told of it counts its updates from 1.
                progress.revision = 0
        return resumable

    @property
    def _leaving(self) -> list[str]:
        """Targets that are out of force, except for segments that have begun."""
        return [
            code
            for code, progress in self._all.items()
            if progress.owes and code not in self.in_force
        ]

    @property
    def _resumable(self) -> list[str]:
        return [code for code in (*self.in_force, *self._leaving) if self[code].is_placed]

    @property
    def _placed(self) -> list[TargetProgress]:
        return [progress for progress in self._all.values() if progress.is_placed]

    @property
    def _latest(self) -> TargetProgress:
        return max(self._placed, key=lambda progress: progress.segment_id)
