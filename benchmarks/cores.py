"""How many live streams more cores carry, simulated from what a word costs here.

    python -m benchmarks.cores --data ../shared/data

Measures the CPU time of each kind of thread for a word, at a few numbers of streams, and simulates
processes (``--workers``) whose threads share cores. A worker has an event loop, an engine for each
of two directions, and the threads of gRPC; the first two share the interpreter's lock. A word is
received by gRPC, read by the loop, waits for its engine's next pass, and its answer is written by
the loop. A pass of n words costs a fixed part and n times another. A stream has one request at a
time: words that come meanwhile go together, as in the scheduler.

What is simulated is compared with what is measured on this machine, for one worker and two.

How to get the data is in ``benchmarks/__init__.py``.
"""

import argparse
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.measured import Measured, save
from benchmarks.processes import serving, thread_ticks
from benchmarks.speakers import WORDS_PER_SECOND, Plan, hear
from benchmarks.table import table

DEFAULT_RESULT = Path(__file__).parent / "results" / "cores.json"
CARRIED_MS = 300.0
CORES = (2, 4, 8, 16, 32, 64)
# Cores for each worker.
PARTS = (1, 2, 4, 8)
# Simulated time, in milliseconds: a step of it, and how long a thread keeps the lock while others
# want it (sys.getswitchinterval).
_STEP_MS = 0.25
_SWITCH_MS = 5.0
# Of what an engine computes, the part that holds the lock: 0.26 of 0.65 cores with 100 streams
# (sampled; 3bb7c98, AMD EPYC with AVX-512 VNNI).
_LOCKED = 0.4
# So often a pass goes from Python to compiled code and back.
_CALLS = 6
# Requests in a pass.
_MOST_ROWS = 64
# Of what the loop computes for a word, the part that comes before the engine.
_READ = 0.4


@dataclass(frozen=True, slots=True)
class Costs:
    """Milliseconds of CPU for a word.

    Attributes:
        loop: Of the event loop.
        rpc: Of gRPC's threads.
        load: Of the speakers' process.
        fixed: Of an engine's pass, whatever is in it.
        row: Of an engine's pass for each word in it.
    """

    loop: float
    rpc: float
    load: float
    fixed: float
    row: float


# What a thread does next: milliseconds, and whether they hold the lock. None: nothing, for now.
_Part = tuple[float, bool] | None


class _Thread:
    """A thread, as the parts of its work."""

    def __init__(self, parts: Iterator[_Part]) -> None:
        self._parts = parts
        self._part: _Part = None
        self._left_ms = 0.0

    def look(self) -> None:
        """Look for work if there was none."""
        if self._part is None:
            self._next()

    @property
    def is_idle(self) -> bool:
        return self._part is None

    @property
    def wants_lock(self) -> bool:
        return self._part is not None and self._part[1]

    def run(self, ms: float) -> None:
        """Run for so long, or to where it needs the lock, or does no more."""
        while self._part is not None:
            if self._left_ms > ms:
                self._left_ms -= ms
                return
            ms -= self._left_ms
            had_lock = self._part[1]
            self._next()
            if self._part is None or self._part[1] != had_lock:
                return

    def _next(self) -> None:
        self._part = next(self._parts)
        if self._part is not None:
            self._left_ms = self._part[0]


@dataclass(slots=True)
class _Stream:
    """A stream: when the words that are read, and those in its request, were due."""

    direction: int
    read: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)


