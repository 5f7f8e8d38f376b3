"""Hours of use in minutes: streams that come, go, revise, flush, change their config, and break.

    python -m benchmarks.soak --minutes 5

One server on loopback, and clients of this project in this process, some behind a wire that is cut
now and then. Streams come as others end. Each says sentences of the talk in ``examples`` quicker
than anyone speaks, takes tentative tails back, flushes, takes a target out and puts it back, and
ends, or is simply given up. Half of them use ``final-only``; when they have ended, every tenth of
these is said again, all at once to an idle server, and has to end in the same words.

Told are the memory that the server gains an hour, its CPU per update in the first and the last
third, and whether its counters are what the clients counted. At the end streams are opened and
cancelled ten thousand times: gauges have to be back at 0, and memory within 2 %. Exits 1 when a bar
is missed.
"""

import argparse
import asyncio
import itertools
import random
import re
import sys
import time
import urllib.request
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import numpy as np

from benchmarks.fleet import Wire, free_port
from benchmarks.measured import Measured, save
from benchmarks.processes import cpu_s, memory_mb, serving
from benchmarks.speakers import config
from benchmarks.table import table
from translator.client import (
    AsyncStream,
    AsyncTranslatorClient,
    NamedPolicy,
    Rests,
    Started,
    Update,
)
from translator.errors import TranslatorError
from translator.precision import PRECISIONS
from translator.v1.translator_service_pb2_grpc import TranslatorServiceStub

ROOT = Path(__file__).parents[1]
DEFAULT_RESULT = ROOT / "benchmarks" / "results" / "soak.json"
# Of memory, in an hour.
MAX_SLOPE = 0.01
# Of the cost of an update, last third against the first.
MAX_GROWTH = 1.1
MAX_CYCLES_GROWTH = 0.02
_SAMPLE_S = 2.0
_CUT_EVERY_S = 20.0
_REPLAYED = 1
_CYCLES_AT_ONCE = 50
_WARM_UP_CYCLES = 1000
# Their ends are those of the text alone: a replay takes no time.
_RESTS = Rests(draft_s=0, sentence_s=0, segment_s=0)
_FINAL_ONLY = NamedPolicy("final-only")


@dataclass(slots=True)
class Life:
    """What one stream did, so that it can be done again.

    Attributes:
        actions: What was called, with which arguments.
        texts: The committed text of each target.
        is_final_only: Whether its text is the same whenever it is said.
    """

    is_final_only: bool
    actions: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Seen:
    """What the clients counted."""

    lives: list[Life] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    updates: int = 0
    resumed: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at a moment: seconds, MB, seconds of CPU, updates sent."""

    at_s: float
    memory_mb: float
    cpu_s: float
    updates: float


class Page:
    """The server's page of metrics."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/metrics"

    async def sums(self) -> Counter[str]:
        """Each metric, its labels added up; with the code for sessions."""
        text = await asyncio.to_thread(self._read)
        sums: Counter[str] = Counter()
        for line in text.splitlines():
            if found := re.fullmatch(r"(translator_\w+)(\{.*\})? ([-+.\de]+)", line):
                sums[found[1]] += float(found[3])  # type: ignore[assignment]
                if found[1] == "translator_sessions_ended_total":
                    sums[f"{found[1]}{found[2]}"] = float(found[3])  # type: ignore[assignment]
        return sums

    def _read(self) -> str:
        with urllib.request.urlopen(self._url) as page:  # noqa: S310
            text: str = page.read().decode()
            return text


def _sentences(fake: bool) -> list[str]:
    text = (ROOT / "examples" / "talk.en.txt").read_text(encoding="utf-8")
    return [each.lower() if fake else each for each in re.split(r"(?<=[.?!])\s+", text.strip())]


async def _live(
    client: AsyncTranslatorClient, chance: random.Random, seen: Seen, fake: bool
) -> None:
    """One stream, from its beginning to whatever end it has."""
    life = Life(is_final_only=chance.random() < 0.5)
    source, target = ("xx", "yy") if fake else ("en", "pt")
    options: dict[str, Any] = {"policy": _FINAL_ONLY} if life.is_final_only else {}
    end = chance.choices(("closed", "given up"), (5, 1))[0]
    try:
        async with client.stream(
            source=source,
            targets=[target, source],
            rests=_RESTS,
            max_unacked_updates=chance.choice((0, 8)),
            **options,
        ) as stream:
            talking = asyncio.create_task(_talk(stream, chance, life, (source, target)))
            async for event in stream:
                seen.updates += isinstance(event, Update)
                seen.resumed += isinstance(event, Started) and event.resumed
                if end == "given up" and chance.random() < 0.005:
                    talking.cancel()
                    break
            else:
                life.texts = {each: stream.transcript(each) for each in (target, source)}
                seen.lives.append(life)
                end = "closed"
            with suppress(asyncio.CancelledError):
                await talking
        seen.ends[end] += 1
    except TranslatorError as error:
        seen.ends[f"{error.status} {error.reason}: {error.message}"[:80]] += 1


