"""What a source word costs, after against before: two checkouts in the same run.

    python -m benchmarks.cost --before PATH [--after PATH] [--data ../shared/data]
    python -m benchmarks.cost --before . --before-precision float32

Each checkout has a process of its own, with its code and its model; the two stream the same few
sentences by turns, and only one runs at a time, so that whatever else the machine does falls on
both. CPU time, not time. What is compared is what users get: the default policy, in the default
precision, the end of a sentence told after its last word was answered. Exits 1 when a word costs
more than 1.05 times what it did.

The text is FLORES-200 dev or, where --data has none, that of the talks in ``examples/``. How to get
the data is in ``benchmarks/__init__.py``.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.cli.progress import progress_bar
from translator.eval.data import read_sentences
from translator.eval.interval import ratio_interval
from translator.precision import PRECISIONS

ROOT = Path(__file__).parents[1]
DEFAULT_RESULT = ROOT / "benchmarks" / "results" / "cost.json"
WORKER = Path("benchmarks") / "cost_worker.py"
PAIRS = ("en-pt", "pt-en")
MAX_RATIO = 1.05
# Sentences of a turn; they are streamed one after the other.
TURN = 4


class Checkout:
    """The process of a checkout.

    Args:
        folder: Of the checkout.
        pair: What is translated into what.
        precision: Of the model.
    """

    def __init__(self, folder: Path, pair: str, precision: str) -> None:
        self._process = subprocess.Popen(
            # The checkout's own script, which knows its modules; without its folder on the path.
            [sys.executable, "-P", str(folder.absolute() / WORKER), pair, precision],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(folder.absolute()), "OMP_NUM_THREADS": "1"},
        )
        where = self._answer()["package"]
        if not Path(where).is_relative_to(folder.absolute()):
            self.close()
            raise SystemExit(f"{folder} has no package translator: {where} was taken")

    def stream(self, texts: Sequence[str]) -> dict[str, Any]:
        """CPU seconds, decoder steps and requests of streaming them."""
        if self._process.stdin is None:
            raise AssertionError("it has a pipe")
        print(json.dumps(texts), file=self._process.stdin, flush=True)
        return self._answer()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        if self._process.stdout is None or not (line := self._process.stdout.readline()):
            raise SystemExit("a process ended; what it said is above")
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass(slots=True)
class Side:
    """Sums of one checkout, and the CPU seconds of each turn."""

    cpu_s: list[float]
    requests: int = 0
    steps: int = 0

    def add(self, answer: dict[str, Any]) -> None:
        """Count a turn."""
        self.cpu_s.append(answer["cpu_s"])
        self.requests += answer["requests"]
        self.steps += answer["steps"]


def compare(
    folders: dict[str, Path],
    pair: str,
    texts: Sequence[str],
    precisions: dict[str, str],
    rounds: int,
) -> dict[str, Any]:
    """The row of a direction."""
    checkouts = {name: Checkout(folder, pair, precisions[name]) for name, folder in folders.items()}
    sides = {name: Side([]) for name in folders}
    turns = [texts[first : first + TURN] for first in range(0, len(texts), TURN)]
    try:
        for checkout in checkouts.values():
            # The first runs of a process are slower.
            checkout.stream(texts[:2])
        with progress_bar(f"cost {pair}", rounds * len(turns)) as told:
            for number in range(rounds * len(turns)):
                order = list(checkouts) if number % 2 == 0 else list(reversed(checkouts))
                for name in order:
                    sides[name].add(checkouts[name].stream(turns[number % len(turns)]))
                told(number + 1)
    finally:
        for checkout in checkouts.values():
            checkout.close()
    before, after = sides["before"], sides["after"]
    words = rounds * sum(len(text.split()) for text in texts)
    spread = ratio_interval(after.cpu_s, before.cpu_s)
    return {
        "pair": pair,
        "words": words,
        "before, CPU ms/word": round(1e3 * sum(before.cpu_s) / words, 2),
        "after, CPU ms/word": round(1e3 * sum(after.cpu_s) / words, 2),
        "ratio": round(sum(after.cpu_s) / sum(before.cpu_s), 3),
        "95 %": "" if spread is None else f"{spread.low:.3f} to {spread.high:.3f}",
        "median of turns": round(float(np.median(np.divide(after.cpu_s, before.cpu_s))), 3),
        "requests/word": f"{before.requests / words:.2f} → {after.requests / words:.2f}",
        "steps/word": f"{before.steps / words:.2f} → {after.steps / words:.2f}",
    }


def texts_of(pair: str, data: Path, count: int) -> list[str]:
    """Sentences of FLORES-200 dev, or those of the example talks where the data is not there."""
    file = data / "parallel" / f"flores200-dev.{pair}.jsonl"
    if file.is_file():
        return [sentence.source for sentence in read_sentences(file, limit=count)]
    talk = ROOT / "examples" / f"talk.{pair[:2]}.txt"
    return talk.read_text(encoding="utf-8").replace(". ", ".\n").splitlines()[:count]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--before", type=Path, required=True, help="a checkout, or its folder")
    parser.add_argument("--after", type=Path, default=ROOT)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sentences", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--precision", choices=PRECISIONS, default="auto")
    parser.add_argument("--before-precision", choices=PRECISIONS, help="if it is another one")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    options = parser.parse_args()
    folders = {"before": options.before, "after": options.after}
    rows = [
        compare(
            folders,
            pair,
            texts_of(pair, options.data, options.sentences),
            {"before": options.before_precision or options.precision, "after": options.precision},
            options.rounds,
        )
        for pair in PAIRS
    ]
    print(table(rows))
    save(options.output, rows, Measured.now(options.precision))
    return 0 if all(row["ratio"] <= MAX_RATIO for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
