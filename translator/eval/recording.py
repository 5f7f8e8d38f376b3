"""Evaluation data: what a recogniser said and when, including interim results."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from translator.asr import RECOGNISERS, Results
from translator.asr.messages import decoded, reached_s, take, unwrapped
from translator.errors import ConfigError
from translator.eval.data import lines
from translator.eval.talk import Arrival, Talk, talk_name

__all__ = ["looks_like_events", "read_recording"]


def looks_like_events(file: Path) -> bool:
    """Whether the first line is an event for ``EventResults``."""
    first = next(iter(lines(file)), "")
    try:
        row = json.loads(first)
    except ValueError:
        return False
    return isinstance(row, dict) and "t" in row and "text" in row


def read_recording(file: Path, recogniser: str = "events", *, limit: int | None = None) -> Talk:
    """Read a talk as a recogniser heard it.

    The file has one message a line, or one JSON array of messages. A message may be wrapped in an
    object with the time when it came, ``{"t": SECONDS, "message": …}`` (or ``ts`` and ``payload``),
    or have ``t`` itself; otherwise it comes at the media time that it reaches.

    Args:
        file: The messages.
        recogniser: The recogniser; one of ``RECOGNISERS``.
        limit: How many messages to read; None reads all.

    Raises:
        ConfigError: A message is not from that recogniser; the error names file and line.
    """
    kind = RECOGNISERS[recogniser]
    results = kind()
    arrivals: list[Arrival] = []
    now_s = 0.0
    for place, raw in list(_messages(file, kind))[:limit]:
        try:
            at_s, message = unwrapped(raw, kind)
            at_s = reached_s(kind, message) if at_s is None else at_s
            pieces = take(results, message)
        except ValueError as error:
            raise ConfigError(f"{file}:{place}: not a message of {recogniser} ({error})") from None
        now_s = max(now_s, at_s or 0.0)
        arrivals += [Arrival(now_s, piece) for piece in pieces]
    arrivals += [Arrival(now_s, piece) for piece in results.finish()]
    if not arrivals:
        raise ConfigError(f"{file}: has no results of {recogniser}")
    return Talk(talk_name(file), tuple(arrivals))


def _messages(file: Path, kind: type[Results]) -> Iterator[tuple[int, Any]]:
    """The messages, each with its line, or with its number in an array."""
    rows = lines(file)
    if not kind.is_text and rows and rows[0].lstrip().startswith("["):
        try:
            array = json.loads("\n".join(rows))
        except ValueError:
            # Messages that are arrays themselves.
            array = None
        if array is not None and not (len(rows) == 1 and _is_pair(array)):
            yield from enumerate(array, start=1)
            return
    for number, row in enumerate(rows, start=1):
        if row.strip():
            try:
                yield number, decoded(row, kind)
            except ValueError as error:
                raise ConfigError(f"{file}:{number}: not JSON: {error}") from None


def _is_pair(array: Any) -> bool:
    """Whether an array is one message, text and finality, and not several messages."""
    return len(array) == 2 and isinstance(array[0], str)