async def _talk(
    stream: AsyncStream, chance: random.Random, life: Life, pair: tuple[str, str]
) -> None:
    sentences = _sentences(pair[0] == "xx")
    first = chance.randrange(len(sentences))
    count = chance.choice((2, 4, 8, 16))
    said = itertools.islice(itertools.cycle([*sentences[first:], *sentences[:first]]), count)
    word_s = chance.choice((0.02, 0.05, 0.15))
    is_out = False
    for sentence in said:
        words = sentence.split()
        for index, word in enumerate(words):
            if chance.random() < 0.3:
                tail = " ".join(words[index : index + 3])
                await _do(stream, life, "send", committed="", tentative=tail)
            await _do(stream, life, "send", committed=f"{word} ", speaker=chance.choice(("A", "")))
            await asyncio.sleep(word_s * chance.random() * 2)
        if chance.random() < 0.1:
            await _do(stream, life, "flush")
        if chance.random() < 0.15:
            # While there is a tentative tail alone, too: then it comes back.
            if chance.random() < 0.5:
                await _do(stream, life, "send", committed="", tentative="and then")
                await asyncio.sleep(word_s)
            is_out = not is_out
            targets = [pair[0]] if is_out else [pair[1], pair[0]]
            await _do(stream, life, "reconfigure", targets=targets)
    await stream.close_source()


async def _do(stream: AsyncStream, life: Life, name: str, **arguments: Any) -> None:
    life.actions.append((name, arguments))
    await getattr(stream, name)(**arguments)


async def _replayed(client: AsyncTranslatorClient, life: Life, fake: bool) -> bool:
    """Whether a stream ends in the same words when it is said again, all at once."""
    source, target = ("xx", "yy") if fake else ("en", "pt")
    async with client.stream(
        source=source, targets=[target, source], rests=_RESTS, policy=_FINAL_ONLY
    ) as stream:

        async def talk() -> None:
            for name, arguments in life.actions:
                await getattr(stream, name)(**arguments)
            await stream.close_source()

        talking = asyncio.create_task(talk())
        async for _ in stream:
            pass
        await talking
        texts = {each: stream.transcript(each) for each in (target, source)}
        if texts != life.texts:
            print("not equal", life.actions, life.texts, texts, sep="\n", file=sys.stderr)
        return texts == life.texts


async def _cycles(address: str, count: int, pair: tuple[str, str]) -> None:
    """Open streams and cancel them: before they have started, and after."""
    left = itertools.count()
    async with grpc.aio.insecure_channel(address) as channel:
        stub = TranslatorServiceStub(channel)  # type: ignore[no-untyped-call]

        async def some() -> None:
            while (number := next(left)) < count:
                call = stub.StreamingTranslate()
                with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
                    await call.write(config(*pair))
                    if number % 2:
                        await call.read()
                call.cancel()

        await asyncio.gather(*(some() for _ in range(_CYCLES_AT_ONCE)))


async def _idle(page: Page) -> Counter[str]:
    """The metrics once nobody is there any more."""
    async with asyncio.timeout(60):
        while (sums := await page.sums())["translator_sessions"]:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    return sums


async def soak(
    address: str, pid: int, page: Page, arguments: argparse.Namespace
) -> tuple[dict[str, Any], list[str]]:
    """Do it all. Returns the figures, and which bars were missed."""
    fake: bool = arguments.fake
    pair = ("xx", "yy") if fake else ("en", "pt")
    chance = random.Random(arguments.seed)  # noqa: S311
    seen, samples = Seen(), list[Sample]()
    wire = Wire(int(address.rpartition(":")[2]))
    await wire.open()
    ends_s = time.monotonic() + 60 * arguments.minutes

    async def streams(client: AsyncTranslatorClient) -> None:
        while time.monotonic() < ends_s:
            await _live(client, chance, seen, fake)

    async def cuts() -> None:
        while time.monotonic() < ends_s:
            await asyncio.sleep(_CUT_EVERY_S)
            await wire.cut()
            await wire.open()

    async def watch() -> None:
        while time.monotonic() < ends_s:
            sums = await page.sums()
            samples.append(
                Sample(
                    time.monotonic(), memory_mb(pid), cpu_s(pid), sums["translator_updates_total"]
                )
            )
            await asyncio.sleep(_SAMPLE_S)

    async with (
        AsyncTranslatorClient(address) as near,
        AsyncTranslatorClient(f"localhost:{wire.port}") as far,
    ):
        await asyncio.gather(
            *(streams(far if number % 3 == 0 else near) for number in range(arguments.streams)),
            cuts(),
            watch(),
        )
        sums = await _idle(page)
        lives = [life for life in seen.lives if life.is_final_only][::_REPLAYED]
        equal = [await _replayed(near, life, fake) for life in lives]
    await wire.cut()
    figures = _figures(seen, samples, sums, equal)
    figures |= await _after_cycles(address, pid, page, pair, arguments.cycles)
    return figures, _missed(figures, sums, seen)


