"""Runs one batch: items come as far as there is credit, results go as soon as they are there."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from translator.engine.request import Priority
from translator.errors import (
    DrainingError,
    InvalidRequestError,
    NotKeptError,
    ServiceError,
    TermNotKeptError,
    TooLongError,
    TranslatorError,
)
from translator.service.batch_requests import (
    BatchAnswer,
    BatchCall,
    BatchConfig,
    BatchCredit,
    BatchItem,
    BatchMessage,
    BatchReport,
    BatchResult,
    BatchResults,
    BatchStarted,
)
from translator.service.checks import check_mime_type, heartbeat_s
from translator.service.context import ServiceContext
from translator.service.model_pool import Lease
from translator.service.requests import GoAway, TextResult
from translator.service.text_runner import TextRunner
from translator.telemetry.spans import NO_SPAN, Attributes, CallSpan, Part
from translator.terms.check import How
from translator.text.words import count_words

__all__ = ["Batch"]

_MAX_ID_LENGTH = 256
# Credit is given back when it is as much of all there is, or when no item is left.
_OWED_SHARE = 0.1
# Results that go together, and code points of their translations: far from what a message may have.
_MAX_BUNDLE = 64
_MAX_BUNDLE_LENGTH = 30_000
# While others are on their way, results wait so long for more to go with.
_GATHER_S = 0.01
# Terms that an error lists.
_MAX_LISTED = 20


class Batch:
    """Translates items as they come. An item that fails says so in its own result.

    The client sends within its credit, and what an item took is given back once its result is
    written. So what a batch holds is bounded, whether the client reads or not.

    Args:
        call: The connection to the client.
        batch_id: Names it in logs.
        shared: What all calls share.
        config: The first message.
        lease: Holds the models.
        span: The call's; some of the items are parts of it.

    Raises:
        ClientError: The config is not valid, or cannot be served.
    """

    def __init__(
        self,
        call: BatchCall,
        batch_id: str,
        shared: ServiceContext,
        config: BatchConfig,
        lease: Lease,
        span: CallSpan = NO_SPAN,
    ) -> None:
        self.report = BatchReport()
        self._span = span
        # The first item is followed, and then one in so many.
        self._due = 1.0 - span.update_share
        self._began_s = time.monotonic()
        self._call = call
        self._id = batch_id
        self._shared = shared
        self._limits = shared.config.limits
        self._texts = config.texts
        check_mime_type(config.texts)
        self._heartbeat_s = heartbeat_s(config, shared.config.heartbeat_s)
        self._max_bundle = _MAX_BUNDLE if config.bundled_results else 1
        self._runner = TextRunner(
            config.texts, shared, lease, priority=Priority.BATCH, whole_pages=True
        )
        # What the client may still send, and what is to be given back to it.
        self._credit = BatchCredit()
        self._owed = BatchCredit()
        # Items without a result, with what they took of the credit.
        self._open: dict[str, int] = {}
        self._num_items = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers: deque[BatchAnswer] = deque()
        self._results: deque[tuple[BatchItem, TextResult]] = deque()
        self._error: Exception | None = None
        self._wake = asyncio.Event()
        self._has_ended = False
        self._has_refused = False
        self._ended_by_s: float | None = None

    async def run(self) -> None:
        """Serve the batch to its end.

        Raises:
            TranslatorError: The batch ended early because of it.
        """
        await self._runner.load()
        # A drain may have begun.
        self._answers.appendleft(self._started())
        if self._ended_by_s is None:
            self._grant(self._limits.max_batch_items, self._limits.max_batch_length)
        reader = asyncio.create_task(self._read())
        try:
            await self._write()
        finally:
            for task in (reader, *self._tasks):
                task.cancel()
            await asyncio.gather(reader, *self._tasks, return_exceptions=True)
            self._shared.metrics.batch_items_open.dec(len(self._open))

    def drain(self, within_s: float) -> None:
        """Take no more items. The batch ends when those that it has are through, or in so long."""
        self._answers.append(GoAway(within_s))
        self._ended_by_s = asyncio.get_running_loop().time() + within_s
        self._wake.set()

    def _started(self) -> BatchStarted:
        route = self._runner.route
        legs = () if route is None else route.legs
        return BatchStarted(
            self._id,
            "+".join(leg.info.name for leg in legs),
            "+".join(leg.info.fingerprint for leg in legs),
            self._heartbeat_s,
        )

    def _grant(self, items: int, length: int) -> None:
        # Before it is written: the client may use it before the write returns.
        self._credit = BatchCredit(self._credit.items + items, self._credit.length + length)
        self._answers.append(BatchCredit(items, length))

    # Reading

    async def _read(self) -> None:
        try:
            while (message := await self._call.read()) is not None:
                if self._ended_by_s is None:
                    self._take(message)
                else:
                    # What comes after GoAway is for another server.
                    self._has_refused = True
            self._has_ended = True
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # A panic in a library written in Rust is no Exception; it too ends this batch alone.
            self._error = error if isinstance(error, Exception) else ServiceError(repr(type(error)))
        self._wake.set()

    def _take(self, message: BatchMessage) -> None:
        if isinstance(message, BatchConfig):
            raise InvalidRequestError(
                "request", "is a second config; allowed: items, after the one config"
            )
        item = message
        if not item.id:
            raise InvalidRequestError("item.id", "is empty; each item needs a name")
        if len(item.id) > _MAX_ID_LENGTH:
            raise InvalidRequestError(
                "item.id", f"has {len(item.id)} code points; at most {_MAX_ID_LENGTH} are allowed"
            )
        if item.id in self._open:
            raise InvalidRequestError(
                "item.id",
                f"is {item.id[:40]!r}, the name of an item that has no result yet; each needs its "
                "own",
            )
        length = min(len(item.text), self._limits.max_item_length)
        if not self._credit.items or self._credit.length < length:
            raise InvalidRequestError(
                "item",
                f"was sent without credit: it takes 1 item and {length} code points of "
                f"{self._credit.items} and {self._credit.length}; wait for a BatchCredit",
            )
        self._credit = BatchCredit(self._credit.items - 1, self._credit.length - length)
        self._open[item.id] = length
        self._shared.metrics.batch_items_open.inc()
        self._num_items += 1
        # The id is the client's, and may come again: in the engine an item has a number.
        task = asyncio.create_task(self._translate(item, str(self._num_items)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Translating

    async def _translate(self, item: BatchItem, number: str) -> None:
        result = TextResult()
        began_s = time.monotonic()
        try:
            await self._run_item(item, number, result)
        except asyncio.CancelledError:
            raise
        except TranslatorError as error:
            result.error = error
        except BaseException as error:
            result.error = ServiceError(type(error).__name__)
            result.error.__cause__ = error
        self._results.append((item, result))
        self._wake.set()
        self._trace(item, result, began_s)

    def _trace(self, item: BatchItem, result: TextResult, began_s: float) -> None:
        self._due += self._span.update_share
        if self._due < 1.0:
            return
        self._due -= 1.0
        figures: Attributes = {
            "translator.source_characters": len(item.text),
            "translator.decoded": result.num_decoded,
            "rpc.response.status_code": result.code,
        }
        self._span.add(Part("item", began_s, time.monotonic(), figures))

    async def _run_item(self, item: BatchItem, number: str, result: TextResult) -> None:
        length, limit = len(item.text), self._limits.max_item_length
        if length > limit:
            raise InvalidRequestError(
                "item.text", f"has {length} code points; at most {limit} are allowed"
            )
        mime_type = item.mime_type or self._texts.mime_type
        request = replace(
            self._texts,
            texts=(item.text,),
            mime_type=mime_type,
        )
        check_mime_type(request)
        await self._runner.translate(request, 0, number, "item.text", result)
        lost = sorted(
            {
                f"{use.glossary}:{use.entry}" if use.glossary else str(use.entry)
                for use in result.terms
                if use.how is How.FAILED
            }
        )
        if lost:
            raise TermNotKeptError(
                "the translation lacks a term of the glossary",
                metadata={"entries": ",".join(lost[:_MAX_LISTED])},
            )
        if 0 < item.max_length < len(result.text):
            raise TooLongError(
                f"the translation has {len(result.text)} code points; the item allows "
                f"{item.max_length}",
                metadata={"length": str(len(result.text)), "max_length": str(item.max_length)},
            )

    # Writing

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        last_s = loop.time()
        while True:
            if self._may_gather:
                await asyncio.sleep(_GATHER_S)
            self._wake.clear()
            if await self._write_pending():
                last_s = loop.time()
            if self._error is not None:
                raise self._error
            if self._has_ended and not self._open and not self._has_refused:
                self.report.duration_s = time.monotonic() - self._began_s
                await self._call.write(self.report)
                return
            now_s = loop.time()
            if self._ended_by_s is not None and (not self._open or now_s >= self._ended_by_s):
                raise DrainingError("the server is going away; send what has no result to another")
            if self._heartbeat_s and now_s - last_s >= self._heartbeat_s:
                await self._call.write(BatchCredit())
                last_s = loop.time()
            if not (self._answers or self._results):
                await self._sleep(last_s)

    async def _write_pending(self) -> bool:
        """Write what is there, and give back the credit of what got its result."""
        num_written = 0
        while self._answers or self._results:
            if self._answers:
                await self._call.write(self._answers.popleft())
                num_written += 1
                continue
            await self._call.write(BatchResults(tuple(self._bundle())))
            num_written += 1
        if not self._has_ended and self._ended_by_s is None and self._is_much_owed:
            self._grant(self._owed.items, self._owed.length)
            self._owed = BatchCredit()
        return num_written > 0

    @property
    def _may_gather(self) -> bool:
        """Whether results that are there may wait for more."""
        return 0 < len(self._results) < min(self._max_bundle, len(self._open)) and not self._answers

    def _bundle(self) -> Iterator[BatchResult]:
        """Results that are there and go together, at least one.

        What they took counts as given back before they are written: the client may use their names
        again before the write returns.
        """
        length = 0
        for _ in range(self._max_bundle):
            if not self._results or length >= _MAX_BUNDLE_LENGTH:
                return
            item, result = self._results.popleft()
            taken = self._open.pop(item.id)
            self._owed = BatchCredit(self._owed.items + 1, self._owed.length + taken)
            self._count(item, result)
            length += len(result.text)
            yield BatchResult(item.id, result, 0 < item.max_length < len(result.text))

    @property
    def _is_much_owed(self) -> bool:
        """Whether it is time to give credit back: not for each item, but before any has to wait."""
        owed, limits = self._owed, self._limits
        return owed.items > 0 and (
            not self._open
            or owed.items >= _OWED_SHARE * limits.max_batch_items
            or owed.length >= _OWED_SHARE * limits.max_batch_length
        )

    def _count(self, item: BatchItem, result: TextResult) -> None:
        metrics, report = self._shared.metrics, self.report
        metrics.batch_items_open.dec()
        report.items += 1
        origin = ""
        if result.error is not None:
            report.failed += 1
            metrics.errors.labels(result.error.reason).inc()
        if result.error is None or isinstance(result.error, NotKeptError):
            origin = result.origin
            report.origins[origin] += 1
            source_words, target_words = count_words(item.text), count_words(result.text)
            report.source_words += source_words
            report.target_words += target_words
            metrics.source_words.inc(source_words)
            metrics.target_words.inc(target_words)
        metrics.batch_items.labels(result.code, origin).inc()

    async def _sleep(self, last_s: float) -> None:
        """Sleep until there is something to write, or it is time to say something."""
        due = [] if self._ended_by_s is None else [self._ended_by_s]
        if self._heartbeat_s:
            due.append(last_s + self._heartbeat_s)
        try:
            async with asyncio.timeout_at(min(due, default=None)):
                await self._wake.wait()
        except TimeoutError:
            pass
