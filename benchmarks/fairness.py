"""How long one line waits for its translation while others have whole catalogues translated.

    python -m benchmarks.fairness

One caller asks ``Translate`` for one line at a time, each line another one, while 0, 1, 4 and 8
bulk callers each ask for fifty lines at a time, over and over. The bulk callers are also alone
once, so that one sees what they lose. The callers and the server share the machine. Exits 1 when
the bar is missed.
"""

import argparse
import asyncio
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measured import Measured, save
from benchmarks.processes import serving
from benchmarks.table import table
from translator.client import AsyncTranslatorClient
from translator.precision import PRECISIONS

ROOT = Path(__file__).parents[1]
DEFAULT_RESULT = ROOT / "benchmarks" / "results" / "fairness.json"
BULK_CALLERS = (0, 1, 4, 8)
LINES_A_CALL = 50
# Between two lines of the caller who waits.
PAUSE_S = 0.1
BAR_S = 0.3


def lines(start: int) -> Iterator[str]:
    """Sentences of a talk, each with a number of its own: no two are the same."""
    talk = (ROOT / "examples" / "talk.en.txt").read_text(encoding="utf-8")
    said = [line.strip() for line in re.split(r"(?<=[.?!])\s+", talk) if line.strip()]
    for number in count(start):
        line = said[number % len(said)]
        yield f"In room {number}, {line[:1].lower()}{line[1:]}"


@dataclass(slots=True)
class Seen:
    """What the callers saw.

    Attributes:
        waits_s: Of each line of the caller who asks for one at a time.
        bulk_words: Source words that the bulk callers had translated.
        seconds: How long it took.
    """

    waits_s: list[float] = field(default_factory=list)
    bulk_words: int = 0
    seconds: float = 0.0


async def bulk(address: str, start: int, seen: Seen) -> None:
    """Ask for many lines at a time, until cancelled."""
    source = lines(start)
    async with AsyncTranslatorClient(
        address, channel_options=[("grpc.use_local_subchannel_pool", 1)]
    ) as client:
        while True:
            texts = [next(source) for _ in range(LINES_A_CALL)]
            for result in await client.translate(texts, source="en", target="pt"):
                result.text  # noqa: B018  raises if it has none
            seen.bulk_words += sum(len(text.split()) for text in texts)


async def measure(address: str, num_bulk: int, num_lines: int, first: int) -> Seen:
    """What the caller of single lines sees beside so many bulk callers; 0 lines: 10 s of them."""
    seen = Seen()
    source = lines(first)
    async with AsyncTranslatorClient(address) as client, asyncio.TaskGroup() as group:
        callers = [
            group.create_task(bulk(address, first + 1_000_000 * (n + 1), seen))
            for n in range(num_bulk)
        ]
        # Until the bulk callers have filled the queue.
        await asyncio.sleep(2 if num_bulk else 0)
        seen.bulk_words = 0
        began = time.perf_counter()
        for _ in range(num_lines):
            asked = time.perf_counter()
            [result] = await client.translate([next(source)], source="en", target="pt")
            result.text  # noqa: B018
            seen.waits_s.append(time.perf_counter() - asked)
            await asyncio.sleep(PAUSE_S)
        if not num_lines:
            await asyncio.sleep(10)
        seen.seconds = time.perf_counter() - began
        for caller in callers:
            caller.cancel()
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--lines", type=int, default=60)
    parser.add_argument("--precision", choices=PRECISIONS, default="auto")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    worst = 0.0
    with serving("--precision", arguments.precision) as (address, _, _):
        asyncio.run(measure(address, 0, 5, 0))
        for number, num_bulk in enumerate(BULK_CALLERS):
            for num_lines in (arguments.lines, 0)[: 2 if num_bulk else 1]:
                first = 10_000_000 * (2 * number + (num_lines == 0) + 1)
                seen = asyncio.run(measure(address, num_bulk, num_lines, first))
                row: dict[str, Any] = {"bulk callers": num_bulk}
                if num_lines:
                    p50, p95 = np.percentile(seen.waits_s, (50, 95))
                    worst = max(worst, p95)
                    row |= {"p50 ms": round(1e3 * p50), "p95 ms": round(1e3 * p95)}
                    row |= {"worst ms": round(1e3 * max(seen.waits_s))}
                else:
                    row |= {"p50 ms": "", "p95 ms": "", "worst ms": ""}
                row["bulk words/s"] = round(seen.bulk_words / seen.seconds)
                rows.append(row)
    print(table(rows))
    met = worst <= BAR_S
    print(f"\none line, p95, at most {BAR_S} s: {worst:.2f} s, {'met' if met else 'not met'}")
    save(arguments.output, rows, Measured.now(arguments.precision))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
