"""What a batch has sent and received: which items are due, and what the credit allows."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from translator.client import convert
from translator.client.items import BatchConfig, BatchItem, BatchReport, BatchResult
from translator.client.results import Translation
from translator.errors import (
    ConnectionLostError,
    InvalidRequestError,
    NotKeptError,
    TranslatorError,
)
from translator.v1 import batch_pb2

__all__ = ["BatchSession"]

# A server that keeps its heartbeats is never silent for as many intervals.
_MAX_SILENT_HEARTBEATS = 3
# An item whose calls broke off so often is sent alone: perhaps it is what breaks them.
_TRIED_TOGETHER = 3
_MOST_BREAKS = 6
# Results of items that are not sent, before more input is read.
_MAX_READY = 100
# Items that go in one message, and code points of their texts: far from what a message may have.
_MAX_BUNDLE = 64
_MAX_BUNDLE_LENGTH = 30_000
_Request = batch_pb2.BatchTranslateRequest
_Response = batch_pb2.BatchTranslateResponse


@dataclass(slots=True)
class _Pending:
    """An item without a result; ``breaks`` are the calls that broke before it had one."""

    index: int
    item: BatchItem
    breaks: int = 0

    @property
    def is_suspect(self) -> bool:
        return self.breaks >= _TRIED_TOGETHER


class BatchSession:
    """The state of a batch over all its calls. It knows no connection.

    Items wait until they are sent together, and at most one for credit; so it holds no more than
    the server takes at once, and that one.

    Args:
        config: How the items are translated.

    Attributes:
        is_input_over: Whether there are no more items.
        is_finished: Whether all items have their results, and the server has reported.
        results: Those that have not been taken yet, in order.
    """

    def __init__(self, config: BatchConfig) -> None:
        self.is_input_over = False
        self.is_finished = False
        self.results: deque[BatchResult] = deque()
        self._config = config
        self._waiting: deque[_Pending] = deque()
        self._waiting_length = 0
        # By their names on the wire.
        self._sent: dict[str, _Pending] = {}
        # Then it is the only one.
        self._is_suspect_sent = False
        self._num_items = 0
        self._limits: batch_pb2.BatchLimits | None = None
        self._items = self._code_points = 0
        self._is_leaving = False
        self._failed = self._source_words = self._target_words = 0
        self._num_results = 0
        self._origins: Counter[str] = Counter()

    @property
    def wants_input(self) -> bool:
        """Whether the next item of the input is to be read."""
        if len(self.results) >= _MAX_READY:
            return False
        num_waiting = len(self._waiting)
        return not num_waiting or (
            num_waiting < min(_MAX_BUNDLE, self._items)
            and self._waiting_length < min(_MAX_BUNDLE_LENGTH, self._code_points)
        )

    @property
    def is_all_sent(self) -> bool:
        """Whether the call may be half-closed."""
        return self.is_input_over and not self._waiting

    @property
    def is_leaving(self) -> bool:
        """Whether the server of the present call is going away."""
        return self._is_leaving

    @property
    def max_silence_s(self) -> float | None:
        """Longest silence, in seconds, before the server counts as gone; None: no heartbeats."""
        interval_s = convert.seconds(self._limits.heartbeat_interval) if self._limits else 0.0
        return _MAX_SILENT_HEARTBEATS * interval_s or None

    @property
    def report(self) -> BatchReport:
        """What has been done so far."""
        return BatchReport(
            self._num_results,
            self._failed,
            self._source_words,
            self._target_words,
            dict(self._origins),
        )

    def add(self, item: BatchItem) -> None:
        """Take the next item of the input."""
        self._waiting.append(_Pending(self._num_items, item))
        self._waiting_length += len(item.text)
        self._num_items += 1

    def opening(self) -> _Request:
        """The first request of another call; what has no result is due again, in order."""
        for pending in sorted(self._sent.values(), key=lambda each: each.index, reverse=True):
            # Where the server said that it goes away, that is why.
            pending.breaks += not self._is_leaving
            if pending.breaks < _MOST_BREAKS:
                self._waiting.appendleft(pending)
                self._waiting_length += len(pending.item.text)
            else:
                times = f"it was sent {pending.breaks} times, and the connection broke each time"
                self._refuse(pending, ConnectionLostError(times))
        self._sent.clear()
        self._is_suspect_sent = False
        self._limits = None
        self._items = self._code_points = 0
        self._is_leaving = False
        return _Request(config=convert.batch_config_message(self._config))

    def due(self) -> Iterator[_Request]:
        """The items that may be sent now, together where there are several."""
        bundle: list[batch_pb2.BatchItem] = []
        length = 0
        for item in self._due():
            bundle.append(item)
            length += len(item.text)
            if len(bundle) >= _MAX_BUNDLE or length >= _MAX_BUNDLE_LENGTH:
                yield _bundled(bundle)
                bundle, length = [], 0
        if bundle:
            yield _bundled(bundle)

    def _due(self) -> Iterator[batch_pb2.BatchItem]:
        while self._waiting and self._limits is not None and not self._is_leaving:
            pending = self._waiting[0]
            if self._sent and (pending.is_suspect or self._is_suspect_sent):
                return
            item, error = self._message(pending, self._limits)
            length = len(pending.item.text)
            if error is None and (self._items < 1 or self._code_points < length):
                return
            self._waiting.popleft()
            self._waiting_length -= length
            if item is None or error is not None:
                self._refuse(pending, error or InvalidRequestError("item", "cannot be sent"))
                continue
            self._items -= 1
            self._code_points -= length
            self._sent[item.id] = pending
            self._is_suspect_sent = pending.is_suspect
            yield item

    def receive(self, response: _Response) -> None:
        """Take a message of the server.

        Raises:
            ConnectionLostError: It says that it is through, but items have no result.
        """
        match response.WhichOneof("response"):
            case "started":
                self._limits = response.started.limits
            case "credit":
                self._items += response.credit.items
                self._code_points += response.credit.code_points
            case "result":
                self._receive(response.result)
            case "results":
                for result in response.results.results:
                    self._receive(result)
            case "go_away":
                self._is_leaving = True
            case "report":
                if self._sent or not self.is_all_sent:
                    raise ConnectionLostError("the server reports, but items have no result")
                self.is_finished = True

    def _receive(self, result: batch_pb2.BatchResult) -> None:
        # One that comes twice is told once.
        pending = self._sent.pop(result.id, None)
        if pending is not None:
            self._is_suspect_sent = False
            self._take(convert.batch_result(result, pending.item, pending.index))

    def _message(
        self, pending: _Pending, limits: batch_pb2.BatchLimits
    ) -> tuple[batch_pb2.BatchItem | None, InvalidRequestError | None]:
        """What is sent of an item, or why it cannot be."""
        item, length = pending.item, len(pending.item.text)
        if length > limits.max_item_length:
            return None, InvalidRequestError(
                "item.text",
                f"has {length} code points; at most {limits.max_item_length} are allowed",
            )
        try:
            message = batch_pb2.BatchItem(
                id=str(pending.index),
                text=item.text,
                max_length=item.max_length,
                mime_type=item.mime_type,
            )
        except UnicodeEncodeError:
            return None, InvalidRequestError("item.text", "is no valid text: half of a character")
        except ValueError:
            return None, InvalidRequestError(
                "item.max_length", f"is {item.max_length}; allowed: from 0 to {2**32 - 1}"
            )
        return message, None

    def _refuse(self, pending: _Pending, error: TranslatorError) -> None:
        self._take(BatchResult(pending.item, pending.index, Translation("", error, "", "", (), ())))

    def _take(self, result: BatchResult) -> None:
        self._num_results += 1
        self._failed += result.error is not None
        if result.error is None or isinstance(result.error, NotKeptError):
            self._origins[result.origin] += 1
            self._source_words += len(result.item.text.split())
            self._target_words += len(result.text.split())
        self.results.append(result)


def _bundled(items: Sequence[batch_pb2.BatchItem]) -> _Request:
    if len(items) == 1:
        return _Request(item=items[0])
    return _Request(items=batch_pb2.BatchItems(items=items))
