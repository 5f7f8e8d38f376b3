"""The server as a process: start, memory, first committed word, and what an update costs it.

    python -m benchmarks.server

CPU time is the server process' own (user and system), so a loaded machine changes it little. With
the fake model an update costs nothing but gRPC, protobuf, the session and the engine's bookkeeping.
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.processes import cpu_s, memory_mb, serving
from benchmarks.table import table
from translator.client import AsyncTranslatorClient, Report, Update

ROOT = Path(__file__).parent
DEFAULT_RESULT = ROOT / "results" / "server.json"
SPEECH_WORDS_PER_SECOND = 2.5


async def first_commit(address: str, words: list[str]) -> tuple[float, int]:
    """Seconds and source words from the first source word to the first committed one."""
    async with (
        AsyncTranslatorClient(address) as client,
        client.stream(source="en", targets=["pt"]) as stream,
    ):
        sent = 0
        began = time.perf_counter()

        async def speak() -> None:
            nonlocal sent
            for word in words:
                await stream.send(word)
                sent += 1
                await asyncio.sleep(1 / SPEECH_WORDS_PER_SECOND)

        speaking = asyncio.create_task(speak())
        try:
            async for event in stream:
                if isinstance(event, Update) and event.committed:
                    return time.perf_counter() - began, sent
        finally:
            speaking.cancel()
    raise SystemExit("nothing was committed")


async def updates_cost(address: str, pid: int, num_words: int) -> tuple[float, int, float]:
    """The server's CPU ms per source word, updates it sent, and the median answer's ms."""
    waits: list[float] = []
    async with (
        AsyncTranslatorClient(address) as client,
        client.stream(source="xx", targets=["yy"]) as stream,
    ):
        before = cpu_s(pid)
        for number in range(1, num_words + 1):
            sent = time.perf_counter()
            await stream.send(f"word{number % 50}{'.' if number % 20 == 0 else ''} ")
            async for event in stream:
                if isinstance(event, Update) and event.source_sequence == number:
                    waits.append(1e3 * (time.perf_counter() - sent))
                    break
        await stream.close_source()
        report = None
        async for event in stream:
            if isinstance(event, Report):
                report = event
        used = cpu_s(pid) - before
    if report is None:
        raise SystemExit("the stream ended without a report")
    return 1e3 * used / num_words, report.targets[0].updates, median(waits)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--words", type=int, default=4000)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    talk = (ROOT.parent / "examples" / "talk.en.txt").read_text(encoding="utf-8")
    words = [word + " " for word in talk.split()]
    starts, commits, memories = [], [], []
    for _ in range(arguments.starts):
        with serving() as (address, pid, ready_s):
            starts.append(ready_s)
            commits.append(asyncio.run(first_commit(address, words)))
            memories.append(memory_mb(pid))
    with serving("--fake-model") as (address, pid, _):
        asyncio.run(updates_cost(address, pid, 500))
        cost_ms, updates, answer_ms = asyncio.run(updates_cost(address, pid, arguments.words))
    seconds, after_words = sorted(commits)[len(commits) // 2]
    rows: list[dict[str, Any]] = [
        {"what": "process start to serving, s (median)", "measured": round(median(starts), 2)},
        {"what": "resident memory after a stream, MB", "measured": round(median(memories))},
        {"what": "first committed word, s at 2.5 words/s", "measured": round(seconds, 2)},
        {"what": "first committed word, source words sent", "measured": after_words},
        {"what": "fake model: server CPU ms per source word", "measured": round(cost_ms, 2)},
        {
            "what": "fake model: updates for each source word",
            "measured": round(updates / arguments.words, 2),
        },
        {"what": "fake model: word sent to update received, ms", "measured": round(answer_ms, 2)},
    ]
    print(table(rows))
    arguments.output.write_text(json.dumps(rows, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