class _Worker:
    """A process: what its threads do, and who has the interpreter's lock."""

    def __init__(self, costs: Costs, answered: Callable[[Sequence[float]], None]) -> None:
        self._costs = costs
        self._answered = answered
        self.received: deque[tuple[_Stream, float]] = deque()
        # For the loop: a word that came and when it was due, or None for an answer.
        self._tasks: deque[tuple[_Stream, float | None]] = deque()
        self._waiting: tuple[list[_Stream], list[_Stream]] = ([], [])
        parts = (self._rpc(), self._loop(), self._engine(0), self._engine(1))
        self._threads = [_Thread(each) for each in parts]
        self._holder: _Thread | None = None
        self._held_ms = 0.0

    def runnable(self, ms: float) -> list[_Thread]:
        """The threads that could run for the next milliseconds."""
        for thread in self._threads:
            thread.look()
        wanting = [thread for thread in self._threads if thread.wants_lock]
        others = [thread for thread in wanting if thread is not self._holder]
        self._held_ms += ms
        if self._holder not in wanting or (self._held_ms > _SWITCH_MS and others):
            self._holder, self._held_ms = (others[0] if others else None), 0.0
            # Who waits longest is next.
            self._threads.append(self._threads.pop(0))
        free = [t for t in self._threads if not t.is_idle and not t.wants_lock]
        return [*free, self._holder] if self._holder is not None else free

    def _rpc(self) -> Iterator[_Part]:
        while True:
            while not self.received:
                yield None
            word = self.received.popleft()
            yield self._costs.rpc, False
            self._tasks.append(word)

    def _loop(self) -> Iterator[_Part]:
        while True:
            while not self._tasks:
                yield None
            stream, due_ms = self._tasks.popleft()
            if due_ms is not None:
                yield self._costs.loop * _READ, True
                stream.read.append(due_ms)
            else:
                yield self._costs.loop * (1 - _READ), True
                self._answered(stream.asked)
                stream.asked = []
            if stream.read and not stream.asked:
                stream.asked, stream.read = stream.read, []
                self._waiting[stream.direction].append(stream)

    def _engine(self, direction: int) -> Iterator[_Part]:
        waiting = self._waiting[direction]
        while True:
            while not waiting:
                yield None
            rows = waiting[:_MOST_ROWS]
            del waiting[:_MOST_ROWS]
            call_ms = (self._costs.fixed + self._costs.row * len(rows)) / _CALLS
            for _ in range(_CALLS):
                yield call_ms * _LOCKED, True
                yield call_ms * (1 - _LOCKED), False
            self._tasks.extend((stream, None) for stream in rows)


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of a simulation: waits in milliseconds, and CPU of the server for a word."""

    p50_ms: float
    p95_ms: float
    cpu_ms_per_word: float


def simulate(
    costs: Costs, cores: int, workers: int, streams: int, *, seconds: float = 12.0
) -> Simulated:
    """Let so many streams speak to so many workers that share so many cores.

    Where ``costs.load`` is not 0, the speakers have a thread on the same cores.
    """
    chance = Random(1)  # noqa: S311
    waits: list[float] = []
    now_ms = used_ms = 0.0
    begin_ms = 2000.0

    def answered(due: Sequence[float]) -> None:
        waits.extend(now_ms - each for each in due if each >= begin_ms)

    served = [_Worker(costs, answered) for _ in range(workers)]
    said: deque[tuple[_Worker, _Stream, float]] = deque()

    def speakers() -> Iterator[_Part]:
        while True:
            while not said:
                yield None
            worker, stream, due_ms = said.popleft()
            yield costs.load, False
            worker.received.append((stream, due_ms))

    load = _Thread(speakers())
    interval_ms = 1e3 / WORDS_PER_SECOND
    due: list[tuple[float, int]] = []
    for number in range(streams):
        first_ms = chance.random() * interval_ms
        steps = int((1e3 * seconds - first_ms) / interval_ms)
        due += [(first_ms + k * interval_ms, number) for k in range(steps)]
    due.sort(reverse=True)
    # Workers and directions take turns.
    known = [_Stream(number // workers % 2) for number in range(streams)]
    first = 0
    while now_ms < 1e3 * seconds:
        while due and due[-1][0] <= now_ms:
            due_ms, number = due.pop()
            said.append((served[number % workers], known[number], due_ms))
        load.look()
        ready = [] if load.is_idle else [load]
        for worker in served:
            ready += worker.runnable(_STEP_MS)
        # Where there are not enough cores for all, they take turns.
        first = (first + cores) % max(1, len(ready))
        chosen = (ready[first:] + ready[:first])[:cores]
        now_ms += _STEP_MS
        for thread in chosen:
            used_ms += _STEP_MS * (thread is not load)
            thread.run(_STEP_MS)
    p50_ms, p95_ms = np.percentile(waits, [50, 95]) if waits else (np.inf, np.inf)
    num_words = streams * seconds * WORDS_PER_SECOND
    return Simulated(float(p50_ms), float(p95_ms), used_ms / num_words)


def carried(costs: Costs, cores: int, workers: int) -> int:
    """The most streams, to ten, whose words wait at most 300 ms at p95."""
    low, high = 0, 40
    while simulate(costs, cores, workers, 10 * high).p95_ms <= CARRIED_MS:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if simulate(costs, cores, workers, 10 * middle).p95_ms <= CARRIED_MS:
            low = middle
        else:
            high = middle
    return 10 * low


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured with some workers and streams; CPU in milliseconds for a word."""

    workers: int
    streams: int
    p50_ms: float
    p95_ms: float
    loop: float
    engines: float
    rpc: float
    load: float


