"""Lets callers in, counts what they use against their quota, and writes down who came."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from translator.access.caller import Caller, Role, Visitor
from translator.access.gate import Gate
from translator.access.quotas import Books, Usage
from translator.errors import QuotaExceededError, TranslatorError
from translator.log import TRACE_ID, log_event
from translator.metrics import Metrics
from translator.service.batch_requests import BatchAnswer, BatchCall, BatchItem, BatchMessage
from translator.service.requests import StreamAnswer, StreamCall, StreamMessage
from translator.session.events import SourceUpdate
from translator.telemetry.spans import NO_SPAN, CallSpan, Tracer

__all__ = ["NOBODY", "Door", "Visit"]

# Its records may go to a file of their own; see translator.log.
_audit = logging.getLogger("translator.audit")

NOBODY = Visitor()
# Whoever is refused may try again and again, and must not fill the disk.
_MAX_REFUSALS_A_SECOND = 20
# A batch is in no hurry: it waits for what comes back to its share within so long.
_LONGEST_WAIT_S = 60.0
_MAX_NAME_LENGTH = 64


@dataclass(slots=True)
class Visit:
    """A call of somebody who was let in.

    Attributes:
        caller: Who it is.
        session: What other log lines name the call; "" while it has no name.
        characters: Code points of source so far.
        span: The call's.
        peer: Where the call comes from, connection included; "" where nobody knows.
    """

    caller: Caller
    usage: Usage
    metrics: Metrics
    session: str = ""
    characters: int = 0
    span: CallSpan = NO_SPAN
    peer: str = ""
    _told: Callable[[float], None] | None = None

    @property
    def turn(self) -> str:
        """Who takes turns with others: the caller, or where nobody has a name, the connection."""
        return f"name {self.caller.name}" if self.caller.name else self.peer

    @property
    def label(self) -> str:
        """The caller in metrics: only names of the server's own file, which are few."""
        return self.caller.name if self.caller.is_configured else "token"

    def count(self, characters: int) -> None:
        """Count source.

        Raises:
            QuotaExceededError: Of the caller's share nothing is left.
        """
        self.usage.spend_characters(self.caller, characters)
        self.characters += characters
        if self.caller.name:
            # Looked up once: this is on the path of each word.
            if self._told is None:
                self._told = self.metrics.key_characters.labels(self.label).inc
            self._told(characters)

    @contextmanager
    def as_session(self) -> Iterator[None]:
        """Hold a place among the caller's streams.

        Raises:
            QuotaExceededError: There is none left.
        """
        self.usage.begin_session(self.caller)
        open_now = self.metrics.key_sessions.labels(self.label) if self.caller.name else None
        if open_now is not None:
            open_now.inc()
        try:
            yield
        finally:
            self.usage.end_session()
            if open_now is not None:
                open_now.dec()

    def stream(self, call: StreamCall) -> StreamCall:
        """The call, with its source counted."""
        return _CountedStream(call, self) if self.caller.name else call

    def batch(self, call: BatchCall) -> BatchCall:
        """The call, with its items counted."""
        return _CountedBatch(call, self) if self.caller.name else call


