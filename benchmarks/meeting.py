"""A meeting of 75 minutes in one session: what an update costs at its end and at its beginning.

    python -m benchmarks.meeting --data ../shared/data

The longest meetings of meetings_earnings22 one after the other, cut at that time, with their
speakers, on a clock that counts media time and computation. Those whose word times cannot be right,
with hundreds of words in a minute, are left out. CPU for each update and resident memory
in the last ten minutes are compared with the first ten. Memory has what the replay keeps, too.
Exits 1 when one of them has grown by more than a fifth.
"""

import dataclasses
import math
import resource
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.progress import track

from benchmarks.evaluation import load, options
from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.cli.evaluate import read_policy
from translator.eval.live import LiveReplay
from translator.eval.log import Instance
from translator.eval.talk import Arrival, Talk, read_words
from translator.languages.pair import LanguagePair

DEFAULT_RESULT = Path(__file__).parent / "results" / "meeting.json"
TEN_MINUTES_S = 600.0
MAX_RATIO = 1.1
# Nobody speaks faster.
MAX_WORDS_A_MINUTE = 400


def meeting(data: Path, length_s: float) -> Talk:
    """The longest meetings, one after the other, until it is that long."""
    talks = [read_words(file) for file in sorted(data.glob("meetings_earnings22/*.words.tsv"))]
    talks = [talk for talk in talks if words_of_densest_minute(talk) <= MAX_WORDS_A_MINUTE]
    talks.sort(key=lambda talk: talk.arrivals[-1].at_s, reverse=True)
    arrivals: list[Arrival] = []
    for talk in talks:
        begin_s = arrivals[-1].at_s if arrivals else 0.0
        arrivals += [shifted(arrival, begin_s) for arrival in talk.arrivals]
        if arrivals[-1].at_s >= length_s:
            break
    return Talk("meeting", tuple(a for a in arrivals if a.at_s <= length_s))


def words_of_densest_minute(talk: Talk) -> int:
    return max(Counter(int(arrival.at_s // 60) for arrival in talk.arrivals).values())


def shifted(arrival: Arrival, by_s: float) -> Arrival:
    piece = arrival.piece
    times = (None if t is None else t + by_s for t in (piece.start_s, piece.end_s))
    start_s, end_s = times
    moved = dataclasses.replace(piece, start_s=start_s, end_s=end_s)
    return Arrival(arrival.at_s + by_s, moved)


def resident_mib() -> float:
    """Resident memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


@dataclass(frozen=True, slots=True)
class Part:
    """Means of a part of the session."""

    part: str
    updates: int
    cpu_ms_per_update: float
    memory_mib: float


def part(
    name: str,
    done: Instance,
    memory_mib: Sequence[tuple[float, float]],
    begin_s: float,
    end_s: float,
) -> Part:
    costs_ms = [u.cost_ms for u in done.received if begin_s < u.at_s <= end_s]
    sizes_mib = [mib for at_s, mib in memory_mib if begin_s < at_s <= end_s]
    return Part(name, len(costs_ms), round(mean(costs_ms), 2), round(mean(sizes_mib), 1))


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--policy", default="balanced")
    parser.add_argument("--minutes", type=float, default=75.0)
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    told = parser.parse_args()
    length_s = 60 * told.minutes
    talk = meeting(told.data, length_s)
    memory_mib: list[tuple[float, float]] = []
    steps = iter(track(talk.arrivals, "meeting", console=Console(stderr=True), transient=True))
    next(steps)
    told_steps = 0

    def on_progress(num_sent: int) -> None:
        nonlocal told_steps
        memory_mib.append((talk.arrivals[num_sent - 1].at_s, resident_mib()))
        while told_steps < num_sent:
            next(steps, None)
            told_steps += 1

    pair = LanguagePair("en", "pt")
    served, policy = load(pair, told.precision), read_policy(told.policy)
    done = LiveReplay(served, talk, policy, on_progress=on_progress).run()
    span_s = min(TEN_MINUTES_S, length_s / 3)
    parts = [
        part("first", done, memory_mib, 0.0, span_s),
        part("last", done, memory_mib, length_s - span_s, math.inf),
    ]
    first, last = parts
    ratios = {
        "CPU": last.cpu_ms_per_update / first.cpu_ms_per_update,
        "memory": last.memory_mib / first.memory_mib,
    }
    print(table([dataclasses.asdict(each) for each in parts]))
    result = {
        "policy": told.policy,
        "minutes": round(talk.arrivals[-1].at_s / 60, 1),
        "source words": done.report.source_words,
        "segments": done.report.segments,
        "updates": done.report.updates,
        "warnings": len(done.warnings),
        "NE": round(done.report.normalized_erasure, 2),
        "lag words": round(done.report.mean_lag_words, 2),
        "CPU s": round((done.computation.cpu_ms or 0.0) / 1e3, 1),
        "parts": [dataclasses.asdict(each) for each in parts],
        "last / first": {name: round(ratio, 2) for name, ratio in ratios.items()},
    }
    for name, value in result.items():
        if name != "parts":
            print(f"{name}: {value}")
    save(told.output, result, Measured.now(told.precision))
    return 0 if max(ratios.values()) <= MAX_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
