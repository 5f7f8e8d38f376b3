"""How a stream's events are shown: live in a terminal, as lines, or as JSON."""

import dataclasses
import json
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import click
from rich.console import Console, Group
from rich.live import Live
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


class _Lines:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()


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
        self._open: dict[str, Text] = {}
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, event: StreamEvent) -> None:
        """Draw the open segments anew."""
        if isinstance(event, SessionWarning):
            self._console.print(f"warning: {event.error.message}", style="yellow")
        if not isinstance(event, Update):
            return
        line = Text()
        if len(self._targets) > 1:
            line.append(f"{event.target}  ", style="cyan")
        line.append(event.text)
        line.append(event.draft, style="dim")
        if event.closed:
            self._open.pop(event.target, None)
            self._console.print(line)
        else:
            self._open[event.target] = line
        self._live.update(
            Group(*(self._open[t] for t in self._targets if t in self._open)), refresh=True
        )


def _plain(value: Any) -> Any:
    if isinstance(value, TranslatorError):
        return {"reason": value.reason, "message": value.message, "metadata": value.metadata}
    return dict(value)
