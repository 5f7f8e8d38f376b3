"""The CPU time of a thread's own work, without what the garbage collector takes of it."""

import gc
import threading
import time
from typing import Any

__all__ = ["own_time"]


class _Collected(threading.local):
    """What the collector has taken in this thread, in seconds, and when it began."""

    seconds = 0.0
    began_s = 0.0


_collected = _Collected()


def _note(phase: str, _info: dict[str, Any]) -> None:
    # The collector runs in the thread that makes it necessary.
    if phase == "start":
        _collected.began_s = time.thread_time()
    else:
        _collected.seconds += time.thread_time() - _collected.began_s


gc.callbacks.append(_note)


def own_time() -> float:
    """CPU time of the calling thread in seconds, collections of garbage not counted.

    All that is served together makes one necessary, a tenth of a second of it in a busy server; it
    is chance whose work it falls into.
    """
    return time.thread_time() - _collected.seconds