class Door:
    """Where all calls of a server come in.

    Args:
        gate: Knows who may.
        metrics: Count who came.
        tracer: Begins a span for each call of somebody who is known.
        books: What callers have used.
        audits: Whether each call is written down, and each refusal.
    """

    def __init__(
        self,
        gate: Gate,
        metrics: Metrics,
        tracer: Tracer,
        books: Books,
        *,
        audits: bool = False,
    ) -> None:
        self._gate = gate
        self._metrics = metrics
        self._tracer = tracer
        self._audits = audits or not gate.is_open
        self._books = books
        self._second, self._refusals, self._left_out = 0, 0, 0

    @contextmanager
    def visit(self, visitor: Visitor, rpc: str, role: Role | None) -> Iterator[Visit]:
        """Let somebody in for one call.

        Args:
            visitor: What the front knows of them.
            rpc: What they call, in a word.
            role: What it takes; None: any.

        Raises:
            UnauthenticatedError: Nobody knows them.
            PermissionDeniedError: They lack the role.
        """
        began_s, code, reason = time.monotonic(), "CANCELLED", ""
        visit = None
        name = ""
        # A front may serve several calls in one task.
        TRACE_ID.set("")
        try:
            caller = self._gate.caller(visitor)
            name = caller.name
            # What strangers send begins no span, and so none of a trace that they name.
            span = self._tracer.begin(rpc, visitor.trace)
            # It stays: what the front says of how the call ended belongs to it too.
            TRACE_ID.set(span.trace_id)
            visit = Visit(
                caller, self._books.of(caller), self._metrics, span=span, peer=visitor.peer
            )
            if role is not None:
                caller.check(role)
            yield visit
            code = "OK"
        except TranslatorError as error:
            code, reason = error.status, error.reason
            if visit is not None and name:
                self._metrics.key_refusals.labels(visit.label, reason).inc()
            raise
        except Exception:
            code = "INTERNAL"
            raise
        finally:
            if self._audits and self._is_told(visit, role, reason):
                log_event(
                    _audit,
                    rpc,
                    key=name,
                    peer=visitor.peer[:_MAX_NAME_LENGTH],
                    **({"front": visitor.front} if visitor.front else {}),
                    code=code,
                    reason=reason,
                    session="" if visit is None else visit.session[:_MAX_NAME_LENGTH],
                    characters=0 if visit is None else visit.characters,
                    duration_s=round(time.monotonic() - began_s, 3),
                    **self._forgotten(),
                )
            if visit is not None:
                _end(visit, code, reason)

    def _is_told(self, visit: Visit | None, role: Role | None, reason: str) -> bool:
        """Whether a call is written down: of refusals at the door only some in each second."""
        if not role:
            # Clients ask for the models to see whether somebody answers.
            if not reason:
                return False
        elif not reason or (visit is not None and visit.characters):
            return True
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._refusals = second, 0
        self._refusals += 1
        if self._refusals > _MAX_REFUSALS_A_SECOND:
            self._left_out += 1
            return False
        return True

    def _forgotten(self) -> dict[str, int]:
        """How many refusals were not written down since the last line."""
        left_out, self._left_out = self._left_out, 0
        return {"refusals_left_out": left_out} if left_out else {}


def _end(visit: Visit, code: str, reason: str) -> None:
    if visit.session:
        visit.span.set({"session.id": visit.session[:_MAX_NAME_LENGTH]})
    if visit.caller.name:
        visit.span.set({"translator.key": visit.label})
    visit.span.end(code, reason)


class _CountedStream:
    """A ``StreamCall`` whose source is counted."""

    def __init__(self, call: StreamCall, visit: Visit) -> None:
        self._call = call
        self._visit = visit

    async def read(self) -> StreamMessage | None:
        message = await self._call.read()
        if isinstance(message, SourceUpdate):
            self._visit.count(len(message.committed) + len(message.tentative))
        return message

    async def write(self, answer: StreamAnswer) -> None:
        await self._call.write(answer)


class _CountedBatch:
    """A ``BatchCall`` whose items are counted, and wait for the caller's share of a minute."""

    def __init__(self, call: BatchCall, visit: Visit) -> None:
        self._call = call
        self._visit = visit

    async def read(self) -> BatchMessage | None:
        message = await self._call.read()
        if isinstance(message, BatchItem):
            self._visit.usage.spend_item(self._visit.caller)
            # The longest wait is that for a whole window.
            while wait_s := self._wait_s(len(message.text)):  # noqa: ASYNC110
                await asyncio.sleep(wait_s)
        return message

    def _wait_s(self, characters: int) -> float:
        """Count an item; or how long to wait for that, in seconds."""
        try:
            self._visit.count(characters)
        except QuotaExceededError as error:
            if error.retry_after_s > _LONGEST_WAIT_S:
                raise
            return error.retry_after_s
        return 0.0

    async def write(self, answer: BatchAnswer) -> None:
        await self._call.write(answer)
