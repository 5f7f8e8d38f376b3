"""How a stream's events are shown: live in a terminal, as lines, or as JSON."""

import dataclasses
import json
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import click
from rich.cells import cell_len
from rich.console import Console, Group
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

from translator.client import SessionWarning, StreamEvent, Update
from translator.errors import TranslatorError

__all__ = ["Display", "JsonLines", "LiveTerminal", "PlainLines"]


class Display(Protocol):
    """Shows events one by one."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        ...

    def show(self, event: StreamEvent) -> None:
        """Show an event."""
        ...

    def typed(self, text: str) -> None:
        """A line was typed into the terminal that the display may be on."""
        ...


class _Lines:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()

    def typed(self, text: str) -> None:
        """Lines do not mix with what is typed."""


class PlainLines(_Lines):
    """A line for each segment once it is committed, its language first if there are several."""

    def __init__(self, targets: Sequence[str]) -> None:
        self._named = len(targets) > 1

    def show(self, event: StreamEvent) -> None:
        """Print a segment that was closed."""
        if isinstance(event, SessionWarning):
            click.echo(f"warning: {event.error.message}", err=True)
        elif isinstance(event, Update) and event.closed:
            click.echo(f"{event.target}\t{event.text}" if self._named else event.text)


class JsonLines(_Lines):
    """Every event as a JSON object, its kind under "event"."""

    def show(self, event: StreamEvent) -> None:
        """Print an event."""
        fields = dataclasses.asdict(event)
        kind = type(event).__name__.removeprefix("Session").lower()
        click.echo(json.dumps({"event": kind, **fields}, ensure_ascii=False, default=_plain))


class LiveTerminal:
    """Committed text with the draft dimmed after it; closed segments scroll away above."""

    def __init__(self, targets: Sequence[str]) -> None:
        self._targets = tuple(targets)
        # For each target the committed text of its open segment, and its draft.
        self._open: dict[str, tuple[Text, Text]] = {}
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        # What is committed was promised to stay.
        for committed, _draft in self._open.values():
            self._console.print(committed)

    def typed(self, text: str) -> None:
        """Put a line that was typed into this terminal above the open segments.

        The terminal has echoed it where the cursor was, below them, and gone to the next line.
        """
        rows = sum(1 + cell_len(line) // self._console.width for line in text.splitlines())
        for _ in range(rows):
            self._console.control(
                Control((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2))
            )
        self._console.print(Text("› " + text.rstrip("\n"), style="cyan"))

    def show(self, event: StreamEvent) -> None:
        """Draw the open segments anew."""
        if isinstance(event, SessionWarning):
            self._console.print(f"warning: {event.error.message}", style="yellow")
        if not isinstance(event, Update):
            return
        committed = Text()
        if len(self._targets) > 1:
            committed.append(f"{event.target}  ", style="cyan")
        committed.append(event.text)
        self._open[event.target] = (committed, Text(event.draft, style="dim"))
        if event.closed:
            del self._open[event.target]
            self._console.print(committed)
        lines = [a + b for t in self._targets if t in self._open for a, b in [self._open[t]]]
        # What is typed is echoed below.
        self._live.update(Group(*lines, Text()) if lines else Text(), refresh=True)


def _plain(value: Any) -> Any:
    if isinstance(value, TranslatorError):
        return {"reason": value.reason, "message": value.message, "metadata": value.metadata}
    return dict(value)