def measure(workers: int, streams: int, seconds: float, data: Path) -> Run:
    """Let real streams speak to a real server."""
    # The kernel gives connections to workers by chance, and some get more.
    with serving("--workers", str(workers), max_sessions=streams) as (address, pid, _):
        before = thread_ticks(pid)
        heard = hear(Plan(address, pid, streams, 6.0, seconds, 0, data, False))
        after = thread_ticks(pid)
    words = len(heard.waits_ms)
    used = {kind: after[kind] - before.get(kind, 0) for kind in after}
    cpu_ms = 1e3 * heard.cpu_s / words
    shares = {kind: cpu_ms * ticks / sum(used.values()) for kind, ticks in used.items()}
    p50_ms, p95_ms = np.percentile(heard.waits_ms, [50, 95])
    return Run(
        workers=workers,
        streams=streams,
        p50_ms=float(p50_ms),
        p95_ms=float(p95_ms),
        loop=shares["main"],
        engines=shares["python"],
        rpc=shares["other"],
        load=1e3 * heard.own_cpu_s / words,
    )


def costs_of(few: Run, many: Run) -> Costs:
    """What a word costs, of a run with few streams and one with many, both of one worker.

    With few a pass has one word. The fixed part of a pass is that with which the simulation of many
    takes what their engines did.
    """
    alone = few.engines
    costs = Costs(many.loop, many.rpc, many.load, 0.0, alone)
    low, high = 0.0, 1.0
    for _ in range(6):
        share = (low + high) / 2
        costs = replace(costs, fixed=share * alone, row=(1 - share) * alone)
        found = simulate(costs, 2, 1, many.streams)
        engines = found.cpu_ms_per_word - costs.loop - costs.rpc
        low, high = (share, high) if engines > many.engines else (low, share)
    return costs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=15.0, help="that streams are heard")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    runs = []
    for workers, streams in ((1, 50), (1, 100), (1, 200), (1, 300), (2, 100), (2, 200), (2, 300)):
        runs.append(measure(workers, streams, arguments.seconds, arguments.data))
        print(runs[-1], file=sys.stderr, flush=True)
    costs = costs_of(runs[0], next(run for run in runs if run.streams == 200))
    print(costs, file=sys.stderr)
    check: list[dict[str, Any]] = []
    for run in runs:
        found = simulate(costs, 2, run.workers, run.streams)
        check.append(
            {
                "workers": run.workers,
                "streams": run.streams,
                "p50 ms": round(run.p50_ms),
                "simulated": round(found.p50_ms),
                "p95 ms": round(run.p95_ms),
                "simulated p95": round(found.p95_ms),
            }
        )
    print(table(check))
    # The speakers are elsewhere now.
    alone = replace(costs, load=0.0)
    rows: list[dict[str, Any]] = []
    for cores in CORES:
        row: dict[str, Any] = {"cores": cores}
        for part in PARTS:
            # What 64 cores and 32 workers do, four cores and two workers do 16 times.
            workers = max(1, cores // part)
            times = max(1, workers // 2)
            row[f"a worker for {part}"] = times * carried(alone, cores // times, workers // times)
        rows.append(row)
        print(row, file=sys.stderr, flush=True)
    print(table(rows))
    result = {"runs": list(map(asdict, runs)), "costs": asdict(costs), "check": check, "rows": rows}
    save(arguments.output, result, Measured.now())
    return 0


if __name__ == "__main__":
    sys.exit(main())
