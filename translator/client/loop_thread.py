"""An event loop in a thread of its own, and what blocks until something is done there."""

import asyncio
import threading
from collections.abc import Awaitable, Coroutine, Iterator
from typing import Any, Protocol, Self, TypeVar

__all__ = ["Blocking", "BlockingIterator", "LoopThread"]

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)


class LoopThread:
    """An event loop in a daemon thread."""

    def __init__(self) -> None:
        self._is_running = threading.Event()
        self._thread = threading.Thread(target=self._run, name="translator-client", daemon=True)
        self._thread.start()
        self._is_running.wait()

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine on the loop and wait for it."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except BaseException:
            # KeyboardInterrupt reaches the waiting thread only; done futures do not mind.
            future.cancel()
            raise

    def stop(self) -> None:
        """Cancel what still runs, end the loop, and wait for the thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._is_running.set()
        await self._stopping.wait()


class _Async(Protocol):
    async def __aenter__(self) -> object: ...

    async def aclose(self) -> None: ...


class _AsyncResults(_Async, Protocol[_T_co]):
    def __anext__(self) -> Awaitable[_T_co]: ...


class Blocking:
    """Something for asyncio that is opened and closed by any thread, with ``with``.

    Args:
        thread: Runs it.
        inner: What it is.
    """

    def __init__(self, thread: LoopThread, inner: _Async) -> None:
        self._thread = thread
        self._inner = inner

    def __enter__(self) -> Self:
        self._thread.run(self._inner.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it at once, as ``aclose`` does; iteration in another thread ends."""
        self._thread.run(self._inner.aclose())


class BlockingIterator(Blocking, Iterator[_T]):
    """The same for what is iterated over, by one thread at a time."""

    def __init__(self, thread: LoopThread, inner: _AsyncResults[_T]) -> None:
        super().__init__(thread, inner)
        self._results = inner

    def __next__(self) -> _T:
        """Wait for the next one; StopIteration after the last or after ``close``."""
        result = self._thread.run(self._next())
        if result is None:
            raise StopIteration
        return result

    async def _next(self) -> _T | None:
        return await anext(self._results, None)
