"""Reads what may wait, such as a pipe, for an event loop that must not."""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Iterable

from translator.client.items import BatchItem

__all__ = ["ThreadedInput"]

_Item = str | BatchItem


class ThreadedInput(AsyncIterator[_Item]):
    """Reads an iterable in a thread of its own, an item whenever one is asked for.

    So an iterable that waits delays no result, and may itself use the client.
    """

    def __init__(self, items: Iterable[_Item]) -> None:
        self._items = iter(items)
        self._asked: queue.SimpleQueue[asyncio.Future[_Item | None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def __anext__(self) -> _Item:
        if self._thread is None:
            # A daemon: it may wait for its next item for ever.
            self._thread = threading.Thread(target=self._run, name="translator-input", daemon=True)
            self._thread.start()
        future: asyncio.Future[_Item | None] = asyncio.get_running_loop().create_future()
        self._asked.put(future)
        item = await future
        if item is None:
            raise StopAsyncIteration
        return item

    def close(self) -> None:
        """End the thread, once it does not wait for an item."""
        self._asked.put(None)

    def _run(self) -> None:
        while (future := self._asked.get()) is not None:
            item: _Item | None = None
            error: Exception | None = None
            try:
                item = next(self._items, None)
            except Exception as raised:
                error = raised
            try:
                future.get_loop().call_soon_threadsafe(_settle, future, item, error)
            except RuntimeError:
                # The loop is closed: nobody waits any more.
                return
            if item is None:
                return


def _settle(
    future: asyncio.Future[_Item | None], item: _Item | None, error: Exception | None
) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(item)
    else:
        future.set_exception(error)
