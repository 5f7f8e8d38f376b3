"""A call with a stream of responses that is made again when it breaks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import grpc

from translator.client.backoff import Backoff
from translator.client.connection import Connection, SilenceError
from translator.client.events import Connecting, Reconnecting
from translator.client.link import Link
from translator.client.status import error_from_rpc, is_lost
from translator.client.target import StreamMismatchError
from translator.errors import ConnectionLostError, LimitError, OverloadedError, TranslatorError

__all__ = ["RESUMABLE", "ResumingCall"]

_logger = logging.getLogger(__name__)

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")

# What may be wrong with a call; ``resume`` knows what another one can mend.
RESUMABLE = (grpc.aio.AioRpcError, SilenceError, StreamMismatchError, TranslatorError)


class ResumingCall(Generic[_Request, _Response]):
    """Opens a call, and another one whenever it breaks, until that has taken too long.

    Its owner calls ``plan`` once, then ``connect`` whenever there is no connection, and otherwise
    reads; what goes wrong there goes to ``resume``. One task does all of this.

    Args:
        link: The channel for the calls.
        what: What is to be opened, for people.
        begin: Begins a call.
        opened: Says what a new call has to be told, and reads until it works. It may set
            ``connection`` before it returns.
        timeout_s: Longest time without an open call, in seconds.
        backoff: The pauses between attempts.
        waits_for_room: Whether a server that has no room is asked again before a call has ever
            worked; after that it always is.
        on_connecting: Called before attempts.
        on_reconnecting: Called in its place once a call has worked.

    Attributes:
        connection: The open call; None between two.
        closed: Set when no more attempts are to be made. An event, so that no wait outlasts that.
        failure: Why it was given up.
    """

    def __init__(
        self,
        link: Link,
        what: str,
        begin: Callable[[], "grpc.aio.StreamStreamCall[_Request, _Response]"],
        opened: Callable[[Connection[_Request, _Response]], Awaitable[None]],
        *,
        timeout_s: float,
        backoff: Backoff | None = None,
        waits_for_room: bool = False,
        on_connecting: Callable[[Connecting], None] | None = None,
        on_reconnecting: Callable[[Reconnecting], None] | None = None,
    ) -> None:
        self.connection: Connection[_Request, _Response] | None = None
        self.closed = asyncio.Event()
        self.failure: TranslatorError | None = None
        self._link = link
        self._what = what
        self._begin = begin
        self._opened = opened
        self._timeout_s = timeout_s
        self._backoff = backoff or Backoff()
        self._waits_for_room = waits_for_room
        self._on_connecting = on_connecting
        self._on_reconnecting = on_reconnecting
        # Of the link, when the connection was opened on it.
        self._generation = 0
        self._has_worked = False
        self._has_mismatched = False
        # Why there has to be another attempt; None for the first one.
        self._cause: TranslatorError | None = None
        # On the event loop's clock.
        self._retry_at: float | None = None
        # Time without an open call so far.
        self._lasted_s = 0.0

    @property
    def is_planned(self) -> bool:
        """Whether an attempt has ever been planned."""
        return self._retry_at is not None

    def works(self) -> None:
        """Note that the call is open and alive, so that the next outage is a new one."""
        self._lasted_s = 0.0
        self._backoff.reset()

    def continues(self) -> None:
        """Note that what came continues what was there: a mismatch is the first one again."""
        self._has_mismatched = False

    def plan(self, cause: TranslatorError | None = None) -> None:
        """Plan the next attempt, and tell of it unless it is for no reason."""
        retry_after_s = cause.retry_after_s if isinstance(cause, LimitError) else 0.0
        wait_s = self._backoff.next_s(retry_after_s)
        self._cause = cause
        self._retry_at = asyncio.get_running_loop().time() + wait_s
        address, attempt = self._link.address, self._backoff.attempts
        if cause is None:
            if self._on_connecting is not None and not self._has_worked:
                self._on_connecting(Connecting(address, attempt, None, wait_s))
            return
        _logger.info("another call for a %s: %s", self._what, cause.reason)
        if self._has_worked and self._on_reconnecting is not None:
            self._on_reconnecting(Reconnecting(address, attempt, cause, wait_s))
        elif self._on_connecting is not None:
            self._on_connecting(Connecting(address, attempt, cause, wait_s))

    async def connect(self) -> None:
        """Make the planned attempt. If it fails, plan another.

        Raises:
            ConnectionLostError: There was no call for ``timeout_s``.
            OverloadedError: The same, because no server has room.
            TranslatorError: Another attempt cannot help.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            try:
                async with asyncio.timeout(self._left_s):
                    if not await _is_set_within(self.closed, (self._retry_at or began) - began):
                        await self._attempt()
            finally:
                self._lasted_s += loop.time() - began
        except TimeoutError:
            failure = self._give_up()
            raise failure from (None if failure is self._cause else self._cause)
        except RESUMABLE as error:
            self._again(error, is_opening=True)

    async def resume(self, error: Exception) -> None:
        """Drop the call that went wrong, and plan another.

        Raises:
            TranslatorError: That cannot help.
        """
        connection, self.connection = self.connection, None
        try:
            # First: whoever waits for an event may stop waiting while the call is closed.
            self._again(error, is_opening=False)
        finally:
            if connection is not None:
                await connection.close()

    async def drop(self) -> None:
        """Close the call, if there is one."""
        connection, self.connection = self.connection, None
        if connection is not None:
            await connection.close()

    @property
    def _left_s(self) -> float:
        return self._timeout_s - self._lasted_s

    async def _attempt(self) -> None:
        self._generation = self._link.generation
        connection = Connection(self._begin(), self._link.channel)
        try:
            await self._opened(connection)
        except BaseException:
            self.connection = None
            await connection.close()
            raise
        self.connection = connection
        self._has_worked = True

    def _again(self, error: Exception, *, is_opening: bool) -> None:
        """Plan an attempt after an error; raise what no attempt can mend."""
        match error:
            case grpc.aio.AioRpcError():
                cause = error_from_rpc(error)
            case TranslatorError():
                cause = error
            case StreamMismatchError():
                cause = ConnectionLostError(f"the updates do not continue: {error}")
                if self._has_mismatched:
                    raise self._fail(cause) from error
                self._has_mismatched = True
            case _:
                self._link.renew(self._generation)
                cause = ConnectionLostError(str(error))
        if not (is_lost(cause) or (is_opening and self._may_wait(cause))):
            raise self._fail(cause) from (None if cause is error else error)
        self.plan(cause)

    def _may_wait(self, cause: TranslatorError) -> bool:
        waits = self._has_worked or self._waits_for_room
        return waits and isinstance(cause, OverloadedError) and cause.retry_after_s <= self._left_s

    def _give_up(self) -> TranslatorError:
        cause = self._cause
        if isinstance(cause, OverloadedError):
            return self._fail(cause)
        why = "no answer" if cause is None else cause.message
        where = f"no {self._what} to {self._link.address}"
        return self._fail(ConnectionLostError(f"{where} within {self._timeout_s:g} s: {why}"))

    def _fail(self, error: TranslatorError) -> TranslatorError:
        self.failure = error
        return error


async def _is_set_within(event: asyncio.Event, wait_s: float) -> bool:
    if wait_s > 0:
        try:
            async with asyncio.timeout(wait_s):
                await event.wait()
        except TimeoutError:
            return False
    return event.is_set()
