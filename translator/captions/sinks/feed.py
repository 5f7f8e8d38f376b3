"""What a destination is sent, and when. Pure: no I/O; time is given, in milliseconds."""

from collections import deque
from dataclasses import dataclass

from translator.captions.layout import Layout, Line, Rules
from translator.captions.presets import Preset

__all__ = ["Feed", "Message"]

# A line that is not full is sent after so much silence.
_SILENCE_MS = 2000
# A destination that shows a text clears it after so much silence.
_CLEAR_MS = 5000
# At most one request in so long.
_INTERVAL_MS = 1000
# So many failures within so long, and the destination is switched off.
_MAX_FAILURES = 10
_FAILURES_MS = 30_000
# Lines that wait for a destination that does not answer; older ones are left out.
_MAX_LINES = 100


@dataclass(frozen=True, slots=True)
class Message:
    """A request to a destination.

    Attributes:
        seq: 1, 2, … It stays the same when the message is sent again.
        lines: Its lines; none: what is shown is to be cleared.
    """

    seq: int
    lines: tuple[str, ...]


class Feed:
    """Decides what one destination is sent next.

    Only committed text is sent. Most destinations get each line once, in order, as many in a
    request as they show. Those that show a text (``shows``) get all that is to be seen.

    Args:
        preset: The lines of the destination.
        shows: Whether it shows what it was sent last.
        language: BCP-47 code of the text.
        seq: The number of the last message that it was ever sent.
    """

    def __init__(
        self, preset: Preset, *, shows: bool = False, language: str = "", seq: int = 0
    ) -> None:
        rules = Rules(
            columns=preset.columns,
            lines=preset.lines if shows else 0,
            paced=False,
            clear_ms=_CLEAR_MS if shows else 0,
            language=language,
        )
        self.seq = seq
        # Why it is off; "" while it is on.
        self.off_reason = ""
        self.num_left_out = 0
        self._lines_at_once = preset.lines
        self._shows = shows
        self._rules = rules
        self._layout = Layout(rules)
        self._ready: deque[Line] = deque()
        self._shown: tuple[str, ...] = ()
        self._message: Message | None = None
        self._is_in_flight = False
        # Whether what is shown is still to be cleared, though it is off.
        self._clears = False
        self._committed_ms = 0
        self._is_line_open = False
        self._tried_ms: int | None = None
        self._failures: deque[int] = deque(maxlen=_MAX_FAILURES)

    # What comes in

    def commit(self, text: str, now_ms: int, *, speaker: str = "", closed: bool = False) -> None:
        """Add committed text; see ``Layout.commit``."""
        if self.off_reason:
            return
        self._layout.commit(text, now_ms, speaker=speaker, closed=closed)
        if text.strip():
            self._committed_ms, self._is_line_open = now_ms, True
        self._take(now_ms)

    def end(self, now_ms: int) -> None:
        """No more text comes: what is left is sent, the line that is not full too."""
        self._end_line(now_ms)

    def switch_on(self) -> None:
        """Send again, from what is committed next on."""
        self.off_reason = ""
        self._failures.clear()

    def switch_off(self, reason: str) -> None:
        """Send nothing any more, but for one message that clears what is shown. It stays off for
        the reason that came first.
        """
        if not self.off_reason:
            self._turn_off(reason)
            self._clears = self._shows

    def _turn_off(self, reason: str) -> None:
        self.off_reason = reason
        self._layout = Layout(self._rules)
        self._is_line_open = False
        self._ready.clear()
        if not self._is_in_flight:
            self._message = None

    # What goes out

    def due(self, now_ms: int) -> Message | None:
        """The message to send now; None: nothing is due. ``sent`` or ``failed`` has to follow."""
        if self._is_silent:
            return None
        if self._is_line_open and now_ms - self._committed_ms >= _SILENCE_MS:
            self._end_line(now_ms)
        if self._tried_ms is not None and now_ms - self._tried_ms < _INTERVAL_MS:
            return None
        if self._message is None or self._shows:
            self._message = self._next(now_ms) or self._message
        if self._message is not None:
            self._is_in_flight, self._tried_ms = True, now_ms
        return self._message

    def sent(self, now_ms: int) -> None:
        """The message arrived."""
        self._is_in_flight = False
        if self._message is not None:
            self._shown = self._message.lines
            self._clears = self._clears and bool(self._shown)
        self._message = None
        self._failures.clear()

    def failed(self, now_ms: int, reason: str) -> None:
        """The message did not arrive. It is sent again, unless that has failed too often."""
        self._is_in_flight = False
        if self.off_reason:
            self._message, self._clears = None, False
            return
        self._failures.append(now_ms)
        if len(self._failures) == _MAX_FAILURES and now_ms - self._failures[0] <= _FAILURES_MS:
            self._turn_off(f"switched off after {_MAX_FAILURES} failures in a row: {reason}")

    def wait_ms(self, now_ms: int) -> int | None:
        """How long until something may be due; None: not before more text comes."""
        if self._is_silent:
            return None
        at_ms: list[int] = []
        if self._is_line_open:
            at_ms.append(self._committed_ms + _SILENCE_MS)
        if self._shows and (next_ms := self._layout.view(now_ms).next_ms) is not None:
            at_ms.append(next_ms)
        if self._message is not None or self._ready or (self._shows and self._is_news(now_ms)):
            at_ms.append(now_ms if self._tried_ms is None else self._tried_ms + _INTERVAL_MS)
        return max(0, min(at_ms) - now_ms) if at_ms else None

    @property
    def is_idle(self) -> bool:
        """Whether all that was committed has arrived."""
        if self.off_reason:
            return not (self._is_in_flight or (self._clears and self._shown))
        waits = self._message is not None or bool(self._ready) or self._is_line_open
        return not (waits or self._is_in_flight)

    @property
    def _is_silent(self) -> bool:
        return self._is_in_flight or bool(self.off_reason and not self._clears)

    def _end_line(self, now_ms: int) -> None:
        self._is_line_open = False
        if self._shows:
            return
        self._layout.end_line(now_ms)
        self._take(now_ms)

    def _take(self, now_ms: int) -> None:
        """Take the lines that are closed."""
        if self._shows:
            return
        self._ready += self._layout.take_closed(now_ms)
        while len(self._ready) > _MAX_LINES:
            self._ready.popleft()
            self.num_left_out += 1
        self._is_line_open = self._is_line_open and bool(self._layout.view(now_ms).lines)

    def _next(self, now_ms: int) -> Message | None:
        """The next message, if there is anything new."""
        if self._shows:
            lines = tuple(line.text for line in self._layout.view(now_ms).lines)
            if lines == self._shown:
                return None
        else:
            lines = tuple(
                self._ready.popleft().text
                for _ in range(min(self._lines_at_once, len(self._ready)))
            )
            if not lines:
                return None
        # One that is sent again with newer text is the same message.
        if self._message is None:
            self.seq += 1
        return Message(self.seq, lines)

    def _is_news(self, now_ms: int) -> bool:
        lines = tuple(line.text for line in self._layout.view(now_ms).lines)
        return lines != self._shown
