"""Spots source updates that cannot be right."""

from collections.abc import Callable

from translator.session.events import SourceUpdate, Warned

__all__ = ["SourceInspector"]

# Fewer may be said twice: "no, no, no".
_MIN_REPEATED_WORDS = 3
# Speakers whose clock is remembered, those who spoke last.
_MAX_CLOCKS = 64


class SourceInspector:
    """Drops what cannot be right in source updates, and warns once for each kind.

    Each speaker has a clock: who talks while somebody else does says nothing of the other's times.

    Args:
        warn: Called with each warning.
    """

    def __init__(self, warn: Callable[[Warned], None]) -> None:
        self._warn = warn
        self._told: set[str] = set()
        # Of each speaker where the last update began; who spoke last is the last one.
        self._clocks: dict[str, float] = {}
        self._speaker = ""
        # Whether the last update's offsets lay before those of the speaker's one before.
        self.clock_has_restarted = False

    def offsets(self, update: SourceUpdate) -> tuple[float | None, float | None]:
        """The media times of an update; None where they go back.

        The speaker's next update is compared with these, so a recogniser may restart its clock.
        """
        start_s, end_s = update.start_s, update.end_s
        self.clock_has_restarted = False
        self._speaker = update.speaker or self._speaker
        if not update.committed or start_s is None:
            return start_s, end_s
        last_s = self._clocks.pop(self._speaker, None)
        self._clocks[self._speaker] = start_s
        if len(self._clocks) > _MAX_CLOCKS:
            del self._clocks[next(iter(self._clocks))]
        if last_s is not None and start_s < last_s:
            self.clock_has_restarted = True
            self._tell(
                Warned(
                    "OFFSETS_IGNORED",
                    f"source {update.sequence} begins at {start_s:.3f} s, the speaker's one before "
                    f"at {last_s:.3f} s; media times that go back are ignored",
                )
            )
            return None, None
        if end_s is not None and end_s < start_s:
            self._tell(
                Warned(
                    "OFFSETS_IGNORED",
                    f"source {update.sequence} begins at {start_s:.3f} s and ends at "
                    f"{end_s:.3f} s; media times that go back are ignored",
                )
            )
            return None, None
        return start_s, end_s

    def tentative(self, text: str, committed: str) -> str:
        """The tentative tail, without the segment's committed text if it repeats that."""
        repeated, tail = committed.strip(), text.lstrip()
        if len(set(repeated.split())) < _MIN_REPEATED_WORDS or not tail.startswith(repeated):
            return text
        rest = tail[len(repeated) :]
        if rest[:1].isalnum():
            return text
        self._tell(
            Warned(
                "TENTATIVE_REPEATS_COMMITTED",
                f"the tentative tail began with all {len(repeated)} code points that are committed "
                "of its segment; they are left out, since a tail follows what is committed",
            )
        )
        return rest

    def ignore_speaker(self) -> None:
        """Warn that a few words inside a sentence had another speaker's label."""
        self._tell(
            Warned(
                "SPEAKER_IGNORED",
                "another speaker had one or two words inside a sentence; such words are taken for "
                "part of it",
            )
        )

    def _tell(self, warned: Warned) -> None:
        if warned.reason not in self._told:
            self._told.add(warned.reason)
            self._warn(warned)
