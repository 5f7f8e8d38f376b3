"""Live streams side by side: what the server carries, and what becomes of more.

    python -m benchmarks.load

Each stream says a word every 0.4 s, over a connection of its own, half of them English and half
Portuguese; the load runs in another process on the same machine. A word's wait is from when it was
due to the first update that reflects it. What is carried is the largest number of streams whose
waits are at most 300 ms at the 95th percentile; in the overload further streams are refused
besides. Exits 1 when a bar is missed.

The text is that of the talks in ``examples/`` and, where it is there, of FLORES-200; see
``benchmarks/__init__.py``.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from benchmarks.document import replaced
from benchmarks.measured import Measured, save
from benchmarks.processes import serving
from benchmarks.speakers import Heard, Plan, Refusals, hear
from benchmarks.table import markdown, table
from translator.precision import PRECISIONS

ROOT = Path(__file__).parents[1]
DEFAULT_RESULT = ROOT / "benchmarks" / "results" / "load.json"
DEFAULT_PICTURE = ROOT / "docs" / "load.svg"
DEFAULT_PAGE = ROOT / "docs" / "performance.md"
CARRIED_MS, OVERLOADED_MS = 300.0, 1500.0
MIN_CARRIED = 300
OVERLOAD = 400
NUM_REFUSED = 20
REFUSED_MS = 100.0


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of a number of streams. Waits are milliseconds; CPU in ms for each source word."""

    streams: int
    words_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    updates_per_word: float
    cpu_ms_per_word: float
    load_cpu_ms_per_word: float
    memory_mb: float
    errors: int
    incomplete: int


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that has to hold."""

    what: str
    measured: str
    met: bool


def row(streams: int, seconds: float, heard: Heard) -> Row:
    words = len(heard.waits_ms)
    p50_ms, p95_ms, p99_ms = np.percentile(heard.waits_ms, [50, 95, 99])
    return Row(
        streams=streams,
        words_per_s=round(words / seconds, 1),
        p50_ms=round(float(p50_ms), 0),
        p95_ms=round(float(p95_ms), 0),
        p99_ms=round(float(p99_ms), 0),
        updates_per_word=round(heard.updates / words, 2),
        cpu_ms_per_word=round(1e3 * heard.cpu_s / words, 2),
        load_cpu_ms_per_word=round(1e3 * heard.own_cpu_s / words, 2),
        memory_mb=round(heard.memory_mb),
        errors=len(heard.errors),
        incomplete=heard.incomplete,
    )


def measure(streams: int, arguments: argparse.Namespace, num_refused: int = 0) -> tuple[Row, Heard]:
    """Figures of one number of streams, with a server of their own that takes no more."""
    options = ["--workers", str(arguments.workers), "--precision", arguments.precision]
    if arguments.fake_model:
        options.append("--fake-model")
    with serving(*options, max_sessions=streams) as (address, pid, _):
        plan = Plan(
            address,
            pid,
            streams,
            arguments.warm_up,
            arguments.seconds,
            num_refused,
            arguments.data,
            arguments.fake_model,
        )
        heard = hear(plan)
    for error in sorted(set(heard.errors)):
        print(f"{streams} streams: {error}", file=sys.stderr)
    result = row(streams, arguments.seconds, heard)
    print(result, file=sys.stderr)
    return result, heard


def bars(rows: Sequence[Row], overload: Row) -> list[Bar]:
    carried = max((r.streams for r in rows if r.p95_ms <= CARRIED_MS), default=0)
    healthy = not (overload.errors or overload.incomplete)
    return [
        Bar(
            f"{MIN_CARRIED} streams with p95 ≤ {CARRIED_MS:g} ms",
            f"{carried}",
            carried >= MIN_CARRIED,
        ),
        Bar(
            f"overload of {overload.streams}: p95 ≤ {OVERLOADED_MS:g} ms",
            f"{overload.p95_ms:g} ms",
            overload.p95_ms <= OVERLOADED_MS,
        ),
        Bar(
            f"overload of {overload.streams}: no error, committed text complete",
            f"{overload.errors} errors, {overload.incomplete} incomplete",
            healthy,
        ),
    ]


def refused_bar(refusals: Refusals) -> Bar:
    slowest_ms = max(refusals.waits_ms, default=float("inf"))
    count = len(refusals.retry_after_s)
    return Bar(
        f"{NUM_REFUSED} more: RESOURCE_EXHAUSTED with RetryInfo within {REFUSED_MS:g} ms",
        f"{count} refused, slowest {slowest_ms:.0f} ms",
        count == NUM_REFUSED and slowest_ms <= REFUSED_MS,
    )


def draw(rows: Sequence[Row], file: Path) -> None:
    """Save the waits against the number of streams."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "translator"}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.subplots()
        streams = [each.streams for each in rows]
        axes.plot(streams, [each.p95_ms for each in rows], "o-", color="tab:red", label="p95")
        axes.plot(streams, [each.p50_ms for each in rows], "o-", color="tab:blue", label="p50")
        for limit, name in ((CARRIED_MS, "carried"), (OVERLOADED_MS, "overload")):
            axes.axhline(limit, color="grey", linewidth=0.8, linestyle="--")
            axes.annotate(name, (streams[-1], limit), ha="right", va="bottom", color="grey")
        axes.set_yscale("log")
        axes.set_xlabel("live streams, 2.5 words a second each")
        axes.set_ylabel("ms from a word to the first update with it")
        axes.legend(loc="upper left")
        axes.grid(alpha=0.3)
        figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)


