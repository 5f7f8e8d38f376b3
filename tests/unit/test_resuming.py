"""A call that is made again when it breaks."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from translator.client.events import Connecting
from translator.client.resuming import ResumingCall
from translator.errors import ConnectionLostError, InvalidRequestError

pytestmark = pytest.mark.unit


class _Link:
    address = "nowhere:1"


class _Slow:
    """A connection that takes long to close."""

    def __init__(self) -> None:
        self.closing = asyncio.Event()

    async def close(self) -> None:
        self.closing.set()
        await asyncio.Event().wait()


def call(told: list[Connecting]) -> "ResumingCall[Any, Any]":
    async def opened(_connection: Any) -> None:
        raise AssertionError

    link: Any = _Link()
    return ResumingCall(
        link, "stream", lambda: None, opened, timeout_s=1.0, on_connecting=told.append  # type: ignore[arg-type, return-value]
    )  # fmt: skip


async def test_an_outage_is_told_however_soon_one_stops_waiting() -> None:
    told: list[Connecting] = []
    calls = call(told)
    slow: Any = _Slow()
    calls.connection = slow
    waiting = asyncio.create_task(calls.resume(ConnectionLostError("it broke")))
    await slow.closing.wait()
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    assert [event.cause.message for event in told if event.cause] == ["it broke"]
    assert calls.connection is None
    assert calls.is_planned


async def test_what_no_call_can_mend_closes_the_connection_too() -> None:
    closed: list[bool] = []

    class Quick:
        async def close(self) -> None:
            closed.append(True)

    calls = call([])
    quick: Any = Quick()
    calls.connection = quick
    with pytest.raises(InvalidRequestError):
        await calls.resume(InvalidRequestError("config", "is wrong"))
    assert closed == [True]
    assert isinstance(calls.failure, InvalidRequestError)
