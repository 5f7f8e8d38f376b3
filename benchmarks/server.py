"""The server as a process: start, memory, first committed word, and what an update costs it.

    python -m benchmarks.server

CPU time is the server process' own (user and system), so a loaded machine changes it little. With
the fake model an update costs nothing but gRPC, protobuf, the session, and the engine's bookkeeping
with its small tensors. Fifty streams send either a word as soon as the one before is answered, as
many words as the server can take, or at the pace of speech, where each word finds cold caches.
"""

import argparse
import asyncio
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measured import Measured, save
from benchmarks.processes import memory_mb, serving
from benchmarks.table import table
from translator.client import AsyncTranslatorClient, Report, Update
from translator.precision import PRECISIONS

ROOT = Path(__file__).parent
DEFAULT_RESULT = ROOT / "results" / "server.json"
SPEECH_WORDS_PER_SECOND = 2.5
NUM_STREAMS = 50


def cpu_by_thread(pid: int) -> dict[str, float]:
    """CPU time of a process, user and system, by what its threads do."""
    used = {"the event loop": 0.0, "the engine": 0.0, "gRPC's threads": 0.0}
    tasks = sorted(Path(f"/proc/{pid}/task").iterdir(), key=lambda task: int(task.name))
    stats = {int(task.name): (task / "stat").read_text() for task in tasks}
    names = {tid: stat[stat.index("(") + 1 : stat.rindex(")")] for tid, stat in stats.items()}
    # Threads that Python starts are named as the process. The engine's is the last one: gRPC for
    # asyncio has its own, which polls, from the moment the server is made.
    engine = max(tid for tid, name in names.items() if name == names[pid])
    for tid, stat in stats.items():
        # The name may hold spaces.
        fields = stat.rpartition(")")[2].split()
        kind = {pid: "the event loop", engine: "the engine"}.get(tid, "gRPC's threads")
        used[kind] += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


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


@dataclass(frozen=True, slots=True)
class Cost:
    """What a source word costs the server.

    Attributes:
        cpu_ms: CPU time, by kind of thread.
        updates: Updates that it sent.
        answer_ms: From a word to the update that reflects it, median.
    """

    cpu_ms: dict[str, float]
    updates: float
    answer_ms: float

    def rows(self, what: str) -> list[dict[str, Any]]:
        """Of the table."""
        figures = {
            "server CPU ms per source word": sum(self.cpu_ms.values()),
            **{f"of which {kind}": ms for kind, ms in self.cpu_ms.items()},
            "updates for each source word": self.updates,
            "word sent to update received, ms": self.answer_ms,
        }
        return [
            {"what": f"{what}: {name}", "measured": round(figure, 2)}
            for name, figure in figures.items()
        ]


async def talk(
    address: str, num_words: int, pace_s: float = 0.0, delay_s: float = 0.0
) -> tuple[list[float], int]:
    """A stream with a connection of its own: each word after the answer to the one before.

    Returns:
        Milliseconds from each word to its answer, and the updates that came.
    """
    waits: list[float] = []
    updates = 0
    own_connection = [("grpc.use_local_subchannel_pool", 1)]
    async with (
        AsyncTranslatorClient(address, channel_options=own_connection) as client,
        client.stream(source="xx", targets=["yy"]) as stream,
    ):
        await asyncio.sleep(delay_s)
        for number in range(1, num_words + 1):
            sent = time.perf_counter()
            await stream.send(f"word{number % 50}{'.' if number % 20 == 0 else ''} ")
            async for event in stream:
                if isinstance(event, Update) and event.source_sequence == number:
                    break
            waited = time.perf_counter() - sent
            waits.append(1e3 * waited)
            await asyncio.sleep(max(0.0, pace_s - waited))
        await stream.close_source()
        async for event in stream:
            if isinstance(event, Report):
                updates = event.targets[0].updates
    if not updates:
        raise SystemExit("the stream ended without a report")
    return waits, updates


async def talks_cost(
    address: str, pid: int, num_words: int, num_streams: int = 1, pace_s: float = 0.0
) -> Cost:
    """What a word costs the server when so many streams send ``num_words`` each."""
    before = cpu_by_thread(pid)
    talks = await asyncio.gather(
        *(
            talk(address, num_words, pace_s, delay_s=pace_s * index / num_streams)
            for index in range(num_streams)
        )
    )
    after = cpu_by_thread(pid)
    total = num_words * num_streams
    return Cost(
        {kind: 1e3 * (after[kind] - before[kind]) / total for kind in after},
        sum(updates for _, updates in talks) / total,
        median(wait for waits, _ in talks for wait in waits),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--words", type=int, default=4000)
    parser.add_argument("--precision", choices=PRECISIONS, default="auto")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    talk = (ROOT.parent / "examples" / "talk.en.txt").read_text(encoding="utf-8")
    words = [word + " " for word in talk.split()]
    starts, commits, memories = [], [], []
    for _ in range(arguments.starts):
        with serving("--precision", arguments.precision) as (address, pid, ready_s):
            starts.append(ready_s)
            commits.append(asyncio.run(first_commit(address, words)))
            memories.append(memory_mb(pid))
    few = arguments.words // NUM_STREAMS
    with serving("--fake-model") as (address, pid, _):
        asyncio.run(talks_cost(address, pid, 500))
        one = asyncio.run(talks_cost(address, pid, arguments.words))
        many = asyncio.run(talks_cost(address, pid, few, NUM_STREAMS))
        live = asyncio.run(
            talks_cost(address, pid, few, NUM_STREAMS, pace_s=1 / SPEECH_WORDS_PER_SECOND)
        )
    seconds, after_words = sorted(commits)[len(commits) // 2]
    rows: list[dict[str, Any]] = [
        {"what": "process start to serving, s (median)", "measured": round(median(starts), 2)},
        {"what": "resident memory after a stream, MB", "measured": round(median(memories))},
        {"what": "first committed word, s at 2.5 words/s", "measured": round(seconds, 2)},
        {"what": "first committed word, source words sent", "measured": after_words},
        *one.rows("fake model, 1 stream"),
        *many.rows(f"fake model, {NUM_STREAMS} streams"),
        *live.rows(f"fake model, {NUM_STREAMS} streams at speech pace"),
    ]
    print(table(rows))
    save(arguments.output, rows, Measured.now(arguments.precision))
    return 0


if __name__ == "__main__":
    sys.exit(main())
