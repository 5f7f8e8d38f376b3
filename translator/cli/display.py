"""Shows the events of a stream: live in a terminal, as lines, or as JSON."""

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import click
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from translator.cli.connect import told
from translator.client import (
    Connecting,
    Reconnecting,
    SessionWarning,
    Started,
    StreamEvent,
    Update,
)
from translator.errors import TranslatorError

__all__ = ["Display", "JsonLines", "LiveTerminal", "PlainLines"]


# Lines of open segments that are drawn, the newest; a terminal has some twenty.
_MAX_OPEN_LINES = 8
# Code points of a segment's source that are shown: a file may be sent at once.
_MAX_SOURCE = 300


class Display(Protocol):
    """Shows events one by one."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def show(self, event: StreamEvent) -> None:
        """Show one event of the stream."""
        ...

    def connecting(self, event: Connecting) -> None:
        """Show that the stream is being opened."""
        ...

    def sent(self, text: str) -> None:
        """Show that source was sent."""
        ...


class _Lines:
    def __init__(self) -> None:
        self._said = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()

    def connecting(self, event: Connecting) -> None:
        """Say so on standard error, once for each reason."""
        if event.cause is not None:
            self._say(told(event))

    def sent(self, text: str) -> None:
        """Show nothing: only translations are printed."""

    def _say(self, text: str) -> None:
        if text != self._said:
            click.echo(text, err=True)
        self._said = text


class PlainLines(_Lines):
    """One line for each committed segment, with its language first if there are several."""

    def __init__(self, targets: Sequence[str]) -> None:
        super().__init__()
        self._named = len(targets) > 1

    def show(self, event: StreamEvent) -> None:
        """Print a segment that was closed."""
        match event:
            case SessionWarning():
                click.echo(f"warning: {event.error.message}", err=True)
            case Reconnecting():
                self._say(told(event))
            case Started(resumed=True):
                self._say("connected again")
            case Update(closed=True):
                click.echo(f"{event.target}\t{event.text}" if self._named else event.text)


class JsonLines(_Lines):
    """Every event as a JSON object, with its kind under "event"."""

    def show(self, event: StreamEvent) -> None:
        kind = type(event).__name__.removeprefix("Session").lower()
        click.echo(json.dumps({"event": kind, **_plain(event)}, ensure_ascii=False))


@dataclasses.dataclass(slots=True)
class _Segment:
    """A segment on the screen.

    Attributes:
        start: Code points of source before it.
        end: Code points of source up to its end; None while unknown.
        texts: The committed text and the draft of each target.
        closed: Targets that have closed it.
    """

    start: int
    end: int | None = None
    texts: dict[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    closed: set[str] = dataclasses.field(default_factory=set)


class LiveTerminal:
    """Each segment's source, and below it its translations, with the draft dimmed.

    A segment that all targets have closed scrolls away at the top.
    """

    def __init__(self, targets: Sequence[str]) -> None:
        self._targets = tuple(targets)
        self._segments: dict[int, _Segment] = {}
        # Source from this many code points on.
        self._source = ""
        self._source_start = 0
        # What stands in the line that is typed; None: nothing is typed here.
        self._line: str | None = None
        self._status = ""
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        # What is committed was promised to stay.
        for segment in self._segments.values():
            self._keep(segment)

    def connecting(self, event: Connecting) -> None:
        if event.cause is not None:
            self._console.print(told(event), style="yellow")

    def sent(self, text: str) -> None:
        """Show source that waits for its translation."""
        self._source += text
        self._draw()

    def typing(self, line: str) -> None:
        """Show the line that is being typed."""
        self._line = line
        self._draw()

    def show(self, event: StreamEvent) -> None:
        """Redraw the open segments."""
        match event:
            case SessionWarning():
                self._console.print(f"warning: {event.error.message}", style="yellow")
            case Reconnecting():
                self._status = told(event)
            case Started():
                self._status = ""
                for segment in self._segments.values():
                    segment.texts = {t: (text, "") for t, (text, _) in segment.texts.items()}
            case Update():
                self._update(event)
        self._draw()

    def _update(self, update: Update) -> None:
        segment = self._segments.setdefault(update.segment_id, _Segment(update.source_start))
        segment.texts[update.target] = (update.text, update.draft)
        if update.closed:
            segment.closed.add(update.target)
            segment.end = update.source_start + update.source_length
        while self._segments:
            number, first = next(iter(self._segments.items()))
            if not first.closed.issuperset(self._targets):
                break
            del self._segments[number]
            self._keep(first)

    def _keep(self, segment: _Segment) -> None:
        """Print a segment for good."""
        lines = [self._translation(segment, target) for target in segment.texts]
        source = self._source_of(segment.start, segment.end)
        # What stands below is drawn anew after this.
        self._live.update(Text(), refresh=True)
        for line in [source, *lines]:
            if line.plain:
                self._console.print(line)
        if segment.end is not None:
            self._source = self._source[max(0, segment.end - self._source_start) :]
            self._source_start = max(segment.end, self._source_start)

    def _draw(self) -> None:
        lines = []
        position = self._source_start
        shown = list(self._segments.values())
        for index, segment in enumerate(shown):
            end = shown[index + 1].start if index + 1 < len(shown) else segment.end
            position = len(self._source) + self._source_start if end is None else end
            lines.append(self._source_of(segment.start, end))
            lines += [self._translation(segment, t) for t in self._targets if t in segment.texts]
        lines.append(self._source_of(position, None))
        lines = [line for line in lines if line.plain][-_MAX_OPEN_LINES:]
        if self._status:
            lines.append(Text(self._status, style="yellow"))
        if self._line is not None:
            lines.append(Text("› ") + Text(self._line) + Text(" ", style="reverse"))
        self._live.update(Group(*lines) if lines else Text(), refresh=True)

    def _source_of(self, start: int, end: int | None) -> Text:
        """A piece of the source, on one line; empty if there is nothing."""
        last = None if end is None else end - self._source_start
        words = self._source[max(0, start - self._source_start) : last].split()
        line = " ".join(words)
        if len(line) > _MAX_SOURCE:
            line = line[:_MAX_SOURCE] + "…"
        return Text(f"› {line}" if line else "", style="cyan")

    def _translation(self, segment: _Segment, target: str) -> Text:
        text, draft = segment.texts[target]
        line = Text.assemble(text, (draft, "dim"))
        if line.plain and len(self._targets) > 1:
            line = Text.assemble((f"{target}  ", "green"), line)
        return line


def _plain(value: Any) -> Any:
    """Convert an event to plain values for JSON."""
    if isinstance(value, TranslatorError):
        return {"reason": value.reason, "message": value.message, "metadata": value.metadata}
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