async def _after_cycles(
    address: str, pid: int, page: Page, pair: tuple[str, str], count: int
) -> dict[str, Any]:
    await _cycles(address, _WARM_UP_CYCLES, pair)
    await _idle(page)
    before_mb = memory_mb(pid)
    await _cycles(address, count, pair)
    sums = await _idle(page)
    gauges = ("sessions", "requests_waiting", "requests_running", "batch_items_open")
    return {
        "cycles": count,
        "memory after cycles %": round(100 * (memory_mb(pid) / before_mb - 1), 2),
        "gauges": sum(sums[f"translator_{gauge}"] for gauge in gauges),
    }


def _figures(
    seen: Seen, samples: list[Sample], sums: Counter[str], equal: list[bool]
) -> dict[str, Any]:
    # Caches fill first.
    settled = samples[len(samples) // 3 :]
    slope = np.polyfit([s.at_s for s in settled], [s.memory_mb for s in settled], 1)[0]
    third = len(samples) // 3
    costs = [
        1e3 * (b.cpu_s - a.cpu_s) / max(1.0, b.updates - a.updates)
        for a, b in ((samples[0], samples[third]), (samples[-third - 1], samples[-1]))
    ]
    return {
        "streams": sum(seen.ends.values()),
        "resumed": seen.resumed,
        "updates": seen.updates,
        "memory MB": round(samples[-1].memory_mb),
        "MB an hour": round(3600 * slope, 1),
        "% an hour": round(100 * 3600 * slope / settled[0].memory_mb, 2),
        "ms an update, first third": round(costs[0], 3),
        "ms an update, last third": round(costs[1], 3),
        "replayed": len(equal),
        "equal": sum(equal),
        "server's updates": int(sums["translator_updates_total"]),
        "server's ends": {
            code: int(value)
            for code, value in sums.items()
            if code.startswith("translator_sessions_ended_total{")
        },
        "ends": dict(seen.ends),
    }


def _missed(figures: dict[str, Any], sums: Counter[str], seen: Seen) -> list[str]:
    ended = sums['translator_sessions_ended_total{code="OK"}']
    bars = {
        "replays are equal": figures["replayed"] == figures["equal"] > 0,
        "streams end as they should": not set(seen.ends) - {"closed", "given up"},
        # Of a stream that was cut in its last moment the report is lost, and it ends twice.
        "counters add up": seen.ends["closed"]
        <= ended
        <= seen.ends["closed"] + 0.02 * figures["streams"] + 2,
        # What is sent into a cut connection, nobody counts.
        "updates add up": seen.updates <= figures["server's updates"] <= 1.02 * seen.updates + 100,
        "no bug of ours": not any("INTERNAL" in code for code in figures["server's ends"]),
        "memory": figures["% an hour"] < 100 * MAX_SLOPE,
        "cost": figures["ms an update, last third"]
        <= MAX_GROWTH * figures["ms an update, first third"],
        "memory after cycles": figures["memory after cycles %"] <= 100 * MAX_CYCLES_GROWTH,
        "gauges": figures["gauges"] == 0,
    }
    return [what for what, is_met in bars.items() if not is_met]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--streams", type=int, default=40, help="at once")
    parser.add_argument("--cycles", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fake", action="store_true", help="with the test kit's model")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    port = free_port()
    options = ["--fake-model"] if arguments.fake else ["--precision", arguments.precision]
    with serving(*options, "--metrics-port", str(port)) as (address, pid, _):
        figures, missed = asyncio.run(soak(address, pid, Page(port), arguments))
    print(table([{"figure": name, "value": value} for name, value in figures.items()]))
    print(f"\nmissed: {', '.join(missed) or 'none'}")
    figures["minutes"] = arguments.minutes
    save(arguments.output, figures, Measured.now(None if arguments.fake else arguments.precision))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