def section(
    rows: Sequence[Row],
    checked: Sequence[Bar],
    ratio: float | None,
    seconds: float,
    measured: Measured,
) -> str:
    """The figures as Markdown."""
    names = {
        "streams": "streams",
        "words_per_s": "words/s",
        "p50_ms": "p50 ms",
        "p95_ms": "p95 ms",
        "p99_ms": "p99 ms",
        "updates_per_word": "updates/word",
        "cpu_ms_per_word": "CPU ms/word",
        "memory_mb": "MB",
        "errors": "errors",
    }
    figures = [{name: asdict(each)[key] for key, name in names.items()} for each in rows]
    parts = [
        f"{measured}; {seconds:g} s for each number of streams:",
        markdown(figures),
        "![Milliseconds from a word to the first update with it, against the number of streams]"
        "(load.svg)",
    ]
    if ratio is not None:
        parts.append(f"A word costs with 50 streams {ratio:.2f} of what it costs with one.")
    held = [
        {"bar": b.what, "measured": b.measured, "": "met" if b.met else "not met"} for b in checked
    ]
    parts.append(markdown(held))
    return "\n\n".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", default="1,50,100,200,250,300", help="numbers, a row each")
    parser.add_argument("--overload", type=int, default=OVERLOAD, help="streams, and 20 more")
    parser.add_argument("--seconds", type=float, default=30.0, help="of the window")
    parser.add_argument("--warm-up", type=float, default=8.0, help="seconds before it")
    parser.add_argument("--workers", type=int, default=1, help="processes of the server")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto")
    parser.add_argument("--fake-model", action="store_true", help="all but the model")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    parser.add_argument("--picture", type=Path, default=DEFAULT_PICTURE)
    parser.add_argument("--page", type=Path, default=DEFAULT_PAGE)
    arguments = parser.parse_args()
    rows = [measure(int(streams), arguments)[0] for streams in arguments.streams.split(",")]
    # With workers the limit is each worker's own, and how many streams each has is the kernel's.
    num_refused = NUM_REFUSED if arguments.workers == 1 else 0
    overload, heard = measure(arguments.overload, arguments, num_refused)
    checked = bars(rows, overload)
    if num_refused:
        checked.append(refused_bar(heard.refusals))
    costs = {each.streams: each.cpu_ms_per_word for each in rows}
    ratio = costs[50] / costs[1] if {1, 50} <= costs.keys() else None
    rows = sorted([*(r for r in rows if r.streams != overload.streams), overload], key=_streams)
    print(table([asdict(each) for each in rows]))
    for bar in checked:
        print(f"{'met    ' if bar.met else 'NOT MET'}  {bar.what}: {bar.measured}")
    result = {
        "cores": os.cpu_count(),
        "workers": arguments.workers,
        "seconds": arguments.seconds,
        "rows": [asdict(each) for each in rows],
        "overload": overload.streams,
        "refused_ms": [round(ms, 1) for ms in heard.refusals.waits_ms],
        "not_refused": heard.refusals.others,
        "retry_after_s": sorted(set(heard.refusals.retry_after_s)),
        "CPU 50 / 1": None if ratio is None else round(ratio, 2),
        "bars": [asdict(bar) for bar in checked],
    }
    measured = Measured.now(arguments.precision)
    save(arguments.output, result, measured)
    draw(rows, arguments.picture)
    page = arguments.page.read_text(encoding="utf-8")
    arguments.page.write_text(
        replaced(page, "load", section(rows, checked, ratio, arguments.seconds, measured)),
        encoding="utf-8",
    )
    return 0 if all(bar.met for bar in checked) else 1


def _streams(each: Row) -> int:
    return each.streams


if __name__ == "__main__":
    sys.exit(main())
