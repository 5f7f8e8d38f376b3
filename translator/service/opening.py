"""Waits for the first message of a call."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from translator.errors import InvalidRequestError

__all__ = ["first_config"]

_C = TypeVar("_C")


async def first_config(
    read: Callable[[], Awaitable[object]], kind: type[_C], what: str, timeout_s: float
) -> _C:
    """The config that a call begins with. Nobody waits for it for ever: the call holds a place.

    Args:
        read: Reads the next message; None after the last.
        kind: What the config is.
        what: Names the call, for errors: "stream" or "batch".
        timeout_s: How long it may take, in seconds.

    Raises:
        InvalidRequestError: Something else came, or nothing in time.
    """
    try:
        async with asyncio.timeout(timeout_s):
            first = await read()
    except TimeoutError:
        raise InvalidRequestError(
            "request", f"no config came within {timeout_s:g} s of opening the {what}"
        ) from None
    if not isinstance(first, kind):
        # The names of the messages, as in the contract: SourceUpdate, BatchItem, …
        name = "nothing" if first is None else f"a {type(first).__name__}"
        raise InvalidRequestError(
            "request", f"the first message of a {what} has to be a config; it is {name}"
        )
    return first
