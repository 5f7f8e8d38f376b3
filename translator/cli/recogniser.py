"""Reads a recogniser's messages from a file or a pipe, as pieces of source."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, BinaryIO

import click

from translator.asr import RECOGNISERS, ResultsWarning, SourcePiece
from translator.asr.messages import decoded, reached_s, take, unwrapped

__all__ = ["RecogniserName", "said_by"]


class RecogniserName(click.ParamType):  # type: ignore[type-arg]
    """A recogniser's name. Any other value, "help" too, is an error that lists the names."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in RECOGNISERS:
            unknown = "" if value == "help" else f"no recogniser is called {value!r}; "
            self.fail(f"{unknown}one of {', '.join(RECOGNISERS)}", param, ctx)
        return str(value)


async def said_by(
    file: BinaryIO, recogniser: str, *, real_pace: bool = False
) -> AsyncIterator[SourcePiece]:
    """Yield the source in a recogniser's messages, one on each line; see ``docs/asr.md``.

    Args:
        file: The lines, read as they come.
        recogniser: One of ``RECOGNISERS``.
        real_pace: Whether each message waits until the time at which it came or, if it does not
            say, the media time that it reaches. Messages without either follow at once.

    Raises:
        click.ClickException: A line is not a message of that recogniser.
    """
    kind = RECOGNISERS[recogniser]
    results = kind()
    warned = 0
    number = 0
    first_s: float | None = None
    began_s = asyncio.get_running_loop().time()
    while line := await asyncio.to_thread(file.readline):
        number += 1
        text = line.decode("utf-8", errors="replace").strip("\r\n\ufeff")
        if not text.strip():
            continue
        try:
            at_s, message = unwrapped(decoded(text, kind), kind)
            if real_pace:
                at_s = reached_s(kind, message) if at_s is None else at_s
                if at_s is not None:
                    first_s = at_s if first_s is None else first_s
                    due_s = began_s + at_s - first_s
                    await asyncio.sleep(max(0.0, due_s - asyncio.get_running_loop().time()))
            new = take(results, message)
        except json.JSONDecodeError as error:
            raise click.ClickException(f"line {number} is not JSON: {error}") from None
        except ValueError as error:
            raise click.ClickException(
                f"line {number} is not a message of {recogniser} ({error})"
            ) from None
        for piece in new:
            yield piece
        for warning in results.warnings[warned:]:
            _tell(warning)
        warned = len(results.warnings)
    for piece in results.finish():
        yield piece


def _tell(warning: ResultsWarning) -> None:
    click.echo(f"warning: {warning.reason}: {warning.message}", err=True)
