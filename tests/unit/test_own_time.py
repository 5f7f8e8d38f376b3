"""A thread's own work is counted, and collections of garbage are not."""

import gc
import threading
import time

import pytest

from translator.service.own_time import own_time

pytestmark = pytest.mark.unit


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


def collect() -> tuple[float, float]:
    """What the collection of much garbage adds: own time, and all CPU time of the thread."""
    gc.disable()
    try:
        rings = [Ring() for _ in range(200_000)]
        del rings
        began_s, all_s = own_time(), time.thread_time()
        gc.collect()
        return own_time() - began_s, time.thread_time() - all_s
    finally:
        gc.enable()


def test_a_collection_is_not_the_work_of_whom_it_falls_to() -> None:
    own_s, all_s = collect()
    assert 0 <= own_s < all_s / 10


def test_work_counts_as_it_did() -> None:
    gc.disable()
    try:
        began_s, all_s = own_time(), time.thread_time()
        sum(number * number for number in range(300_000))
        own_s, all_s = own_time() - began_s, time.thread_time() - all_s
    finally:
        gc.enable()
    assert own_s == pytest.approx(all_s, rel=0.1)


def test_a_collection_in_another_thread_changes_nothing_here() -> None:
    difference_s = time.thread_time() - own_time()
    thread = threading.Thread(target=collect)
    thread.start()
    thread.join()
    assert time.thread_time() - own_time() == pytest.approx(difference_s, abs=1e-3)
