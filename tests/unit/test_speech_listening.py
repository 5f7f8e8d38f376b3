"""Feeding a recogniser in a thread: how much may wait, and who waits."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from translator.asr import SourcePiece
from translator.speech.listening import Listener
from translator.speech.recogniser import BYTES_PER_S

pytestmark = pytest.mark.unit


class Slow:
    """Waits until it is let go."""

    settled_s = 0.0

    def __init__(self) -> None:
        self.may_go = threading.Semaphore(0)
        self.heard: list[int] = []

    def accept(self, audio: bytes) -> list[SourcePiece]:
        self.may_go.acquire()
        self.heard.append(len(audio))
        return [SourcePiece(committed="x")]

    def finish(self) -> list[SourcePiece]:
        return [SourcePiece(committed="end")]


async def test_whoever_sends_waits_for_a_slow_recogniser() -> None:
    slow = Slow()
    with ThreadPoolExecutor(1) as pool:
        listener = Listener(slow, pool)
        said: list[SourcePiece] = []

        async def read() -> None:
            async for pieces in listener:
                said.extend(pieces)

        reading = asyncio.create_task(read())

        async def send() -> None:
            for _ in range(60):
                await listener.hear(bytes(BYTES_PER_S))
            await listener.end()

        sending = asyncio.create_task(send())
        for _ in range(200):
            await asyncio.sleep(0)
        assert not sending.done()
        assert 10 <= listener.backlog_s <= 11
        slow.may_go.release(1000)
        await sending
        await reading
    assert sum(slow.heard) == 60 * BYTES_PER_S
    assert max(slow.heard) <= 5 * BYTES_PER_S
    assert said[-1].committed == "end"
    assert listener.backlog_s == 0
