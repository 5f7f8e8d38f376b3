"""Reads what may wait, such as a pipe, for an event loop that must not."""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass

from translator.client.items import BatchItem

__all__ = ["ThreadedInput"]

# Items read ahead. To go from thread to thread with each item takes longer than to send it.
_AHEAD = 32
_Item = str | BatchItem


@dataclass(frozen=True, slots=True)
class _End:
    """There are no more items, or getting the next one failed."""

    error: Exception | None = None


class ThreadedInput(AsyncIterator[_Item]):
    """Reads an iterable in a thread of its own, a few items ahead of what is asked for.

    So an iterable that waits delays no result, and may itself use the client.
    """

    def __init__(self, items: Iterable[_Item]) -> None:
        self._items = iter(items)
        # How many more the thread may read; 0: it ends.
        self._asked: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._num_taken = 0
        self._read: deque[_Item | _End] = deque()
        self._arrived = asyncio.Event()
        self._is_waiting = False
        self._is_closed = False
        self._thread: threading.Thread | None = None

    async def __anext__(self) -> _Item:
        if self._thread is None:
            # A daemon: it may wait for its next item for ever.
            self._thread = threading.Thread(
                target=self._run,
                args=(asyncio.get_running_loop(),),
                name="translator-input",
                daemon=True,
            )
            self._thread.start()
            self._asked.put(_AHEAD)
        while not self._read:
            self._arrived.clear()
            # The thread looks at this after it has added something, and so one of both sees it.
            self._is_waiting = True
            if not self._read:
                await self._arrived.wait()
        item = self._read[0]
        if isinstance(item, _End):
            if item.error is not None:
                raise item.error
            raise StopAsyncIteration
        self._read.popleft()
        self._num_taken += 1
        if self._num_taken == _AHEAD // 2:
            self._asked.put(self._num_taken)
            self._num_taken = 0
        return item

    def close(self) -> None:
        """End the thread, once it does not wait for an item."""
        self._is_closed = True
        self._asked.put(0)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        while number := self._asked.get():
            for _ in range(number):
                if self._is_closed:
                    return
                item = self._next()
                self._read.append(item)
                if self._is_waiting:
                    self._is_waiting = False
                    # Where the loop is closed, nobody waits any more.
                    with suppress(RuntimeError):
                        loop.call_soon_threadsafe(self._arrived.set)
                if isinstance(item, _End):
                    return

    def _next(self) -> _Item | _End:
        try:
            return next(self._items)
        except StopIteration:
            return _End()
        except Exception as error:
            return _End(error)
