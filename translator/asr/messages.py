"""Recorded messages of recognisers: JSON or text, one a line, with or without a time."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from translator.asr.piece import SourcePiece
from translator.asr.writer import Results

__all__ = ["decoded", "reached_s", "take", "unwrapped"]


def decoded(line: str, kind: type[Results]) -> Any:
    """Decode a line: JSON or, for recognisers with text messages, an object around the text.

    Raises:
        ValueError: It is not JSON.
    """
    if kind.is_text and not line.lstrip().startswith("{"):
        return line
    return json.loads(line)


def unwrapped(raw: Any, kind: type[Results]) -> tuple[float | None, Any]:
    """Split off when a message came, in seconds; None if it does not say.

    The message may be wrapped in an object with that time, ``{"t": SECONDS, "message": …}`` (or
    ``ts`` and ``payload``), or have ``t`` itself.
    """
    if not isinstance(raw, Mapping):
        return None, raw
    at_s = raw.get("t", raw.get("ts"))
    inner = raw.get("message")
    # A vendor's own "message" is the name of its kind.
    is_wrapped = isinstance(inner, Mapping) or (kind.is_text and isinstance(inner, str))
    message = inner if is_wrapped else raw
    if isinstance(message, Mapping):
        message = message.get("payload", message)
    return (float(at_s) if isinstance(at_s, int | float) else None), message


def reached_s(kind: type[Results], message: Any) -> float | None:
    """The media time up to which a message reaches, in seconds; None if it does not say.

    Raises:
        ValueError: It is not a message of that recogniser.
    """
    if _is_reconnect(message):
        return None
    with _not_a_message():
        return kind.reached_s(message)


def take(results: Results, message: Any) -> list[SourcePiece]:
    """The pieces in a message. ``{"restarted": true, "offset_s": 12.5}`` is a reconnect.

    Raises:
        ValueError: It is not a message of that recogniser.
    """
    with _not_a_message():
        if _is_reconnect(message):
            return results.restarted(message.get("offset_s"), resent=bool(message.get("resent")))
        return results.accept(message)


def _is_reconnect(message: Any) -> bool:
    return isinstance(message, Mapping) and message.get("restarted") is True


@contextmanager
def _not_a_message() -> Iterator[None]:
    """Turn whatever an adapter raises into one kind of error."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
